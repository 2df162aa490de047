import { credentialsOf, RestClient } from "@rialto/client";
import { runRialto } from "@rialto/node/testing";
import type { TestNode } from "./test-node.ts";

// Keys and money, as an operator gives them out.

/** A key as its user has it. */
export interface ApiKey {
  readonly apiKey: string;
  /** Text of an HMAC secret, or the PEM of an Ed25519 private key. */
  readonly secret: string;
}

/** What `rialto keys new` prints; an HMAC key has a secret, an Ed25519 key a private half. */
interface NewKey {
  readonly apiKey: string;
  readonly secret?: string;
  readonly privateKeyPem?: string;
}

/** Makes a key of the account with that number. `permissions` is a list with commas: "read,trade". */
export async function makeKey(
  node: Pick<TestNode, "dataDirectory">,
  account: number,
  type: "hmac" | "ed25519",
  permissions = "read,trade",
): Promise<ApiKey> {
  const flags = ["--account", String(account), "--type", type, "--permissions", permissions];
  const directory = ["--data-dir", node.dataDirectory];
  const key = (await runRialto("keys", "new", ...directory, ...flags)) as NewKey;
  return { apiKey: key.apiKey, secret: (key.secret ?? key.privateKeyPem)! };
}

const OPERATOR_ACCOUNT = 1;

/** A client that may do what only an operator may. */
export async function openOperator(node: TestNode): Promise<RestClient> {
  const { apiKey, secret } = await makeKey(node, OPERATOR_ACCOUNT, "ed25519", "operator");
  return new RestClient({ url: node.origin, credentials: credentialsOf(apiKey, secret) });
}

/** Amounts by asset, as decimal text. */
export type Funds = Readonly<Record<string, string>>;

/** Credits an account, which is opened if need be. */
export async function deposit(operator: RestClient, account: number, funds: Funds): Promise<void> {
  for (const [asset, amount] of Object.entries(funds)) {
    await operator.signed("POST", "/operator/deposit", { account, asset, amount });
  }
}
