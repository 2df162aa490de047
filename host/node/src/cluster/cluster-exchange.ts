import { encodeHex, Fault, TurnoverMap } from "@rialto/base";
import type { CommittedBatch, Frame } from "@rialto/consensus";
import { openFrame } from "@rialto/consensus";
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
  COMMAND_BYTES,
  CommandKind,
  decodeEvents,
  type EngineEvent,
  type NetworkConfig,
  NOTE_BYTES_MAX,
} from "@rialto/protocol";
import {
  encodeCommandFrame,
  FRAME_CONTENT_BYTES_MAX,
  FRAME_NONCE_BYTES,
  type StepFault,
} from "@rialto/replica";
import { randomFillSync } from "node:crypto";
import { type Batch, encodeSubmission, type Pending, takeBatch } from "../exchange/batch-queue.ts";
import { eventStarts } from "../exchange/execute-batch.ts";
import { publicReason } from "../exchange/public-reason.ts";
import { unavailable, unknown } from "../exchange/submit-faults.ts";
import type { FrameEngine } from "./frame-engine.ts";
import { sha256 } from "../sha256.ts";

// The log of a cluster, as the gateway sees it: commands become frames, the members agree on an order of frames, and
// an answer is given when the commit that holds its frame is durable and executed here.

/** How often submissions are looked at for having waited too long. */
const SWEEP_MS = 250;
/** Commands of a frame, so that a note of each fits beside them. */
const BATCH_BYTES_MAX = Math.floor(
  (FRAME_CONTENT_BYTES_MAX * COMMAND_BYTES) / (COMMAND_BYTES + NOTE_BYTES_MAX),
);
/** How long a stop waits for what is under way: the others may have gone before. */
const DRAIN_MS_DEFAULT = 2_000;

export interface ClusterExchangeOptions {
  readonly network: NetworkConfig;
  readonly networkHash: string;
  readonly nodeId: string;
  readonly frames: FrameEngine;
  readonly readModel: ReadModel;
  readonly durability: ExchangeStatus["durability"];
  readonly nowMs: () => number;
  /** The clock that frames expire by and waits are measured by, in whole milliseconds: the member's, which nobody sets. */
  readonly memberMs: () => number;
  /** Bytes of commands that may wait. Beyond them submissions are refused as overload. */
  readonly queueBytesMax: number;
  /** After this long a submission is answered "unknown". */
  readonly decisionTimeoutMs: number;
  readonly frameLifetimeMs: number;
  /** Hands a frame to the replica. Resolves with why it was refused. */
  readonly submitFrame: (frame: Frame) => Promise<StepFault>;
  /** Why only cancels are taken just now; empty where all is well. */
  readonly restriction: () => string;
  readonly drainMs?: number;
}

/** A frame that has not been executed yet, and whose submitters wait. */
interface Flying {
  readonly batch: Batch;
  readonly expiresMs: number;
}

const CANCEL_KINDS: ReadonlySet<CommandKind> = new Set([
  CommandKind.Cancel,
  CommandKind.CancelAll,
  CommandKind.MassCancel,
]);

export class ClusterExchange implements ExchangePort {
  readonly network: NetworkConfig;
  readonly networkHash: string;
  readonly nodeId: string;
  readonly engine: EngineReader;
  readonly #options: ClusterExchangeOptions;
  readonly #orders: Pending[] = [];
  readonly #cancels: Pending[] = [];
  /** By the frame's key, in the order of their expiry. */
  readonly #flying = new TurnoverMap<string, Flying>();
  /** Submissions of cancels: of these nothing is lost while the process lives. */
  readonly #cancelItems = new WeakSet<Pending>();
  readonly #nonce = randomFillSync(new Uint8Array(FRAME_NONCE_BYTES));
  readonly #startedMs: number;
  readonly #sweeper: NodeJS.Timeout;
  #frameCount = 0;
  #queuedBytes = 0;
  #isPumpPlanned = false;
  #isClosed = false;
  /** Why nothing is taken any more; empty while it is. */
  #failure = "";
  #trouble = "";

  constructor(options: ClusterExchangeOptions) {
    this.#options = options;
    this.network = options.network;
    this.networkHash = options.networkHash;
    this.nodeId = options.nodeId;
    this.engine = options.frames.engine;
    this.#startedMs = options.nowMs();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  nowMs(): number {
    return this.#options.nowMs();
  }

  submit(submission: Submission): Promise<readonly EngineEvent[]> {
    return new Promise((resolve, reject) => {
      const isCancel = submission.commands.every(({ kind }) => CANCEL_KINDS.has(kind));
      const refusal = this.#refusal(isCancel);
      if (refusal !== undefined) return reject(refusal);
      const commands = encodeSubmission(submission);
      if (commands.length > BATCH_BYTES_MAX) {
        return reject(unavailable(`${commands.length} bytes of commands do not fit a frame`));
      }
      if (this.#queuedBytes + commands.length > this.#options.queueBytesMax) {
        return reject(overloaded(this.#queuedBytes));
      }
      const item: Pending = {
        commands,
        commandCount: submission.commands.length,
        texts: submission.texts ?? [],
        submittedMs: this.#options.memberMs(),
        abandoned: false,
        resolve,
        reject,
      };
      this.#queuedBytes += commands.length;
      if (isCancel) this.#cancelItems.add(item);
      (isCancel ? this.#cancels : this.#orders).push(item);
      this.#planPump();
    });
  }

  #refusal(isCancel: boolean): Fault<SubmitFaultDetail> | undefined {
    const reason = this.unavailability;
    if (reason !== "") return unavailable(reason);
    if (isCancel) return undefined;
    const restriction = this.#options.restriction();
    if (restriction === "") return undefined;
    const detail = { code: "EXCHANGE_CANCEL_ONLY", reason: restriction } as const;
    return new Fault<SubmitFaultDetail>(detail, "error", restriction);
  }

  /** Why nothing at all is taken just now. */
  get unavailability(): string {
    if (this.#failure !== "") return this.#failure;
    if (this.#isClosed) return "the node is stopping";
    if (this.#trouble !== "") return this.#trouble;
    const { fault } = this.#options.readModel;
    return fault === undefined ? "" : publicReason(fault);
  }

  /** Submissions of one turn of the event loop share a frame; orders and cancels never do. */
  #planPump(): void {
    if (this.#isPumpPlanned) return;
    this.#isPumpPlanned = true;
    setImmediate(() => {
      this.#isPumpPlanned = false;
      for (const queue of [this.#cancels, this.#orders]) {
        while (queue.length > 0) void this.#send(takeBatch(queue, BATCH_BYTES_MAX));
      }
    });
  }

  async #send(batch: Batch): Promise<void> {
    const { decisionTimeoutMs, frameLifetimeMs, memberMs, submitFrame } = this.#options;
    const { commandCount, commands, notes } = batch;
    const record = { nowMs: this.nowMs(), commandCount, commands, notes };
    const expiresMs = memberMs() + Math.min(decisionTimeoutMs, frameLifetimeMs);
    const bytes = encodeCommandFrame({ expiresMs, nonce: this.#nextNonce(), record });
    const frame = openFrame(bytes, sha256);
    const { key } = frame;
    this.#flying.set(key, { batch, expiresMs });
    const fault = await submitFrame(frame);
    if (fault !== undefined) this.#refused(key, fault);
  }

  #nextNonce(): Uint8Array {
    const nonce = this.#nonce.slice();
    new DataView(nonce.buffer).setBigUint64(8, BigInt(this.#frameCount++), true);
    return nonce;
  }

  /**
   * The mempool has not taken a frame: nothing of it was done, nor will be. A cancel whose submitter has been told
   * "unknown" before goes on waiting: nobody would hear that it was given up.
   */
  #refused(key: string, fault: StepFault): void {
    const batch = this.#land(key)?.batch;
    for (const item of batch?.items ?? []) {
      const isFull = fault === "MEMPOOL_FULL";
      const reason = isFull
        ? overloaded(this.#queuedBytes)
        : unavailable(`frame refused: ${fault}`);
      if (!item.abandoned) item.reject(reason);
      else if (this.#cancelItems.has(item)) this.#putBack(item);
    }
  }

  /** A cancel goes into another frame, with the next commit. */
  #putBack(item: Pending): void {
    this.#queuedBytes += item.commands.length;
    this.#cancels.push(item);
  }

  #land(key: string): Flying | undefined {
    const flying = this.#flying.get(key);
    if (flying === undefined) return undefined;
    this.#flying.delete(key);
    this.#queuedBytes -= flying.batch.commands.length;
    return flying;
  }

  /** A commit has been executed, and is durable: whoever waits for a frame of it is answered. */
  noteCommit({ commit }: CommittedBatch, executed: ReadonlyMap<Frame["key"], ExecutedBatch>): void {
    for (const [key, batch] of executed) {
      const flying = this.#land(key);
      if (flying !== undefined) answer(flying.batch, batch);
    }
    this.#expire(commit.tsMs);
    if (this.#cancels.length > 0) this.#planPump();
  }

  /**
   * Frames that time has passed over will never execute, and everybody agrees on that: orders are refused for good.
   * Cancels go into another frame, so that no outage is long enough to lose one.
   */
  #expire(commitMs: number): void {
    for (const [key, { batch, expiresMs }] of this.#flying) {
      if (expiresMs > commitMs) return;
      this.#land(key);
      for (const item of batch.items) {
        if (this.#cancelItems.has(item) && !this.#isClosed) this.#putBack(item);
        else if (!item.abandoned) {
          item.reject(unavailable("it was not ordered in time, and will not be any more"));
        }
      }
    }
  }

  /** Tells those who have waited too long that nobody knows yet. */
  #sweep(): void {
    const nowMs = this.#options.memberMs();
    for (const item of this.#unanswered()) {
      const waitedMs = nowMs - item.submittedMs;
      if (item.abandoned || waitedMs < this.#options.decisionTimeoutMs) continue;
      item.abandoned = true;
      item.reject(unknown(waitedMs));
    }
  }

  #unanswered(): Pending[] {
    const flying = [...this.#flying.values()].flatMap(({ batch }) => batch.items);
    return [...flying, ...this.#orders, ...this.#cancels];
  }

  status(): ExchangeStatus {
    const unavailability = this.unavailability;
    const restriction = this.#options.restriction();
    const cancelOnly = restriction === "" ? "" : `cancel-only: ${restriction}`;
    const reason = unavailability === "" ? cancelOnly : unavailability;
    return {
      ready: reason === "",
      reason,
      durability: this.#options.durability,
      sequence: this.#options.frames.sequence,
      commands: this.engine.counts().commands,
      queuedBytes: this.#queuedBytes,
      startedMs: this.#startedMs,
    };
  }

  stateHash(): string {
    return encodeHex(this.#options.frames.stateRoot());
  }

  /** Says what keeps the journal from taking records; empty where nothing does any more. */
  setTrouble(trouble: string): void {
    this.#trouble = trouble;
  }

  /** Takes nothing any more, for good. What is under way may be executed by the others. */
  fail(reason: string): void {
    if (this.#failure !== "") return;
    this.#failure = reason;
    for (const item of this.#unanswered()) this.#giveUp(item);
  }

  #giveUp(item: Pending): void {
    if (item.abandoned) return;
    item.abandoned = true;
    item.reject(unknown(this.#options.memberMs() - item.submittedMs));
  }

  /** Refuses what comes from now on, waits a moment for what is under way, and answers the rest "unknown". */
  async drain(): Promise<void> {
    this.#isClosed = true;
    const endMs = performance.now() + (this.#options.drainMs ?? DRAIN_MS_DEFAULT);
    while (this.#unanswered().length > 0 && performance.now() < endMs && this.#failure === "") {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    clearInterval(this.#sweeper);
    for (const item of this.#unanswered()) this.#giveUp(item);
  }
}

/** Gives each submission of a batch its own events. */
function answer({ items }: Batch, executed: ExecutedBatch): void {
  const starts = eventStarts(executed);
  let first = 0;
  for (const item of items) {
    const events = executed.events.subarray(starts[first], starts[first + item.commandCount]);
    if (!item.abandoned) item.resolve(decodeEvents(events));
    first += item.commandCount;
  }
}

function overloaded(queuedBytes: number): Fault<SubmitFaultDetail> {
  return new Fault<SubmitFaultDetail>({ code: "EXCHANGE_OVERLOADED", queuedBytes }, "error");
}
