import { Fault } from "@rialto/base";
import {
  appendHistory,
  benchFinality,
  finalityMeasurement,
  type FinalityBenchResult,
  readProvenance,
} from "@rialto/bench";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecordedRuns } from "./conflicts.ts";

const BLOCKS: readonly number[] = [1, 1_000, 1_000_000];
const LOOKUPS = 1_048_576;
/** With --smoke: shows that it works, not how fast. */
const SMOKE_LOOKUPS = 4_096;
const SMOKE_BLOCKS_MAX = 10_000;

export const benchFinalityCommand = defineCommand({
  name: "bench finality",
  summary: "time finality lookups by hash, hits and misses in random order, every answer verified",
  positionals: "",
  options: {
    runs: {
      kind: "integer",
      flag: "runs",
      default: 15,
      min: 1,
      max: 1_000,
      help: "timed runs of each size, plain reads of a table as large in between",
    },
    seed: {
      kind: "integer",
      flag: "seed",
      default: 1,
      min: 0,
      max: 0xffff_ffff,
      help: "of the hashes",
    },
    smoke: {
      kind: "switch",
      flag: "smoke",
      default: false,
      help: "few lookups: shows that it works, not how fast",
    },
    record: {
      kind: "switch",
      flag: "record",
      default: false,
      help: "append the results to bench/history; not for --smoke",
    },
  },
  examples: [
    "rialto bench finality",
    "rialto bench finality --json",
    "rialto bench finality --record",
  ],
  async run({ values, print, note, progress }) {
    const { runs, seed, smoke, record } = values;
    if (record && smoke) throw new UsageError("--record is for whole runs: leave out --smoke");
    if (record) checkRecordedRuns(runs);
    const results: FinalityBenchResult[] = [];
    for (const size of BLOCKS) {
      const blocks = smoke ? Math.min(size, SMOKE_BLOCKS_MAX) : size;
      progress(`${blocks} blocks ...`);
      const lookups = smoke ? SMOKE_LOOKUPS : LOOKUPS;
      const result = benchFinality({ blocks, lookups, runs, seed });
      progress("");
      if (result instanceof Fault) throw result;
      print(result, describe(result));
      results.push(result);
    }
    note("This is what asking costs. How long a trade takes to be final is another figure.");
    if (record) {
      const provenance = readProvenance(new Date());
      appendHistory(results.map((result) => ({ ...provenance, ...finalityMeasurement(result) })));
    }
    return ExitCode.Done;
  },
});

function describe(result: FinalityBenchResult): string {
  const { nsPerLookupMedian, nsPerLookupBest, nsPerPlainReadMedian, ratioToPlainRead } = result;
  return [
    `${result.blocks} blocks, ${result.lookups} lookups, ${result.hits} of them hits, all verified`,
    `  lookup      ${nsPerLookupMedian.toFixed(1)} ns (median of ${result.runs}; best ` +
      `${nsPerLookupBest.toFixed(1)}; spread ${(result.spread * 100).toFixed(0)} %), ` +
      `${(result.lookupsPerSecond / 1e6).toFixed(1)} M/s a core`,
    `  plain read  ${nsPerPlainReadMedian.toFixed(1)} ns of a table of ${result.tableMb.toFixed(1)} MB; ` +
      `ratio ${ratioToPlainRead.toFixed(2)}`,
    `  answers     ${result.answersHash}`,
  ].join("\n");
}
