import type { SnapshotEngine } from "@rialto/engine";
import type { ExecutedBatch, ReadModel } from "@rialto/gateway";
import { isStorageFault, type Journal, type SnapshotMark, type Snapshots } from "@rialto/storage";
import { setTimeout as sleep } from "node:timers/promises";
import { copyState } from "./copy-state.ts";
import { hashState } from "./recovery.ts";

export interface SavedSnapshot {
  readonly sequence: number;
  /** Of the state, without what is zero. */
  readonly bytes: number;
  /** For so long nothing else happened, while the state was hashed and copied. */
  readonly pauseMs: number;
}

export interface SnapshotKeeperOptions {
  readonly engine: SnapshotEngine;
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly readModel: ReadModel;
  /** Commands between snapshots. */
  readonly everyCommands: number;
  /** Commands that the newest snapshot's state had executed, 0 without one. */
  readonly snapshotCommands: number;
  /** Told while the state stands exactly there: whoever must not be behind a snapshot writes out what it holds. */
  readonly onTaken?: () => void;
  readonly onSaved: (saved: SavedSnapshot) => void;
  /** Told when one could not be written: the older ones are still there. */
  readonly onFailed: (error: unknown) => void;
}

/** How often the read model is asked whether it has come as far as the snapshot. */
const READ_MODEL_POLL_MS = 50;

/** Takes a snapshot now and then, so that a restart has only the journal's end to execute again. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #takenAtCommands: number;
  /** Of the last one that was begun. Where it found no room, the next one may, and not before that is due. */
  #begunAtCommands: number;
  #saving: Promise<void> | undefined;
  #isStopping = false;
  /** False until the node is up: a start that fails leaves nothing behind but its journal. */
  isEnabled = false;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#takenAtCommands = options.snapshotCommands;
    this.#begunAtCommands = options.snapshotCommands;
  }

  /**
   * Takes a snapshot if one is due.
   *
   * Effects  copies the engine's state, then writes the copy in the background.
   */
  consider(batch: ExecutedBatch): void {
    const { journal, everyCommands } = this.#options;
    if (this.#saving !== undefined || this.#isStopping || !this.isEnabled) return;
    const commands = batch.firstCommand + batch.commandCount;
    if (commands - this.#begunAtCommands < everyCommands) return;
    // The journal may already be ahead, and then its last hash is of a later record.
    if (journal.lastSequence !== batch.sequence) return;
    this.#begunAtCommands = commands;
    this.#saving = this.#take(batch.sequence, commands).finally(() => {
      this.#saving = undefined;
    });
  }

  /** Takes a last snapshot, if anything has happened since the one before. Nothing may be executed any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#saving;
    const { engine, journal } = this.#options;
    const { commands } = engine.counts();
    if (this.isEnabled && commands > this.#takenAtCommands)
      await this.#take(journal.lastSequence, commands);
  }

  async #take(sequence: number, commands: number): Promise<void> {
    const { engine, journal, snapshots, readModel, onSaved, onFailed } = this.#options;
    const startMs = performance.now();
    const mark: SnapshotMark = {
      sequence,
      stateHash: hashState(engine),
      journalHash: journal.lastHash,
    };
    const { pieces, bytes } = copyState(engine.snapshot());
    this.#options.onTaken?.();
    const pauseMs = Math.round(performance.now() - startMs);
    try {
      // A snapshot that the read model has not come to could not be used: see `recover`.
      readModel.handOver();
      while (readModel.durableSequence < sequence) {
        if (readModel.fault !== undefined) throw readModel.fault;
        await sleep(READ_MODEL_POLL_MS);
      }
      // Nor one of records that the journal can still lose, which others then take the places of.
      await journal.flush();
      await snapshots.save(mark, pieces);
      this.#takenAtCommands = commands;
      onSaved({ sequence, bytes, pauseMs });
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      onFailed(error);
    }
  }
}
