import {
  checkOneSlot,
  huntMutants,
  MUTANTS,
  type MutantResult,
  type ProfileName,
  type SeedsReport,
  simulateSeeds,
  slotScopes,
  USUAL_CLUSTERS,
} from "@rialto/simulator";
import { availableParallelism } from "node:os";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

const WORKERS = {
  kind: "integer",
  flag: "workers",
  default: availableParallelism(),
  min: 1,
  max: 256,
  help: "threads or processes at once; the result does not depend on it",
} as const;

export const simulateClusterCommand = defineCommand({
  name: "simulate cluster",
  summary: "run whole clusters under seeded faults, and check what may never happen",
  positionals: "",
  options: {
    seeds: {
      kind: "integer",
      flag: "seeds",
      default: 100,
      min: 1,
      max: 100_000_000,
      help: "seeds of each kind of cluster",
    },
    firstSeed: {
      kind: "integer",
      flag: "first-seed",
      default: 1,
      min: 0,
      max: 0x7fff_ffff,
      help: "the seeds count up from here",
    },
    nodes: {
      kind: "integer",
      flag: "nodes",
      default: 0,
      min: 0,
      max: 32,
      help: "members of the cluster; 0 with no --profile: 3 crash, 4 and 7 byzantine",
    },
    profile: {
      kind: "choice",
      flag: "profile",
      default: "all",
      choices: ["all", "solo", "crash", "byzantine"],
      help: "what the cluster is built to survive",
    },
    realSignatures: {
      kind: "switch",
      flag: "real-signatures",
      default: false,
      help: "sign with Ed25519 instead of keyed hashes: many times slower",
    },
    workers: WORKERS,
  },
  examples: [
    "rialto simulate cluster --seeds 1000",
    "rialto simulate cluster --seeds 1 --first-seed 1111 --nodes 3 --profile crash --json",
  ],
  async run(context) {
    const { values, signal } = context;
    const { seeds, firstSeed, nodes, profile, realSignatures, workers } = values;
    if ((nodes === 0) !== (profile === "all"))
      throw new UsageError("give --nodes and --profile, or neither");
    const kind = { nodes, profile: profile as ProfileName };
    const report = await simulateSeeds({
      firstSeed,
      seeds,
      clusters: nodes === 0 ? USUAL_CLUSTERS : [kind],
      hasRealSignatures: realSignatures,
      workers,
      onRun: (done, of) => context.progress(`${done} of ${of} runs`),
      signal,
    });
    context.progress("");
    context.print(report, describeSeeds(report));
    return report.pass === report.runs ? ExitCode.Done : ExitCode.Failed;
  },
});

function describeSeeds(report: SeedsReport): string {
  const lines = [
    `runs       ${report.runs}: ${report.pass} pass, ${report.noProgress} no progress, ${report.diverged} diverged`,
    `simulated  ${report.simulatedHours.toFixed(2)} h in ${report.wallSeconds.toFixed(1)} s, ` +
      `${Math.floor(report.blocksPerWallSecond)} blocks accepted a second`,
    `order      ${report.commits} commits, ${report.commitsCompared} compared, ${report.certificates} certificates (${report.quantumCertificates} quantum), ` +
      `${report.framesExecuted} frames executed`,
    `faults     ${listOf(report.faults)}; ${report.restarts} restarts`,
    `steps      ${listOf(report.faultSteps)}`,
  ];
  for (const failure of report.failures) {
    const [violation] = failure.violations;
    const what = violation === undefined ? "" : ` ${violation.invariant}: ${violation.detail}`;
    lines.push(`FAILED     ${failure.verdict}${what}`, `  replay: ${failure.replay}`);
  }
  return lines.join("\n");
}

function listOf(counts: Readonly<Record<string, number>>): string {
  const list = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return list.length === 0 ? "none" : list.join(", ");
}

export const simulateMutantsCommand = defineCommand({
  name: "simulate mutants",
  summary: "plant bugs in the protocol, one at a time, and see each of them caught",
  positionals: "",
  options: {
    seeds: {
      kind: "integer",
      flag: "seeds",
      default: 600,
      min: 1,
      max: 1_000_000,
      help: "runs that a mutant has to survive",
    },
    firstSeed: {
      kind: "integer",
      flag: "first-seed",
      default: 1,
      min: 0,
      max: 0x7fff_ffff,
      help: "the seeds count up from here",
    },
    timeoutSeconds: {
      kind: "integer",
      flag: "timeout-seconds",
      default: 600,
      min: 1,
      max: 86_400,
      help: "a hunt that takes longer ends without a catch",
    },
    workers: WORKERS,
  },
  examples: ["rialto simulate mutants", "rialto simulate mutants --json"],
  async run(context) {
    const { values, signal } = context;
    const { seeds, firstSeed, timeoutSeconds, workers } = values;
    let done = 0;
    const results = await huntMutants({
      seeds,
      firstSeed,
      timeoutMs: timeoutSeconds * 1_000,
      parallel: workers,
      onResult: () => context.progress(`${++done} of ${MUTANTS.length} mutants`),
      signal,
    });
    context.progress("");
    const caught = results.filter((result) => result.by !== undefined).length;
    context.print({ mutants: results.length, caught, results }, describeMutants(results, caught));
    return caught === MUTANTS.length ? ExitCode.Done : ExitCode.Failed;
  },
});

function describeMutants(results: readonly MutantResult[], caught: number): string {
  const lines = results.map(({ name, by, what }) =>
    by === undefined
      ? `ALIVE   ${name}${what === undefined ? "" : `: ${what}`}`
      : `caught  ${name}: ${by}: ${what ?? ""}`,
  );
  const score = ((100 * caught) / Math.max(1, results.length)).toFixed(1);
  return [...lines, `score   ${caught} of ${results.length} (${score} %)`].join("\n");
}

export const simulateSlotCommand = defineCommand({
  name: "simulate slot",
  summary: "go through everything that small committees can make of one leader slot",
  positionals: "",
  options: {
    stride: {
      kind: "integer",
      flag: "stride",
      default: 1,
      min: 1,
      max: 1_000_000,
      help: "look at every so-manieth DAG of the large scopes; 1 is all",
    },
  },
  examples: ["rialto simulate slot"],
  async run(context) {
    const rows = slotScopes(context.values.stride).map((scope) => {
      context.progress(`profile ${scope.profile} of ${scope.count} ...`);
      return { ...scope, ...checkOneSlot(scope) };
    });
    context.progress("");
    const conflicts = rows.reduce((sum, row) => sum + row.conflicts.length, 0);
    const text = rows.map(
      (row) =>
        `profile ${row.profile} of ${row.count}, liar: ${row.liar}: ${row.dags} DAGs, ` +
        `${row.comparisons} comparisons, ${row.conflicts.length} conflicts`,
    );
    context.print({ rows }, text.join("\n"));
    return conflicts === 0 ? ExitCode.Done : ExitCode.Failed;
  },
});
