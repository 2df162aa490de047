import { Fault } from "@rialto/base";
import {
  appendHistory,
  benchEmptyMarkets,
  benchMarkets,
  type EmptyResult,
  type Footprint,
  type MarketsBenchResult,
  marketsMeasurements,
  millionMeasurements,
  type Rate,
  readProvenance,
} from "@rialto/bench";
import type { SettingTable } from "../config/settings.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecorded, checkRecordedRuns, refuseIdle } from "./conflicts.ts";

const MILLION = 1_000_000;

const OPTIONS = {
  empty: {
    kind: "integer",
    flag: "empty",
    default: 0,
    min: 0,
    max: MILLION,
    help: "instead: start this many markets without orders; seconds and bytes",
  },
  marketAccounts: {
    kind: "integer",
    flag: "market-accounts",
    default: 4,
    min: 2,
    max: 64,
    help: "of 10,000 accounts, how many trade in each market: an even number, half buy and half sell",
  },
  seed: {
    kind: "integer",
    flag: "seed",
    default: 1,
    min: 0,
    max: 0xffff_ffff,
    help: "of the orders",
  },
  runs: {
    kind: "integer",
    flag: "runs",
    default: 5,
    min: 1,
    max: 100,
    help: "of placements and reads on one core; sizes are those of the first",
  },
  bare: {
    kind: "switch",
    flag: "bare",
    default: false,
    help: "on the build without accounts, balances and fees",
  },
  noShards: {
    kind: "switch",
    flag: "no-shards",
    default: false,
    help: "leave out the node whose markets are divided between two threads",
  },
  smoke: {
    kind: "switch",
    flag: "smoke",
    default: false,
    help: "a hundredth of the markets: shows that it works, not how fast",
  },
  record: {
    kind: "switch",
    flag: "record",
    default: false,
    help: "append the result to bench/history; not for --smoke, and of --empty only for 1000000",
  },
} as const satisfies SettingTable;

export const benchMarketsCommand = defineCommand({
  name: "bench markets",
  summary: "21,000 markets with 638,621 resting orders: memory, placements, trades and reads",
  positionals: "",
  options: OPTIONS,
  examples: [
    "rialto bench markets",
    "rialto bench markets --runs 9 --record",
    "rialto bench markets --bare",
    "rialto bench markets --empty 1000000 --json",
  ],
  async run({ values, sources, print, progress }) {
    const { empty, marketAccounts, bare, seed, runs, noShards, smoke, record } = values;
    if (marketAccounts % 2 !== 0) throw new UsageError("--market-accounts: an even number");
    if (record && (smoke || (empty !== 0 && empty !== MILLION))) {
      throw new UsageError(
        "--record is for whole runs: leave out --smoke, and --empty but for 1000000",
      );
    }
    if (record) {
      checkRecorded({ options: OPTIONS, values }, ["marketAccounts"]);
      checkRecordedRuns(runs);
    }
    if (empty > 0) {
      const idle = ["marketAccounts", "seed", "runs", "bare", "noShards", "smoke"] as const;
      refuseIdle("--empty", { options: OPTIONS, sources }, idle);
      progress("running ...");
      const started = orThrow(benchEmptyMarkets(empty));
      progress("");
      print(started, describeEmpty(started));
      if (record) recordAll(millionMeasurements(started));
      return ExitCode.Done;
    }
    progress("running ...");
    const options = { smoke, marketAccounts, isBare: bare, seed, runs, withShards: !noShards };
    const result = orThrow(await benchMarkets(options));
    progress("");
    print(result, describe(result));
    if (record) recordAll(marketsMeasurements(result));
    return ExitCode.Done;
  },
});

function orThrow<T>(result: T | Fault<{ readonly code: string }>): T {
  if (result instanceof Fault) throw result;
  return result;
}

function recordAll(measurements: ReturnType<typeof marketsMeasurements>): void {
  const provenance = readProvenance(new Date());
  appendHistory(measurements.map((measurement) => ({ ...provenance, ...measurement })));
}

function describe(result: MarketsBenchResult): string {
  const { sharded } = result;
  const tradeRate = millions(result.tradingCommandsPerSecond);
  return [
    `${count(result.markets)} markets, ${count(result.orders)} resting orders, 10,000 accounts, ` +
      `${result.marketAccounts} in each market (${count(result.balanceRows)} balance rows)`,
    `${count(result.trades)} trades, ${(result.busyVolume * 100).toFixed(1)} % of the volume in the busy fifth; ` +
      `${tradeRate} commands/s; counts, money and the audit add up`,
    "",
    ...result.footprints.map(describeFootprint),
    describeRegions(result.footprints.at(-1)!),
    "",
    describeRate(
      `placements, ${result.isBare ? "without accounts" : "everything on"}, events read`,
      result.placements,
    ),
    describeRate("reads of best bid and ask", result.quoteReads),
    describeRate("reads of best bid, ask and first lots", result.headReads),
    ...(sharded === null
      ? []
      : [
          `a node of ${sharded.shards} shards, all at the same time: ` +
            `${millions(sharded.placementsPerSecond)} placements/s, ` +
            `${millions(sharded.quoteReadsPerSecond)} reads/s of best bid and ask, ` +
            `${millions(sharded.headReadsPerSecond)} with first lots`,
        ]),
    `state ${result.stateHash}`,
  ].join("\n");
}

function describeEmpty({ markets, seconds, footprints }: EmptyResult): string {
  const started = `${count(markets)} markets started in ${seconds.toFixed(2)} s`;
  const regions = describeRegions(footprints.at(-1)!);
  return [started, ...footprints.map(describeFootprint), regions].join("\n");
}

function describeFootprint(footprint: Footprint): string {
  const { stage, engineBytes, heapAndBuffersBytes, residentBytes } = footprint;
  return (
    `${stage.padEnd(8)} engine ${megabytes(engineBytes)}, heap and buffers ` +
    `${megabytes(heapAndBuffersBytes)}, whole process ${megabytes(residentBytes)}`
  );
}

/** The parts of the engine's memory, the largest first, down to a tenth of a megabyte. */
function describeRegions({ engineRegions }: Footprint): string {
  const parts = Object.entries(engineRegions)
    .filter(([, bytes]) => bytes >= 50_000)
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(1)}`);
  return `         engine, in MB: ${parts.join(", ")}`;
}

function describeRate(name: string, { perSecondMedian, perSecondBest, spread }: Rate): string {
  const percent = (spread * 100).toFixed(0);
  const median = millions(perSecondMedian);
  return `${name}: ${median} a second (best ${millions(perSecondBest)}, spread ${percent} %), one core`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function millions(value: number): string {
  return `${(value / 1e6).toFixed(2)} M`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
