import { Fault } from "@rialto/base";
import {
  appendHistory,
  benchEngine,
  type EngineBenchResult,
  formatReport,
  isProfileName,
  loadOrGenerate,
  measureWorkload,
  PROFILES,
  readProvenance,
  smokeProfile,
  type WorkloadSource,
} from "@rialto/bench";
import type { SettingTable, Values } from "../config/settings.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

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

function sourceOf({
  workload: file,
  profile,
  seed,
  smoke,
}: Values<typeof WORKLOAD_OPTIONS>): WorkloadSource {
  if (file !== "") return { file };
  if (!isProfileName(profile)) throw new UsageError("--profile: there is no such profile");
  return { profile: smoke ? smokeProfile(profile) : PROFILES[profile], seed };
}

export const benchWorkloadCommand = defineCommand({
  name: "bench workload",
  summary: "make a workload, keep it as a file, and say what it is",
  positionals: "",
  options: WORKLOAD_OPTIONS,
  examples: ["rialto bench workload --profile p2", "rialto bench workload --workload flow.lob1"],
  async run({ values, print }) {
    const loaded = loadOrGenerate(sourceOf(values));
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
    record: {
      kind: "switch",
      flag: "record",
      default: false,
      help: "append the result to bench/history",
    },
  },
  examples: [
    "rialto bench engine --profile p2",
    "rialto bench engine --workload flow.lob1 --json",
    "rialto bench engine --profile p1 --runs 25 --record",
  ],
  async run({ values, print, progress }) {
    const { workload: file, profile, runs, noLimit, record } = values;
    const source = sourceOf(values);
    progress("verifying ...");
    const onRun = (run: number, nsPerCommand: number): void =>
      progress(`run ${run} of ${runs}: ${nsPerCommand.toFixed(1)} ns`);
    const result = benchEngine({ source, runs, withLimit: !noLimit, onRun });
    progress("");
    if (result instanceof Fault) throw result;
    const name = file === "" ? profile : file;
    print({ workload: name, ...result }, describe(name, result));
    if (record) recordResult(`engine-${profile}`, result);
    return ExitCode.Done;
  },
});

function describe(name: string, result: EngineBenchResult): string {
  const { nsPerCommandMedian, nsPerCommandBest, limitNsPerCommand, ratioToLimit } = result;
  const limit =
    limitNsPerCommand === null || ratioToLimit === null
      ? "no C++ compiler here: no limit beside it"
      : `limit    ${limitNsPerCommand.toFixed(1)} ns (C++, same minutes); ratio ${ratioToLimit.toFixed(2)}`;
  return [
    `workload ${name}: ${result.trades} trades, checksum ${result.checksum} verified`,
    `engine   ${nsPerCommandMedian.toFixed(1)} ns a command (median of ${result.runs}; best ` +
      `${nsPerCommandBest.toFixed(1)}; spread ${(result.spread * 100).toFixed(0)} %), ` +
      `${(result.commandsPerSecond / 1e6).toFixed(1)} M commands/s`,
    limit,
    `memory   ${result.engineMb.toFixed(1)} MB of state, ${result.rssMb} MB resident`,
    `state    ${result.stateHash}`,
  ].join("\n");
}

function recordResult(scenario: string, result: EngineBenchResult): void {
  appendHistory([
    {
      ...readProvenance(new Date()),
      scenario,
      metric: "command",
      unit: "ns",
      value: result.nsPerCommandMedian,
      spread: result.spread,
      ratio: result.ratioToLimit,
      stateHash: result.stateHash,
      durability: null,
    },
  ]);
}
