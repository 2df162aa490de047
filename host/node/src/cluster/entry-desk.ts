import { type CommittedBatch, type Frame, isFrame, openFrame } from "@rialto/consensus";
import {
  type EntryAnswer,
  type EntryHello,
  EntryOutcome,
  type EntryPort,
  type ExecutedBatch,
  refusalOf,
} from "@rialto/gateway";
import { Fault, getSafeU64, TurnoverMap, viewOf } from "@rialto/base";
import { commandBytes, CommandKind } from "@rialto/protocol";
import {
  type CommitResult,
  findSignedFrameProblem,
  type FrameChecks,
  parseSignedCommands,
  type StepFault,
} from "@rialto/replica";
import { sha256 } from "../sha256.ts";
import { PAYLOAD_BYTES_MAX, PAYLOAD_FRAMES_MAX } from "./member-settings.ts";

// Signed frames from clients: checked, handed to the replica, and answered when the commit that holds them is durable and
// executed here.

/** How often frames are looked at for having waited too long. */
const SWEEP_MS = 250;
const STATUS_MS = 100;
/** Frames under way: verified at some thousands a second, they are done within the time that a client waits. */
const FLYING_MAX = 2_048;
/**
 * Own blocks' worth of frames that may wait to be proposed. What waits for longer makes everybody late and nothing faster:
 * a block is full without it. Enough for a pause of some tenths of a second at a good load.
 */
const BLOCKS_WAITING_MAX = 3;

const OUTCOMES: Readonly<Record<Exclude<StepFault, undefined>, EntryOutcome>> = {
  FRAME_KNOWN: EntryOutcome.Known,
  FRAME_EXPIRED: EntryOutcome.Expired,
  FRAME_LIVES_TOO_LONG: EntryOutcome.LivesTooLong,
  MEMPOOL_FULL: EntryOutcome.MempoolFull,
  FRAME_MALFORMED: EntryOutcome.Malformed,
  REPLICA_HALTED: EntryOutcome.Unavailable,
  NOT_A_MEMBER: EntryOutcome.Unavailable,
  EPOCH_CHANGE_REFUSED: EntryOutcome.Malformed,
};

export interface EntryDeskOptions {
  readonly checks: FrameChecks;
  /** Author number of this member, which another epoch may change. */
  readonly member: () => number;
  /** The clock that frames expire by. */
  readonly memberMs: () => number;
  /** Bytes of frames that may be under way. Beyond them frames are refused before their signature is checked. */
  readonly bytesMax: number;
  /** After this long a frame is answered "unknown". */
  readonly decisionTimeoutMs: number;
  readonly submitFrame: (frame: Frame) => Promise<StepFault>;
  /** What this member has taken in and not proposed yet. */
  readonly waiting: () => { readonly frames: number; readonly bytes: number };
  /** Why only cancels are taken just now; empty where all is well. */
  readonly restriction: () => string;
  /** Why nothing is taken; empty where something is. */
  readonly unavailability: () => string;
  readonly status: () => object;
}

interface Flying {
  readonly answer: (answer: EntryAnswer) => void;
  readonly bytes: number;
  readonly expiresMs: number;
  readonly sinceMs: number;
}

export class EntryDesk implements EntryPort {
  readonly #options: EntryDeskOptions;
  /** By the frame's key. */
  readonly #flying = new TurnoverMap<string, Flying>();
  readonly #sweeper: NodeJS.Timeout;
  #flyingBytes = 0;
  /** On their way to the mempool. */
  #handedFrames = 0;
  #handedBytes = 0;
  #status: object = {};
  #statusMs = -Infinity;
  /** Of the last commit: nothing that expires until then will execute. */
  #commitMs = 0;

  /** Told of each commit up to which a quorum has signed the state. */
  onCertified: (commitIndex: number) => void = () => undefined;

  constructor(options: EntryDeskOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Frames without an answer. */
  get flyingCount(): number {
    return this.#flying.size;
  }

  hello(): EntryHello {
    const { checks, member, memberMs } = this.#options;
    return { member: member(), memberMs: memberMs(), chainId: checks.chainId };
  }

  /** Hashes the whole state, so at most ten times a second, however often somebody asks. */
  status(): object {
    const nowMs = performance.now();
    if (nowMs >= this.#statusMs + STATUS_MS) {
      this.#statusMs = nowMs;
      this.#status = this.#options.status();
    }
    return this.#status;
  }

  submit(bytes: Uint8Array, answer: (answer: EntryAnswer) => void, received: () => void): void {
    const refusal = this.#refusal(bytes);
    if (refusal !== undefined) return answer(refusalOf(refusal));
    const opened = openFrame(bytes, sha256);
    const { key } = opened;
    if (this.#flying.has(key)) return answer(refusalOf(EntryOutcome.Known));
    const expiresMs = getSafeU64(viewOf(bytes), 0);
    const sinceMs = performance.now();
    this.#flying.set(key, { answer, bytes: bytes.length, expiresMs, sinceMs });
    this.#flyingBytes += bytes.length;
    this.#handedFrames++;
    this.#handedBytes += bytes.length;
    void this.#handOn(opened, received);
  }

  async #handOn(opened: Frame, received: () => void): Promise<void> {
    const fault = await this.#options.submitFrame(opened);
    this.#handedFrames--;
    this.#handedBytes -= opened.bytes.length;
    if (fault === undefined) received();
    else this.#land(opened.key)?.answer(refusalOf(OUTCOMES[fault]));
  }

  /** Why a frame is not taken. What is cheap to find out comes first. */
  #refusal(bytes: Uint8Array): EntryOutcome | undefined {
    const { checks, restriction, unavailability } = this.#options;
    if (unavailability() !== "") return EntryOutcome.Unavailable;
    if (!this.#hasRoom(bytes.length)) return EntryOutcome.MempoolFull;
    if (!isFrame(bytes)) return EntryOutcome.Malformed;
    const isUnauthorised = findSignedFrameProblem(bytes, checks) !== undefined;
    if (isUnauthorised) return EntryOutcome.Unauthorised;
    const parsed = parseSignedCommands(bytes);
    if (parsed instanceof Fault) return EntryOutcome.Malformed;
    const isCancelOnly = restriction() !== "" && !areCancels(parsed.commands);
    return isCancelOnly ? EntryOutcome.CancelOnly : undefined;
  }

  #hasRoom(bytes: number): boolean {
    const isFull =
      this.#flying.size >= FLYING_MAX || this.#flyingBytes + bytes > this.#options.bytesMax;
    if (isFull) return false;
    const waiting = this.#options.waiting();
    return (
      waiting.frames + this.#handedFrames < BLOCKS_WAITING_MAX * PAYLOAD_FRAMES_MAX &&
      waiting.bytes + this.#handedBytes + bytes <= BLOCKS_WAITING_MAX * PAYLOAD_BYTES_MAX
    );
  }

  /** A commit has been executed, and is durable. */
  noteCommit(
    { commit }: CommittedBatch,
    { frames }: CommitResult,
    executed: ReadonlyMap<string, ExecutedBatch>,
  ): void {
    this.#commitMs = commit.tsMs;
    if (this.#flying.size === 0) return;
    for (const { frame, events } of frames) {
      const flying = this.#land(frame.key);
      if (flying === undefined) continue;
      const batch = executed.get(frame.key);
      if (batch === undefined) {
        flying.answer(refusalOf(EntryOutcome.Expired));
        continue;
      }
      const { commandCount } = batch;
      const outcome = EntryOutcome.Executed;
      flying.answer({ outcome, commandCount, commitIndex: commit.index, events });
    }
  }

  #land(key: string): Flying | undefined {
    const flying = this.#flying.get(key);
    if (flying === undefined) return undefined;
    this.#flying.delete(key);
    this.#flyingBytes -= flying.bytes;
    return flying;
  }

  #sweep(): void {
    const endMs = performance.now() - this.#options.decisionTimeoutMs;
    for (const [key, { expiresMs, sinceMs }] of this.#flying) {
      const isExpired = expiresMs <= this.#commitMs;
      if (!isExpired && sinceMs > endMs) continue;
      const outcome = isExpired ? EntryOutcome.Expired : EntryOutcome.Unknown;
      this.#land(key)?.answer(refusalOf(outcome));
    }
  }

  noteCertified(commitIndex: number): void {
    this.onCertified(commitIndex);
  }

  /** Takes no part any more: of what is under way nobody here will know. */
  close(): void {
    clearInterval(this.#sweeper);
    for (const key of this.#flying.keys()) this.#land(key)?.answer(refusalOf(EntryOutcome.Unknown));
  }
}

const CANCELS: ReadonlySet<number> = new Set([CommandKind.Cancel, CommandKind.CancelAll]);

function areCancels(commands: Uint8Array): boolean {
  for (let at = 0; at < commands.length; at += commandBytes(commands[at]!)) {
    if (!CANCELS.has(commands[at]!)) return false;
  }
  return true;
}
