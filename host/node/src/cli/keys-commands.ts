import { Fault } from "@rialto/base";
import { isStrictPublicKey } from "@rialto/crypto";
import {
  createEd25519Key,
  createHmacKey,
  findKeyProblem,
  type KeyStore,
  type NewKey,
  openFileKeyList,
  openFileKeyStore,
  type Permission,
  PERMISSIONS,
} from "@rialto/gateway";
import { createPublicKey } from "node:crypto";
import { existsSync } from "node:fs";
import { checkIsNoCluster } from "../cluster/member-directory.ts";
import type { TextSetting } from "../config/settings.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { dataDirectory, makeDataDirectory } from "../data-directory.ts";
import { readText, SMALL_TEXT_BYTES_MAX } from "../read-text.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

const { dataDir } = NODE_SETTINGS;

const account: TextSetting = {
  kind: "text",
  flag: "account",
  default: "",
  placeholder: "NUMBER",
  help: "the account's number, any unsigned 64-bit integer; opened at its first use",
};

export const keysNewCommand = defineCommand({
  name: "keys new",
  summary: "make an API key; a running node knows it at once",
  positionals: "",
  options: {
    dataDir,
    account,
    type: {
      kind: "choice",
      flag: "type",
      default: "ed25519",
      choices: ["ed25519", "hmac"],
      help: "Ed25519: the node keeps only the public half; HMAC: a shared secret",
    },
    permissions: {
      kind: "text",
      flag: "permissions",
      default: "read,trade",
      placeholder: "LIST",
      help: "of read, trade, operator",
    },
    addresses: {
      kind: "text",
      flag: "addresses",
      default: "",
      placeholder: "LIST",
      help: "addresses and networks (10.0.0.0/8) that may use it; all without",
    },
    publicKey: {
      kind: "text",
      flag: "public-key",
      default: "",
      placeholder: "FILE",
      help: "PEM of an Ed25519 public key of your own, instead of a new pair",
    },
    label: {
      kind: "text",
      flag: "label",
      default: "",
      placeholder: "TEXT",
      help: "what you call it",
    },
  },
  examples: [
    "rialto keys new --account 1001",
    "rialto keys new --account 1001 --type hmac --addresses 127.0.0.1",
    "rialto keys new --account 1 --permissions operator --label ops",
    "rialto keys new --account 1001 --public-key my-key.pem",
  ],
  async run({ values, print, note }) {
    const key: NewKey = {
      account: parseAccount(values.account),
      permissions: parsePermissions(values.permissions),
      addresses: words(values.addresses),
      label: values.label,
      nowMs: Date.now(),
    };
    if (values.publicKey !== "" && values.type !== "ed25519") {
      throw new UsageError("--public-key is of an Ed25519 key");
    }
    const pem = readPem(values.publicKey);
    const problem = findKeyProblem(key, pem) ?? findWeakness(pem);
    if (problem !== undefined) throw new UsageError(`the key is not valid: ${problem}`);
    checkIsNoCluster(values.dataDir);
    if (!existsSync(values.dataDir)) note(`no node lives in ${values.dataDir} yet: it is made now`);
    using store = openFileKeyStore(makeDataDirectory(values.dataDir).keys);
    if (values.type === "hmac") printHmac(store, key, print);
    else printEd25519(store, key, pem, print);
    return ExitCode.Done;
  },
});

/** What makes an Ed25519 key no secret of anybody's, in PEM; undefined where nothing does, or there is none. */
function findWeakness(pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined;
  const publicKey = createPublicKey(pem).export({ format: "raw-public" });
  return isStrictPublicKey(publicKey)
    ? undefined
    : "it is of small order, or not canonical: anybody can sign for it";
}

type Print = (result: object, text: string) => void;

function printHmac(store: KeyStore, key: NewKey, print: Print): void {
  const { id, secret } = createHmacKey(store, key);
  const text = `API key  ${id}\nsecret   ${secret}\n\nThe secret is shown only now.`;
  print({ apiKey: id, secret, account: key.account, type: "hmac" }, text);
}

function printEd25519(
  store: KeyStore,
  key: NewKey,
  userPem: string | undefined,
  print: Print,
): void {
  const { id, publicKeyPem, privateKeyPem } = createEd25519Key(store, key, userPem);
  const { account: number } = key;
  const secret =
    privateKeyPem === undefined
      ? "\nIt signs with the private half of your own key."
      : `\n${privateKeyPem}\nThe private key is shown only now; the node does not keep it.`;
  print(
    { apiKey: id, publicKeyPem, privateKeyPem, account: number, type: "ed25519" },
    `API key  ${id}\n${secret}`,
  );
}

export const keysListCommand = defineCommand({
  name: "keys list",
  summary: "list the API keys, without secrets",
  positionals: "",
  options: { dataDir },
  examples: ["rialto keys list", "rialto keys list --json"],
  async run({ values, print }) {
    using store = openFileKeyList(findKeys(values.dataDir));
    const keys = store.list();
    const rows = keys.map(
      ({ id, type, account: number, permissions, label }) =>
        `${id}  ${type.padEnd(7)}  account ${number}  ${permissions.join(",")}  ${label}`,
    );
    print({ keys }, rows.length === 0 ? "no keys" : rows.join("\n"));
    return ExitCode.Done;
  },
});

export const keysRevokeCommand = defineCommand({
  name: "keys revoke",
  summary:
    "end an API key for ever; a running node refuses it within a quarter of a second, and ends what follows an account by it within two",
  positionals: "KEY",
  options: { dataDir },
  examples: ["rialto keys revoke 5xQ..."],
  async run({ values, positionals, print }) {
    using store = openFileKeyStore(findKeys(values.dataDir));
    const [id] = positionals as readonly [string];
    if (!store.revoke(id, Date.now())) {
      const message = `there is no key ${id} in ${values.dataDir}: see \`rialto keys list\``;
      throw new Fault<KeysFaultDetail>({ code: "KEY_UNKNOWN", apiKey: id }, "error", message);
    }
    print({ apiKey: id, revoked: true }, `revoked ${id}`);
    return ExitCode.Done;
  },
});

export type KeysFaultDetail =
  | { readonly code: "KEYS_ABSENT"; readonly path: string }
  | { readonly code: "KEY_UNKNOWN"; readonly apiKey: string };

/** Path of the keys in a data directory. Errors: KEYS_ABSENT, thrown. */
function findKeys(path: string): string {
  const { keys } = dataDirectory(path);
  if (existsSync(keys)) return keys;
  const message = `there are no keys in ${path}: see --data-dir`;
  throw new Fault<KeysFaultDetail>({ code: "KEYS_ABSENT", path }, "error", message);
}

/** The number of an account. Errors: UsageError. */
export function parseAccount(text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt.asUintN(64, BigInt(text)) === BigInt(text)) {
    return BigInt(text);
  }
  throw new UsageError("--account: give its number, an unsigned 64-bit integer");
}

function parsePermissions(text: string): Permission[] {
  return words(text).map((word) => {
    const permission = PERMISSIONS.find((each) => each === word);
    if (permission !== undefined) return permission;
    throw new UsageError(`--permissions: "${word}" is none of ${PERMISSIONS.join(", ")}`);
  });
}

function words(text: string): string[] {
  return text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
}

function readPem(path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readText(path, SMALL_TEXT_BYTES_MAX);
  } catch (error) {
    throw new UsageError(`--public-key ${path} cannot be read: ${(error as Error).message}`);
  }
}
