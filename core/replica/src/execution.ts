import { computeMerkleRoot } from "@rialto/crypto";
import {
  ByteWriter,
  type CommittedBatch,
  type Frame,
  type HashFunction,
  NO_DIGEST,
} from "@rialto/consensus";
import { FrameWindow, type FrameVerdict } from "./frame-window.ts";

/** The machine that the order drives. Deterministic: the same frames at the same times, the same answers. */
export interface Executor {
  /** Executes the commands of a frame. Returns its events; the caller keeps them. */
  execute(frame: Frame, commitMs: number): Uint8Array;
  /** What two executors in the same state have in common, and no two in different states. 32 bytes. */
  stateRoot(): Uint8Array;
}

/** What became of one frame. */
export interface FrameResult {
  readonly frame: Frame;
  readonly verdict: FrameVerdict;
  /** Empty unless executed. */
  readonly events: Uint8Array;
}

/** What a commit has done. */
export interface CommitResult {
  readonly frames: readonly FrameResult[];
  /** Merkle root over the events of the executed frames, a leaf a frame. */
  readonly eventsRoot: Uint8Array;
  /** At a checkpoint: the state after this commit. */
  readonly checkpoint:
    | { readonly resultsRoot: Uint8Array; readonly stateRoot: Uint8Array }
    | undefined;
}

/** Executes commits in their order and sums up what they did. */
export class Execution {
  readonly #executor: Executor;
  readonly #hash: HashFunction;
  readonly #window: FrameWindow;
  readonly #checkpointEvery: number;
  /** Of the commits since the last checkpoint. */
  #leaves: Uint8Array[] = [];

  constructor(options: {
    readonly executor: Executor;
    readonly hash: HashFunction;
    readonly lifetimeMsMax: number;
    /** Commits from one checkpoint to the next. All members must have the same. */
    readonly checkpointEvery: number;
  }) {
    this.#executor = options.executor;
    this.#hash = options.hash;
    this.#window = new FrameWindow(options.lifetimeMsMax);
    this.#checkpointEvery = options.checkpointEvery;
  }

  apply(batch: CommittedBatch): CommitResult {
    const { commit } = batch;
    const frames: FrameResult[] = [];
    const leaves: Uint8Array[] = [];
    for (const block of batch.blocks) {
      for (const frame of block.block!.frames) {
        const verdict = this.#window.judge(frame, commit.tsMs);
        const isExecuted = verdict === "execute";
        const events = isExecuted ? this.#executor.execute(frame, commit.tsMs) : new Uint8Array(0);
        if (isExecuted) leaves.push(resultLeaf(frame.id, events));
        frames.push({ frame, verdict, events });
      }
    }
    this.#window.sweep(commit.tsMs);
    const eventsRoot = computeMerkleRoot(leaves, this.#hash);
    this.#leaves.push(commitLeaf(commit.index, batch.digest, eventsRoot));
    return { frames, eventsRoot, checkpoint: this.#checkpoint(commit.index) };
  }

  #checkpoint(index: number): CommitResult["checkpoint"] {
    if (index % this.#checkpointEvery !== 0) return undefined;
    const resultsRoot = computeMerkleRoot(this.#leaves, this.#hash);
    this.#leaves = [];
    return { resultsRoot, stateRoot: this.#executor.stateRoot() };
  }
}

/** The leaf of one frame under a commit's events root: its id and its events. */
export function resultLeaf(frameId: Uint8Array, events: Uint8Array): Uint8Array {
  return new ByteWriter(frameId.length + events.length).raw(frameId).raw(events).bytes;
}

/** The leaf of one commit under a checkpoint's results root. */
export function commitLeaf(index: number, digest: Uint8Array, eventsRoot: Uint8Array): Uint8Array {
  return new ByteWriter(8 + 2 * NO_DIGEST.length).u64(index).raw(digest).raw(eventsRoot).bytes;
}
