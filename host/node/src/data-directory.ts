import { Fault } from "@rialto/base";
import { type KeyStore, openFileKeyStore } from "@rialto/gateway";
import type { Journal } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "./write-whole.ts";

// Where a node keeps everything that is its own. Only its owner may look inside.

export interface DataDirectory {
  readonly path: string;
  readonly journal: string;
  readonly snapshots: string;
  readonly history: string;
  readonly proofs: string;
  readonly keys: string;
  readonly identity: string;
  readonly demo: string;
}

/** What a node is called for as long as its directory lives. */
export interface NodeIdentity {
  readonly nodeId: string;
}

export type DataDirectoryFaultDetail =
  | { readonly code: "DATA_FILE_INVALID"; readonly path: string; readonly problem: string }
  /** Nobody but a backup has what they held. */
  | { readonly code: "DATA_FILES_MISSING"; readonly paths: readonly string[] };

/** Opens the API keys of a node with such a journal, which are made with it. Errors: DATA_FILES_MISSING, those of `openFileKeyStore`. */
export function openKeys(
  { path, keys }: DataDirectory,
  { lastSequence }: Pick<Journal, "lastSequence">,
): KeyStore {
  if (lastSequence === 0 || holdsSomething(keys)) return openFileKeyStore(keys);
  throw filesMissing(
    [keys],
    `there is a journal, but the API keys are gone. Put it back from a backup; where there is none, make new ones, and the node starts: \`rialto keys new --data-dir ${path}\``,
  );
}

/** False for a file that is not there, and for an empty one, as a copy on a full disk leaves. */
export function holdsSomething(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** What a node once made, and cannot make again. */
export function filesMissing(
  paths: readonly string[],
  message: string,
): Fault<DataDirectoryFaultDetail> {
  const verb = paths.length === 1 ? "is" : "are";
  const text = `${paths.join(", ")} ${verb} missing or empty: ${message}`;
  return new Fault({ code: "DATA_FILES_MISSING", paths }, "fatal", text);
}

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    journal: join(path, "journal"),
    snapshots: join(path, "snapshots"),
    history: join(path, "history.sqlite"),
    proofs: join(path, "proofs.sqlite"),
    keys: join(path, "keys.sqlite"),
    identity: join(path, "node.json"),
    demo: join(path, "demo.json"),
  };
}

/** Makes the directory if it is absent, in one that is there. Errors: what the system says, thrown. */
export function makeDataDirectory(path: string): DataDirectory {
  // Not recursive: in some places (/proc) Node then tries for ever.
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  return dataDirectory(path);
}

/**
 * Reads the node's identity, which is drawn at its first start.
 *
 * Errors   DATA_FILE_INVALID, thrown.
 */
export function openIdentity(directory: DataDirectory): NodeIdentity {
  const make = (): NodeIdentity => ({ nodeId: randomBytes(8).toString("hex") });
  return openJson(directory.identity, make, isIdentity);
}

function isIdentity(value: unknown): value is NodeIdentity {
  const { nodeId } = (value ?? {}) as Partial<NodeIdentity>;
  return typeof nodeId === "string" && /^[0-9a-f]{16}$/.test(nodeId);
}

/** Reads a small file of JSON, or makes it, for its owner's eyes only. */
export function openJson<T>(
  path: string,
  make: () => T,
  isValid: (value: unknown) => value is T,
): T {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const made = make();
    writeWhole(path, Buffer.from(`${JSON.stringify(made)}\n`));
    return made;
  }
  const value = parse(text);
  if (isValid(value)) return value;
  const problem = "it does not hold what the node once wrote";
  const message = `${path}: ${problem}. Restore it, or remove it to have a new one drawn`;
  const detail: DataDirectoryFaultDetail = { code: "DATA_FILE_INVALID", path, problem };
  throw new Fault(detail, "fatal", message);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Not JSON is as invalid as the wrong JSON.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Bytes of the files of a directory; 0 if it is absent. */
export function directoryBytes(path: string): number {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
  return names.reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}
