import { Fault } from "@rialto/base";
import {
  appendHistory,
  type BatchLatency,
  benchEngine,
  COMMAND_METRIC,
  engineScenario,
  type EngineBenchResult,
  formatReport,
  isProfileName,
  latencyMetric,
  loadOrGenerate,
  type Measurement,
  PERCENTILES,
  measureWorkload,
  PROFILES,
  readProvenance,
  smokeProfile,
  type WorkloadSource,
} from "@rialto/bench";
import type { SettingTable, Source, Values } from "../config/settings.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecordedRuns, refuseIdle } from "./conflicts.ts";

/** Which order flow a benchmark runs. */
const WORKLOAD_OPTIONS = {
  workload: {
    kind: "text",
    flag: "workload",
    default: "",
    placeholder: "FILE",
    help: "a LOB1 workload file",
  },
  profile: {
    kind: "choice",
    flag: "profile",
    default: "p1",
    choices: ["p1", "p2", "p3"],
    help: "without --workload: generate the core, deep or wide profile",
  },
  seed: {
    kind: "integer",
    flag: "seed",
    default: 1,
    min: 0,
    max: 0xffff_ffff,
    help: "of the generated workload",
  },
  smoke: {
    kind: "switch",
    flag: "smoke",
    default: false,
    help: "a small workload of the profile: shows that it works, not how fast",
  },
} as const satisfies SettingTable;

/** Errors: a `UsageError` for what a file's flow leaves no choice of. */
function sourceOf(
  { workload: file, profile, seed, smoke }: Values<typeof WORKLOAD_OPTIONS>,
  sources: Readonly<Record<string, Source>>,
): WorkloadSource {
  if (file !== "") {
    const given = { options: WORKLOAD_OPTIONS, sources };
    refuseIdle("--workload", given, ["profile", "seed", "smoke"]);
    return { file };
  }
  if (!isProfileName(profile)) throw new UsageError("--profile: there is no such profile");
  return { profile: smoke ? smokeProfile(profile) : PROFILES[profile], seed };
}

export const benchWorkloadCommand = defineCommand({
  name: "bench workload",
  summary: "make a workload, keep it as a file, and say what it is",
  positionals: "",
  options: WORKLOAD_OPTIONS,
  examples: ["rialto bench workload --profile p2", "rialto bench workload --workload flow.lob1"],
  async run({ values, sources, print }) {
    const loaded = loadOrGenerate(sourceOf(values, sources));
    if (loaded instanceof Fault) throw loaded;
    const { path, workload } = loaded;
    const report = measureWorkload(workload);
    print({ path, header: workload.header, report }, `${path}\n\n${formatReport(report)}`);
    return ExitCode.Done;
  },
});

export const benchEngineCommand = defineCommand({
  name: "bench engine",
  summary: "time the matching engine on an order flow, its result verified",
  positionals: "",
  options: {
    ...WORKLOAD_OPTIONS,
    ids: {
      kind: "choice",
      flag: "ids",
      default: "handles",
      choices: ["handles", "client"],
      help: "how orders are named: by the ids the engine issues, or by sparse 64-bit client ids alone",
    },
    bare: {
      kind: "switch",
      flag: "bare",
      default: false,
      help: "on the build without accounts, balances and fees: what matching costs by itself",
    },
    runs: {
      kind: "integer",
      flag: "runs",
      default: 9,
      min: 1,
      max: 1_000,
      help: "timed runs, after one that verifies",
    },
    noLimit: {
      kind: "switch",
      flag: "no-limit",
      default: false,
      help: "do not run the C++ limit in between",
    },
    noLatency: {
      kind: "switch",
      flag: "no-latency",
      default: false,
      help: "leave out the runs that time every call on batches of 1, 16 and 256 commands, back to back",
    },
    record: {
      kind: "switch",
      flag: "record",
      default: false,
      help: "append the result to bench/history; not for --workload or --smoke",
    },
  },
  examples: [
    "rialto bench engine --profile p2",
    "rialto bench engine --profile p2 --ids client",
    "rialto bench engine --profile p2 --bare",
    "rialto bench engine --workload flow.lob1 --json",
    "rialto bench engine --profile p1 --runs 25 --record",
  ],
  async run({ values, sources, print, progress }) {
    const { workload: file, profile, ids, bare, runs, noLimit, noLatency, record, smoke } = values;
    const source = sourceOf(values, sources);
    if (record && (file !== "" || smoke)) {
      throw new UsageError("--record is for the whole profiles: leave out --workload and --smoke");
    }
    if (record) checkRecordedRuns(runs);
    progress("verifying ...");
    const onRun = (run: number, nsPerCommand: number): void =>
      progress(`run ${run} of ${runs}: ${nsPerCommand.toFixed(1)} ns`);
    const way = { ids, isBare: bare };
    const [withLimit, withLatency] = [!noLimit, !noLatency];
    const result = benchEngine({ source, way, runs, withLimit, withLatency, onRun });
    progress("");
    if (result instanceof Fault) throw result;
    const name = file === "" ? profile : file;
    print({ workload: name, ...result }, describe(name, result));
    if (record) recordResult(engineScenario(profile, way), result);
    return ExitCode.Done;
  },
});

function describe(name: string, result: EngineBenchResult): string {
  const { nsPerCommandMedian, nsPerCommandBest, ids, isBare } = result;
  return [
    `workload ${name}: ${result.trades} trades, checksum ${result.checksum} verified`,
    `engine   ${nsPerCommandMedian.toFixed(1)} ns a command (median of ${result.runs}; best ` +
      `${nsPerCommandBest.toFixed(1)}; spread ${(result.spread * 100).toFixed(0)} %), ` +
      `${(result.commandsPerSecond / 1e6).toFixed(1)} M commands/s, orders named by ` +
      (ids === "client" ? "client ids of 64 bits" : "the ids that the engine issues") +
      (isBare ? "; without accounts" : ""),
    ...describeLimit(result),
    ...result.latency.map(describeLatency),
    `memory   ${result.engineMb.toFixed(1)} MB of state, ${result.rssMb} MB resident`,
    `state    ${result.stateHash}`,
  ].join("\n");
}

function describeLimit(result: EngineBenchResult): string[] {
  const { limitNsPerCommand, ratioToLimit, limitRecordedNs } = result;
  const measured =
    limitNsPerCommand === null || ratioToLimit === null
      ? "limit    not measured: it was left out, or there is no C++ compiler here"
      : `limit    ${limitNsPerCommand.toFixed(1)} ns (C++, same minutes); ratio ${ratioToLimit.toFixed(2)}`;
  if (limitRecordedNs === null) return [measured];
  return [measured, `         ${limitRecordedNs} ns recorded on the machine of the goals`];
}

function describeLatency(row: BatchLatency): string {
  const [p50, p99, p999, max] = [row.nsP50, row.nsP99, row.nsP999, row.nsMax].map(formatNs);
  return (
    `latency  of a call, up to ${row.commandsMax} (on average ${row.commandsMean.toFixed(1)}) commands: ` +
    `p50 ${p50}, p99 ${p99}, p99.9 ${p999}, max ${max}; the clock's own ${formatNs(row.clockNs)} are in it`
  );
}

function formatNs(ns: number): string {
  return ns < 1_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1_000).toFixed(2)} us`;
}

function recordResult(scenario: string, result: EngineBenchResult): void {
  const { stateHash } = result;
  const none = { spread: null, ratio: null, stateHash, durability: null };
  const measurements: Measurement[] = [
    {
      ...none,
      scenario,
      metric: COMMAND_METRIC,
      unit: "ns",
      value: result.nsPerCommandMedian,
      spread: result.spread,
      ratio: result.ratioToLimit,
    },
    ...result.latency.flatMap(({ commandsMax, nsP50, nsP99, nsP999, nsMax }) => {
      const values = { p50: nsP50, p99: nsP99, "p99.9": nsP999, max: nsMax };
      return PERCENTILES.map((percentile): Measurement => {
        const metric = latencyMetric(commandsMax, percentile);
        return { ...none, scenario, metric, unit: "ns", value: values[percentile] };
      });
    }),
  ];
  const provenance = readProvenance(new Date());
  appendHistory(measurements.map((measurement) => ({ ...provenance, ...measurement })));
}
