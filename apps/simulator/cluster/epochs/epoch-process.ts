import { fail, Fault, type Prng } from "@rialto/base";
import {
  ChainReplica,
  type Effect,
  type EpochStep,
  type GuardMark,
  type Input,
  isBlockRecord,
  Outbox,
  peekBlockRecord,
  recallSigned,
  type ReplicaSettings,
  type StepFault,
} from "@rialto/replica";
import { sha256 } from "../keys.ts";
import { Ledger } from "../ledger.ts";
import type { Scheduler } from "../scheduler.ts";
import type { EpochChecker } from "./epoch-checker.ts";
import type { EpochKeys } from "./epoch-keys.ts";
import type { Epoch } from "@rialto/replica";

/** How long a write takes at most. */
const WRITE_US = 2_000;

export interface EpochProcessOptions {
  readonly number: number;
  readonly keys: EpochKeys;
  readonly genesis: Epoch;
  readonly settings: ReplicaSettings;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly checker: EpochChecker;
  readonly send: (process: EpochProcess, to: number, message: Uint8Array) => void;
  /** The clock, in ms. */
  readonly nowMs: () => number;
}

/** A process that lives through epochs on a disk of its own, and can die between any two effects. */
export class EpochProcess {
  readonly number: number;
  /** Numbers of the keys that lie on its disk. */
  readonly held = new Set<number>();
  chain: ChainReplica | undefined;
  /** What was told to it of epochs before it joined: a file beside its keys. */
  known: readonly EpochStep[] = [];
  /** True from a loss of its guard until it has signed again. */
  isForgetful = false;
  starts = 0;
  readonly #options: EpochProcessOptions;
  #durable: Uint8Array[] = [];
  #volatile: Uint8Array[] = [];
  #mark: GuardMark | undefined;
  #isGuardLost = false;
  #effects: Effect[] = [];
  #isWriting = false;
  #life = 0;
  #wakeUs = Infinity;

  constructor(options: EpochProcessOptions) {
    this.#options = options;
    this.number = options.number;
  }

  get isUp(): boolean {
    return this.chain !== undefined;
  }

  get epoch(): number {
    return this.chain?.epoch.committee.epoch ?? 0;
  }

  /** Starts on what the disk holds. */
  start(): void {
    const { keys, genesis, settings, prng, checker, nowMs } = this.#options;
    if (this.chain !== undefined) fail("a process that runs is not started");
    this.#life++;
    this.starts++;
    const chain = new ChainReplica({
      genesis,
      linkKey: keys.linkKeyOf(this.number),
      seatOf: (epoch) => keys.seatOf(epoch, this.number, this.held),
      recall: (epoch, author) =>
        recallSigned({
          guard: { last: this.#mark, isAmnesiac: this.#isGuardLost },
          epoch,
          lastJournaled: this.#lastJournaled(epoch, author),
          isJournalDamaged: false,
        }),
      checksOf: (epoch) => keys.checksOf(epoch),
      rules: keys.rules,
      hash: sha256,
      executor: new Ledger(),
      settings,
      startNonce: prng.nextU32(),
      pastKept: 64,
      known: this.known,
    });
    checker.noteStart(this);
    const outbox = new Outbox();
    for (const [index, record] of this.#durable.entries()) {
      const fault = chain.restore(record, index, outbox);
      if (fault instanceof Fault) throw fault;
      for (const effect of outbox.take()) {
        if (effect.kind === "epoch") checker.noteEpoch(this, effect.begun);
        if (effect.kind !== "commit") continue;
        const { epoch } = chain.epoch.committee;
        const result = chain.execute(effect.batch, new Outbox());
        if (result !== undefined) checker.noteCommit(this, epoch, effect.batch, result);
      }
    }
    this.chain = chain;
    chain.recover(nowMs(), outbox);
    this.#enqueue(outbox);
  }

  #lastJournaled(epoch: number, author: number): number {
    let last = 0;
    for (const record of this.#durable) {
      if (!isBlockRecord(record)) continue;
      const block = peekBlockRecord(record);
      if (block.epoch === epoch && block.author === author) last = Math.max(last, block.round);
    }
    return last;
  }

  /** The process dies: of what is not flushed a part from the beginning survives. */
  crash(): void {
    if (this.chain === undefined) return;
    this.#life++;
    this.chain = undefined;
    this.#effects = [];
    this.#isWriting = false;
    this.#wakeUs = Infinity;
    const survivors = this.#options.prng.below(this.#volatile.length + 1);
    this.#durable.push(...this.#volatile.slice(0, survivors));
    this.#volatile = [];
  }

  /** Everything but its keys is gone; or only the journal, and the guard tells of it. */
  wipe(keepsGuard: boolean): void {
    this.#durable = [];
    this.isForgetful = true;
    if (keepsGuard) return;
    this.#mark = undefined;
    this.#isGuardLost = true;
  }

  receive(from: number, bytes: Uint8Array): void {
    const { chain } = this;
    const { nowMs, checker } = this.#options;
    if (chain === undefined || !chain.mayRead(from, nowMs())) return;
    const message = chain.read(from, bytes);
    if (message === undefined) return;
    if (message instanceof Fault) {
      checker.noteFault(this, from);
      return chain.noteFault(from, message.detail);
    }
    this.step({ kind: "message", nowMs: nowMs(), from, message });
  }

  submit(frame: Uint8Array): StepFault | "DOWN" {
    return this.step({ kind: "frame", nowMs: this.#options.nowMs(), frame });
  }

  step(input: Input): StepFault | "DOWN" {
    if (this.chain === undefined) return "DOWN";
    const outbox = new Outbox();
    const fault = this.chain.step(input, outbox);
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
    const { scheduler, nowMs } = this.#options;
    const atUs = scheduler.nowUs + Math.max(1, Math.ceil((atMs - nowMs()) * 1_000));
    if (atUs >= this.#wakeUs && this.#wakeUs > scheduler.nowUs) return;
    this.#wakeUs = atUs;
    const life = this.#life;
    scheduler.after(atUs - scheduler.nowUs, () => {
      if (this.#life !== life || this.#wakeUs !== atUs) return;
      this.#wakeUs = Infinity;
      this.step({ kind: "tick", nowMs: nowMs() });
    });
  }

  #perform(): void {
    const life = this.#life;
    while (!this.#isWriting && this.#life === life) {
      const effect = this.#effects.shift();
      if (effect === undefined) return;
      this.#performOne(effect);
    }
  }

  #performOne(effect: Effect): void {
    const { checker, send } = this.#options;
    switch (effect.kind) {
      case "append":
        this.#volatile.push(effect.record);
        return;
      case "flush": {
        const count = this.#volatile.length;
        return this.#write(() => this.#durable.push(...this.#volatile.splice(0, count)));
      }
      case "guard":
        checker.noteGuard(this, effect.mark, this.#mark);
        return this.#write(() => {
          this.#mark = effect.mark;
          this.#isGuardLost = false;
          if (effect.mark.digest.some((byte) => byte !== 0)) this.isForgetful = false;
        });
      case "send":
        checker.noteSend(this, effect.message);
        return send(this, effect.to, effect.message);
      case "commit": {
        const outbox = new Outbox();
        const { epoch } = this.chain!.epoch.committee;
        const result = this.chain!.execute(effect.batch, outbox);
        if (result !== undefined) checker.noteCommit(this, epoch, effect.batch, result);
        return this.#enqueue(outbox);
      }
      case "epoch":
        return checker.noteEpoch(this, effect.begun);
      case "halt":
        return checker.noteHalt(this, effect.reason.code);
      case "ahead":
      case "certificate":
      case "evidence":
      case "receipt":
      case "wake":
        return;
    }
  }

  #write(end: () => void): void {
    const { scheduler, prng } = this.#options;
    this.#isWriting = true;
    const life = this.#life;
    scheduler.after(1 + prng.below(WRITE_US), () => {
      if (this.#life !== life) return;
      end();
      this.#isWriting = false;
      this.#perform();
    });
  }
}
