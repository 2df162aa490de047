import { assert, getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import type { Frame } from "@rialto/consensus";
import type { SnapshotEngine } from "@rialto/engine";
import type { ExecutedBatch, ReadModel } from "@rialto/gateway";
import { type Command, encodeCommands, type LogRecord } from "@rialto/protocol";
import { EngineExecutor, type ExecutedFrame, type Executor } from "@rialto/replica";
import { createHash } from "node:crypto";
import { executeRecord } from "../exchange/execute-batch.ts";

export interface FrameEngineOptions {
  readonly engine: SnapshotEngine;
  readonly readModel: ReadModel;
  /** The time of the network's own commands; nothing executes before it. */
  readonly createdMs: number;
  /** Of the last batch that the engine has executed; left out for a fresh one. */
  readonly sequence?: number;
}

/** Bytes of the sequence before the engine's own in a snapshot. */
const SEQUENCE_BYTES = 8;

/** The state of a frame engine taken apart: the batch that it stands behind, and the engine's own snapshot. */
export function openFrameState(state: Uint8Array): {
  readonly sequence: number;
  readonly engine: Uint8Array;
} {
  const sequence = getSafeU64(viewOf(state), 0);
  return { sequence, engine: state.subarray(SEQUENCE_BYTES) };
}

/**
 * The engine of a member: executes ordered frames and tells the read model of each, while it stands exactly behind it.
 *
 * Each executed frame is one batch, numbered alike on all members: the network's own commands are the first.
 */
export class FrameEngine implements Executor {
  readonly engine: SnapshotEngine;
  readonly #options: FrameEngineOptions;
  readonly #inner: EngineExecutor;
  /** Of the commit that is being executed, by frame. */
  #executed = new Map<string, ExecutedBatch>();
  #sequence = 0;
  #isLoaded = false;

  constructor(options: FrameEngineOptions) {
    this.engine = options.engine;
    this.#options = options;
    this.#sequence = options.sequence ?? 0;
    this.#inner = new EngineExecutor({
      engine: options.engine,
      createHash: () => createHash("sha256"),
      observe: (executed) => this.#note(executed),
    });
    this.#loadIfDue();
  }

  /** Of the last batch executed. */
  get sequence(): number {
    return this.#sequence;
  }

  /** False while the read model is ahead: what it holds beyond is of a journal that was lost. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Executes what the network begins with. Called once, before anything else. */
  begin(commands: readonly Command[]): void {
    assert(this.#sequence === 0, "a network begins once");
    const { createdMs: nowMs } = this.#options;
    const record: LogRecord = {
      nowMs,
      commandCount: commands.length,
      commands: encodeCommands(commands),
      notes: [],
    };
    this.#tell(executeRecord(this.engine, record, 1));
  }

  execute(frame: Frame, commitMs: number): Uint8Array {
    return this.#inner.execute(frame, Math.max(commitMs, this.#options.createdMs));
  }

  forget(): void {
    this.#inner.forget();
  }

  split(events: Uint8Array): readonly Uint8Array[] {
    return this.#inner.split(events);
  }

  stateRoot(): Uint8Array {
    return this.#inner.stateRoot();
  }

  /** The state, in pieces that alias the engine's memory: copy them before the next frame. */
  snapshot(): Uint8Array[] {
    const sequence = new Uint8Array(SEQUENCE_BYTES);
    setSafeU64(viewOf(sequence), 0, this.#sequence);
    return [sequence, ...this.engine.snapshot()];
  }

  /** The batches executed since the last call, by the keys of their frames. */
  takeExecuted(): ReadonlyMap<string, ExecutedBatch> {
    const executed = this.#executed;
    this.#executed = new Map();
    return executed;
  }

  #note({ frame, record, firstCommand, nowMs, events }: ExecutedFrame): void {
    const { commandCount, commands, notes } = record;
    const sequence = this.#sequence + 1;
    const batch = { sequence, nowMs, firstCommand, commandCount, commands, notes, events };
    this.#tell(batch);
    this.#executed.set(frame.key, batch);
  }

  #tell(batch: ExecutedBatch): void {
    this.#sequence = batch.sequence;
    if (this.#isLoaded) this.#options.readModel.apply(batch);
    else this.#loadIfDue();
  }

  #loadIfDue(): void {
    const { readModel } = this.#options;
    if (readModel.durableSequence !== this.#sequence) return;
    readModel.load(this.engine);
    this.#isLoaded = true;
  }
}
