import { computeMerkleRoot } from "@rialto/crypto";
import { assert, fail, Fault } from "@rialto/base";
import { type BlockRef } from "./block.ts";
import { type BlockFaultDetail, readRef } from "./block-codec.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Committee } from "./committee.ts";
import type { Dag, DagBlock } from "./dag.ts";
import {
  compareDigests,
  DIGEST_BYTES,
  type HashFunction,
  hashParts,
  NO_DIGEST,
  tagBytes,
} from "./hash.ts";

// Commit:  index u64 | previous 32 | leader 38 | tsMs u64 | gcRound u32 | framesRoot 32 | refCount u32 | refs * 38

const COMMIT_HEAD_BYTES = 126;
const REF_BYTES = 38;
const COMMIT_TAG: Uint8Array = tagBytes("rialto/commit/1");

/** One step of the total order: the blocks that a leader sweeps up, in their order. */
export interface Commit {
  /** From 1 without gaps. */
  readonly index: number;
  /** Digest of the commit before; zeros before the first. */
  readonly previous: Uint8Array;
  readonly leader: BlockRef;
  /** The time at which everything in it executes. Never before that of the commit before. */
  readonly tsMs: number;
  /** Nothing at or below this round is swept up, now or later. */
  readonly gcRound: number;
  /** Merkle root over the payload roots of its blocks. */
  readonly framesRoot: Uint8Array;
  readonly refs: readonly BlockRef[];
}

/** A commit with what it names. */
export interface CommittedBatch {
  readonly commit: Commit;
  readonly digest: Uint8Array;
  /** The blocks of `commit.refs`. */
  readonly blocks: readonly DagBlock[];
}

export function encodeCommit(commit: Commit): Uint8Array {
  const writer = ByteWriter.brief(COMMIT_HEAD_BYTES + commit.refs.length * REF_BYTES);
  writer.u64(commit.index).raw(commit.previous);
  writeRef(writer, commit.leader);
  writer.u64(commit.tsMs).u32(commit.gcRound).raw(commit.framesRoot).u32(commit.refs.length);
  for (const ref of commit.refs) writeRef(writer, ref);
  assert(writer.at === writer.bytes.length, "a commit has the size that was counted");
  return writer.bytes;
}

function writeRef(writer: ByteWriter, ref: BlockRef): void {
  writer.u32(ref.round).u16(ref.author).raw(ref.digest);
}

/** Reads a commit from hostile bytes. Errors: BLOCK_MALFORMED, returned. */
export function parseCommit(bytes: Uint8Array): Commit | Fault<BlockFaultDetail> {
  const reader = new ByteReader(bytes);
  const head = {
    index: reader.u64(),
    previous: reader.raw(DIGEST_BYTES),
    leader: readRef(reader),
    tsMs: reader.u64(),
    gcRound: reader.u32(),
    framesRoot: reader.raw(DIGEST_BYTES),
  };
  const refs: BlockRef[] = [];
  // Every reference takes its bytes: the length of the input bounds the list.
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) refs.push(readRef(reader));
  if (reader.isDone) return { ...head, refs };
  const problem = "a field of a commit is cut short, out of range or left over";
  return new Fault<BlockFaultDetail>({ code: "BLOCK_MALFORMED", problem }, "warn");
}

export function computeCommitDigest(commit: Commit, hash: HashFunction): Uint8Array {
  return hashParts(hash, COMMIT_TAG, encodeCommit(commit));
}

/** The commit that an epoch's order goes on from. */
export interface OrderStart {
  readonly index: number;
  readonly digest: Uint8Array;
  readonly tsMs: number;
}

export const ORDER_BEGINNING: OrderStart = { index: 0, digest: NO_DIGEST, tsMs: 0 };

/**
 * Turns committed leaders into the total order.
 *
 * Invariant: what a commit holds depends on its leader's history and the commits before, never on what else
 * this member holds or has forgotten.
 */
export class Sequencer {
  readonly #dag: Dag;
  readonly #hash: HashFunction;
  #lastIndex: number;
  #lastDigest: Uint8Array;
  #lastTsMs: number;
  #lastLeaderRound = 0;

  /** `start` is the last commit of the epoch before: the order goes on from there. */
  constructor(dag: Dag, hash: HashFunction, start: OrderStart = ORDER_BEGINNING) {
    this.#dag = dag;
    this.#hash = hash;
    this.#lastIndex = start.index;
    this.#lastDigest = start.digest;
    this.#lastTsMs = start.tsMs;
  }

  /** Goes on after a commit that others, or an earlier life, have come to. */
  resume(commit: Commit, digest: Uint8Array): void {
    this.#lastIndex = commit.index;
    this.#lastDigest = digest;
    this.#lastTsMs = commit.tsMs;
    this.#lastLeaderRound = commit.leader.round;
  }

  /** Index of the newest commit, 0 before the first. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  get lastDigest(): Uint8Array {
    return this.#lastDigest;
  }

  /**
   * Commits a leader: sweeps up its history above the leader's own horizon.
   *
   * Effects  marks the blocks as committed and raises the DAG's horizon.
   * Source   docs/protocol/consensus.md §7.
   */
  commit(leader: DagBlock): CommittedBatch {
    if (leader.round < this.#lastLeaderRound) fail("leaders are committed in the order of rounds");
    if (leader.commitIndex > 0) fail("a leader that is committed is in no commit yet");
    const gcRound = Math.max(0, leader.round - this.#dag.committee.gcDepth);
    const blocks = this.#order(this.#sweep(leader, gcRound), leader);
    const index = this.#lastIndex + 1;
    const payloadRoots = blocks.map((block) => block.block!.payloadRoot);
    const commit: Commit = {
      index,
      previous: this.#lastDigest,
      leader: refOf(leader),
      tsMs: Math.max(this.#lastTsMs, timeOf(leader, this.#dag.committee)),
      gcRound,
      framesRoot: computeMerkleRoot(payloadRoots, this.#hash),
      refs: blocks.map(refOf),
    };
    for (const block of blocks) block.commitIndex = index;
    this.#dag.raiseHorizon(gcRound);
    this.#lastIndex = index;
    this.#lastDigest = computeCommitDigest(commit, this.#hash);
    this.#lastTsMs = commit.tsMs;
    this.#lastLeaderRound = leader.round;
    return { commit, digest: this.#lastDigest, blocks };
  }

  /** The leader's history above `gcRound` that no commit has: one block for each author and round. */
  #sweep(leader: DagBlock, gcRound: number): DagBlock[] {
    const walk = this.#dag.startWalk();
    leader.walk = walk;
    const open: DagBlock[] = [leader];
    const swept: DagBlock[] = [];
    const visit = (parent: DagBlock | undefined): void => {
      if (parent === undefined || parent.walk === walk) return;
      // The history of a committed block was swept up with it.
      if (parent.round <= gcRound || parent.commitIndex > 0) return;
      parent.walk = walk;
      open.push(parent);
    };
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      swept.push(next);
      for (const parent of next.strong) visit(parent);
      for (const parent of next.weak) visit(parent);
    }
    return swept.filter((block) => this.#isChosen(block, walk));
  }

  /** Of twins at most one is ever committed: an earlier commit's, else the one with the least digest. */
  #isChosen(block: DagBlock, walk: number): boolean {
    if (this.#dag.isTwinCommitted(block)) return false;
    for (const twin of this.#dag.round(block.round)) {
      if (twin === block || twin.author !== block.author) continue;
      if (twin.commitIndex > 0) return false;
      if (twin.walk === walk && compareDigests(twin.digest, block.digest) < 0) return false;
    }
    return true;
  }

  /** By round; within a round by author, beginning with one that the leader's digest picks. */
  #order(blocks: DagBlock[], leader: DagBlock): DagBlock[] {
    const count = this.#dag.committee.weights.length;
    const rotation = (leader.digest[0]! * 256 + leader.digest[1]!) % count;
    const rank = (block: DagBlock): number => (block.author + count - rotation) % count;
    return blocks.sort(
      (a, b) => a.round - b.round || rank(a) - rank(b) || compareDigests(a.digest, b.digest),
    );
  }
}

export function refOf(block: DagBlock): BlockRef {
  return { round: block.round, author: block.author, digest: block.digest };
}

/**
 * The time that at least half of the weight of a leader's strong parents has reached: the lower median. A
 * minority of liars cannot move it beyond what honest members say. Alone, nobody lies: it is the leader's own.
 */
function timeOf(leader: DagBlock, { weights, thresholds }: Committee): number {
  if (thresholds.wave === 1) return leader.tsMs;
  const parents = leader.strong.filter((parent) => parent !== undefined);
  let total = 0;
  for (const parent of parents) total += weights[parent.author]!;
  return timeReached(parents, weights, total / 2) ?? fail("a leader has strong parents");
}

/**
 * The earliest of the blocks' times at or before which those of at least `weightMin` were made; undefined where all of them weigh
 * less. Committees are small: comparing each with all costs less than sorting.
 */
export function timeReached(
  blocks: readonly { readonly author: number; readonly tsMs: number }[],
  weights: readonly number[],
  weightMin: number,
): number | undefined {
  let reachedMs: number | undefined;
  for (const { tsMs } of blocks) {
    if (reachedMs !== undefined && tsMs >= reachedMs) continue;
    let weight = 0;
    for (const each of blocks) if (each.tsMs <= tsMs) weight += weights[each.author]!;
    if (weight >= weightMin) reachedMs = tsMs;
  }
  return reachedMs;
}
