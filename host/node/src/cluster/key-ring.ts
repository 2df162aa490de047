import { encodeHex, equalBytes } from "@rialto/base";
import type { ChainReplicaOptions, Epoch, GuardMemory } from "@rialto/replica";
import {
  judgeGuard,
  openSigningGuard,
  readKeyFile,
  type SecretSeed,
  selectBackend,
  type Signer,
  type SigningGuard,
} from "@rialto/signing";
import { promptFiles } from "@rialto/storage";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  guardScope,
  type MemberPaths,
  memberPaths,
  openQuantumSigner,
} from "./member-directory.ts";

// The signing keys of a member through all epochs: those that it began with, and those that it was given since, each with a
// guard of its own. Its link key stays: by it the others know whose keys they are.

interface KeySet {
  readonly publicKey: Uint8Array;
  readonly signer: Signer;
  readonly paths: MemberPaths;
}

/** Where key sets lie that a member was given after its first. */
export function laterKeysDirectory(directory: string): string {
  return join(directory, "keys.d");
}

/** How the name of such a key set ends while it is being made, and after a crash meanwhile. */
export const UNFINISHED = ".unfinished";

export function isUnfinished(name: string): boolean {
  return name.endsWith(UNFINISHED);
}

export class KeyRing implements AsyncDisposable {
  readonly linkSeed: SecretSeed;
  /** X25519. */
  readonly linkKey: Uint8Array;
  readonly #directory: string;
  #sets: readonly KeySet[];
  readonly #byEpoch = new Map<number, KeySet>();
  /** By the path of the guard. */
  readonly #guards = new Map<string, Promise<SigningGuard>>();

  /** Errors: those of `readKeyFile`, thrown. */
  constructor(directory: string) {
    this.#directory = directory;
    const link = readKeyFile(memberPaths(directory).linkKey);
    this.linkSeed = link.seed;
    this.linkKey = link.publicKey;
    this.#sets = readSets(directory);
  }

  /**
   * The seat that this member has in an epoch, by its link key, if it holds the signing key that goes with it.
   *
   * Effects  keys that were made meanwhile are read.
   * Errors   MEMBER_QUANTUM_KEY_OTHER and those of `readKeyFile`, thrown.
   */
  readonly seatOf: ChainReplicaOptions["seatOf"] = ({ committee, roster }: Epoch) => {
    const author = roster.members.findIndex(({ linkKey }) => equalBytes(linkKey, this.linkKey));
    const member = roster.members[author];
    if (member === undefined) return undefined;
    const set = this.#find(member.publicKey);
    if (set === undefined) return undefined;
    this.#byEpoch.set(committee.epoch, set);
    const quantumKey = member.quantumKey && encodeHex(member.quantumKey);
    const quantum = openQuantumSigner(set.paths, quantumKey, author);
    return {
      author,
      sign: (message) => set.signer.sign(message),
      signQuantum: quantum && ((message) => quantum.sign(message)),
    };
  };

  #find(publicKey: Uint8Array): KeySet | undefined {
    const find = (): KeySet | undefined =>
      this.#sets.find((set) => equalBytes(set.publicKey, publicKey));
    const known = find();
    if (known !== undefined) return known;
    this.#sets = readSets(this.#directory);
    return find();
  }

  #setOf(epoch: number): KeySet {
    const set = this.#byEpoch.get(epoch);
    if (set === undefined) throw new Error(`epoch ${epoch} has begun with a key of this member`);
    return set;
  }

  /** What the guard of this member's key of an epoch says, as its file is. */
  memoryOf(epoch: number): GuardMemory {
    const { paths, publicKey } = this.#setOf(epoch);
    if (!existsSync(paths.guard)) return { last: undefined, isAmnesiac: true };
    const found = judgeGuard(readFileSync(paths.guard), guardScope(publicKey));
    // What is of somebody else, or of another release, is refused where the guard is opened to be written.
    if (found === "foreign" || "version" in found) return { last: undefined, isAmnesiac: true };
    return { last: found.newest?.mark, isAmnesiac: found.reason !== undefined };
  }

  /** What is wrong with the guards of this member's keys, as their files are; undefined where nothing is. */
  findGuardProblem(): string | undefined {
    for (const { paths, publicKey } of this.#sets) {
      if (!existsSync(paths.guard)) return `${paths.guard} is not there`;
      const found = judgeGuard(readFileSync(paths.guard), guardScope(publicKey));
      if (found === "foreign" || "version" in found) return `${paths.guard} is of another member`;
      if (found.reason !== undefined) return `${paths.guard}: ${found.reason}`;
    }
    return undefined;
  }

  /** The guard of this member's key of an epoch, open. */
  guardOf(epoch: number): Promise<SigningGuard> {
    const { paths, publicKey } = this.#setOf(epoch);
    const known = this.#guards.get(paths.guard);
    if (known !== undefined) return known;
    const scope = guardScope(publicKey);
    const opening = openSigningGuard({ path: paths.guard, scope, files: promptFiles });
    this.#guards.set(paths.guard, opening);
    return opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#guards.values());
    for (const each of opened) if (each.status === "fulfilled") await each.value.close();
  }
}

function readSets(directory: string): readonly KeySet[] {
  const later = laterKeysDirectory(directory);
  const all = existsSync(later) ? readdirSync(later).toSorted() : [];
  const names = all.filter((name) => !isUnfinished(name));
  return [directory, ...names.map((name) => join(later, name))].map((each) => {
    const paths = memberPaths(each);
    const { publicKey, seed } = readKeyFile(paths.signingKey);
    return { publicKey, signer: selectBackend("ed25519").createSigner(seed), paths };
  });
}
