import { fail, Fault } from "@rialto/base";
import type { CommittedBatch } from "@rialto/consensus";
import {
  type ChainReplica,
  type CommitResult,
  type Effect,
  type GuardMark,
  type Input,
  Outbox,
  type Replica,
  type StepFault,
} from "@rialto/replica";
import { type DurableStep, DURABLE_STEPS } from "./fault-menu.ts";
import { Ledger } from "./ledger.ts";
import { openChain } from "./open-chain.ts";
import { openSnapshotLife } from "./open-snapshot-life.ts";
import { SimAlarm } from "./sim-alarm.ts";
import { SimClock } from "./sim-clock.ts";
import { type DiskDamage, SimDisk } from "./sim-disk.ts";
import { SimDiskWork } from "./sim-disk-work.ts";
import { SimKeyRing } from "./sim-key-ring.ts";
import { SimMishaps } from "./sim-mishaps.ts";
import type { SimNodeOptions } from "./sim-node-options.ts";
import { replayJournal, type Replayed } from "./sim-replay.ts";
import { SimRest } from "./sim-rest.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";
import { SimStanding } from "./sim-standing.ts";
import { SimTurns } from "./sim-turns.ts";
import type { SnapshotLife } from "./snapshot-life.ts";
import { findStart } from "./snapshot-start.ts";

/** How often a member looks whether it needs a snapshot. */
const SNAPSHOT_LOOK_US = 50_000;

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
  readonly #mishaps: SimMishaps;
  readonly #rest: SimRest;
  readonly #diskWork: SimDiskWork;
  readonly #standing: SimStanding;
  #effects: Effect[] = [];
  #isRecovering = false;
  /** Grows with every start and crash: what was planned for an earlier life does not happen. */
  #life = 0;
  #startedUs = 0;
  #deliveredIndex = 0;
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
    this.#standing = new SimStanding(keys);
    this.clock = new SimClock(options.scheduler);
    this.#turns = new SimTurns(() => options.scheduler.nowUs / 1_000);
    this.#mishaps = new SimMishaps({
      ...options,
      stepOf: () => this.durableStep,
      crash: () => this.crash(),
    });
    const lifeOf = (): number => this.#life;
    this.#rest = new SimRest({ scheduler: options.scheduler, lifeOf, isUp: () => this.isUp });
    this.#diskWork = new SimDiskWork({
      ...options,
      mishaps: this.#mishaps,
      rest: this.#rest,
      lifeOf,
      crash: () => this.crash(),
      goOn: () => {
        this.#perform();
        this.#work();
      },
    });
    this.#alarm = new SimAlarm({
      scheduler: options.scheduler,
      nowMs: () => this.nowMs(),
      lateUs: () => this.#mishaps.lateUs(),
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
    return !this.#options.isLiar && !this.isMisled && !this.isMismatched;
  }

  /** True where its disk was set back: it may sign twice and not know. */
  get isMisled(): boolean {
    return this.#standing.isMisled;
  }

  get isMismatched(): boolean {
    return this.#standing.isMismatched;
  }

  /**
   * True from the loss of something on its disk until an own block made since is durable: till then it is one of the
   * faulty, and may have to rejoin again.
   */
  get isForgetful(): boolean {
    return this.#standing.hasForgotten || this.isMismatched || this.keys.isUnsure;
  }

  /** Where it is on its way to something durable. */
  get durableStep(): DurableStep {
    if (this.chain?.isRejoining === true) return "in rejoining";
    if (this.#isRecovering) return "in recovery";
    if (this.#diskWork.step !== "idle") return this.#diskWork.step;
    if (this.#snapshots?.isFetching === true) return "in fetching";
    if (this.replica?.next !== undefined) return "in an epoch's end";
    return this.#diskWork.isSavingSnapshot ? "during snapshot" : "idle";
  }

  /** Highest round of an own block of an epoch that has left this member; 0 without one. */
  sentIn(epoch: number): number {
    return this.#standing.sentIn(epoch);
  }

  /** The newest epoch that it has come to, as its disk had it. */
  get reachedEpoch(): number {
    return this.#standing.reachedEpoch;
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
    this.#mishaps.heal();
    this.#rest.heal();
    this.isNewer = false;
    this.clock.heal();
  }

  /** Starts, unless the disk or the configuration do not let it. */
  start(damage: DiskDamage, isMismatched = false): boolean {
    const { run, prng, book, otherFirst, checker, faults } = this.#options;
    if (this.chain !== undefined) fail("a node that runs is not started");
    this.clock.set(prng.below(2 * run.skewMsMax + 1) - run.skewMsMax);
    // What found nothing to strike is not counted.
    if (damage !== "none" && this.disk.damage(damage)) faults.countAt(damage, "in recovery");
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
    this.#standing.isMismatched = isMismatched;
    if (damage === "restoredBackup") this.#standing.isMisled = true;
    this.chain = chain;
    checker.noteStart(this, ledger, contents.hasLost);
    const leads = begun !== undefined || !contents.isCut;
    // A journal says in its head whose it is: without a record too it is no other network's.
    const isOthers = isMismatched && contents.records.length === 0;
    const replayed = isOthers ? undefined : this.#replay(chain, leads ? contents.records : []);
    if (replayed === undefined) {
      this.chain = undefined;
      this.#standing.isMismatched = false;
      return isMismatched ? false : fail("a node recovers from its journal");
    }
    this.#snapshots = openSnapshotLife({
      ...this.#options,
      chain,
      ledger,
      disk: this.disk,
      keepsChunk: () => this.#diskWork.keepsChunk(),
      nowMs: () => this.nowMs(),
      sendTo: (to, message) => this.#send(to, message),
    });
    this.#takeDue(replayed);
    this.restartCount++;
    this.#startedUs = this.#options.scheduler.nowUs;
    this.#deliveredIndex = chain.consensus.sequencer.lastIndex;
    // What it has signed in a later epoch it will have to ask for.
    this.#standing.hasForgotten =
      chain.isRejoining ||
      this.#standing.lastEpoch > this.epoch ||
      this.sentIn(this.epoch) > chain.replica.lastProposed;
    this.#standing.noteReached(this.epoch);
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

  #replay(chain: ChainReplica, records: readonly Uint8Array[]): Replayed | undefined {
    return replayJournal(chain, records, {
      noteEpoch: (begun) => this.#options.checker.noteEpoch(this, begun),
      apply: (batch) => this.#apply(batch, new Outbox()),
    });
  }

  /** A snapshot that was due after the newest commit and not written when the process died, as the host takes it. */
  #takeDue({ newest }: Replayed): void {
    if (newest === undefined) return;
    const { batch, result } = newest;
    if (this.disk.snapshots.find(batch.commit.index) !== undefined) return;
    this.#save(this.#snapshots!.take(batch, result));
  }

  /** Looks, again and again in this life, whether a snapshot of the others is needed, and begins again with one that came. */
  #lookForSnapshots(): void {
    const life = this.#life;
    this.#options.scheduler.after(SNAPSHOT_LOOK_US, () => {
      if (this.#life !== life) return;
      if (!this.#rest.isPaused && !this.#rest.isFull) {
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
    // As at the host: it is nothing without what leads to its epoch.
    this.disk.keepPath(this.chain!.path.steps);
    this.disk.snapshots.noteInstalled();
    this.#snapshots!.save(snapshot);
    this.#stop(false);
    this.start("none", this.isMismatched);
  }

  /** The process dies, and the power of its machine with it. */
  crash(): void {
    if (this.chain !== undefined) this.#stop(this.#options.mayForget(this));
  }

  #stop(mayForget: boolean): void {
    const { faults, onStop } = this.#options;
    const step = this.durableStep;
    onStop(this);
    this.#life++;
    this.chain = undefined;
    this.#snapshots = undefined;
    this.#effects = [];
    this.#turns.clear();
    this.#alarm.stop();
    this.#diskWork.stop();
    this.#isRecovering = false;
    this.#rest.empty();
    const loss = this.disk.crash(mayForget);
    if (loss.isForgetful) this.#standing.hasForgotten = true;
    for (const fault of loss.faults) {
      // What is lost is found out, or not, when the member starts again.
      faults.countAt(fault, fault === "reorderedWrites" ? step : "in recovery");
    }
  }

  pause(forUs: number): void {
    this.#rest.pause(forUs);
  }

  /** A message has come in from the network. */
  receive(from: number, bytes: Uint8Array): void {
    if (this.chain === undefined || this.#rest.isFull) return;
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
    if (this.chain === undefined || this.#rest.isFull || this.#rest.isPaused) return;
    this.#turns.push((outbox) => {
      const refusal = this.#take({ kind: "frame", nowMs: this.nowMs(), frame }, outbox);
      if (refusal === undefined) onTaken?.();
      else this.#options.faults.count("refusedFrame");
    });
    this.#work();
  }

  /** As the host's member: takes in what waits, performs what it leads to, and only then takes in more. */
  #work(): void {
    if (this.#rest.isPaused || this.#rest.isFull) return this.#rest.whenAwake(() => this.#work());
    const life = this.#life;
    while (this.#life === life && !this.#diskWork.isBusy && this.#turns.hasWork) {
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

  /** Performs effects until one takes time. */
  #perform(): void {
    if (this.#diskWork.isBusy) return;
    const life = this.#life;
    while (this.#life === life) {
      const effect = this.#effects[0];
      if (effect === undefined) {
        this.#isRecovering = false;
        return this.#alarm.set();
      }
      const step = DURABLE_STEPS.find((each) => each === `before ${effect.kind}`);
      if (step !== undefined && this.#mishaps.diesAt(step)) return;
      this.#effects.shift();
      if (this.#performOne(effect)) return;
    }
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
        this.#diskWork.write("flush", (isLying) => this.disk.endFlush(count, isLying));
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
        this.#standing.noteReached(effect.begun.committee.epoch);
        checker.noteEpoch(this, effect.begun);
        return false;
      case "ahead":
        this.#keepPath();
        return false;
      case "forgotten":
        return false;
      case "wake":
        this.#alarm.want(effect.atMs);
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
        this.#standing.noteGuarded(mark);
        return false;
      case "write":
        this.#diskWork.write("guard", (isLying) => {
          guard.end(isLying);
          this.#standing.noteGuarded(mark);
        });
        return true;
    }
  }

  #execute(batch: CommittedBatch): void {
    this.#options.checker.noteExecution(this);
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
    this.#options.checker.noteSnapshot(this, snapshot);
    this.#diskWork.writeSnapshot(() => {
      const needless = this.#snapshots!.save(snapshot);
      this.#snapshots!.certify();
      if (this.#options.run.prunes && needless !== undefined) this.disk.prune(needless);
    });
  }

  #send(to: number, message: Uint8Array): void {
    this.#standing.noteSent(message);
    this.#options.send(this, to, message);
  }
}
