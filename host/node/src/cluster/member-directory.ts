import { encodeHex, Fault } from "@rialto/base";
import {
  createKeyFile,
  createSigningGuard,
  type KeyScheme,
  readKeyFile,
  type SecretSeed,
  selectBackend,
  type Signer,
} from "@rialto/signing";
import { createHash } from "node:crypto";
import { existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDataDirectory } from "../data-directory.ts";
import type { Genesis, GenesisFile, MemberCard } from "./genesis.ts";
import { FOR_ALL, writeWhole } from "../write-whole.ts";
import { syncDirectory } from "../sync-directory.ts";
import { openTableKey } from "./table-secret.ts";

// What a member of a cluster keeps in its data directory besides a node's own: its keys and its signing guard, made
// together and once, and the genesis file.

export interface MemberPaths {
  readonly genesis: string;
  /** What leads from the genesis to a later epoch: of a member that joins then. */
  readonly epochs: string;
  readonly card: string;
  readonly signingKey: string;
  readonly quantumKey: string;
  readonly linkKey: string;
  readonly guard: string;
}

export function memberPaths(directory: string): MemberPaths {
  return {
    genesis: join(directory, "genesis.json"),
    epochs: join(directory, "epochs.json"),
    card: join(directory, "member.json"),
    signingKey: join(directory, "member.key"),
    quantumKey: join(directory, "quantum.key"),
    linkKey: join(directory, "link.key"),
    guard: join(directory, "signing.guard"),
  };
}

/** True for a directory of a cluster's member: a node alone has a signing key too, but no links. */
export function isMemberDirectory(directory: string): boolean {
  return existsSync(memberPaths(directory).linkKey);
}

/** What makes a directory a local cluster's, with one for each of its members in it. */
export function clusterFilePath(directory: string): string {
  return join(directory, "cluster.json");
}

/** Errors: DIRECTORY_OF_CLUSTER where a directory is a local cluster's, and so no node's; thrown. */
export function checkIsNoCluster(path: string): void {
  if (!existsSync(clusterFilePath(path))) return;
  const message =
    `${path} is a cluster's, whose nodes lie in ${join(path, "node-0")} ...: name one of these, start all with ` +
    `\`rialto cluster start --data-dir ${path}\`, or give a directory elsewhere`;
  throw new Fault<MemberFaultDetail>({ code: "DIRECTORY_OF_CLUSTER", path }, "fatal", message);
}

/** Errors: JOURNAL_OF_MEMBER where the journal of a directory is a member's and so holds no log records, thrown. */
export function checkHoldsLog(path: string): void {
  if (!isMemberDirectory(path)) return;
  const what = "its journal holds blocks, which only the member itself reads";
  const message = `${path} is a cluster's member: ${what}. Ask it: /stats, /ready`;
  throw new Fault<MemberFaultDetail>({ code: "JOURNAL_OF_MEMBER", path }, "error", message);
}

export type MemberFaultDetail =
  | { readonly code: "JOURNAL_OF_MEMBER" | "DIRECTORY_OF_CLUSTER"; readonly path: string }
  | { readonly code: "MEMBER_UNKNOWN"; readonly publicKey: string }
  | {
      readonly code:
        | "MEMBER_LINK_KEY_OTHER"
        | "MEMBER_QUANTUM_KEY_OTHER"
        | "MEMBER_TABLE_SECRET_OTHER";
      readonly member: number;
    };

/**
 * Makes a member: its keys, its signing guard, and the card that it hands to whoever writes the genesis file.
 *
 * Effects  the guard is made last: a member without one signs nothing until the others have answered. Where something
 *          cannot be made, what was made before it goes: nobody knows these keys, and the next try is to find none.
 * Errors   KEY_FILE_EXISTS, GUARD_EXISTS, KEY_FILE_IO, STORAGE_IO, thrown.
 */
export async function createMember(
  directory: string,
  place: Pick<MemberCard, "address" | "weight">,
): Promise<MemberCard> {
  const isNew = !existsSync(directory);
  makeDataDirectory(directory);
  if (isNew) syncDirectory(dirname(directory));
  const paths = memberPaths(directory);
  const made: string[] = [];
  try {
    return await makeFiles(paths, place, made);
  } catch (error) {
    for (const path of made) rmSync(path);
    throw error;
  }
}

/** Effects: `made` has what is there so far. */
async function makeFiles(
  paths: MemberPaths,
  place: Pick<MemberCard, "address" | "weight">,
  made: string[],
): Promise<MemberCard> {
  const makeKey = (path: string, scheme: KeyScheme): Uint8Array => {
    const { publicKey } = createKeyFile(path, scheme);
    made.push(path);
    return publicKey;
  };
  const publicKey = makeKey(paths.signingKey, "ed25519");
  const card: MemberCard = {
    publicKey: encodeHex(publicKey),
    quantumKey: encodeHex(makeKey(paths.quantumKey, "ml-dsa-65")),
    linkKey: encodeHex(makeKey(paths.linkKey, "x25519")),
    ...place,
  };
  writeWhole(paths.card, Buffer.from(`${JSON.stringify(card, undefined, 2)}\n`), FOR_ALL);
  made.push(paths.card);
  await createSigningGuard({ path: paths.guard, scope: guardScope(publicKey) });
  return card;
}

/** A member's own keys, and its place in the committee. */
export interface MemberKeys {
  /** Author number. */
  readonly self: number;
  readonly signer: Signer;
  /** Of ML-DSA-65, where the genesis has a key for it. */
  readonly quantumSigner: Signer | undefined;
  readonly linkSeed: SecretSeed;
  /** Of the engine's hash tables: table-secret.ts. */
  readonly tableKey: bigint;
  readonly guardScope: Uint8Array;
}

/**
 * Reads the keys in a member's directory and finds it in the genesis.
 *
 * Errors   those of `readKeyFile`; MEMBER_UNKNOWN, MEMBER_LINK_KEY_OTHER, MEMBER_QUANTUM_KEY_OTHER,
 *          MEMBER_TABLE_SECRET_OTHER; thrown.
 */
export function openMemberKeys(directory: string, { file }: Genesis): MemberKeys {
  const paths = memberPaths(directory);
  const signing = readKeyFile(paths.signingKey);
  const link = readKeyFile(paths.linkKey);
  const publicKey = encodeHex(signing.publicKey);
  const self = file.members.findIndex((member) => member.publicKey === publicKey);
  if (self < 0) {
    const message = `the genesis file has no member with the key of ${paths.signingKey} (${publicKey})`;
    throw new Fault<MemberFaultDetail>({ code: "MEMBER_UNKNOWN", publicKey }, "fatal", message);
  }
  if (file.members[self]!.linkKey !== encodeHex(link.publicKey)) {
    const message = `the genesis file has another link key for member ${self} than ${paths.linkKey}`;
    const detail: MemberFaultDetail = { code: "MEMBER_LINK_KEY_OTHER", member: self };
    throw new Fault(detail, "fatal", message);
  }
  return {
    self,
    signer: selectBackend("ed25519").createSigner(signing.seed),
    quantumSigner: openQuantumSigner(paths, file.members[self]!.quantumKey, self),
    linkSeed: link.seed,
    tableKey: openTableKeyOrThrow(file, self, link.seed),
    guardScope: guardScope(signing.publicKey),
  };
}

/**
 * The key of the hash tables of whoever holds a link key. Undefined where the others have one that it does not know, since it
 * came after the genesis, and that their snapshots bring. Errors: MEMBER_TABLE_SECRET_OTHER, thrown.
 */
export function tableKeyOf(
  file: GenesisFile,
  { linkKey, linkSeed }: { readonly linkKey: Uint8Array; readonly linkSeed: SecretSeed },
): bigint | undefined {
  const wanted = encodeHex(linkKey);
  const self = file.members.findIndex((member) => member.linkKey === wanted);
  const isShared = file.tableSecrets !== undefined && file.snapshotCommits !== undefined;
  if (self < 0 && isShared) return undefined;
  return openTableKeyOrThrow(file, self, linkSeed);
}

function openTableKeyOrThrow(file: GenesisFile, self: number, linkSeed: SecretSeed): bigint {
  const key = openTableKey(file, self, linkSeed);
  if (key !== undefined) return key;
  const message = `the secret of the tables in the genesis file is not sealed for member ${self}`;
  const detail: MemberFaultDetail = { code: "MEMBER_TABLE_SECRET_OTHER", member: self };
  throw new Fault(detail, "fatal", message);
}

/** A member whose card names a quantum key has it: else it would fall silent where others count on it. */
export function openQuantumSigner(
  { quantumKey: path }: Pick<MemberPaths, "quantumKey">,
  wanted: string | undefined,
  member: number,
): Signer | undefined {
  if (wanted === undefined) return undefined;
  const { publicKey, seed } = readKeyFile(path);
  if (encodeHex(publicKey) === wanted) return selectBackend("ml-dsa-65").createSigner(seed);
  const message = `the genesis file has another quantum key for member ${member} than ${path}`;
  const detail: MemberFaultDetail = { code: "MEMBER_QUANTUM_KEY_OTHER", member };
  throw new Fault(detail, "fatal", message);
}

export function guardScope(publicKey: Uint8Array): Uint8Array {
  return createHash("sha256").update("rialto/guard-scope/blocks/1\0").update(publicKey).digest();
}

/**
 * Where `--join` points: a member's directory with the genesis in it, or a genesis file apart from it. Errors: DIRECTORY_OF_CLUSTER,
 * thrown.
 */
export function resolveJoin(
  target: string,
  dataDir: string,
): { readonly genesis: string; readonly directory: string } {
  const isDirectory = statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const directory = isDirectory ? target : dataDir;
  checkIsNoCluster(directory);
  return { genesis: isDirectory ? memberPaths(target).genesis : target, directory };
}
