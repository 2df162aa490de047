import { fail } from "@rialto/base";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProfileName } from "../cluster/genesis.ts";
import { BenchMembers, type BenchMembersOptions, type MemberStatus } from "./bench-members.ts";
import { FinalityClock } from "./finality-clock.ts";
import { FrameLedger } from "./frame-ledger.ts";
import { FrameMaker, type MadeFrame } from "./frame-maker.ts";
import {
  type LoadOptions,
  type LoadResult,
  type Percentiles,
  runClosedLoop,
  runOpenLoop,
  runWindows,
  STOCK_SHARE,
} from "./load-run.ts";
import { replayMember } from "./verify-journal.ts";
import { measureVerification } from "./verify-time.ts";

// One cluster under load, phase by phase, and the check of all that it has said.

export const SCENARIOS = ["healthy", "dead", "lying", "overload"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Share of the saturated rate at which latencies are taken, besides the rates that are given. */
const STEADY_SHARE = 0.5;
const OVERLOAD_SHARE = 1.5;
/** At rates that are given latencies are taken so many times, one after the other: of a few hundred frames a second the slowest hundredth are few. */
const GIVEN_RATE_WINDOWS = 5;
/** Bytes of frames under way in a closed loop, over all members; fewer where that are too many frames. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** A member is killed after this share of a run. */
const KILL_SHARE = 0.25;
/** Frames of this last part of a phase are not looked at for their certificates, which come after the load. */
const TAIL_SHARE = 0.2;
/** How long those of the others are waited for: longer than an idle cluster takes for one. */
const CERTIFY_MS = 12_000;

export interface ClusterBenchOptions {
  readonly profile: ProfileName;
  readonly members: number;
  readonly frameOrders: readonly number[];
  readonly scenarios: ReadonlySet<Scenario>;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** At a steady rate, before latencies are taken. */
  readonly steadyWarmUpSeconds: number;
  /** Orders a second at which latencies are taken where they are below the saturated rate, besides half of that. */
  readonly ratesOf: (ordersPerFrame: number) => readonly number[];
  readonly durability: "group" | "strict";
  readonly queueBytes: number;
  /** Frames under way in a closed loop, at most. */
  readonly windowFrames: number;
  readonly onProgress: (text: string) => void;
}

/** One measured phase. */
export interface ClusterPhase {
  readonly carrier: string;
  readonly phase: "saturated" | "steady" | "overload" | "one dead" | "one lying";
  readonly ordersPerFrame: number;
  /** Orders a second, where the rate was given; null where it is a share of the saturated one. */
  readonly givenRate: number | null;
  readonly load: LoadResult;
  readonly durability: string;
  /** Microseconds that one verification of such a frame took on the load's thread, just before; null without any. */
  readonly verifyMicros: number | null;
  /** Load averages of the machine over a minute, before and after. */
  readonly machineLoad: readonly [number, number];
  /** Over all members; null for what has no leaders that are waited for in rounds. */
  readonly leaderTimeouts: number | null;
  readonly rounds: number | null;
  /** To the certificate of a quorum, from the intended time of sending, in ms; of the first four fifths of the frames. */
  readonly finalityMs: Percentiles | null;
  /** Frames that were done, and for whose certificate nobody waited any longer: no time of `finalityMs` is theirs. */
  readonly framesUncertified: number;
  /** Of the saturated rate of the same frames; null where that was not measured. */
  readonly shareOfSaturated: number | null;
}

/** What the run of one cluster was found to be. */
export interface ClusterVerdict {
  readonly carrier: string;
  readonly framesAcknowledged: number;
  readonly commands: number;
  readonly trades: number;
  readonly stateRoot: string;
  /** Empty where every acknowledged frame is in every member's state once, all states are the same, and orders traded. */
  readonly problems: readonly string[];
}

/** What was asked for and could not be measured, and why. */
export interface Absent {
  readonly carrier: string;
  readonly reason: string;
}

export interface ClusterBenchResult {
  readonly phases: readonly ClusterPhase[];
  readonly verdicts: readonly ClusterVerdict[];
  readonly absent: readonly Absent[];
}

/** Benches one profile: a cluster of honest members, then one with a liar. Errors: what keeps members from starting. */
export async function benchCluster(options: ClusterBenchOptions): Promise<ClusterBenchResult> {
  const { scenarios, profile } = options;
  const honest = await benchOne(options, false);
  if (!scenarios.has("lying") || profile !== "byzantine") return honest;
  const lying = await benchOne(options, true, honest.phases);
  return {
    phases: [...honest.phases, ...lying.phases],
    verdicts: [...honest.verdicts, ...lying.verdicts],
    absent: honest.absent,
  };
}

async function benchOne(
  options: ClusterBenchOptions,
  isLastLying: boolean,
  before: readonly ClusterPhase[] = [],
): Promise<ClusterBenchResult> {
  const { profile, members, durability, queueBytes } = options;
  options.onProgress(`${profile}: starting ${members} members ...`);
  const start: BenchMembersOptions = {
    profile,
    members,
    durability,
    queueBytes,
    isLastLying,
    window: options.windowFrames,
  };
  await using cluster = await BenchMembers.start(start);
  const bench = new ClusterBench(options, cluster);
  await bench.fund();
  if (isLastLying) await bench.runLying(before);
  else await bench.runHonest();
  return { phases: bench.phases, verdicts: [await bench.verify()], absent: bench.absent };
}

class ClusterBench {
  readonly phases: ClusterPhase[] = [];
  readonly absent: Absent[] = [];
  readonly #options: ClusterBenchOptions;
  readonly #cluster: BenchMembers;
  readonly #maker: FrameMaker;
  readonly #ledger = new FrameLedger();
  readonly #clock = new FinalityClock();
  /** Of the frame that is being answered. */
  #commitIndex = 0;

  constructor(options: ClusterBenchOptions, cluster: BenchMembers) {
    this.#options = options;
    this.#cluster = cluster;
    this.#maker = new FrameMaker(cluster.signers, cluster.genesis.committee.chainId);
    cluster.onExecuted = (_, commitIndex) => {
      this.#commitIndex = commitIndex;
    };
    cluster.onCertified = (commitIndex) => this.#clock.noteCertified(commitIndex);
  }

  /** Gives the traders money. Errors: the frame was not executed. */
  async fund(): Promise<void> {
    const frame = this.#maker.funding();
    const { fate, reason } = await new Promise<{ fate: string; reason: string }>((resolve) => {
      this.#cluster.send(frame.bytes, resolve);
    });
    if (fate !== "done") throw new Error(`the traders have no money: ${reason}`);
    this.#ledger.noteDone(frame.number);
  }

  async runHonest(): Promise<void> {
    const { frameOrders, scenarios, ratesOf, seconds } = this.#options;
    for (const orders of frameOrders) {
      const saturated = await this.#saturate(orders);
      if (scenarios.has("healthy")) {
        const given = ratesOf(orders).filter((rate) => rate < saturated);
        this.#noteAbsent(orders, saturated);
        await this.#warmUpSteadily(orders, given[0] ?? saturated * STEADY_SHARE);
        for (const rate of given) {
          await this.#steady("steady", orders, rate, saturated, GIVEN_RATE_WINDOWS);
        }
        await this.#steady("steady", orders, saturated * STEADY_SHARE, saturated);
      }
      if (scenarios.has("overload")) {
        await this.#steady("overload", orders, saturated * OVERLOAD_SHARE, saturated);
      }
    }
    if (!scenarios.has("dead")) return;
    const orders = frameOrders.at(-1) ?? fail("there is a size of frames");
    const { offered, saturated } = comparable(this.phases, orders);
    const { honest } = this.#cluster;
    const victim = honest.at(-1)!;
    this.#cluster.aimAt(honest.slice(0, -1));
    const killed = sleep(1_000 * seconds * KILL_SHARE).then(() => this.#cluster.kill(victim));
    await this.#steady("one dead", orders, offered, saturated);
    await killed;
  }

  #noteAbsent(orders: number, saturated: number): void {
    for (const rate of this.#options.ratesOf(orders)) {
      if (rate < saturated) continue;
      const reason = `${rate} orders/s, ${orders} a frame: it commits ${Math.round(saturated)} of them a second`;
      this.absent.push({ carrier: this.#cluster.name, reason });
    }
  }

  async runLying(before: readonly ClusterPhase[]): Promise<void> {
    const orders = this.#options.frameOrders.at(-1) ?? fail("there is a size of frames");
    await this.#warmUp(orders);
    const { offered, saturated } = comparable(before, orders);
    await this.#warmUpSteadily(orders, offered);
    await this.#steady("one lying", orders, offered, saturated);
  }

  /** Returns frames a second. */
  async #warmUp(ordersPerFrame: number): Promise<number> {
    const { warmUpSeconds: seconds, windowFrames, onProgress } = this.#options;
    onProgress(`${this.#cluster.name}, ${ordersPerFrame} a frame: warming up ...`);
    const frameBytes = this.#maker.orders(ordersPerFrame).bytes.length;
    const frames = Math.floor(WINDOW_BYTES / frameBytes);
    this.#cluster.window = Math.min(windowFrames, frames);
    const load = { ...this.#load(ordersPerFrame), seconds, framesExpected: 0 };
    const { ordersPerSecond } = await runClosedLoop(load);
    return ordersPerSecond / ordersPerFrame;
  }

  /**
   * A saturated member makes few rounds, with many frames in each: what a round runs would be compiled while the first
   * latencies are taken, on the same cores. That goes on for half a minute, in which a round comes to take half as long.
   */
  async #warmUpSteadily(ordersPerFrame: number, ordersPerSecond: number): Promise<void> {
    const { steadyWarmUpSeconds: seconds, onProgress } = this.#options;
    onProgress(`${this.#cluster.name}, ${ordersPerFrame} a frame: warming up for latencies ...`);
    await runOpenLoop({ ...this.#load(ordersPerFrame), seconds, ordersPerSecond });
  }

  async #saturate(orders: number): Promise<number> {
    const framesPerSecond = await this.#warmUp(orders);
    const framesExpected = Math.ceil(STOCK_SHARE * framesPerSecond * this.#options.seconds);
    const { load } = await this.#phase("saturated", orders, 0, (options) =>
      runClosedLoop({ ...options, framesExpected }),
    );
    return load.ordersPerSecond;
  }

  async #steady(
    phase: ClusterPhase["phase"],
    orders: number,
    ordersPerSecond: number,
    saturated: number,
    windows = 1,
  ): Promise<void> {
    await this.#phase(phase, orders, saturated, (options) =>
      runWindows({ ...options, ordersPerSecond }, windows),
    );
  }

  async #phase(
    phase: ClusterPhase["phase"],
    ordersPerFrame: number,
    saturated: number,
    run: (load: LoadOptions) => Promise<LoadResult>,
  ): Promise<ClusterPhase> {
    const { name: carrier, durability, genesis } = this.#cluster;
    this.#options.onProgress(`${carrier}, ${ordersPerFrame} a frame: ${phase} ...`);
    const verifyMicros = measureVerification(this.#maker, genesis, ordersPerFrame);
    const loadBefore = loadavg()[0]!;
    const before = await this.#cluster.statuses();
    this.#clock.take();
    const load = await run(this.#load(ordersPerFrame));
    const after = await this.#cluster.statuses();
    await this.#clock.endPhase(1_000 * this.#options.seconds * TAIL_SHARE, CERTIFY_MS);
    const { certified, open: framesUncertified } = this.#clock.take();
    const measured: ClusterPhase = {
      carrier,
      phase,
      ordersPerFrame,
      givenRate: this.#options.ratesOf(ordersPerFrame).includes(load.offered) ? load.offered : null,
      load,
      durability,
      verifyMicros,
      finalityMs: certified ?? null,
      framesUncertified,
      machineLoad: [loadBefore, loadavg()[0]!],
      ...growth(before, after),
      shareOfSaturated: saturated === 0 ? null : load.ordersPerSecond / saturated,
    };
    this.phases.push(measured);
    return measured;
  }

  #load(ordersPerFrame: number): LoadOptions {
    return {
      carrier: this.#cluster,
      maker: this.#maker,
      ordersPerFrame,
      seconds: this.#options.seconds,
      onDone: ({ number }: MadeFrame, intendedMs: number) => {
        this.#ledger.noteDone(number);
        this.#clock.noteDone(this.#commitIndex, intendedMs);
      },
      onRefused: ({ number }: MadeFrame) => this.#ledger.noteRefused(number),
    };
  }

  /** Compares the members' states, then stops them and executes a journal again. */
  async verify(): Promise<ClusterVerdict> {
    const cluster = this.#cluster;
    this.#options.onProgress(`${cluster.name}: comparing states, executing a journal again ...`);
    const statuses = await cluster.untilLevel();
    await cluster.stop();
    const { member } = statuses[0]!;
    const { directories, genesis } = cluster;
    const frames = this.#maker.count;
    const replayed = await replayMember(directories[member]!, genesis, member, frames);
    const problems = this.#ledger.problems(replayed);
    for (const { member: each, stateRoot, commands, commits } of statuses) {
      if (stateRoot === replayed.stateRoot && commands === replayed.commands) continue;
      problems.push(
        `member ${each} is at state ${stateRoot.slice(0, 8)} after ${commands} commands in ${commits} commits; ` +
          `member ${member}'s journal leads to ${replayed.stateRoot.slice(0, 8)} after ${replayed.commands} in ` +
          `${replayed.commits}, of ${replayed.blocks} blocks`,
      );
    }
    return {
      carrier: cluster.name,
      framesAcknowledged: this.#ledger.doneCount,
      commands: replayed.commands,
      trades: replayed.trades,
      stateRoot: replayed.stateRoot,
      problems,
    };
  }
}

/** What members that are up before and after have counted in between. */
function growth(
  before: readonly MemberStatus[],
  after: readonly MemberStatus[],
): { readonly leaderTimeouts: number; readonly rounds: number } {
  let leaderTimeouts = 0;
  let rounds = 0;
  for (const now of after) {
    const then = before.find(({ member }) => member === now.member) ?? fail("it was up before");
    leaderTimeouts += now.leaderTimeouts - then.leaderTimeouts;
    rounds = Math.max(rounds, now.rounds - then.rounds);
  }
  return { leaderTimeouts, rounds };
}

/** The rate of the steady phase that a fault is compared with, without one half of the saturated rate; and that rate. */
function comparable(
  phases: readonly ClusterPhase[],
  orders: number,
): { readonly offered: number; readonly saturated: number } {
  const rateOf = (wanted: ClusterPhase["phase"]): LoadResult | undefined =>
    phases.find(({ phase, ordersPerFrame }) => phase === wanted && ordersPerFrame === orders)?.load;
  const saturated = rateOf("saturated")?.ordersPerSecond ?? fail("a rate is known");
  return { offered: rateOf("steady")?.offered ?? saturated * STEADY_SHARE, saturated };
}
