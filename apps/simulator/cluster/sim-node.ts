import { fail, Fault, type Prng } from "@rialto/base";
import type { CommittedBatch } from "@rialto/consensus";
import {
  type ChainReplica,
  type CommitResult,
  type Effect,
  type EpochStep,
  type GuardMark,
  type Input,
  MessageKind,
  Outbox,
  peekBlockRecord,
  type Replica,
  type ReplicaSettings,
  type StepFault,
} from "@rialto/replica";
import { isFloor } from "@rialto/signing";
import type { Checker } from "./checker.ts";
import type { EpochBook, SimEpoch } from "./epoch-book.ts";
import type { FaultCounter } from "./fault-counter.ts";
import { type DurableStep, DURABLE_STEPS } from "./fault-menu.ts";
import { Ledger } from "./ledger.ts";
import { openChain } from "./open-chain.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimAlarm } from "./sim-alarm.ts";
import { SimClock } from "./sim-clock.ts";
import { type DiskDamage, SimDisk } from "./sim-disk.ts";
import { SimKeyRing } from "./sim-key-ring.ts";
import { SimTurns } from "./sim-turns.ts";
import { forgeSnapshot, type SnapshotForger } from "./snapshot-lies.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";
import { findStart } from "./snapshot-start.ts";
import { SnapshotLife } from "./snapshot-life.ts";

const PPM = 1_000_000;
/** How often a full disk is looked at again. */
const FULL_RETRY_US = 20_000;
/** How often a member looks whether it needs a snapshot. */
const SNAPSHOT_LOOK_US = 50_000;
/** For so long at most a snapshot is kept for others beyond the newest. */
const SNAPSHOT_HELD_MS_MAX = 15_000;

export interface SimNodeOptions {
  /** Names the process: by it members are told apart through all epochs. */
  readonly number: number;
  /** Told apart from the number: a lying member may run twice. */
  readonly instance: number;
  readonly isLiar: boolean;
  /** Makes of its snapshots what it gives to others. */
  readonly forges: boolean;
  readonly run: RunOptions;
  readonly settings: ReplicaSettings;
  readonly book: EpochBook;
  /** A first epoch that is almost the right one. */
  readonly otherFirst: SimEpoch;
  /** Its first signing key. */
  readonly key: number;
  /** Ends of epochs that its operator has told it of, for who joins. */
  readonly known: readonly EpochStep[];
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  readonly checker: Checker;
  readonly send: (node: SimNode, to: number, message: Uint8Array) => void;
  /** Whether one member more may find out that its disk has lost something. */
  readonly mayForget: (node: SimNode) => boolean;
}

/** What a journal has led to. */
interface Replayed {
  readonly newest: { readonly batch: CommittedBatch; readonly result: CommitResult } | undefined;
}

/**
 * The process around a replica: performs its effects in order against a simulated disk and network, and can die
 * between any two of them.
 */
export class SimNode {
  readonly number: number;
  readonly instance: number;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly #options: SimNodeOptions;
  chain: ChainReplica | undefined;
  #snapshots: SnapshotLife | undefined;
  readonly #turns: SimTurns;
  readonly #alarm: SimAlarm;
  #effects: Effect[] = [];
  #isPerforming = false;
  #step: DurableStep = "idle";
  #isRecovering = false;
  /** Grows with every start and crash: what was planned for an earlier life does not happen. */
  #life = 0;
  #pausedUntilUs = 0;
  #fullUntilUs = 0;
  #startedUs = 0;
  #isHealed = false;
  #snapshotsUnderWay = 0;
  #deliveredIndex = 0;
  readonly #sent = new Map<number, number>();
  #hasForgotten = false;
  #isMisled = false;
  #isMismatched = false;
  /** It speaks a newer language than the others. */
  isNewer = false;
  stormUntilUs = 0;
  restartCount = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.number = options.number;
    this.instance = options.instance;
    const { book, key, prng, checker } = options;
    const keys = new SimKeyRing({
      book,
      process: options.number,
      prng,
      key,
      onSign: (epoch, by) => checker.noteSigned(this, epoch, by),
    });
    this.disk = new SimDisk(prng, keys, options.known);
    this.clock = new SimClock(options.scheduler);
    this.#turns = new SimTurns(() => options.scheduler.nowUs / 1_000);
    this.#alarm = new SimAlarm({
      scheduler: options.scheduler,
      nowMs: () => this.nowMs(),
      lateUs: () => this.#lateUs(),
      ring: () => {
        this.#turns.ring();
        this.#work();
      },
    });
  }

  get isUp(): boolean {
    return this.chain !== undefined;
  }

  /** That of the present epoch. */
  get replica(): Replica | undefined {
    return this.chain?.replica;
  }

  get keys(): SimKeyRing {
    return this.disk.guards;
  }

  /** The epoch that it is in; 0 where it is down. */
  get epoch(): number {
    return this.chain?.epoch.committee.epoch ?? 0;
  }

  /** True for who runs true code, configured as the others, on a disk that has not deceived it: what is promised holds for it. */
  get isHonest(): boolean {
    return !this.#options.isLiar && !this.#isMisled && !this.#isMismatched;
  }

  /** True where its disk was set back: it may sign twice and not know. */
  get isMisled(): boolean {
    return this.#isMisled;
  }

  get isMismatched(): boolean {
    return this.#isMismatched;
  }

  /**
   * True from the loss of something on its disk until an own block made since is durable: till then it is one of the
   * faulty, and may have to rejoin again.
   */
  get isForgetful(): boolean {
    return this.#hasForgotten || this.#isMismatched || this.keys.isUnsure;
  }

  /** Where it is on its way to something durable. */
  get durableStep(): DurableStep {
    if (this.chain?.isRejoining === true) return "in rejoining";
    if (this.#isRecovering) return "in recovery";
    if (this.#step !== "idle") return this.#step;
    if (this.#snapshots?.isFetching === true) return "in fetching";
    if (this.replica?.next !== undefined) return "in an epoch's end";
    return this.#snapshotsUnderWay > 0 ? "during snapshot" : "idle";
  }

  /** Highest round of an own block of an epoch that has left this member; 0 without one. */
  sentIn(epoch: number): number {
    return this.#sent.get(epoch) ?? 0;
  }

  get #lastSentEpoch(): number {
    return Math.max(0, ...this.#sent.keys());
  }

  get deliveredIndex(): number {
    return this.#deliveredIndex;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  /** How long it has been up. */
  get upMs(): number {
    return (this.#options.scheduler.nowUs - this.#startedUs) / 1_000;
  }

  heal(): void {
    this.#isHealed = true;
    this.#pausedUntilUs = 0;
    this.#fullUntilUs = 0;
    this.isNewer = false;
    this.clock.heal();
  }

  /** Starts, unless the disk or the configuration do not let it. */
  start(damage: DiskDamage, isMismatched = false): boolean {
    const { run, prng, book, otherFirst, checker } = this.#options;
    if (this.chain !== undefined) fail("a node that runs is not started");
    this.clock.set(prng.below(2 * run.skewMsMax + 1) - run.skewMsMax);
    this.disk.damage(damage);
    // What is of another committee is not begun with.
    if (isMismatched && this.disk.snapshots.newest !== undefined) return false;
    const path = book.pathOf(isMismatched ? [] : this.disk.path);
    const begun = findStart(this.disk.snapshots.all, path);
    const contents = this.disk.read();
    const ledger = begun === undefined ? new Ledger() : Ledger.restore(begun.executor);
    const chain = openChain({
      ...this.#options,
      disk: this.disk,
      genesis: isMismatched ? otherFirst : book.genesis,
      contents,
      start: begun,
      executor: ledger,
    });
    this.#life++;
    this.#isMismatched = isMismatched;
    if (damage === "restoredBackup") this.#isMisled = true;
    this.chain = chain;
    checker.noteStart(this, ledger);
    const leads = begun !== undefined || !contents.isCut;
    // A journal says in its head whose it is: without a record too it is no other network's.
    const isOthers = isMismatched && contents.records.length === 0;
    const replayed = isOthers ? undefined : this.#replay(chain, leads ? contents.records : []);
    if (replayed === undefined) {
      this.chain = undefined;
      this.#isMismatched = false;
      return isMismatched ? false : fail("a node recovers from its journal");
    }
    this.#snapshots = this.#createSnapshots(chain, ledger);
    this.#takeDue(replayed);
    this.restartCount++;
    this.#startedUs = this.#options.scheduler.nowUs;
    this.#deliveredIndex = chain.consensus.sequencer.lastIndex;
    // What it has signed in a later epoch it will have to ask for.
    this.#hasForgotten = chain.isRejoining || this.#lastSentEpoch > this.epoch;
    checker.noteReplayed(this);
    // The journal may have led to epochs that the file does not know.
    if (!isMismatched) this.disk.keepPath(chain.path.steps);
    this.#isRecovering = true;
    const outbox = new Outbox();
    chain.recover(this.nowMs(), outbox);
    this.#effects.push(...outbox.take());
    this.#perform();
    this.#work();
    // It may have died again at its first step.
    if (this.isUp) this.#lookForSnapshots();
    return true;
  }

  /** Goes through the journal. Undefined where it is of something else. */
  #replay(chain: ChainReplica, records: readonly Uint8Array[]): Replayed | undefined {
    const { checker } = this.#options;
    let newest: Replayed["newest"];
    const outbox = new Outbox();
    for (const [index, record] of records.entries()) {
      if (chain.isPassed(record, index)) continue;
      if (chain.restore(record, index, outbox) instanceof Fault) return undefined;
      for (const effect of outbox.take()) {
        if (effect.kind === "epoch") checker.noteEpoch(this, effect.begun);
        // What it votes for and certifies on the way was said before.
        if (effect.kind !== "commit") continue;
        const result = this.#apply(effect.batch, new Outbox());
        if (result !== undefined) newest = { batch: effect.batch, result };
      }
    }
    return { newest };
  }

  /** A snapshot that was due after the newest commit and not written when the process died, as the host takes it. */
  #takeDue({ newest }: Replayed): void {
    if (newest === undefined) return;
    const { batch, result } = newest;
    if (this.disk.snapshots.find(batch.commit.index) !== undefined) return;
    this.#save(this.#snapshots!.take(batch, result));
  }

  #createSnapshots(chain: ChainReplica, ledger: Ledger): SnapshotLife {
    const { number, settings, run, book, forges, faults } = this.#options;
    const { fetchTimeoutMs } = settings.sync;
    return new SnapshotLife({
      number,
      chain,
      ledger,
      disk: this.disk,
      book,
      forge: forges ? (stored) => forgeSnapshot(stored, this.#forger(chain), faults) : undefined,
      settings: {
        queryMs: settings.statusMs,
        chunkTimeoutMs: fetchTimeoutMs,
        stallMs: 20 * fetchTimeoutMs,
        lagCommits: 1_000_000,
      },
      keeping: { idleMs: 20 * fetchTimeoutMs, heldMsMax: SNAPSHOT_HELD_MS_MAX },
      chunkBytes: run.chunkBytes,
      nowMs: () => this.nowMs(),
      send: (to, message) => this.#send(to, message),
    });
  }

  #forger(chain: ChainReplica): SnapshotForger {
    const { chunkBytes } = this.#options.run;
    return { path: chain.path, signerIn: (epoch) => this.keys.signerIn(epoch), chunkBytes };
  }

  /** Looks, again and again in this life, whether a snapshot of the others is needed, and begins again with one that came. */
  #lookForSnapshots(): void {
    const life = this.#life;
    this.#options.scheduler.after(SNAPSHOT_LOOK_US, () => {
      if (this.#life !== life) return;
      if (this.#options.scheduler.nowUs >= this.#pausedUntilUs && !this.#isFull()) {
        const whole = this.#snapshots!.poll();
        if (whole !== undefined) return this.#beginAgain(whole);
      }
      this.#lookForSnapshots();
    });
  }

  #beginAgain(snapshot: StoredSnapshot): void {
    const { faults, checker } = this.#options;
    faults.count("snapshotFetched");
    checker.noteInstalled(this.#snapshots!.fetched);
    this.disk.snapshots.noteInstalled();
    this.#snapshots!.save(snapshot);
    this.#stop(false);
    this.start("none", this.#isMismatched);
  }

  /** The process dies, and the power of its machine with it. */
  crash(): void {
    if (this.chain !== undefined) this.#stop(this.#options.mayForget(this));
  }

  #stop(mayForget: boolean): void {
    const { faults } = this.#options;
    const step = this.durableStep;
    this.#life++;
    this.chain = undefined;
    this.#snapshots = undefined;
    this.#effects = [];
    this.#turns.clear();
    this.#alarm.stop();
    this.#isPerforming = false;
    this.#isRecovering = false;
    this.#snapshotsUnderWay = 0;
    this.#step = "idle";
    this.#fullUntilUs = 0;
    const loss = this.disk.crash(mayForget);
    if (loss.isForgetful) this.#hasForgotten = true;
    for (const fault of loss.faults) {
      // What is lost is found out, or not, when the member starts again.
      faults.countAt(fault, fault === "reorderedWrites" ? step : "in recovery");
    }
  }

  pause(forUs: number): void {
    this.#pausedUntilUs = this.#options.scheduler.nowUs + forUs;
  }

  /** A message has come in from the network. */
  receive(from: number, bytes: Uint8Array): void {
    if (this.chain === undefined || this.#isFull()) return;
    this.#turns.push((outbox) => this.#takeMessage(from, bytes, outbox));
    this.#work();
  }

  #takeMessage(from: number, bytes: Uint8Array, outbox: Outbox): void {
    const chain = this.chain!;
    if (!chain.mayRead(from, this.nowMs())) return;
    const message = chain.read(from, bytes, this.nowMs());
    if (message === undefined) return;
    if (message instanceof Fault) {
      this.#options.checker.noteFault(this, from, message.detail);
      return chain.noteFault(from, message.detail);
    }
    this.#snapshots!.receive(from, message);
    this.#take({ kind: "message", nowMs: this.nowMs(), from, message }, outbox);
  }

  /** A client hands in a frame. `onTaken` is told when it has been taken in: at once, mostly; never, where it is refused. */
  submit(frame: Uint8Array, onTaken?: () => void): void {
    if (this.chain === undefined || this.#isFull() || this.#isPaused) return;
    this.#turns.push((outbox) => {
      const refusal = this.#take({ kind: "frame", nowMs: this.nowMs(), frame }, outbox);
      if (refusal === undefined) onTaken?.();
      else this.#options.faults.count("refusedFrame");
    });
    this.#work();
  }

  get #isPaused(): boolean {
    return this.#options.scheduler.nowUs < this.#pausedUntilUs;
  }

  /** With a full disk a member takes nothing in: what it cannot keep it must not answer. */
  #isFull(): boolean {
    return this.#options.scheduler.nowUs < this.#fullUntilUs;
  }

  #whenAwake(run: () => void): void {
    const { scheduler } = this.#options;
    const life = this.#life;
    const waitUs = Math.max(this.#pausedUntilUs, this.#fullUntilUs) - scheduler.nowUs;
    if (this.chain === undefined) return;
    if (waitUs <= 0) return run();
    scheduler.after(waitUs, () => {
      if (this.#life === life) this.#whenAwake(run);
    });
  }

  /** As the host's member: takes in what waits, performs what it leads to, and only then takes in more. */
  #work(): void {
    if (this.#isPaused || this.#isFull()) return this.#whenAwake(() => this.#work());
    const life = this.#life;
    while (this.#life === life && !this.#isPerforming && this.#turns.hasWork) {
      const outbox = new Outbox();
      this.#turns.takeIn(outbox, () => this.#take({ kind: "tick", nowMs: this.nowMs() }, outbox));
      this.#effects.push(...outbox.take());
      this.#perform();
    }
  }

  #take(input: Input, outbox: Outbox): StepFault {
    const fault = this.chain!.step(input, outbox);
    this.#options.checker.noteStep(this);
    return fault;
  }

  #lateUs(): number {
    const { run, prng, faults } = this.#options;
    if (!this.#strikes(run.rates.lateTimerPpm)) return 0;
    faults.count("lateTimer");
    return prng.below(300_000);
  }

  /** Performs effects until one takes time. */
  #perform(): void {
    if (this.#isPerforming) return;
    const life = this.#life;
    while (this.#life === life) {
      const effect = this.#effects[0];
      if (effect === undefined) {
        this.#isRecovering = false;
        return this.#alarm.set();
      }
      const step = DURABLE_STEPS.find((each) => each === `before ${effect.kind}`);
      if (step !== undefined && this.#diesAt(step)) return;
      this.#effects.shift();
      if (this.#performOne(effect)) return;
    }
  }

  #strikes(ppm: number): boolean {
    return !this.#isHealed && ppm > 0 && this.#options.prng.chance(ppm, PPM);
  }

  #diesAt(step: DurableStep): boolean {
    const { run, faults } = this.#options;
    if (!this.#strikes(run.rates.stepCrashPpm)) return false;
    const moment = this.durableStep;
    faults.countAt("crash", moment === "idle" || moment.startsWith("during") ? step : moment);
    this.crash();
    return true;
  }

  /** Returns true where the effect takes time: what follows it waits. */
  #performOne(effect: Effect): boolean {
    const { checker } = this.#options;
    switch (effect.kind) {
      case "append":
        this.disk.append(effect.record);
        return false;
      case "flush": {
        const count = this.disk.startFlush();
        this.#takeDiskTime("flush", (isLying) => this.disk.endFlush(count, isLying));
        return true;
      }
      case "guard":
        return this.#writeGuard(effect.mark);
      case "send":
        this.#send(effect.to, effect.message);
        return false;
      case "commit":
        this.#execute(effect.batch);
        return false;
      case "certificate":
        checker.noteCertificate(this, effect.certificate);
        this.#snapshots!.noteCertificate(effect.certificate);
        return false;
      case "halt":
        checker.noteHalt(this, effect.reason);
        return false;
      case "evidence":
        checker.noteEvidence(this, effect.evidence);
        return false;
      case "epoch":
        this.#keepPath();
        checker.noteEpoch(this, effect.begun);
        return false;
      case "ahead":
        this.#keepPath();
        return false;
      case "wake":
        this.#alarm.want(effect.atMs);
        return false;
      case "receipt":
        return false;
    }
  }

  /** More is known of the epochs: snapshots of their ends can be had now. */
  #keepPath(): void {
    this.disk.keepPath(this.chain!.path.steps);
    this.#snapshots!.certify();
  }

  #writeGuard(mark: GuardMark): boolean {
    const guard = this.keys.guardOf(mark.epoch);
    const { last } = guard;
    switch (guard.begin(mark)) {
      case "conflict":
        // The process ends: it would have signed what it must not.
        this.#options.checker.noteGuardConflict(this, mark, last);
        this.crash();
        return true;
      case "held":
        this.#noteGuarded(mark);
        return false;
      case "write":
        this.#takeDiskTime("guard", (isLying) => {
          guard.end(isLying);
          this.#noteGuarded(mark);
        });
        return true;
    }
  }

  /** The mark of a rejoining member names no block. */
  #noteGuarded(mark: GuardMark): void {
    if (!isFloor(mark) && mark.epoch >= this.#lastSentEpoch) this.#hasForgotten = false;
  }

  #execute(batch: CommittedBatch): void {
    const outbox = new Outbox();
    const result = this.#apply(batch, outbox);
    if (result === undefined) return;
    this.#save(this.#snapshots!.take(batch, result));
    this.#effects.unshift(...outbox.take());
  }

  #apply(batch: CommittedBatch, outbox: Outbox): CommitResult | undefined {
    const { committee } = this.chain!.epoch;
    const result = this.chain!.execute(batch, outbox);
    if (result === undefined) return undefined;
    this.#options.checker.noteCommit(this, committee, batch, result);
    this.#deliveredIndex = batch.commit.index;
    return result;
  }

  /** Writes a snapshot, which takes its time; then what no snapshot needs goes. */
  #save(snapshot: StoredSnapshot | undefined): void {
    if (snapshot === undefined) return;
    const { scheduler, prng, run, faults } = this.#options;
    const life = this.#life;
    this.#snapshotsUnderWay++;
    let takesUs = 1 + prng.below(20 * run.flushUs);
    if (this.#strikes(run.rates.slowDiskPpm)) {
      faults.countAt("slowDisk", "during snapshot");
      takesUs += run.flushUs * 100;
    }
    scheduler.after(takesUs, () => {
      if (this.#life !== life || this.#diesAt("during snapshot")) return;
      this.#snapshotsUnderWay--;
      if (this.#strikes(run.rates.diskFullPpm)) {
        // The older ones are there: the next one will do.
        return faults.countAt("diskFull", "during snapshot");
      }
      const needless = this.#snapshots!.save(snapshot);
      this.#snapshots!.certify();
      if (run.prunes && needless !== undefined) this.disk.prune(needless);
    });
  }

  #send(to: number, message: Uint8Array): void {
    if (message[0] === MessageKind.Block) this.#noteSent(message);
    this.#options.send(this, to, message);
  }

  #noteSent(message: Uint8Array): void {
    const { epoch, round, author } = peekBlockRecord(message);
    if (this.keys.signerIn(epoch)?.author !== author) return;
    this.#sent.set(epoch, Math.max(this.sentIn(epoch), round));
  }

  #takeDiskTime(write: "flush" | "guard", end: (isLying: boolean) => void): void {
    const { run, prng, faults, scheduler } = this.#options;
    const step = `during ${write}` as const;
    this.#isPerforming = true;
    this.#step = step;
    let takesUs = 1 + prng.below(2 * run.flushUs);
    if (this.#strikes(run.rates.slowDiskPpm)) {
      faults.countAt("slowDisk", step);
      takesUs += run.flushUs * 100;
    }
    if (this.#strikes(run.rates.diskFullPpm)) {
      faults.countAt("diskFull", step);
      this.#fullUntilUs = scheduler.nowUs + prng.below(800_000);
    }
    const isLying = this.#strikes(run.rates.lyingFlushPpm);
    const life = this.#life;
    const finish = (): void => {
      if (this.#life !== life) return;
      if (this.#isFull()) return scheduler.after(FULL_RETRY_US, finish);
      if (this.#diesAt(step)) return;
      if (this.#strikes(run.rates.fsyncErrorPpm)) {
        // What a failed flush has written is unknown: the process ends rather than try again.
        faults.countAt("fsyncError", step);
        this.crash();
        return;
      }
      end(isLying);
      this.#isPerforming = false;
      this.#step = "idle";
      if (this.#diesAt(`after ${write}`)) return;
      this.#perform();
      this.#work();
    };
    scheduler.after(takesUs, finish);
  }
}
