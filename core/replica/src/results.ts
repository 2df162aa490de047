import { fail } from "@rialto/base";
import { computeMerkleRoot, DIGEST_BYTES, type HashFunction, hashLeaf } from "@rialto/crypto";
import { ByteWriter, NO_DIGEST } from "@rialto/consensus";
import { EventOffset } from "@rialto/protocol";

// What commits did, as Merkle trees: events under a commit's events root, commits under a checkpoint's results root,
// and each checkpoint's results root under that of the next.
//
//   events root    leaf: frameId 32 | piece u32 | whole events, at least one unless the frame had none
//   results root   leaf 0: the results root of the checkpoint before, 32; zeros before the first
//                  others: commitIndex u64 | commitDigest 32 | eventsRoot 32
//
// Source: docs/protocol/finality.md §4.

/** Bytes of a piece at most: what a proof carries of a frame with many events. */
export const RESULT_PIECE_BYTES = 4_096;
export const RESULT_LEAF_HEAD_BYTES: number = DIGEST_BYTES + 4;
const COMMIT_LEAF_BYTES: number = 8 + 2 * DIGEST_BYTES;

/** A commit and what its events amount to. */
export interface CommitOutcome {
  readonly index: number;
  readonly digest: Uint8Array;
  readonly eventsRoot: Uint8Array;
}

/** The leaves of one frame under its commit's events root, one behind the other in one piece of memory. */
export function resultLeaves(frameId: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array[] {
  let size = 0;
  for (const events of pieces) size += RESULT_LEAF_HEAD_BYTES + events.length;
  const writer = new ByteWriter(size);
  return pieces.map((events, piece) => {
    const start = writer.at;
    writer.raw(frameId).u32(piece).raw(events);
    return writer.bytes.subarray(start, writer.at);
  });
}

/** Hashes of the same leaves, which need not be made for it. */
export function hashResultLeaves(
  frameId: Uint8Array,
  pieces: readonly Uint8Array[],
  hash: HashFunction,
): Uint8Array[] {
  return pieces.map((events, piece) => {
    const head = ByteWriter.brief(RESULT_LEAF_HEAD_BYTES).raw(frameId).u32(piece).bytes;
    return hashLeaf(head, hash, events);
  });
}

export function resultLeaf(frameId: Uint8Array, piece: number, events: Uint8Array): Uint8Array {
  const writer = new ByteWriter(RESULT_LEAF_HEAD_BYTES + events.length);
  return writer.raw(frameId).u32(piece).raw(events).bytes;
}

/** The leaf of one commit under its checkpoint's results root. */
export function commitLeaf({ index, digest, eventsRoot }: CommitOutcome): Uint8Array {
  return ByteWriter.brief(COMMIT_LEAF_BYTES).u64(index).raw(digest).raw(eventsRoot).bytes;
}

/**
 * Cuts encoded events into pieces of at most `RESULT_PIECE_BYTES`, between events. No events are one empty piece.
 *
 * Shape    the pieces alias `events`.
 */
export function splitEvents(events: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < events.length;) {
    const next = at + events[at + EventOffset.size]! * 8;
    if (next === at) fail("an event has a size");
    if (next - start > RESULT_PIECE_BYTES) {
      pieces.push(events.subarray(start, at));
      start = at;
    }
    at = next;
  }
  pieces.push(events.subarray(start));
  return pieces;
}

/** Gathers the results of commits, and closes them into a results root at each checkpoint. */
export class ResultsChain {
  readonly #hash: HashFunction;
  /** Of the next checkpoint, the link to the one before first. */
  #leaves: Uint8Array[];

  /** `previous` is the results root of the last checkpoint, where the chain goes on after a restart. */
  constructor(hash: HashFunction, previous: Uint8Array = NO_DIGEST) {
    this.#hash = hash;
    this.#leaves = [previous];
  }

  add(outcome: CommitOutcome): void {
    this.#leaves.push(commitLeaf(outcome));
  }

  /** The results root of a checkpoint that stands here. */
  close(): Uint8Array {
    const root = computeMerkleRoot(this.#leaves, this.#hash);
    this.#leaves = [root];
    return root;
  }
}
