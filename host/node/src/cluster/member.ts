import { assert, Fault } from "@rialto/base";
import {
  type Block,
  type Certificate,
  type CommittedBatch,
  type Evidence,
  type Frame,
} from "@rialto/consensus";
import type { Transport } from "@rialto/network";
import {
  type BegunEpoch,
  type ChainReplica,
  type CommitResult,
  DueTick,
  type Effect,
  type GuardMark,
  type HaltReason,
  Outbox,
  type PeerMessage,
  type StepFault,
} from "@rialto/replica";
import { isFloor, planMark, type SigningGuard } from "@rialto/signing";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Alarm } from "./alarm.ts";
import { Inbox } from "./inbox.ts";
import { comesBack, type RecordWriter } from "./record-writer.ts";

// The process around a replica: feeds it what comes in, against the real clock, and performs what it asks for against
// the real disk and network. The order of effects is the replica's and is never changed (consensus.md §9).

/** How long inputs are taken in before their effects are performed and others get a turn. */
const TURN_MS = 5;
/** Frames that a member takes in before a peer gets its turn. */
const FRAMES_AT_ONCE = 64;

export interface MemberEvents {
  /** An own block is durable, and will be sent. */
  readonly onSigned: () => void;
  /** A commit has been executed; what it rests on is durable. */
  readonly onCommit: (batch: CommittedBatch, result: CommitResult) => void;
  readonly onCertificate: (certificate: Certificate) => void;
  readonly onEvidence: (evidence: Evidence) => void;
  readonly onHalt: (reason: HaltReason) => void;
  /** The guard was never used, and here is an own block. */
  readonly onForgotten: (shown: Block) => void;
  /** An epoch has begun: what is sent next goes to its members. */
  readonly onEpoch: (begun: BegunEpoch) => Promise<void>;
  /** The members of a later epoch are known, before this member is in it. */
  readonly onAhead: () => Promise<void>;
  /** A peer's message that was well formed and verified, before the replica takes it. */
  readonly onMessage: (from: number, message: PeerMessage) => void;
  /** A peer has sent what is no message of the protocol, or is not signed by who it says. */
  readonly onHostile: (from: number) => void;
  /** Told once: the disk failed or an invariant broke, and the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export interface MemberOptions {
  readonly replica: ChainReplica;
  readonly records: RecordWriter;
  /** What keeps this member's key of an epoch from signing twice. */
  readonly guardOf: (epoch: number) => Promise<SigningGuard>;
  /** Monotone, in milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly events: MemberEvents;
}

interface WaitingMessage {
  readonly from: number;
  readonly bytes: Uint8Array;
}

interface WaitingFrame {
  readonly opened: Frame;
  readonly done: (fault: StepFault) => void;
}

/** A replica at work. */
export class Member {
  readonly #options: MemberOptions;
  readonly #outbox = new Outbox();
  readonly #inbox = new Inbox<WaitingMessage>();
  /** Of this process, which bounds them itself. */
  readonly #frames: WaitingFrame[] = [];
  #transport: Transport | undefined;
  readonly #alarm: Alarm;
  #working: Promise<void> | undefined;
  readonly #tick = new DueTick();
  #isStopped = false;
  /**
   * What failed first after it was stopped. What came last was promised to nobody: where the disk has no room for it, it comes
   * again, and that is no failure.
   */
  #lastFailure: unknown;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.nowMs, () => {
      this.#tick.ring(performance.now());
      this.#work();
    });
  }

  /** Begins to take part. Call it once; messages may have come before. */
  start(transport: Transport): void {
    assert(this.#transport === undefined, "a member is started once");
    this.#transport = transport;
    this.#options.replica.recover(this.#options.nowMs(), this.#outbox);
    this.#work();
  }

  /** Takes a peer's message. Returns a promise while the peer has sent more than can be taken in. */
  receive(from: number, bytes: Uint8Array): void | Promise<void> {
    const backlog = this.#inbox.push(from, bytes.length, { from, bytes });
    this.#work();
    return backlog;
  }

  /** Hands in a frame. Resolves with why it was refused, or undefined once it is in the mempool. */
  submit(opened: Frame): Promise<StepFault> {
    return new Promise((resolve) => {
      this.#frames.push({ opened, done: resolve });
      this.#work();
    });
  }

  /** Ends what has begun and takes part no more. A disk that fails under what is written last is told like any other. */
  async stop(): Promise<void> {
    const { records, events } = this.#options;
    const hasFailed = this.#isStopped;
    this.#isStopped = true;
    this.#alarm.stop();
    records.stop();
    await this.#working;
    if (hasFailed) return;
    await records.settle().catch((error: unknown) => this.#fail(error));
    if (this.#lastFailure !== undefined) events.onFatal(this.#lastFailure);
  }

  #work(): void {
    if (this.#working !== undefined || this.#isStopped || this.#transport === undefined) return;
    this.#working = this.#turns()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#working = undefined;
        // What came between the last look and now.
        if (this.#hasWork()) this.#work();
      });
  }

  #hasWork(): boolean {
    return this.#tick.isDue || this.#hasInputs;
  }

  get #hasInputs(): boolean {
    return this.#frames.length > 0 || this.#inbox.count > 0;
  }

  async #turns(): Promise<void> {
    // What shares a turn of the event loop shares a flush.
    await nextTurn();
    await this.#performAll();
    while (this.#hasWork() && !this.#isStopped) {
      this.#takeIn();
      await this.#performAll();
      await nextTurn();
    }
  }

  /**
   * Steps the replica through what waits, for a while, and a tick behind it: a leader whose block lies here unread, since
   * this process was held up, is not late.
   */
  #takeIn(): void {
    this.#takeInputs();
    if (!this.#tick.take(performance.now(), !this.#hasInputs)) return;
    const { replica, nowMs } = this.#options;
    replica.step({ kind: "tick", nowMs: nowMs() }, this.#outbox);
  }

  #takeInputs(): void {
    const endMs = performance.now() + TURN_MS;
    do {
      // A message may make an own block due, which frames that were here before it are not to miss.
      this.#takeFrames();
      if (this.#outbox.hasOwnBlock) return;
      const message = this.#inbox.take();
      if (message !== undefined) this.#takeMessage(message);
      else if (this.#frames.length === 0) return;
      // What has come since can be verified while the others verify what is sent now.
    } while (performance.now() < endMs && !this.#outbox.hasOwnBlock);
  }

  /** Takes in the frames that wait: one costs little, and all of them one look at what they make due. */
  #takeFrames(): void {
    if (this.#frames.length === 0) return;
    const { replica, nowMs } = this.#options;
    const nowAll = nowMs();
    const frames = this.#frames.splice(0, FRAMES_AT_ONCE);
    for (const [at, { opened, done }] of frames.entries()) {
      const hasMore = at < frames.length - 1;
      const input = { kind: "frame", nowMs: nowAll, frame: opened.bytes, opened, hasMore } as const;
      done(replica.step(input, this.#outbox));
    }
  }

  #takeMessage({ from, bytes }: WaitingMessage): void {
    const { replica, nowMs, events } = this.#options;
    // Who sends rubbish without end costs no more signatures than its allowance.
    const readMs = nowMs();
    if (!replica.mayRead(from, readMs)) return;
    const message = replica.read(from, bytes, readMs);
    if (message === undefined) return;
    if (message instanceof Fault) {
      replica.noteFault(from, message.detail);
      return events.onHostile(from);
    }
    events.onMessage(from, message);
    replica.step({ kind: "message", nowMs: nowMs(), from, message }, this.#outbox);
  }

  async #performAll(): Promise<void> {
    await this.#performEach(this.#outbox.take());
    if (!this.#isStopped) {
      // Not when the event loop comes to it: what clients have sent is read and checked before.
      this.#transport!.flush();
      this.#alarm.set();
    }
    this.#options.records.settleLater((error) => this.#fail(error));
  }

  /** Most effects are done at once: waiting for what is no promise takes a turn of its own all the same. */
  async #performEach(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      const performing = this.#perform(effect);
      if (performing !== undefined) await performing;
    }
  }

  #perform(effect: Effect): void | Promise<void> {
    const { records, events } = this.#options;
    switch (effect.kind) {
      case "append":
        return records.push(effect.record);
      case "flush":
        return records.settle();
      case "guard":
        return this.#reserve(effect.mark);
      case "send":
        // A message that is dropped on the way is asked for again by whoever lacks it.
        this.#transport!.send(effect.to, effect.message);
        return;
      case "commit":
        return this.#execute(effect.batch);
      case "certificate":
        return events.onCertificate(effect.certificate);
      case "evidence":
        return events.onEvidence(effect.evidence);
      case "halt":
        return events.onHalt(effect.reason);
      case "forgotten":
        return events.onForgotten(effect.shown);
      case "epoch":
        return events.onEpoch(effect.begun);
      case "ahead":
        return events.onAhead();
      case "wake":
        return this.#alarm.want(effect.atMs);
    }
  }

  async #reserve(mark: GuardMark): Promise<void> {
    const guard = await this.#options.guardOf(mark.epoch);
    const { resumeRound, reserves } = planMark(guard, mark);
    if (resumeRound !== undefined) await guard.resume(mark.epoch, resumeRound);
    if (reserves) await guard.reserve(mark);
    if (!isFloor(mark)) this.#options.events.onSigned();
  }

  #execute(batch: CommittedBatch): void | Promise<void> {
    // While this member executes, the others make the next round.
    this.#transport!.flush();
    const outbox = new Outbox();
    const result = this.#options.replica.execute(batch, outbox);
    if (result === undefined) return;
    this.#options.events.onCommit(batch, result);
    return this.#performEach(outbox.take());
  }

  #fail(error: unknown): void {
    if (this.#isStopped) {
      if (!comesBack(error)) this.#lastFailure ??= error;
      return;
    }
    this.#isStopped = true;
    this.#options.events.onFatal(error);
  }
}
