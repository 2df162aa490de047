import { equalBytes, fail, Fault, type Prng } from "@rialto/base";
import {
  type BlockChecks,
  type CommittedBatch,
  NO_DIGEST,
  type SignFunction,
} from "@rialto/consensus";
import {
  type Effect,
  type Input,
  type MessageFaultDetail,
  MessageKind,
  Outbox,
  type PeerMessage,
  readPeerMessage,
  recoverReplica,
  Replica,
  type ReplicaSettings,
} from "@rialto/replica";
import type { Checker } from "./checker.ts";
import type { FaultCounter } from "./fault-counter.ts";
import { Ledger } from "./ledger.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { type DiskDamage, SimDisk } from "./sim-disk.ts";

const PPM = 1_000_000;
/** The wall clock when a simulation starts. */
export const EPOCH_MS = 1_700_000_000_000;

export interface SimNodeOptions {
  readonly author: number;
  /** Told apart from the author: a lying member may run twice. */
  readonly instance: number;
  readonly isHonest: boolean;
  readonly run: RunOptions;
  readonly settings: ReplicaSettings;
  readonly checks: BlockChecks;
  readonly sign: SignFunction;
  readonly signQuantum: SignFunction;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  readonly checker: Checker;
  /** Block messages that have been judged, by the very bytes that were sent. Shared by all members. */
  readonly verified: WeakMap<Uint8Array, PeerMessage | Fault<MessageFaultDetail>>;
  readonly send: (node: SimNode, to: number, message: Uint8Array) => void;
}

/**
 * The process around a replica: performs its effects in order against a simulated disk and network, and can die
 * between any two of them.
 */
export class SimNode {
  readonly author: number;
  readonly instance: number;
  readonly isHonest: boolean;
  readonly disk: SimDisk;
  readonly #options: SimNodeOptions;
  replica: Replica | undefined;
  #effects: Effect[] = [];
  #isPerforming = false;
  /** Grows with every start and crash: what was planned for an earlier life does not happen. */
  #life = 0;
  #wakeUs = Infinity;
  #pausedUntilUs = 0;
  #skewMs = 0;
  #isHealed = false;
  #hasDeliveredTo = 0;
  #hasForgotten = false;
  restartCount = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.author = options.author;
    this.instance = options.instance;
    this.isHonest = options.isHonest;
    this.disk = new SimDisk(options.prng, options.checks.committee.epoch);
  }

  get isUp(): boolean {
    return this.replica !== undefined;
  }

  /**
   * True from the loss of something on its disk until an own block made since is durable: till then it is one of the
   * faulty, and may have to rejoin again.
   */
  get isForgetful(): boolean {
    return this.#hasForgotten;
  }

  nowMs(): number {
    return EPOCH_MS + this.#skewMs + Math.floor(this.#options.scheduler.nowUs / 1_000);
  }

  heal(): void {
    this.#isHealed = true;
    this.#pausedUntilUs = 0;
  }

  start(damage: DiskDamage): void {
    const { run, prng, checks, settings, sign, signQuantum, author, checker } = this.#options;
    if (this.replica !== undefined) fail("a node that runs is not started");
    this.#life++;
    this.#skewMs = prng.below(2 * run.skewMsMax + 1) - run.skewMsMax;
    if (damage !== "none") this.disk.damage(damage);
    const recovered = recoverReplica(this.disk.read(), author, checks);
    if (recovered instanceof Fault) fail(`a node recovers: ${recovered.message}`);
    this.replica = new Replica({
      committee: checks.committee,
      self: author,
      hash: checks.hash,
      sign,
      signQuantum,
      executor: new Ledger(),
      settings,
      recovered,
      startNonce: prng.nextU32(),
    });
    this.restartCount++;
    this.#hasDeliveredTo = 0;
    this.#hasForgotten = this.replica.isRejoining;
    checker.noteStart(this);
    const outbox = new Outbox();
    this.replica.recover(this.nowMs(), outbox);
    this.#enqueue(outbox);
  }

  crash(): void {
    if (this.replica === undefined) return;
    this.#life++;
    this.replica = undefined;
    this.#effects = [];
    this.#isPerforming = false;
    this.#wakeUs = Infinity;
    this.disk.crash();
  }

  pause(forUs: number): void {
    this.#pausedUntilUs = this.#options.scheduler.nowUs + forUs;
  }

  /** A message has come in from the network. */
  receive(from: number, bytes: Uint8Array): void {
    this.#whenAwake(() => {
      const message = this.#read(from, bytes);
      if (message instanceof Fault) return;
      this.step({ kind: "message", nowMs: this.nowMs(), from, message });
    });
  }

  /** What is broadcast arrives as the same bytes everywhere: a block is verified once for all members. */
  #read(from: number, bytes: Uint8Array): PeerMessage | Fault<MessageFaultDetail> {
    const { checks, verified } = this.#options;
    if (bytes[0] !== MessageKind.Block) return readPeerMessage(from, bytes, checks);
    const known = verified.get(bytes);
    if (known !== undefined) return known;
    const message = readPeerMessage(from, bytes, checks);
    verified.set(bytes, message);
    return message;
  }

  /** A client hands in a frame. Returns true where it was taken in. */
  submit(frame: Uint8Array): boolean {
    if (this.replica === undefined || this.#options.scheduler.nowUs < this.#pausedUntilUs)
      return false;
    return this.step({ kind: "frame", nowMs: this.nowMs(), frame }) === undefined;
  }

  #whenAwake(run: () => void): void {
    const { scheduler } = this.#options;
    const life = this.#life;
    const waitUs = this.#pausedUntilUs - scheduler.nowUs;
    if (this.replica === undefined) return;
    if (waitUs <= 0) return run();
    scheduler.after(waitUs, () => {
      if (this.#life === life) this.#whenAwake(run);
    });
  }

  step(input: Input): string | undefined {
    const { replica } = this;
    if (replica === undefined) return "DOWN";
    const outbox = new Outbox();
    const fault = replica.step(input, outbox);
    this.#options.checker.noteStep(this);
    this.#enqueue(outbox);
    return fault;
  }

  #enqueue(outbox: Outbox): void {
    for (const effect of outbox.take()) {
      if (effect.kind === "wake") this.#wake(effect.atMs);
      else this.#effects.push(effect);
    }
    this.#perform();
  }

  #wake(atMs: number): void {
    const { scheduler } = this.#options;
    const atUs = Math.max(scheduler.nowUs + 1, (atMs - EPOCH_MS - this.#skewMs) * 1_000);
    if (atUs >= this.#wakeUs && this.#wakeUs > scheduler.nowUs) return;
    this.#wakeUs = atUs;
    const life = this.#life;
    scheduler.after(atUs - scheduler.nowUs, () => {
      if (this.#life !== life || this.#wakeUs !== atUs) return;
      this.#wakeUs = Infinity;
      this.#whenAwake(() => this.step({ kind: "tick", nowMs: this.nowMs() }));
    });
  }

  /** Performs effects until one takes time. */
  #perform(): void {
    if (this.#isPerforming) return;
    const life = this.#life;
    while (this.#life === life) {
      const effect = this.#effects.shift();
      if (effect === undefined) return;
      if (this.#diesAt(`before ${effect.kind}`)) return;
      if (this.#performOne(effect)) return;
    }
  }

  #diesAt(step: string): boolean {
    const { run, prng, faults } = this.#options;
    const ppm = run.rates.stepCrashPpm;
    if (this.#isHealed || ppm === 0 || !prng.chance(ppm, PPM)) return false;
    faults.countAt("crash", step);
    this.crash();
    return true;
  }

  /** Returns true where the effect takes time: what follows it waits. */
  #performOne(effect: Effect): boolean {
    const { checker, send } = this.#options;
    switch (effect.kind) {
      case "append":
        this.disk.append(effect.record);
        return false;
      case "flush": {
        const count = this.disk.startFlush();
        this.#takeDiskTime("flush", () => this.disk.endFlush(count, false));
        return true;
      }
      case "guard":
        this.disk.startGuard(effect.mark);
        this.#takeDiskTime("guard", () => {
          this.disk.endGuard(false);
          // The mark of a rejoining member names no block.
          if (!equalBytes(effect.mark.digest, NO_DIGEST)) this.#hasForgotten = false;
        });
        return true;
      case "send":
        send(this, effect.to, effect.message);
        return false;
      case "commit":
        this.#execute(effect.batch);
        return false;
      case "certificate":
        checker.noteCertificate(this, effect.certificate);
        return false;
      case "halt":
        checker.noteHalt(this, effect.reason);
        return false;
      case "evidence":
        checker.noteEvidence(this, effect.evidence);
        return false;
      case "receipt":
      case "wake":
        return false;
    }
  }

  #execute(batch: CommittedBatch): void {
    const outbox = new Outbox();
    const result = this.replica!.execute(batch, outbox);
    if (result === undefined) return;
    this.#options.checker.noteCommit(this, batch, result);
    this.#hasDeliveredTo = batch.commit.index;
    this.#effects.push(...outbox.take());
  }

  get deliveredIndex(): number {
    return this.#hasDeliveredTo;
  }

  #takeDiskTime(step: "flush" | "guard", end: () => void): void {
    const { run, prng, faults, scheduler } = this.#options;
    this.#isPerforming = true;
    const life = this.#life;
    let takesUs = 1 + prng.below(2 * run.flushUs);
    if (!this.#isHealed && prng.chance(run.rates.slowDiskPpm, PPM)) {
      faults.countAt("slowDisk", step);
      takesUs += run.flushUs * 100;
    }
    scheduler.after(takesUs, () => {
      if (this.#life !== life) return;
      if (this.#diesAt(`during ${step}`)) return;
      if (!this.#isHealed && prng.chance(run.rates.fsyncErrorPpm, PPM)) {
        // What a failed flush has written is unknown: the process ends rather than try again.
        faults.countAt("fsyncError", step);
        this.crash();
        return;
      }
      end();
      this.#isPerforming = false;
      if (!this.#diesAt(`after ${step}`)) this.#perform();
    });
  }
}
