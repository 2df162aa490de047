import { assert, equalBytes, fail, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  commandBytes,
  decodeEvents,
  EventKind,
  FEE_SCHEDULES_MAX,
  type MarketIndex,
  Side,
} from "@rialto/protocol";
import type { Engine, OpenOrder } from "../engine.ts";
import {
  createHotEngine,
  type HotEngineOptions,
  restoreHotEngine,
  type SnapshotEngine,
} from "../hot/hot-engine.ts";
import { stateBytes } from "../library.ts";
import { STEP_BOUNDS } from "../oracle/bounds.ts";
import { createOracle, type Oracle } from "../oracle/oracle.ts";
import { type CommandSource, createCommandSource } from "./random-commands.ts";
import { boundedBuild, drawSmallBounds } from "./small-bounds.ts";

// The oracle and the hot core side by side on the same random commands: every event, every stopping place
// and the whole state must be the same to the byte.

/** How often, in batches, the whole state is compared and audited. */
const COMPARE_STATE_EVERY = 32;
const COMMANDS_PER_SEED = 4_000;
/** Every so many seeds one runs long enough for floods and worn slots to show. */
const LONG_SEED_EVERY = 50;
const COMMANDS_PER_LONG_SEED = 20_000;
/** Every so many seeds one is run again in whole batches, where engines may stop for want of event room. */
const BATCHED_SEED_EVERY = 8;
/** After so many batches the hot core is restored from a snapshot; and where it stops before the end of a batch. */
const RESTORED_AT_BATCH = 100;
const RESTORES_PER_SEED_MAX = 4;
const HASH_KEY = 0x9e37_79b9_7f4a_7c15n;

/** What was run command by command, with the money of both engines counted after each. */
export interface Agreement {
  readonly commandCount: number;
  readonly fillCount: number;
  /** Calls of `execute`: more than one for a command whose events, or those of steps before it, had to be read first. */
  readonly callCount: number;
}

/** Whether commands and steps may do what the protocol says, or next to nothing (small-bounds.ts). */
export type BoundsKind = "real" | "small";

/**
 * Runs the commands of a seed through both engines.
 *
 * Errors   the first difference or broken invariant, thrown, with the command that replays it.
 */
export function checkAgreement(seed: number, bounds: BoundsKind = "real"): Agreement {
  const isLong = seed % LONG_SEED_EVERY === 0;
  const commandsMin = isLong ? COMMANDS_PER_LONG_SEED : COMMANDS_PER_SEED;
  if (seed % BATCHED_SEED_EVERY === 0) runPair(new Pair(seed, bounds), commandsMin, runBatch);
  return runPair(new Pair(seed, bounds), commandsMin, runSteps);
}

type Runner = (pair: Pair, end: number) => number;

/** Runs at least `commandsMin` commands. What goes wrong is told with the command that replays it. */
function runPair(pair: Pair, commandsMin: number, runner: Runner): Agreement {
  const { seed, bounds, source, oracle } = pair;
  try {
    let fillCount = 0;
    for (let batch = 1; oracle.counts().commands < commandsMin; batch++) {
      const end = source.nextBatch(viewOf(oracle.commands));
      pair.hot.commands.set(oracle.commands.subarray(0, end));
      fillCount += runner(pair, end);
      if (batch % COMPARE_STATE_EVERY === 0) compareState(pair);
      if (batch === RESTORED_AT_BATCH) pair.restore();
    }
    compareState(pair);
    return { commandCount: oracle.counts().commands, fillCount, callCount: pair.callCount };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const where = `seed ${seed}, ${runner.name}, after ${oracle.counts().commands} commands`;
    const replay = `npm run fuzz -- engine --first-seed ${seed} --seeds 1 --bounds ${bounds}`;
    throw new Error(`${where}: ${what}\nreplay: ${replay}`, { cause });
  }
}

/** Both engines and what they are driven by. */
class Pair {
  readonly seed: number;
  readonly bounds: BoundsKind;
  readonly source: CommandSource;
  readonly oracle: Oracle;
  hot: SnapshotEngine;
  callCount = 0;
  readonly #build: Pick<HotEngineOptions, "module" | "imports">;
  #restoresLeft = RESTORES_PER_SEED_MAX;

  constructor(seed: number, bounds: BoundsKind) {
    this.seed = seed;
    this.bounds = bounds;
    this.source = createCommandSource(seed);
    const { limits } = this.source;
    const stepBounds = bounds === "small" ? drawSmallBounds(seed) : STEP_BOUNDS;
    this.#build = bounds === "small" ? boundedBuild(stepBounds) : {};
    this.oracle = createOracle(limits, stepBounds);
    this.hot = createHotEngine({ limits, hashKey: BigInt(seed) * HASH_KEY, ...this.#build });
  }

  /** Goes on with a copy of the hot core, which has only what a snapshot has, the first few times that it is asked for. */
  restore(): void {
    if (this.#restoresLeft === 0) return;
    this.#restoresLeft -= 1;
    const { limits } = this.source;
    const hashKey = BigInt(this.seed + this.#restoresLeft + 1) * HASH_KEY;
    const options = { limits, hashKey, ...this.#build };
    this.hot = restoreHotEngine(options, Buffer.concat(this.hot.snapshot()));
    this.hot.commands.set(this.oracle.commands);
  }
}

function runBatch(pair: Pair, end: number): number {
  const { oracle, source } = pair;
  let fillCount = 0;
  for (let start = 0; start < end;) {
    const stopped = oracle.execute(start, end, source.nowMs);
    if (pair.hot.execute(start, end, source.nowMs) !== stopped)
      fail("engines stop at the same command");
    fillCount += settle(pair);
    if (stopped < end) pair.restore();
    start = stopped;
  }
  return fillCount;
}

function runSteps(pair: Pair, end: number): number {
  const { oracle, source } = pair;
  let fillCount = 0;
  for (let start = 0; start < end;) {
    const next = start + commandBytes(oracle.commands[start]!);
    const stopped = oracle.execute(start, next, source.nowMs);
    if (pair.hot.execute(start, next, source.nowMs) !== stopped)
      fail("engines stop at the same command");
    fillCount += settle(pair);
    // In the middle of what is due.
    if (stopped === start) pair.restore();
    start = stopped;
  }
  return fillCount;
}

/** Counts the money and compares the events after one call of `execute`. Returns the number of fills. */
function settle(pair: Pair): number {
  const { oracle, hot, source } = pair;
  pair.callCount += 1;
  hot.auditBalances();
  oracle.auditIssue();
  const fillCount = compareEvents(oracle, hot);
  compareQuotes(oracle, hot);
  source.observe(oracle.events.subarray(0, oracle.eventBytes));
  return fillCount;
}

/** Compares best prices and first lots of one market, of each in its turn. */
function compareQuotes(oracle: Engine, hot: SnapshotEngine): void {
  const { commands, markets } = oracle.counts();
  if (markets === 0) return;
  const market = (commands % markets) as MarketIndex;
  const quotes = new Float64Array(4);
  hot.readQuotes(Uint32Array.of(market), quotes);
  const sides = [Side.Buy, Side.Sell];
  const ticks = sides.map((side) => oracle.depth(market, side, 1)[0]?.priceTicks ?? 0);
  const lots = sides.map((side) => oracle.headLots(market, side));
  const [actual, expected] = [[...quotes].join(" "), [...ticks, ...lots].join(" ")];
  assert(actual === expected, "engines quote the same best prices and first lots");
}

function compareEvents(oracle: Engine, hot: Engine): number {
  const expected = oracle.events.subarray(0, oracle.eventBytes);
  const actual = hot.events.subarray(0, hot.eventBytes);
  if (!equalBytes(expected, actual)) {
    const show = (bytes: Uint8Array): string => decodeEvents(bytes).map(showEvent).join("\n  ");
    const events = `oracle\n  ${show(expected)}\nhot core\n  ${show(actual)}`;
    throw new Error(`events differ\n${events}`);
  }
  let fillCount = 0;
  for (let at = 0; at < expected.length; at += expected[at + 1]! * 8) {
    if (expected[at] === EventKind.Fill) fillCount++;
  }
  return fillCount;
}

function showEvent(event: object): string {
  return JSON.stringify(event, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** Compares what is told of each open order. */
function compareOrders(oracle: Engine, hot: Engine): void {
  const { accounts } = oracle.counts();
  // Accounts count from 1.
  for (let number = 1; number <= accounts; number++) {
    const account = number as AccountIndex;
    const [expected, actual] = [oracle, hot].map((engine) =>
      engine.openOrders(account).map(showOrder).join("\n  "),
    );
    if (expected !== actual)
      throw new Error(`orders differ\noracle\n  ${expected}\nhot core\n  ${actual}`);
  }
}

/** Whatever the order of its fields. */
function showOrder(order: OpenOrder): string {
  return showEvent(Object.entries(order).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** What the operator keeps from trading: all, or accounts. */
function compareSwitches(oracle: Engine, hot: Engine): void {
  assert(
    oracle.isSuspended() === hot.isSuspended(),
    "both engines have stopped trading or neither",
  );
  const { accounts } = oracle.counts();
  for (let account = 1; account <= accounts; account++) {
    const row = account as AccountIndex;
    assert(oracle.isBlocked(row) === hot.isBlocked(row), "both engines block the same accounts");
  }
}

/** What an operator, or its owner, has set of each account and market, of ones that do not exist too. */
function compareRules(oracle: Engine, hot: Engine): void {
  const { accounts, markets } = oracle.counts();
  const [expected, actual] = [oracle, hot].map((engine) => {
    const rules: object[] = [{ nextDueMs: engine.nextDueMs() }];
    for (let schedule = 0; schedule <= FEE_SCHEDULES_MAX; schedule++) {
      rules.push({ schedule: engine.feeSchedule(schedule) });
    }
    for (let market = 0; market < markets; market++) {
      rules.push({ guard: engine.guard(market as MarketIndex) });
    }
    for (let row = 0; row <= accounts + 1; row++) {
      const account = row as AccountIndex;
      const [volume, protections] = [engine.feeVolume(account), engine.protections(account)];
      rules.push({ volume, protections, deadlineMs: engine.deadlineMs(account) });
    }
    return rules.map(showEvent).join("\n");
  });
  assert(expected === actual, "both engines tell the same fees, guards, protections and deadlines");
}

/** What accounts pay, of one that does not exist too. */
function compareFees(oracle: Engine, hot: Engine): void {
  const { accounts, markets } = oracle.counts();
  for (let account = 0; account <= accounts; account++) {
    for (let market = 0; market < markets; market++) {
      const [expected, actual] = [oracle, hot].map((engine) => {
        const rates = engine.feeRates(account as AccountIndex, market as MarketIndex);
        return `${rates.makerPpm} ${rates.takerPpm}`;
      });
      assert(expected === actual, "an account pays the same fees in both engines");
    }
  }
}

function compareState({ oracle, hot }: Pair): void {
  compareOrders(oracle, hot);
  compareSwitches(oracle, hot);
  compareFees(oracle, hot);
  compareRules(oracle, hot);
  if (!equalBytes(stateBytes(oracle), stateBytes(hot))) fail("the states are the same");
  hot.audit();
  oracle.audit();
}
