import { computeRootOfHashes } from "@rialto/crypto";
import { type CommittedBatch, type Frame, type HashFunction, OrderTrail } from "@rialto/consensus";
import { CheckpointRule, type CheckpointSpacing } from "./checkpoint-rule.ts";
import { FrameWindow, type FrameVerdict } from "./frame-window.ts";
import type { OrderState } from "./snapshot/order-state.ts";
import { hashResultLeaves, resultLeaves, ResultsChain } from "./results.ts";

/** The machine that the order drives. Deterministic: the same frames at the same times, the same answers. */
export interface Executor {
  /** Executes the commands of a frame. Returns its events, borrowed until `forget`. */
  execute(frame: Frame, commitMs: number): Uint8Array;
  /** Nothing that was returned before is looked at any more: called before each commit. */
  forget?(): void;
  /** What two executors in the same state have in common, and no two in different states. 32 bytes. */
  stateRoot(): Uint8Array;
  /**
   * Cuts the events of one frame into the pieces that are proven each by itself: joined they are the events again.
   * Without it a frame's events are one piece.
   */
  split?(events: Uint8Array): readonly Uint8Array[];
}

/** What executing goes on from. */
type ExecutionStart = Pick<OrderState, "at" | "base" | "blockCount" | "resultsRoot" | "window">;

/** What became of one frame. */
export interface FrameResult {
  readonly frame: Frame;
  readonly verdict: FrameVerdict;
  /** Empty unless executed. Borrowed until the next commit is executed. */
  readonly events: Uint8Array;
}

/** What a commit has done. */
export interface CommitResult {
  readonly frames: readonly FrameResult[];
  /** Merkle root over the events of the executed frames. */
  readonly eventsRoot: Uint8Array;
  /** Makes what the root is over, for those who keep proofs: finality.md §4. To be called before the next commit. */
  readonly leaves: () => readonly Uint8Array[];
  /** At a checkpoint: the state after this commit. */
  readonly checkpoint:
    | { readonly resultsRoot: Uint8Array; readonly stateRoot: Uint8Array }
    | undefined;
  /** True for a checkpoint that is signed with ML-DSA-65 too. */
  readonly isQuantum: boolean;
  /** True where a snapshot of this state is due too: all members take it here. */
  readonly isSnapshotDue: boolean;
}

/** Executes commits in their order and sums up what they did. */
export class Execution {
  readonly #executor: Executor;
  readonly #hash: HashFunction;
  readonly #window: FrameWindow;
  readonly #rule: CheckpointRule;
  readonly #chain: ResultsChain;
  #trail: OrderTrail;
  #blockCount: number;
  /** Where the order stands, while it stands at a checkpoint. */
  #state: OrderState | undefined;

  constructor(options: {
    readonly executor: Executor;
    readonly hash: HashFunction;
    readonly lifetimeMsMax: number;
    readonly spacing: CheckpointSpacing;
    /** Left out at the beginning of an order. The executor stands there already. */
    readonly start?: ExecutionStart | undefined;
  }) {
    this.#executor = options.executor;
    this.#hash = options.hash;
    const { start } = options;
    this.#window = new FrameWindow(options.lifetimeMsMax, start?.window);
    this.#rule = new CheckpointRule(options.spacing, start?.at.tsMs);
    this.#chain = new ResultsChain(options.hash, start?.resultsRoot);
    this.#trail = new OrderTrail(start?.base);
    this.#blockCount = start?.blockCount ?? 0;
  }

  /** Executes a commit. The last one of an epoch has a checkpoint whatever its index. */
  apply(batch: CommittedBatch, isLast = false): CommitResult {
    const { commit } = batch;
    this.#executor.forget?.();
    const frames: FrameResult[] = [];
    const hashes: Uint8Array[] = [];
    let frameBytes = 0;
    for (const block of batch.blocks) {
      frameBytes += block.block!.payloadBytes;
      for (const frame of block.block!.frames) {
        const verdict = this.#window.judge(frame, commit.tsMs);
        const isExecuted = verdict === "execute";
        const events = isExecuted ? this.#executor.execute(frame, commit.tsMs) : new Uint8Array(0);
        if (isExecuted) {
          hashes.push(...hashResultLeaves(frame.id, this.#split(events), this.#hash));
        }
        frames.push({ frame, verdict, events });
      }
    }
    this.#window.sweep(commit.tsMs);
    const eventsRoot = computeRootOfHashes(hashes, this.#hash);
    this.#chain.add({ index: commit.index, digest: batch.digest, eventsRoot });
    const leaves = (): Uint8Array[] => this.#leavesOf(frames);
    const content = { tsMs: commit.tsMs, frameBytes };
    const { isCheckpoint, isQuantum, isSnapshot } = this.#rule.note(content, isLast);
    this.#trail.note(commit);
    this.#blockCount += batch.blocks.length;
    // Rounds begin anew with the next epoch: what was swept up in this one matters no more.
    if (isLast) this.#trail = new OrderTrail();
    const checkpoint = isCheckpoint ? this.#close() : undefined;
    this.#state = checkpoint && {
      ...checkpoint,
      at: { index: commit.index, digest: batch.digest, tsMs: commit.tsMs },
      base: isLast ? undefined : { commits: this.#trail.commits, digest: batch.digest },
      blockCount: this.#blockCount,
      window: this.#window.state,
    };
    return { frames, eventsRoot, leaves, checkpoint, isQuantum, isSnapshotDue: isSnapshot };
  }

  /** Where the order stands, right after a checkpoint; borrowed until the next commit. */
  get state(): OrderState | undefined {
    return this.#state;
  }

  #leavesOf(frames: readonly FrameResult[]): Uint8Array[] {
    return frames.flatMap(({ frame, verdict, events }) =>
      verdict === "execute" ? resultLeaves(frame.id, this.#split(events)) : [],
    );
  }

  #split(events: Uint8Array): readonly Uint8Array[] {
    return this.#executor.split?.(events) ?? [events];
  }

  #close(): CommitResult["checkpoint"] {
    const resultsRoot = this.#chain.close();
    return { resultsRoot, stateRoot: this.#executor.stateRoot() };
  }
}
