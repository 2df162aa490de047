import { encodeHex, fail, Fault } from "@rialto/base";
import type { SnapshotEngine } from "@rialto/engine";
import type {
  EngineReader,
  ExchangePort,
  ExchangeStatus,
  ExecutedBatch,
  ReadModel,
  Submission,
  SubmitFaultDetail,
} from "@rialto/gateway";
import {
  decodeEvents,
  encodeLogRecord,
  type EngineEvent,
  type LogRecord,
  type NetworkConfig,
} from "@rialto/protocol";
import { isStorageFault, type Journal } from "@rialto/storage";
import { publicReason } from "./public-reason.ts";
import { type Batch, encodeSubmission, type Pending, takeBatch } from "./batch-queue.ts";
import { eventStarts, executeRecord } from "./execute-batch.ts";
import { hashState } from "./recovery.ts";
import { unavailable, unknown } from "./submit-faults.ts";

// The log of one node: a committee of one. Commands gather while the journal flushes, share the next log
// record, are executed once it is durable, and only then answered.

/** Log records on their way to the disk. Two keep it busy while the engine works. */
const IN_FLIGHT_MAX = 2;
/** How often submissions are looked at for having waited too long. */
const SWEEP_MS = 250;

export interface SoloExchangeOptions {
  readonly network: NetworkConfig;
  readonly networkHash: string;
  readonly nodeId: string;
  readonly engine: SnapshotEngine;
  readonly journal: Journal;
  readonly readModel: ReadModel;
  readonly nowMs: () => number;
  /** Bytes of commands that may wait. Beyond them submissions are refused as overload. */
  readonly queueBytesMax: number;
  /** After this long a submission is answered "unknown". */
  readonly decisionTimeoutMs: number;
  /** Of the last record that the engine has executed. */
  readonly lastRecordMs: number;
  /** Told once, when an invariant broke or the disk failed: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** Told after every record, while the engine stands exactly there. */
  readonly onExecuted?: (batch: ExecutedBatch) => void;
}

export class SoloExchange implements ExchangePort {
  readonly network: NetworkConfig;
  readonly networkHash: string;
  readonly nodeId: string;
  readonly engine: EngineReader;
  readonly #options: SoloExchangeOptions;
  readonly #engine: SnapshotEngine;
  readonly #journal: Journal;
  readonly #queue: Pending[] = [];
  readonly #flying = new Set<Batch>();
  readonly #startedMs: number;
  readonly #sweeper: NodeJS.Timeout;
  #queuedBytes = 0;
  #lastMs: number;
  #sequence: number;
  #isPumpPlanned = false;
  #isClosed = false;
  /** Why the process must end; empty while it need not. */
  #failure = "";
  #trouble = "";
  #idle: (() => void)[] = [];

  constructor(options: SoloExchangeOptions) {
    this.#options = options;
    this.network = options.network;
    this.networkHash = options.networkHash;
    this.nodeId = options.nodeId;
    this.engine = options.engine;
    this.#engine = options.engine;
    this.#journal = options.journal;
    this.#lastMs = options.lastRecordMs;
    this.#sequence = options.journal.lastSequence;
    this.#startedMs = options.nowMs();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  nowMs(): number {
    return this.#options.nowMs();
  }

  /** How far the log's time is ahead of the clock; negative where it is behind. */
  get aheadMs(): number {
    return this.#lastMs - this.nowMs();
  }

  submit(submission: Submission): Promise<readonly EngineEvent[]> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== "") return reject(unavailable(refusal));
      const commands = encodeSubmission(submission);
      if (this.#queuedBytes + commands.length > this.#options.queueBytesMax) {
        const detail = { code: "EXCHANGE_OVERLOADED", queuedBytes: this.#queuedBytes } as const;
        return reject(new Fault<SubmitFaultDetail>(detail, "error"));
      }
      this.#queuedBytes += commands.length;
      this.#queue.push({
        commands,
        commandCount: submission.commands.length,
        texts: submission.texts ?? [],
        submittedMs: performance.now(),
        abandoned: false,
        resolve,
        reject,
      });
      this.#planPump();
    });
  }

  /** Why nothing is taken just now; empty where all is well. */
  #refusal(): string {
    if (this.#failure !== "") return this.#failure;
    if (this.#isClosed) return "the node is stopping";
    const { fault } = this.#options.readModel;
    return fault === undefined ? "" : publicReason(fault);
  }

  /** Submissions of one turn of the event loop share a record, even when the journal is idle. */
  #planPump(): void {
    if (this.#isPumpPlanned) return;
    this.#isPumpPlanned = true;
    setImmediate(() => {
      this.#isPumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#flying.size < IN_FLIGHT_MAX) {
      const batch = takeBatch(this.#queue);
      this.#flying.add(batch);
      const { commands, commandCount, notes } = batch;
      // Time is stamped once, here, and never runs backwards, whatever the clock does.
      this.#lastMs = Math.max(this.#lastMs, this.nowMs());
      const record: LogRecord = { nowMs: this.#lastMs, commandCount, commands, notes };
      void this.#commit(batch, record);
    }
    if (this.#flying.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  async #commit(batch: Batch, record: LogRecord): Promise<void> {
    try {
      const sequence = await this.#append(batch, record);
      if (sequence !== undefined) this.#execute(batch, record, sequence);
    } catch (error) {
      this.#break(batch, error);
    } finally {
      this.#queuedBytes -= batch.commands.length;
      this.#flying.delete(batch);
      this.#pump();
    }
  }

  /** Undefined where the journal has refused the record, and its submitters have been told. */
  async #append(batch: Batch, record: LogRecord): Promise<number | undefined> {
    try {
      return await this.#journal.append(encodeLogRecord(record));
    } catch (error) {
      // A disk that fails may yet hold the record: only what the journal refuses for good reason is undone.
      if (!isStorageFault(error) || error.severity === "fatal") throw error;
      this.#trouble = publicReason(error);
      for (const item of batch.items) {
        if (!item.abandoned) item.reject(unavailable(this.#trouble, error));
      }
      return undefined;
    }
  }

  #execute(batch: Batch, record: LogRecord, sequence: number): void {
    // After a broken invariant the engine's state means nothing: what follows in the journal waits for
    // the restart.
    if (this.#failure !== "") fail("an engine that has failed executes nothing more");
    this.#trouble = "";
    const executed = executeRecord(this.#engine, record, sequence);
    this.#sequence = sequence;
    this.#options.readModel.apply(executed);
    const starts = eventStarts(executed);
    let first = 0;
    for (const item of batch.items) {
      const events = executed.events.subarray(starts[first], starts[first + item.commandCount]);
      if (!item.abandoned) item.resolve(decodeEvents(events));
      first += item.commandCount;
    }
    this.#options.onExecuted?.(executed);
  }

  /** The process must end. What was on its way may be in the journal or not. */
  #break(batch: Batch, error: unknown): void {
    for (const item of batch.items) {
      if (!item.abandoned) item.reject(unknown(waitedMs(item)));
    }
    if (this.#failure !== "") return;
    this.#failure = `the node has failed: ${publicReason(error)}`;
    for (const item of this.#queue.splice(0)) {
      this.#queuedBytes -= item.commands.length;
      if (!item.abandoned) item.reject(unavailable(this.#failure));
    }
    this.#options.onFatal(error);
  }

  /** Tells those who have waited too long that nobody knows yet. */
  #sweep(): void {
    const flying = [...this.#flying].flatMap(({ items }) => items);
    for (const item of [...flying, ...this.#queue]) {
      const ms = waitedMs(item);
      if (item.abandoned || ms < this.#options.decisionTimeoutMs) continue;
      item.abandoned = true;
      item.reject(unknown(ms));
    }
  }

  status(): ExchangeStatus {
    const refusal = this.#refusal();
    const reason = refusal === "" ? this.#trouble : refusal;
    return {
      ready: reason === "",
      reason,
      durability: this.#journal.mode,
      sequence: this.#sequence,
      commands: this.#engine.counts().commands,
      queuedBytes: this.#queuedBytes,
      startedMs: this.#startedMs,
    };
  }

  stateHash(): string {
    return encodeHex(hashState(this.#engine));
  }

  /** Says what keeps the journal from taking records; empty where nothing does any more. */
  setTrouble(trouble: string): void {
    this.#trouble = trouble;
  }

  /**
   * Refuses what comes from now on and waits until everything before is decided.
   *
   * Errors   EXCHANGE_UNKNOWN, thrown, where the disk takes longer than a decision may.
   */
  async drain(): Promise<void> {
    this.#isClosed = true;
    try {
      if (this.#queue.length > 0 || this.#flying.size > 0) await this.#untilIdle();
    } finally {
      clearInterval(this.#sweeper);
    }
  }

  #untilIdle(): Promise<void> {
    const { decisionTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(unknown(decisionTimeoutMs)), decisionTimeoutMs);
      this.#idle.push(() => {
        clearTimeout(late);
        resolve();
      });
      this.#planPump();
    });
  }
}

/** By the clock that nobody sets. */
function waitedMs({ submittedMs }: Pending): number {
  return Math.round(performance.now() - submittedMs);
}
