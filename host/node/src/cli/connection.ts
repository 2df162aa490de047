import {
  ApiError,
  type Credentials,
  credentialsOf,
  RestClient,
  usableCredentials,
} from "@rialto/client";
import { BLOCKED_PORTS } from "../cluster/local-ports.ts";
import type { TextSetting } from "../config/settings.ts";
import { readText, SMALL_TEXT_BYTES_MAX } from "../read-text.ts";
import { UsageError } from "./command.ts";

// How a command reaches a node, and whose key it signs with. Secrets come from files or the environment, never
// from the command line, where every process of the machine could read them.

const url: TextSetting = {
  kind: "text",
  flag: "url",
  default: "http://127.0.0.1:8080",
  placeholder: "URL",
  help: "the node",
};

/** Options of a command that only reads public data. */
export const PUBLIC_OPTIONS = { url };

/** Options of a command that signs. */
export const SIGNED_OPTIONS = {
  url,
  apiKey: {
    kind: "text",
    flag: "api-key",
    default: "",
    placeholder: "KEY",
    help: "who signs; on a demo node the demo account without it",
  },
  secretFile: {
    kind: "text",
    flag: "secret-file",
    default: "",
    placeholder: "FILE",
    help: "the key's secret: a PEM, or the text of an HMAC secret; or in RIALTO_SECRET",
  },
} as const satisfies Record<string, TextSetting>;

/** Options of a command that is the operator's: the demo account is none. */
export const OPERATOR_OPTIONS = {
  ...SIGNED_OPTIONS,
  apiKey: { ...SIGNED_OPTIONS.apiKey, help: "who signs: a key with the permission operator" },
} as const satisfies Record<string, TextSetting>;

export interface SignedValues {
  readonly url: string;
  readonly apiKey: string;
  readonly secretFile: string;
}

/** The origin of a node; a slash at its end is nothing. Errors: UsageError. */
export function checkUrl(text: string): string {
  const { protocol, origin, href, port } = new URL(URL.canParse(text) ? text : "no:url");
  if (BLOCKED_PORTS.has(Number(port || NaN))) {
    throw new UsageError(`--url: nothing is asked at port ${port}, here or in a browser`);
  }
  // What follows the origin would become a part of every path, and nothing be found there.
  if (/^https?:$/.test(protocol) && href === `${origin}/`) return origin;
  throw new UsageError(`--url: "${text}" is no URL of a node: give it as http://host:port`);
}

/** A client that signs with the key that the options name, or else with the demo account's. */
export async function openSignedClient(
  values: SignedValues,
  environment: Environment,
): Promise<RestClient> {
  const origin = checkUrl(values.url);
  const credentials = await findCredentials(origin, values, environment);
  return new RestClient({ url: origin, credentials });
}

type Environment = Readonly<Record<string, string | undefined>>;

async function findCredentials(
  origin: string,
  { apiKey, secretFile }: SignedValues,
  environment: Environment,
): Promise<Credentials> {
  if (apiKey !== "") {
    return await credentialsFrom(apiKey, readSecret(secretFile, environment));
  }
  const demo = await askDemo(origin);
  if (demo !== undefined) return credentialsOf(demo.apiKey, demo.secret);
  throw new UsageError(
    "who signs? Give --api-key (RIALTO_API_KEY) and --secret-file (or RIALTO_SECRET); " +
      "`rialto keys new` makes a key",
  );
}

/** Credentials of a secret that somebody has given. Errors: UsageError where nothing can be signed with it. */
export async function credentialsFrom(apiKey: string, secret: string): Promise<Credentials> {
  const credentials = await usableCredentials(apiKey, secret);
  if (credentials !== undefined) return credentials;
  throw new UsageError(
    "nothing can be signed with this secret: it is empty, or no whole PEM of a private Ed25519 key in PKCS8",
  );
}

function readSecret(path: string, environment: Environment): string {
  const inEnvironment = environment["RIALTO_SECRET"] ?? "";
  if (path === "" && inEnvironment !== "") return inEnvironment;
  if (path === "") throw new UsageError("the secret is missing: --secret-file, or RIALTO_SECRET");
  try {
    return readText(path, SMALL_TEXT_BYTES_MAX).trim();
  } catch (error) {
    throw new UsageError(`--secret-file ${path} cannot be read: ${(error as Error).message}`);
  }
}

interface DemoSession {
  readonly apiKey: string;
  readonly secret: string;
}

/** The demo account's key; undefined where the node is no demo. Errors: NetworkError. */
async function askDemo(origin: string): Promise<DemoSession | undefined> {
  try {
    return (await new RestClient({ url: origin }).request("GET", "/demo")) as DemoSession;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
