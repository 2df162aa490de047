import { fail, Fault, type Prng } from "@rialto/base";
import {
  type BlockChecks,
  type CommittedBatch,
  ORDER_BEGINNING,
  type SignFunction,
} from "@rialto/consensus";
import {
  type Effect,
  type GuardMark,
  type Input,
  type MessageFaultDetail,
  MessageKind,
  openSnapshot,
  Outbox,
  peekBlockRecord,
  type PeerMessage,
  readBlockRecord,
  readPeerMessage,
  type RecoveredState,
  recoverReplica,
  Replica,
  type ReplicaSettings,
} from "@rialto/replica";
import { isFloor } from "@rialto/signing";
import type { Checker } from "./checker.ts";
import type { FaultCounter } from "./fault-counter.ts";
import { type DurableStep, DURABLE_STEPS } from "./fault-menu.ts";
import type { JudgedBlocks } from "./judged-blocks.ts";
import { Ledger } from "./ledger.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimClock } from "./sim-clock.ts";
import { type DiskDamage, SimDisk } from "./sim-disk.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";
import { SnapshotLife } from "./snapshot-life.ts";

const PPM = 1_000_000;
/** How often a full disk is looked at again. */
const FULL_RETRY_US = 20_000;
/** How often a member looks whether it needs a snapshot. */
const SNAPSHOT_LOOK_US = 50_000;

export interface SimNodeOptions {
  readonly author: number;
  /** Told apart from the author: a lying member may run twice. */
  readonly instance: number;
  readonly isLiar: boolean;
  readonly run: RunOptions;
  readonly settings: ReplicaSettings;
  readonly checks: BlockChecks;
  /** Of a committee that is almost the right one. */
  readonly otherChecks: BlockChecks;
  readonly sign: SignFunction;
  readonly signQuantum: SignFunction;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  readonly checker: Checker;
  /** Shared by all members. */
  readonly judged: JudgedBlocks;
  readonly send: (node: SimNode, to: number, message: Uint8Array) => void;
  /** Whether one member more may find out that its disk has lost something. */
  readonly mayForget: (node: SimNode) => boolean;
}

/**
 * The process around a replica: performs its effects in order against a simulated disk and network, and can die
 * between any two of them.
 */
export class SimNode {
  readonly author: number;
  readonly instance: number;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly #options: SimNodeOptions;
  replica: Replica | undefined;
  #snapshots: SnapshotLife | undefined;
  #effects: Effect[] = [];
  #isPerforming = false;
  #step: DurableStep = "idle";
  #isRecovering = false;
  /** Grows with every start and crash: what was planned for an earlier life does not happen. */
  #life = 0;
  #wakeUs = Infinity;
  #pausedUntilUs = 0;
  #fullUntilUs = 0;
  #startedUs = 0;
  #isHealed = false;
  #deliveredIndex = 0;
  #sentRound = 0;
  #hasForgotten = false;
  #isMisled = false;
  #isMismatched = false;
  /** It speaks a newer language than the others. */
  isNewer = false;
  stormUntilUs = 0;
  restartCount = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.author = options.author;
    this.instance = options.instance;
    this.disk = new SimDisk(options.prng, options.checks.committee.epoch);
    this.clock = new SimClock(options.scheduler);
  }

  get isUp(): boolean {
    return this.replica !== undefined;
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
    return this.#hasForgotten || this.#isMismatched;
  }

  /** Where it is on its way to something durable. */
  get durableStep(): DurableStep {
    if (this.replica?.isRejoining === true) return "in rejoining";
    return this.#isRecovering ? "in recovery" : this.#step;
  }

  /** Highest round of an own block that has left this member. */
  get sentRound(): number {
    return this.#sentRound;
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
    const { run, prng, author, checker, otherChecks, checks: usual } = this.#options;
    if (this.replica !== undefined) fail("a node that runs is not started");
    this.clock.set(prng.below(2 * run.skewMsMax + 1) - run.skewMsMax);
    this.disk.damage(damage);
    const checks = isMismatched ? otherChecks : usual;
    const read = isMismatched ? readBlockRecord : this.#readRecord;
    const snapshot = this.disk.snapshots.newest;
    // What is of another committee is not begun with.
    if (isMismatched && snapshot !== undefined) return false;
    const { committee, hash } = checks;
    const epoch = { committee, start: ORDER_BEGINNING };
    const restored = snapshot && openSnapshot(snapshot.content, () => epoch, hash);
    if (restored instanceof Fault) fail(`a snapshot is whole: ${restored.message}`);
    const contents = { ...this.disk.read(), order: restored?.order };
    const recovered = recoverReplica(contents, author, checks, read);
    if (recovered instanceof Fault) {
      if (!isMismatched) fail(`a node recovers: ${recovered.message}`);
      return false;
    }
    this.#life++;
    this.#isMismatched = isMismatched;
    if (damage === "restoredBackup") this.#isMisled = true;
    const ledger = restored === undefined ? new Ledger() : Ledger.restore(restored.executor);
    this.replica = createReplica(this.#options, checks, recovered, ledger);
    this.#snapshots = this.#createSnapshots(this.replica, ledger, checks);
    this.restartCount++;
    this.#startedUs = this.#options.scheduler.nowUs;
    this.#deliveredIndex = this.replica.consensus.sequencer.lastIndex;
    this.#hasForgotten = this.replica.isRejoining;
    checker.noteStart(this);
    this.#isRecovering = true;
    const outbox = new Outbox();
    this.replica.recover(this.nowMs(), outbox);
    this.#enqueue(outbox);
    // It may have died again at its first step.
    if (this.isUp) this.#lookForSnapshots();
    return true;
  }

  #createSnapshots(replica: Replica, ledger: Ledger, checks: BlockChecks): SnapshotLife {
    const { author, settings } = this.#options;
    const { fetchTimeoutMs } = settings.sync;
    return new SnapshotLife({
      self: author,
      replica,
      ledger,
      disk: this.disk,
      checks,
      settings: {
        queryMs: settings.statusMs,
        chunkTimeoutMs: fetchTimeoutMs,
        stallMs: 20 * fetchTimeoutMs,
        lagCommits: 1_000_000,
      },
      nowMs: () => this.nowMs(),
      send: (to, message) => this.#send(to, message),
    });
  }

  /** Looks, again and again in this life, whether a snapshot of the others is needed, and begins again with one that came. */
  #lookForSnapshots(): void {
    const life = this.#life;
    this.#options.scheduler.after(SNAPSHOT_LOOK_US, () => {
      if (this.#life !== life) return;
      if (this.#options.scheduler.nowUs >= this.#pausedUntilUs && !this.#isFull()) {
        // Who has halted has seen what must not be forgotten over a newer state.
        const whole = this.replica!.halted === undefined ? this.#snapshots!.poll() : undefined;
        if (whole !== undefined) return this.#beginAgain(whole);
      }
      this.#lookForSnapshots();
    });
  }

  #beginAgain(snapshot: StoredSnapshot): void {
    const { faults, checker } = this.#options;
    faults.count("snapshotFetched");
    checker.noteInstalled();
    this.disk.snapshots.incoming.clear();
    this.disk.snapshots.save(snapshot);
    this.#stop(false);
    this.start("none", this.#isMismatched);
  }

  /** The process dies, and the power of its machine with it. */
  crash(): void {
    if (this.replica !== undefined) this.#stop(this.#options.mayForget(this));
  }

  #stop(mayForget: boolean): void {
    const { faults } = this.#options;
    const step = this.durableStep;
    this.#life++;
    this.replica = undefined;
    this.#snapshots = undefined;
    this.#effects = [];
    this.#isPerforming = false;
    this.#isRecovering = false;
    this.#step = "idle";
    this.#wakeUs = Infinity;
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
    if (this.#isFull()) return;
    this.#whenAwake(() => {
      const { replica } = this;
      if (replica === undefined || !replica.mayRead(from, this.nowMs())) return;
      const message = this.#read(from, bytes);
      if (message instanceof Fault) return replica.noteFault(from, message.detail);
      this.#snapshots!.receive(from, message);
      this.step({ kind: "message", nowMs: this.nowMs(), from, message });
    });
  }

  #read(from: number, bytes: Uint8Array): PeerMessage | Fault<MessageFaultDetail> {
    const { otherChecks, judged } = this.#options;
    return this.#isMismatched
      ? readPeerMessage(from, bytes, otherChecks)
      : judged.read(from, bytes);
  }

  readonly #readRecord: typeof readBlockRecord = (record, index, checks) => {
    const block = this.#options.judged.judge(record);
    return block instanceof Fault ? readBlockRecord(record, index, checks) : block;
  };

  /** A client hands in a frame. Returns true where it was taken in. */
  submit(frame: Uint8Array): boolean {
    if (this.replica === undefined || this.#isFull()) return false;
    if (this.#options.scheduler.nowUs < this.#pausedUntilUs) return false;
    const refusal = this.step({ kind: "frame", nowMs: this.nowMs(), frame });
    if (refusal !== undefined) this.#options.faults.count("refusedFrame");
    return refusal === undefined;
  }

  /** With a full disk a member takes nothing in: what it cannot keep it must not answer. */
  #isFull(): boolean {
    return this.#options.scheduler.nowUs < this.#fullUntilUs;
  }

  #whenAwake(run: () => void): void {
    const { scheduler } = this.#options;
    const life = this.#life;
    const waitUs = Math.max(this.#pausedUntilUs, this.#fullUntilUs) - scheduler.nowUs;
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

  /** Timers count time as it passes, whatever the clock says: only how long it is until then is taken from the clock. */
  #wake(atMs: number): void {
    const { scheduler, run, prng, faults } = this.#options;
    let atUs = scheduler.nowUs + Math.max(1, (atMs - this.nowMs()) * 1_000);
    if (atUs >= this.#wakeUs && this.#wakeUs > scheduler.nowUs) return;
    if (!this.#isHealed && run.rates.lateTimerPpm > 0 && prng.chance(run.rates.lateTimerPpm, PPM)) {
      faults.count("lateTimer");
      atUs += prng.below(300_000);
    }
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
      const effect = this.#effects[0];
      if (effect === undefined) {
        this.#isRecovering = false;
        return;
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
      case "ahead":
      case "receipt":
      case "wake":
        return false;
    }
  }

  #writeGuard(mark: GuardMark): boolean {
    const { guard } = this.disk;
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
    if (!isFloor(mark)) this.#hasForgotten = false;
  }

  #execute(batch: CommittedBatch): void {
    const outbox = new Outbox();
    const result = this.replica!.execute(batch, outbox);
    if (result === undefined) return;
    this.#options.checker.noteCommit(this, batch, result);
    this.#deliveredIndex = batch.commit.index;
    this.#save(this.#snapshots!.take(batch, result));
    this.#effects.push(...outbox.take());
  }

  /** Writes a snapshot, which takes its time; then what no snapshot needs goes. */
  #save(snapshot: StoredSnapshot | undefined): void {
    if (snapshot === undefined) return;
    const { scheduler, prng, run } = this.#options;
    const life = this.#life;
    scheduler.after(1 + prng.below(20 * run.flushUs), () => {
      if (this.#life !== life) return;
      const needless = this.disk.snapshots.save(snapshot);
      this.#snapshots!.certify();
      if (run.prunes && needless !== undefined) this.disk.prune(needless);
    });
  }

  #send(to: number, message: Uint8Array): void {
    if (message[0] === MessageKind.Block) this.#noteSent(message);
    this.#options.send(this, to, message);
  }

  #noteSent(message: Uint8Array): void {
    const { round, author } = peekBlockRecord(message);
    if (author === this.author) this.#sentRound = Math.max(this.#sentRound, round);
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
      if (!this.#diesAt(`after ${write}`)) this.#perform();
    };
    scheduler.after(takesUs, finish);
  }
}

function createReplica(
  options: SimNodeOptions,
  checks: BlockChecks,
  recovered: RecoveredState,
  executor: Ledger,
): Replica {
  return new Replica({
    committee: checks.committee,
    self: options.author,
    hash: checks.hash,
    sign: options.sign,
    signQuantum: options.signQuantum,
    executor,
    settings: options.settings,
    recovered,
    startNonce: options.prng.nextU32(),
  });
}
