import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { encodeHex, equalBytes, parseHex } from "@rialto/base";
import { SecretSeed, SEED_BYTES } from "./secret-seed.ts";
import { signingFault } from "./signing-fault.ts";

/*
 * A key file is a text of four lines, readable by its owner alone. The public key stands beside the secret so that a
 * damaged file is noticed before anything is signed with it.
 *
 *   rialto-key 1
 *   scheme ed25519            or ml-dsa-65, or x25519: the key of a member's links
 *   public <hexadecimal>
 *   secret <64 hexadecimal digits>
 */
const HEADING = "rialto-key 1";
const FILE_BYTES_MAX = 8_192;
const OWNER_ONLY = 0o600;

/** What a key in a file is for. */
export const KEY_SCHEMES = ["ed25519", "ml-dsa-65", "x25519"] as const;
export type KeyScheme = (typeof KEY_SCHEMES)[number];

export interface StoredKey {
  readonly scheme: KeyScheme;
  readonly publicKey: Uint8Array;
  readonly seed: SecretSeed;
}

/** The public key that belongs to a secret. */
export function publicKeyOf(scheme: KeyScheme, seed: SecretSeed): Uint8Array {
  const format = scheme === "ml-dsa-65" ? "raw-seed" : "raw-private";
  const key = createPrivateKey({
    key: Buffer.from(seed.expose()),
    format,
    asymmetricKeyType: scheme,
  });
  return new Uint8Array(createPublicKey(key).export({ format: "raw-public" }));
}

/**
 * Writes a new key to `path`, durably, for its owner alone: all of it or nothing, whatever happens meanwhile.
 *
 * Effects  a crash may leave a file beside it, for its owner alone too, whose name ends with ".unfinished".
 * Errors   KEY_FILE_EXISTS, KEY_FILE_IO.
 */
export function createKeyFile(path: string, scheme: KeyScheme): StoredKey {
  const seed = SecretSeed.random();
  const stored: StoredKey = { scheme, publicKey: publicKeyOf(scheme, seed), seed };
  // Half a key would stand in the way of a whole one: it has a name of its own until it is whole, and nobody has that who
  // makes a key in the same place: one would take the other's for what it has written.
  const unfinished = `${path}.${randomBytes(8).toString("hex")}.unfinished`;
  withSystemErrors(path, () => {
    try {
      writeWhole(unfinished, Buffer.from(encodeKeyFile(stored)));
      // A rename would take the place of another key.
      linkSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
  });
  syncDirectory(dirname(path));
  return stored;
}

/** Writes a new file, durably: a disk that fills up takes a part, and says with the next write that it is full. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const descriptor = openSync(path, flags, OWNER_ONLY);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a key.
 *
 * Errors   KEY_FILE_ABSENT, KEY_FILE_EXPOSED (others may read it), KEY_FILE_MALFORMED, KEY_FILE_IO.
 */
export function readKeyFile(path: string): StoredKey {
  // To open a pipe would wait for who writes into it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const descriptor = withSystemErrors(path, () => openSync(path, flags));
  const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
  try {
    const stats = withSystemErrors(path, () => fstatSync(descriptor));
    if (!stats.isFile()) throw malformed(path, "it is not a file");
    const mode = stats.mode & 0o777;
    if ((mode & 0o077) !== 0) throw signingFault({ code: "KEY_FILE_EXPOSED", path, mode });
    const bytes = withSystemErrors(path, () => readSync(descriptor, buffer));
    const parsed = parseKeyFile(buffer.toString("latin1", 0, bytes));
    if (typeof parsed === "string") throw malformed(path, parsed);
    return parsed;
  } finally {
    closeSync(descriptor);
    buffer.fill(0);
  }
}

/** The key in the text of a file, or what is wrong with it, in words that never repeat the secret. */
export function parseKeyFile(text: string): StoredKey | string {
  if (text.length > FILE_BYTES_MAX) return "it is too long";
  const lines = text.split("\n");
  if (lines[0] !== HEADING) return `its first line is not "${HEADING}"`;
  if (lines.length !== 5 || lines[4] !== "") return "it does not have four lines";
  const scheme = KEY_SCHEMES.find((name) => lines[1] === `scheme ${name}`);
  if (scheme === undefined) return `its scheme is none of ${KEY_SCHEMES.join(", ")}`;
  const publicKey = parseField(lines[2]!, "public ");
  if (publicKey === undefined) return "its public key is not hexadecimal";
  const secret = parseField(lines[3]!, "secret ");
  if (secret?.length !== SEED_BYTES) return "its secret is not 64 hexadecimal digits";
  const seed = new SecretSeed(secret);
  secret.fill(0);
  if (!equalBytes(publicKeyOf(scheme, seed), publicKey))
    return "its two keys do not belong together";
  return { scheme, publicKey, seed };
}

function encodeKeyFile({ scheme, publicKey, seed }: StoredKey): string {
  const lines = [
    HEADING,
    `scheme ${scheme}`,
    `public ${encodeHex(publicKey)}`,
    `secret ${encodeHex(seed.expose())}`,
  ];
  return `${lines.join("\n")}\n`;
}

function parseField(line: string, name: string): Uint8Array | undefined {
  return line.startsWith(name) ? parseHex(line.slice(name.length)) : undefined;
}

function malformed(path: string, problem: string): Error {
  return signingFault({ code: "KEY_FILE_MALFORMED", path, problem });
}

function syncDirectory(directory: string): void {
  withSystemErrors(directory, () => {
    const descriptor = openSync(directory, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Calls the system and names its errors. */
function withSystemErrors<T>(path: string, perform: () => T): T {
  try {
    return perform();
  } catch (error) {
    const errorCode = (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
    if (errorCode === "EEXIST") throw signingFault({ code: "KEY_FILE_EXISTS", path }, error);
    if (errorCode === "ENOENT") throw signingFault({ code: "KEY_FILE_ABSENT", path }, error);
    throw signingFault({ code: "KEY_FILE_IO", path, errorCode }, error);
  }
}
