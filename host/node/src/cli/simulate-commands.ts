import {
  applyChanges,
  CATCHES_FILE,
  checkOneSlot,
  checkViews,
  drawOptions,
  drawSimulation,
  FAULT_MENU,
  type FaultEntry,
  findClusterProblem,
  huntMutants,
  minimise,
  MUTANTS,
  type MutantResult,
  type ProfileName,
  readCatches,
  replayCommand,
  type RunRequest,
  type SeedsReport,
  simulateSeeds,
  slotScopes,
  type StepCoverage,
  USUAL_CLUSTERS,
} from "@rialto/simulator";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { columns } from "./columns.ts";
import { type CommandContext, defineCommand, ExitCode, UsageError } from "./command.ts";
import { refuseIdle } from "./conflicts.ts";

const WORKERS = {
  kind: "integer",
  flag: "workers",
  default: 0,
  min: 0,
  max: 256,
  help: "threads or processes at once, 0 for one a core; the result does not depend on it",
} as const;

function workersOf({ workers }: { readonly workers: number }): number {
  return workers === 0 ? availableParallelism() : workers;
}

const CLUSTER_OPTIONS = {
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
  seed: {
    kind: "integer",
    flag: "seed",
    default: 0,
    min: 0,
    max: 0x7fff_ffff,
    help: "only this one; 0 for as many as --seeds says",
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
    choices: ["all", "solo", "crash", "byzantine", "fast"],
    help: "what the cluster is built to survive",
  },
  set: {
    kind: "text",
    flag: "set",
    placeholder: "NAME=VALUE,...",
    default: "",
    help: "what is other than the seed says: lossPpm=0,safetyMs=420,liars=none",
  },
  minimise: {
    kind: "switch",
    flag: "minimise",
    default: false,
    help: "look for less that fails in the same way; needs --seed, --nodes and --profile",
  },
  draw: {
    kind: "text",
    flag: "draw",
    placeholder: "FILE",
    default: "",
    help: "a file for a picture (SVG) of the DAG at the end; needs --seed, --nodes and --profile",
  },
  realSignatures: {
    kind: "switch",
    flag: "real-signatures",
    default: false,
    help: "sign with Ed25519 instead of keyed hashes: many times slower",
  },
  workers: WORKERS,
} as const;

export const simulateClusterCommand = defineCommand({
  name: "simulate cluster",
  summary:
    "run whole clusters whose members change under seeded faults, and check what may never happen",
  positionals: "",
  options: CLUSTER_OPTIONS,
  examples: [
    "rialto simulate cluster --seeds 1000",
    "rialto simulate cluster --seed 1111 --nodes 3 --profile crash --json",
    'rialto simulate cluster --seeds 20 --set "changePpm=200000"',
    "rialto simulate cluster --seed 1111 --nodes 4 --profile byzantine --minimise --draw dag.svg",
  ],
  async run(context) {
    const { values, sources, signal } = context;
    const { firstSeed, seed, nodes, profile, realSignatures, set } = values;
    if ((nodes === 0) !== (profile === "all"))
      throw new UsageError("give --nodes and --profile, or neither");
    if (seed > 0)
      refuseIdle("--seed", { options: CLUSTER_OPTIONS, sources }, ["seeds", "firstSeed"]);
    const isOne = seed > 0 && nodes > 0;
    if (!isOne && (values.minimise || values.draw !== ""))
      throw new UsageError("--minimise and --draw need --seed, --nodes and --profile");
    const kind = { nodes, profile: profile as ProfileName };
    const clusters = nodes === 0 ? USUAL_CLUSTERS : [kind];
    for (const each of clusters) {
      const problem = findClusterProblem(each);
      if (problem !== undefined) throw new UsageError(problem);
      const changed = applyChanges(drawOptions({ ...each, seed }), set);
      if (typeof changed === "string") throw new UsageError(`--set: ${changed}`);
    }
    const report = await simulateSeeds({
      firstSeed: seed > 0 ? seed : firstSeed,
      seeds: seed > 0 ? 1 : values.seeds,
      clusters,
      hasRealSignatures: realSignatures,
      changes: set,
      workers: workersOf(values),
      onRun: (done, of) => context.progress(`${done} of ${of} runs`),
      signal,
    });
    context.progress("");
    const request = { ...kind, seed, hasRealSignatures: realSignatures, changes: set };
    const more = isOne ? await lookCloser(context, request, values.minimise, values.draw) : [];
    const text = [describeSeeds(report), ...more].join("\n");
    context.print({ ...report, closer: more }, text);
    return report.pass === report.asked ? ExitCode.Done : ExitCode.Failed;
  },
});

/** How long a minimisation goes on looking. A run that makes no progress takes seconds. */
const MINIMISE_SECONDS = 120;

/** One run, made simpler and drawn. */
async function lookCloser(
  context: Pick<CommandContext, "progress">,
  request: RunRequest,
  isMinimised: boolean,
  file: string,
): Promise<string[]> {
  const lines: string[] = [];
  let shown = request;
  if (isMinimised) {
    context.progress("minimising ...");
    const startMs = performance.now();
    const found = minimise(request, () => performance.now() - startMs > MINIMISE_SECONDS * 1_000);
    context.progress("");
    if (found === undefined) lines.push("minimised  nothing: the run passes");
    else {
      shown = { ...request, changes: found.changes };
      lines.push(
        `minimised  ${found.result.verdict} in ${found.result.simulatedMs} ms, ${found.runs} runs`,
      );
      lines.push(`  replay: ${replayCommand(shown)}`);
    }
  }
  if (!isMinimised && file === "") return lines;
  const { text, svg } = drawSimulation(drawOptions(shown));
  lines.push("", text);
  if (file !== "") {
    await writeFile(file, svg);
    lines.push(`drawn      ${file}`);
  }
  return lines;
}

function describeSeeds(report: SeedsReport): string {
  const rows = columns(
    [
      [
        "runs",
        `${report.runs}: ${report.pass} pass, ${report.noProgress} no progress, ${report.diverged} diverged` +
          (report.runs < report.asked ? `; interrupted: ${report.asked} were to be run` : ""),
      ],
      [
        "simulated",
        `${report.simulatedHours.toFixed(2)} h in ${report.wallSeconds.toFixed(1)} s, ` +
          `${Math.floor(report.blocksPerWallSecond)} blocks accepted a second`,
      ],
      [
        "order",
        `${report.epochs} epochs, ${report.commits} commits, ${report.commitsCompared} compared, ` +
          `${report.certificates} certificates (${report.quantumCertificates} quantum), ` +
          `${report.framesExecuted} frames executed`,
      ],
      ["faults", `${listOf(report.faults)}; ${report.restarts} restarts`],
      ["steps", listOf(report.faultSteps)],
      ["coverage", describeCoverage(report.coverage)],
    ],
    0,
  );
  const failures = report.failures.flatMap((failure) => {
    const [violation] = failure.violations;
    const what = violation === undefined ? "" : ` ${violation.invariant}: ${violation.detail}`;
    return [`FAILED     ${failure.verdict}${what}`, `  replay: ${failure.replay}`];
  });
  return [...rows, ...failures].join("\n");
}

/** Names what is missing where that is the shorter list. */
function describeCoverage({ covered, possible, missing }: StepCoverage): string {
  const rest =
    missing.length === 0 || missing.length > covered ? "" : `; not ${missing.join(", ")}`;
  return `${covered} of ${possible} pairs of fault and durable step${rest}`;
}

function listOf(counts: Readonly<Record<string, number>>): string {
  const list = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return list.length === 0 ? "none" : list.join(", ");
}

export const simulateFaultsCommand = defineCommand({
  name: "simulate faults",
  summary: "list the faults that are simulated, and what is promised under each",
  positionals: "",
  options: {},
  examples: ["rialto simulate faults"],
  async run(context) {
    const rows = Object.entries<FaultEntry>(FAULT_MENU).map(([name, entry]) => ({
      name,
      ...entry,
    }));
    context.print({ rows }, describeFaults(rows));
    return ExitCode.Done;
  },
});

/** A block for each group, in lines of 80 characters. */
function describeFaults(rows: readonly (FaultEntry & { readonly name: string })[]): string {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const promisedWidth = Math.max(...rows.map(({ promised }) => promised.length));
  return [...Map.groupBy(rows, ({ group }) => group)]
    .flatMap(([group, faults]) => [
      group,
      ...columns(
        faults.map(({ name, promised, what }) => [
          `${name.padEnd(nameWidth)} ${promised.padEnd(promisedWidth)}`,
          what,
        ]),
      ),
    ])
    .join("\n");
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
    record: {
      kind: "switch",
      flag: "record",
      default: false,
      help: "look on for quicker catches, and write them down for the next time (in a checkout)",
    },
    workers: WORKERS,
  },
  examples: ["rialto simulate mutants", "rialto simulate mutants --json"],
  async run(context) {
    const { values, signal } = context;
    const { seeds, firstSeed, timeoutSeconds, record } = values;
    const startMs = performance.now();
    let done = 0;
    let caught = 0;
    const results = await huntMutants({
      seeds,
      firstSeed,
      timeoutMs: timeoutSeconds * 1_000,
      parallel: workersOf(values),
      isRecording: record,
      onResult: ({ by }) => {
        if (by !== undefined) caught++;
        context.progress(`${++done} of ${MUTANTS.length} mutants, ${caught} caught`);
      },
      signal,
    });
    context.progress("");
    // Of an interrupted hunt those that were not reached would be forgotten.
    if (record && results.length === MUTANTS.length) await recordCatches(results);
    const seconds = (performance.now() - startMs) / 1_000;
    const summary = { mutants: results.length, caught, seconds };
    context.print({ ...summary, results }, describeMutants(results, summary));
    return caught === MUTANTS.length ? ExitCode.Done : ExitCode.Failed;
  },
});

/** Who lives keeps what caught it before. */
async function recordCatches(results: readonly MutantResult[]): Promise<void> {
  const before = readCatches();
  const catches = results.map(({ name, trap }) => [name, trap ?? before[name]]);
  await writeFile(CATCHES_FILE, `${JSON.stringify(Object.fromEntries(catches), undefined, 2)}\n`);
}

function describeMutants(
  results: readonly MutantResult[],
  { caught, seconds }: { readonly caught: number; readonly seconds: number },
): string {
  const lines = results.map(({ name, by, what }) =>
    by === undefined
      ? `ALIVE   ${name}${what === undefined ? "" : `: ${what}`}`
      : `caught  ${name}: ${by}: ${what ?? ""}`,
  );
  const score = ((100 * caught) / Math.max(1, results.length)).toFixed(1);
  const searched = results.filter(({ sprung }) => sprung > 1).length;
  return [
    ...lines,
    `score   ${caught} of ${results.length} (${score} %) in ${seconds.toFixed(0)} s; ` +
      `${searched} had to be searched for; nothing that caught one catches the code as it is`,
  ].join("\n");
}

const VIEW_ROUNDS = 5;

export const simulateSlotCommand = defineCommand({
  name: "simulate slot",
  summary:
    "go through everything that small committees can make of one leader slot, and see of a few rounds",
  positionals: "",
  options: {
    stride: {
      kind: "integer",
      flag: "stride",
      default: 1,
      min: 1,
      max: 1_000_000,
      help: "look at one DAG in N of the large scopes; 1 is all",
    },
  },
  examples: ["rialto simulate slot"],
  async run(context) {
    const startMs = performance.now();
    const rows = slotScopes(context.values.stride).map((scope) => {
      context.progress(`profile ${scope.profile} of ${scope.count}, liar: ${scope.liar} ...`);
      return { ...scope, ...checkOneSlot(scope) };
    });
    context.progress(`all views of ${VIEW_ROUNDS} rounds ...`);
    const views = checkViews(VIEW_ROUNDS, context.values.stride);
    context.progress("");
    const seconds = (performance.now() - startMs) / 1_000;
    const total = (of: (row: (typeof rows)[number]) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    const conflicts = total((row) => row.conflicts.length) + views.conflicts.length;
    const text = rows.map(
      (row) =>
        `profile ${row.profile} of ${row.count}, liar: ${row.liar}: ${row.dags} DAGs, ` +
        `${row.comparisons} comparisons, ${row.conflicts.length} conflicts`,
    );
    text.push(
      `crash of 3, ${VIEW_ROUNDS} rounds: ${views.views} views, ${views.comparisons} comparisons, ${views.conflicts.length} conflicts`,
      `in all ${total((row) => row.dags)} DAGs of a slot, ${total((row) => row.comparisons)} comparisons, ${seconds.toFixed(0)} s`,
    );
    context.print({ rows, views, seconds }, text.join("\n"));
    return conflicts === 0 ? ExitCode.Done : ExitCode.Failed;
  },
});
