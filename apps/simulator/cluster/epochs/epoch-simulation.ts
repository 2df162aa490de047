import { createPrng, Fault, InvariantError, type Prng } from "@rialto/base";
import { findSuccessionProblem, openFrame, Profile, type Roster } from "@rialto/consensus";
import { type Epoch, type ReplicaSettings, walkEpochs } from "@rialto/replica";
import { sha256 } from "../keys.ts";
import { encodeTransfer, LEDGER_ACCOUNTS } from "../ledger.ts";
import { Scheduler } from "../scheduler.ts";
import { EpochChecker, type EpochViolation } from "./epoch-checker.ts";
import { EpochKeys, type SimSeat } from "./epoch-keys.ts";
import { EpochLiar } from "./epoch-liar.ts";
import { EpochProcess } from "./epoch-process.ts";
import { drawEpochOptions, type EpochOptions, type EpochRequest } from "./epoch-options.ts";

const START_MS = 1_700_000_000_000;
const LIFETIME_MS = 24 * 3_600_000;
const STIR_US = 50_000;
const PPM = 1_000_000;
/** Simulated time in which a healed cluster must have executed what it was given. */
const LIVENESS_US = 60_000_000;
const PROBES = 3;
const PROCESSES_MAX = 24;

export type EpochFault =
  | "add"
  | "remove"
  | "replace"
  | "rotate"
  | "refusedChange"
  | "crash"
  | "wiped"
  | "loss"
  | "duplicate"
  | "garble"
  | "cut"
  | "lie";

export interface EpochRunResult {
  readonly seed: number;
  readonly verdict: "pass" | "noProgress" | "diverged";
  readonly violations: readonly EpochViolation[];
  readonly epochs: number;
  readonly commits: number;
  readonly restarts: number;
  readonly simulatedMs: number;
  readonly faults: ReadonlyMap<EpochFault, number>;
}

/**
 * A cluster whose members change while everything else goes wrong: processes die and lose their disks, links lose and cut,
 * some lie, and operators add, remove, replace and rotate. First faults, in which nothing wrong may happen; then none, and
 * the members of the newest epoch must go on.
 */
export class EpochSimulation {
  readonly options: EpochOptions;
  readonly checker: EpochChecker;
  readonly processes: EpochProcess[] = [];
  readonly faults = new Map<EpochFault, number>();
  readonly #scheduler = new Scheduler();
  readonly #prng: Prng;
  readonly #keys: EpochKeys;
  readonly #genesis: Epoch;
  readonly #liars = new Map<number, EpochLiar>();
  readonly #cut = new Set<string>();
  /** The newest epoch, and the keys of its members by process. */
  #epoch: Epoch;
  #seats: readonly SimSeat[];
  /** What a change that is under way would make of the seats, by the epoch that it begins. */
  #planned: { readonly seats: readonly SimSeat[]; readonly roster: Roster } | undefined;
  #isHealed = false;
  #frames = 0;
  readonly #promises: {
    readonly key: string;
    readonly process: EpochProcess;
    readonly start: number;
  }[] = [];

  constructor(options: EpochOptions) {
    this.options = options;
    this.#prng = createPrng(options.seed ^ 0x0e90_c001);
    this.#keys = new EpochKeys(options.seed);
    this.#seats = Array.from({ length: options.nodes }, (_, process) => ({
      process,
      key: this.#keys.next()!,
    }));
    this.#genesis = this.#keys.genesis(this.#seats, options.profile, options.gcDepth);
    this.#epoch = this.#genesis;
    const liars = new Set(options.liars);
    this.checker = new EpochChecker(liars);
    this.checker.isGarbling = options.garblePpm > 0;
    this.checker.onEpoch = ({ committee, roster }, process) =>
      this.#enter({ committee, roster }, process);
    for (const { process, key } of this.#seats) this.#addProcess(process).held.add(key);
    for (const liar of liars) this.#liars.set(liar, new EpochLiar(this.#keys, this.#prng));
  }

  #count(fault: EpochFault): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  #nowMs(): number {
    return START_MS + Math.floor(this.#scheduler.nowUs / 1_000);
  }

  #addProcess(number: number): EpochProcess {
    const process = new EpochProcess({
      number,
      keys: this.#keys,
      genesis: this.#genesis,
      settings: settingsOf(this.options),
      scheduler: this.#scheduler,
      prng: createPrng(this.options.seed ^ (0x0a0d_0000 + number)),
      checker: this.checker,
      send: (from, to, message) => this.#send(from, to, message),
      nowMs: () => this.#nowMs(),
    });
    this.processes.push(process);
    return process;
  }

  #strikes(ppm: number): boolean {
    return !this.#isHealed && ppm > 0 && this.#prng.chance(ppm, PPM);
  }

  #send(from: EpochProcess, to: number, message: Uint8Array): void {
    const liar = this.#liars.get(from.number);
    const said = liar === undefined || this.#isHealed ? message : liar.bend(from, to, message);
    if (said !== message) this.#count("lie");
    if (said === undefined || this.#cut.has(`${from.number}>${to}`)) return;
    const { lossPpm, duplicatePpm, garblePpm } = this.options;
    if (this.#strikes(lossPpm)) return this.#count("loss");
    let bytes = said;
    if (this.#strikes(garblePpm)) {
      this.#count("garble");
      bytes = Uint8Array.from(said);
      bytes[this.#prng.below(bytes.length)]! ^= 1 << this.#prng.below(8);
    }
    this.#deliverLater(from.number, to, bytes);
    if (!this.#strikes(duplicatePpm)) return;
    this.#count("duplicate");
    this.#deliverLater(from.number, to, said);
  }

  #deliverLater(from: number, to: number, bytes: Uint8Array): void {
    const { delayUs } = this.options;
    this.#scheduler.after(delayUs / 2 + this.#prng.below(delayUs), () => {
      const target = this.processes[to];
      if (target !== undefined && !this.#cut.has(`${from}>${to}`)) target.receive(from, bytes);
    });
  }

  /** Somebody honest is the first in a new epoch. */
  #enter(epoch: Epoch, first: EpochProcess): void {
    this.#epoch = epoch;
    if (this.#planned === undefined)
      return this.checker.violate("E2", "an epoch that nobody planned");
    this.#seats = this.#planned.seats;
    this.#planned = undefined;
    for (const { process: number, key } of this.#seats) {
      if (this.processes[number] !== undefined) continue;
      const process = this.#addProcess(number);
      process.held.add(key);
      // Its operator brings what leads to the epoch in which it is a member.
      process.known = [...first.chain!.steps];
      process.start();
    }
  }

  start(): void {
    for (const process of this.processes) process.start();
    this.#stir();
    this.#trade();
  }

  #trade(): void {
    if (this.#isHealed) return;
    this.submitFrame(this.processes[this.#prng.below(this.processes.length)]!);
    this.#scheduler.after(this.#prng.below(this.options.frameGapUs), () => this.#trade());
  }

  /** Hands a process a new transfer. Returns the frame's key where it was taken in. */
  submitFrame(process: EpochProcess): string | undefined {
    const frame = encodeTransfer({
      id: this.#frames++,
      source: this.#prng.below(LEDGER_ACCOUNTS),
      target: this.#prng.below(LEDGER_ACCOUNTS),
      amount: this.#prng.below(400),
      expiresMs: this.#nowMs() + LIFETIME_MS / 2,
    });
    if (process.submit(frame) !== undefined) return undefined;
    const { key } = openFrame(frame, sha256);
    this.#promises.push({ key, process, start: process.starts });
    return key;
  }

  #stir(): void {
    if (this.#isHealed) return;
    for (const process of this.processes) this.#trouble(process);
    if (this.#cut.size > 0 && this.#prng.chance(1, 6)) this.#cut.clear();
    if (this.#strikes(this.options.cutPpm)) this.#isolate();
    if (this.#strikes(this.options.changePpm)) this.#change();
    this.#scheduler.after(STIR_US, () => this.#stir());
  }

  #trouble(process: EpochProcess): void {
    const { crashPpm, wipePpm } = this.options;
    if (!process.isUp) {
      if (!this.#prng.chance(1, 4)) return;
      if (this.#strikes(wipePpm) && this.#mayForget(process)) {
        this.#count("wiped");
        process.wipe(this.#prng.chance(1, 3));
      }
      return process.start();
    }
    if (!this.#strikes(crashPpm)) return;
    this.#count("crash");
    process.crash();
  }

  /** As many may have forgotten at once as the present epoch bears, and the one that may be about to begin; liars counted. */
  #mayForget(process: EpochProcess): boolean {
    if (this.#liars.has(process.number) || process.isForgetful) return false;
    const rosters = [
      this.#epoch.roster,
      ...(this.#planned === undefined ? [] : [this.#planned.roster]),
    ];
    const out = this.processes.filter(
      (each) => each === process || each.isForgetful || this.#liars.has(each.number),
    );
    return rosters.every(({ members, profile }) => {
      const { length: total } = members;
      const room =
        profile === Profile.Byzantine ? Math.ceil(total / 3) - 1 : Math.ceil(total / 2) - 1;
      return out.length <= room;
    });
  }

  #isMember({ number }: EpochProcess): boolean {
    return this.#seats.some((seat) => seat.process === number);
  }

  #isolate(): void {
    this.#count("cut");
    const chosen = this.#prng.below(this.processes.length);
    for (let other = 0; other < this.processes.length; other++) {
      this.#cut.add(`${chosen}>${other}`);
      if (this.#prng.chance(1, 2)) this.#cut.add(`${other}>${chosen}`);
    }
  }

  /** Operators change something; one thing at a time. A change that is not safe must be refused. */
  #change(): void {
    if (this.#planned !== undefined) return this.#submitPlanned();
    const kinds = ["add", "remove", "replace", "rotate"] as const;
    const kind = kinds[this.#prng.below(kinds.length)]!;
    const seats = this.#edited(kind);
    if (seats === undefined) return;
    const { committee } = this.#epoch;
    const roster = this.#keys.rosterOf(
      committee.epoch + 1,
      seats,
      this.#profileFor(seats),
      this.options.gcDepth,
    );
    const problem = findSuccessionProblem(roster, this.#epoch.roster, sha256);
    if (problem !== undefined || !this.#bearsLiars(roster)) return this.#count("refusedChange");
    this.#count(kind);
    this.#planned = { seats, roster };
    for (const { process, key } of seats) this.processes[process]?.held.add(key);
    this.#submitPlanned();
  }

  #profileFor(seats: readonly SimSeat[]): Profile {
    if (this.options.profile === Profile.Byzantine) return Profile.Byzantine;
    // Sometimes a crash profile grows into one that bears liars, and back.
    const canBear = seats.length >= 4 && this.#prng.chance(1, 4);
    return canBear ? Profile.Byzantine : Profile.Crash;
  }

  #bearsLiars({ members, profile }: Roster): boolean {
    const left = [...this.#liars.keys()].filter((liar) =>
      members.some(({ linkKey }) => equalKeys(linkKey, this.#keys.linkKeyOf(liar))),
    );
    const most = profile === Profile.Byzantine ? Math.ceil(members.length / 3) - 1 : 0;
    return left.length <= most;
  }

  #edited(kind: "add" | "remove" | "replace" | "rotate"): readonly SimSeat[] | undefined {
    const seats = [...this.#seats];
    const at = this.#prng.below(seats.length);
    if (kind === "remove") return seats.toSpliced(at, 1);
    const key = this.#keys.next();
    if (key === undefined) return undefined;
    if (kind === "rotate") return seats.with(at, { process: seats[at]!.process, key });
    if (this.processes.length >= PROCESSES_MAX) return undefined;
    const seat = { process: this.processes.length, key };
    return kind === "add" ? [...seats, seat] : seats.with(at, seat);
  }

  /** Until it has come true it is tried at anybody: a frame may be lost with who took it. */
  #submitPlanned(): void {
    const { roster } = this.#planned!;
    const { committee } = this.#epoch;
    const signers = committee.weights
      .map((_, author) => author)
      .slice(0, committee.thresholds.quorum);
    const frame = this.#keys.change(this.#epoch, roster, signers, {
      validUntilMs: START_MS + LIFETIME_MS,
      expiresMs: this.#nowMs() + LIFETIME_MS / 2,
      nonce: this.#frames++,
    });
    this.processes[this.#prng.below(this.processes.length)]!.submit(frame);
  }

  heal(): void {
    this.#isHealed = true;
    this.#cut.clear();
    for (const process of this.processes) if (!process.isUp) process.start();
  }

  run(): EpochRunResult {
    const { checker } = this;
    const isBroken = (): boolean => checker.violations.length > 0;
    let verdict: EpochRunResult["verdict"] = "pass";
    try {
      this.start();
      if (this.#scheduler.runUntil(this.options.safetyMs * 1_000, isBroken))
        verdict = this.#runHealed(isBroken);
      if (!isBroken()) this.#checkChains();
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      checker.violate("ASSERT", error.stack ?? error.message);
    }
    return {
      seed: this.options.seed,
      verdict: isBroken() ? "diverged" : verdict,
      violations: checker.violations,
      epochs: this.#epoch.committee.epoch,
      commits: checker.commits,
      restarts: this.processes.reduce((sum, { starts }) => sum + starts - 1, 0),
      simulatedMs: Math.floor(this.#scheduler.nowUs / 1_000),
      faults: this.faults,
    };
  }

  #members(): EpochProcess[] {
    return this.#seats
      .map(({ process }) => this.processes[process]!)
      .filter((each) => this.checker.isHonest(each));
  }

  #runHealed(isBroken: () => boolean): EpochRunResult["verdict"] {
    this.heal();
    const probes: { readonly key: string; readonly process: EpochProcess }[] = [];
    const promised = this.#promises.filter(({ process, start }) => process.starts === start);
    let given = 0;
    const give = (): void => {
      // A change that is under way goes on: it may have been lost with who took it.
      if (this.#planned !== undefined) this.#submitPlanned();
      for (const process of this.#members()) {
        const key = this.submitFrame(process);
        if (key !== undefined) probes.push({ key, process });
      }
      given++;
      this.#scheduler.after(200_000, give);
    };
    this.#scheduler.after(1_000, give);
    const isKept = ({ process }: { readonly process: EpochProcess }): boolean =>
      this.#isMember(process) && this.checker.isHonest(process);
    const isDone = (): boolean => {
      if (given < PROBES || this.#planned !== undefined) return false;
      const members = this.#members();
      const { epoch } = this.#epoch.committee;
      if (members.some((each) => each.epoch !== epoch)) return false;
      const first = probes.slice(0, PROBES * members.length).filter(isKept);
      const last = Math.max(0, ...first.map(({ key }) => this.checker.executedIn(key) ?? Infinity));
      return (
        first.length > 0 &&
        members.every((each) => this.checker.doneBy(each) >= last) &&
        // What a member has promised, and is still there to keep.
        promised.every((each) => !isKept(each) || this.checker.executedIn(each.key) !== undefined)
      );
    };
    let left = 0;
    const stop = (): boolean => isBroken() || (++left % 512 === 0 && isDone());
    this.#scheduler.runUntil(this.#scheduler.nowUs + LIVENESS_US, stop);
    return isDone() ? "pass" : "noProgress";
  }

  /** What each member would show a stranger leads from the genesis to where it is. */
  #checkChains(): void {
    const trust = {
      genesis: this.#genesis,
      hash: sha256,
      checksOf: (committee: Epoch["committee"]) =>
        this.#keys.checksOf({ ...this.#genesis, committee }),
    };
    for (const { chain, number } of this.#members()) {
      const walked = walkEpochs(chain!.steps, trust);
      if (walked instanceof Fault)
        this.checker.violate("E2", `process ${number}: ${walked.message}`);
    }
  }
}

function equalKeys(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, at) => byte === right[at]);
}

function settingsOf({ delayUs, checkpointEvery, mempoolFrames }: EpochOptions): ReplicaSettings {
  const hopMs = Math.ceil(delayUs / 1_000);
  return {
    pacemaker: {
      leaderTimeoutMs: 4 * hopMs + 4,
      leaderTimeoutMaxMs: 2_000,
      roundDelayMs: 2 + hopMs,
      heartbeatMs: 500,
    },
    pending: { blocksPerAuthor: 512, bytesPerAuthor: 1_000_000 },
    mempool: { framesMax: mempoolFrames, bytesMax: 1_000_000, lifetimeMsMax: LIFETIME_MS },
    sync: { fetchTimeoutMs: 6 * hopMs + 20, blocksPerAnswerMax: 256 },
    payloadBytesMax: 4_096,
    retainRounds: 100_000,
    spacing: { checkpointEvery },
    statusMs: 100 + 4 * hopMs,
  };
}

/** Runs one seed. */
export function simulateEpochs(request: EpochRequest): EpochRunResult {
  return new EpochSimulation(drawEpochOptions(request)).run();
}
