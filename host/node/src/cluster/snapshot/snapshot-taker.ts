import { type Checkpoint, type CommittedBatch, isClosing } from "@rialto/consensus";
import type { ReadModel } from "@rialto/gateway";
import type { ChainReplica, CommitResult, SnapshotManifest } from "@rialto/replica";
import { isStorageFault } from "@rialto/storage";
import { setTimeout as sleep } from "node:timers/promises";
import { copyState } from "../../exchange/copy-state.ts";
import type { FrameEngine } from "../frame-engine.ts";
import { makeManifest } from "./make-manifest.ts";
import type { MemberSnapshots } from "./member-snapshots.ts";

/** How often the read model is asked whether it has come as far as the snapshot. */
const READ_MODEL_POLL_MS = 50;
/** An epoch's end that the disk had no room for is tried again so much later, and each time after twice as long as before. */
const RETRY_MS = 5_000;
/** Each try writes until the disk is full, and says so in the log: a disk that stays full is to have some peace. */
const RETRY_MS_MAX = 60_000;

export interface TakenSnapshot {
  readonly epoch: number;
  readonly commitIndex: number;
  /** Nothing at or below this round is needed to begin with it. */
  readonly gcRound: number;
  /** Of the state, without what is zero. */
  readonly bytes: number;
  /** For so long nothing else happened, while the state was copied. */
  readonly pauseMs: number;
}

export interface SnapshotTakerOptions {
  readonly replica: ChainReplica;
  readonly frames: FrameEngine;
  readonly snapshots: MemberSnapshots;
  /** Puts what leads to the snapshot's epoch on the disk. Returns false where that has no room. */
  readonly keepEpochs: () => boolean;
  readonly readModel: ReadModel;
  /** True where the read model keeps nothing: then it is behind no snapshot. */
  readonly isReadModelEmpty: boolean;
  readonly onSaved: (taken: TakenSnapshot, manifest: SnapshotManifest) => Promise<void>;
  /** Told when one could not be written: the older ones are still there. */
  readonly onFailed: (error: unknown) => void;
  readonly retryMs?: number;
}

/** A copy of the state, to be written. */
interface Copied {
  readonly checkpoint: Checkpoint;
  readonly pieces: readonly Uint8Array[];
  readonly taken: TakenSnapshot;
  /** Of the last batch that the engine has executed. */
  readonly sequence: number;
}

/** Takes a member's snapshots where the order says that they are due, one at a time. */
export class SnapshotTaker {
  readonly #options: SnapshotTakerOptions;
  #saving: Promise<void> | undefined;
  /** Of the newest epoch's end that has come meanwhile. */
  #next: Copied | undefined;
  readonly #stopping = new AbortController();

  constructor(options: SnapshotTakerOptions) {
    this.#options = options;
  }

  /**
   * Takes a snapshot if one is due. Called right after the commit has been executed.
   *
   * Effects  copies the state, then writes the copy in the background. Where the last one is still being written, this
   *          one is left out, and the next one will do; but not an epoch's end, without which who joins may have nothing to
   *          begin with: it is written then, and tried again where the disk fails.
   */
  consider(batch: CommittedBatch, result: CommitResult): void {
    if (!result.isSnapshotDue || this.#stopping.signal.aborted) return;
    const startMs = performance.now();
    const { replica, frames } = this.#options;
    const captured = replica.captureOrder();
    if (captured === undefined) return;
    const { head, checkpoint } = captured;
    if (this.#saving !== undefined && !isClosing(checkpoint)) return;
    const { pieces, bytes } = copyState([head, ...frames.snapshot()]);
    const pauseMs = Math.round(performance.now() - startMs);
    const { index: commitIndex, gcRound } = batch.commit;
    const { epoch } = checkpoint;
    const taken = { epoch, commitIndex, gcRound, bytes, pauseMs };
    this.#next = { checkpoint, pieces, taken, sequence: frames.sequence };
    this.#saving ??= this.#saveAll();
  }

  async #saveAll(): Promise<void> {
    try {
      for (let copied = this.#takeNext(); copied !== undefined; copied = this.#takeNext()) {
        await this.#saveAtLast(copied);
      }
    } finally {
      // In the turn in which nothing was left: what comes after it begins anew.
      this.#saving = undefined;
    }
  }

  #takeNext(): Copied | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  /** Tries an epoch's end until it is written, or a newer one has come. */
  async #saveAtLast(copied: Copied): Promise<void> {
    let { retryMs = RETRY_MS } = this.#options;
    const { signal } = this.#stopping;
    while (!(await this.#save(copied)) && isClosing(copied.checkpoint)) {
      // Rejects with nothing but the stop.
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      if (this.#next !== undefined || signal.aborted) return;
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    }
  }

  /** Returns false where it could not be written. */
  async #save({ checkpoint, pieces, taken, sequence }: Copied): Promise<boolean> {
    const { snapshots, keepEpochs, onSaved, onFailed } = this.#options;
    let isWritten = false;
    try {
      await this.#untilReadModelHas(sequence);
      if (!keepEpochs()) return false;
      await snapshots.save({ checkpoint }, pieces);
      isWritten = true;
      await onSaved(taken, await makeManifest(checkpoint, pieces));
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      onFailed(error);
    }
    return isWritten;
  }

  /** A snapshot that the read model has not come to could not be begun with: see `recoverMember`. */
  async #untilReadModelHas(sequence: number): Promise<void> {
    const { readModel, isReadModelEmpty } = this.#options;
    if (isReadModelEmpty) return;
    readModel.handOver();
    while (readModel.durableSequence < sequence) {
      if (readModel.fault !== undefined) throw readModel.fault;
      await sleep(READ_MODEL_POLL_MS);
    }
  }

  /** Waits until nothing is written any more. What has not been begun the next start takes, if it is due still. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#next = undefined;
    await this.#saving;
  }
}
