/** An API key and the power to sign with it. The secret stays inside. */
export interface Credentials {
  readonly apiKey: string;
  readonly type: "hmac" | "ed25519";
  /** Signature of `payload` as the API expects it: hex for HMAC, base64 for Ed25519. */
  sign(payload: string): Promise<string>;
}

const encoder = new TextEncoder();

/** Credentials of an HMAC-SHA256 key. */
export function hmacCredentials(apiKey: string, secret: string): Credentials {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return {
    apiKey,
    type: "hmac",
    async sign(payload) {
      const mac = await crypto.subtle.sign("HMAC", await key, encoder.encode(payload));
      return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
  };
}

/** Credentials of an Ed25519 key, from the PKCS8 PEM of its private half. */
export function ed25519Credentials(apiKey: string, privateKeyPem: string): Credentials {
  const body = privateKeyPem.replace(/-----[A-Z ]+-----/g, "").replace(/\s+/g, "");
  const der = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
  const key = crypto.subtle.importKey("pkcs8", der, { name: "Ed25519" }, false, ["sign"]);
  return {
    apiKey,
    type: "ed25519",
    async sign(payload) {
      const signature = await crypto.subtle.sign("Ed25519", await key, encoder.encode(payload));
      return btoa(String.fromCharCode(...new Uint8Array(signature)));
    },
  };
}

/** Credentials of whichever kind `secret` is: a PEM, or an HMAC secret. */
export function credentialsOf(apiKey: string, secret: string): Credentials {
  return secret.includes("PRIVATE KEY")
    ? ed25519Credentials(apiKey, secret)
    : hmacCredentials(apiKey, secret);
}

/** The same, tried; undefined where nothing can be signed with the secret: none, or a PEM that is damaged or of another kind. */
export async function usableCredentials(
  apiKey: string,
  secret: string,
): Promise<Credentials | undefined> {
  try {
    const credentials = credentialsOf(apiKey, secret);
    await credentials.sign("");
    return credentials;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return undefined;
  }
}
