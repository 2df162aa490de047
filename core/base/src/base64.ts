import { fail } from "./assert.ts";

/** Decodes base64 that our own build wrote. Neither `atob` nor `Buffer` exists in the pure world. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let index = 0; length < bytes.length; index++) {
    bits = ((bits << 6) | sextet(text.charCodeAt(index))) & 0xff_ffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = (bits >> bitCount) & 0xff;
    }
  }
  return bytes;
}

function sextet(char: number): number {
  if (char >= 65 && char <= 90) return char - 65;
  if (char >= 97 && char <= 122) return char - 71;
  if (char >= 48 && char <= 57) return char + 4;
  if (char === 43) return 62;
  if (char === 47) return 63;
  return fail("our own base64 has only base64 letters");
}
