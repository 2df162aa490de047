import { equalBytes, Fault } from "@rialto/base";
import {
  ByteReader,
  ByteWriter,
  type Checkpoint,
  type Commit,
  type Committee,
  DIGEST_BYTES,
  encodeCommit,
  frameKeyOf,
  type HashFunction,
  isClosing,
  openOrderBase,
  type OrderBase,
  type OrderStart,
  parseCommit,
} from "@rialto/consensus";
import type { WindowState } from "../frame-window.ts";

// What a member has to know of the order, besides the machine's own state, to go on after a checkpoint:
//
//   version u16 | commitCount u32 | commits: bytes u32, the commit; ascending, the newest last; none at the end of an epoch
//   blockCount u64 | resultsRoot 32 | stateRoot 32 | sweptMs u64 | frameCount u32 | frames: id 32, expiresMs u64

const VERSION = 2;
const HEAD_BYTES = 2 + 4;
const TAIL_BYTES = 8 + 2 * DIGEST_BYTES + 8 + 4;
const FRAME_BYTES = DIGEST_BYTES + 8;

/** Where an order stands at a checkpoint. */
export interface OrderState {
  /** The checkpoint's commit. */
  readonly at: OrderStart;
  /** Undefined at the end of an epoch: the next one begins with round 1, and nothing of the rounds before matters in it. */
  readonly base: OrderBase | undefined;
  /** Blocks in all commits so far. */
  readonly blockCount: number;
  readonly resultsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly window: WindowState;
}

export type OrderStateFaultDetail = {
  readonly code: "SNAPSHOT_INVALID";
  readonly problem: string;
};

export function encodeOrderState(state: OrderState): Uint8Array {
  const { base, blockCount, resultsRoot, stateRoot, window } = state;
  const commits = (base?.commits ?? []).map(encodeCommit);
  const commitBytes = commits.reduce((sum, bytes) => sum + 4 + bytes.length, 0);
  const size = HEAD_BYTES + commitBytes + TAIL_BYTES + window.frameCount * FRAME_BYTES;
  const writer = new ByteWriter(size).u16(VERSION).u32(commits.length);
  for (const bytes of commits) writer.u32(bytes.length).raw(bytes);
  writer.u64(blockCount).raw(resultsRoot).raw(stateRoot).u64(window.sweptMs).u32(window.frameCount);
  for (const part of window.frames) {
    for (const [key, expiresMs] of part) writer.characters(key).u64(expiresMs);
  }
  return writer.bytes;
}

/** Where a checkpoint's order stands. */
export function orderAt({ commitIndex, commitDigest, tsMs }: Checkpoint): OrderStart {
  return { index: commitIndex, digest: commitDigest, tsMs };
}

/** An epoch as far as an order is judged by it: its members, and where the epoch before has ended. */
export interface OrderEpoch {
  readonly committee: Committee;
  readonly start: OrderStart;
}

/**
 * Reads such bytes, from a disk or a stranger, and holds them against the checkpoint that they are said to be of.
 *
 * Errors   SNAPSHOT_INVALID, returned.
 */
export function parseOrderState(
  bytes: Uint8Array,
  checkpoint: Checkpoint,
  { committee, start }: OrderEpoch,
  hash: HashFunction,
): OrderState | Fault<OrderStateFaultDetail> {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const commits = readCommits(reader);
  const blockCount = reader.u64();
  const resultsRoot = reader.raw(DIGEST_BYTES);
  const stateRoot = reader.raw(DIGEST_BYTES);
  const window = readWindow(reader);
  if (version !== VERSION) return invalid("its order is of an unknown version");
  if (!reader.isDone || commits === undefined || window === undefined) {
    return invalid("its order is cut short, or says something twice");
  }
  const base = openOrderBase(commits, checkpoint.commitDigest, committee, hash, start);
  const isRight = isClosing(checkpoint) ? commits.length === 0 : base !== undefined;
  if (!isRight) return invalid("its commits do not lead to its checkpoint");
  const isSame =
    equalBytes(resultsRoot, checkpoint.resultsRoot) && equalBytes(stateRoot, checkpoint.stateRoot);
  if (!isSame) return invalid("its roots are not those of its checkpoint");
  return { at: orderAt(checkpoint), base, blockCount, resultsRoot, stateRoot, window };
}

function readCommits(reader: ByteReader): Commit[] | undefined {
  const commits: Commit[] = [];
  // Every commit takes its bytes: the length of the input bounds the list.
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) {
    const commit = parseCommit(reader.raw(reader.u32()));
    if (commit instanceof Fault) return undefined;
    commits.push(commit);
  }
  return commits;
}

function readWindow(reader: ByteReader): WindowState | undefined {
  const sweptMs = reader.u64();
  const frames = new Map<string, number>();
  const frameCount = reader.u32();
  for (let left = frameCount; left > 0 && !reader.failed; left--) {
    frames.set(frameKeyOf(reader.raw(DIGEST_BYTES)), reader.u64());
  }
  return frames.size === frameCount ? { sweptMs, frameCount, frames: [frames] } : undefined;
}

function invalid(problem: string): Fault<OrderStateFaultDetail> {
  const message = `the snapshot cannot be used: ${problem}`;
  return new Fault<OrderStateFaultDetail>({ code: "SNAPSHOT_INVALID", problem }, "error", message);
}
