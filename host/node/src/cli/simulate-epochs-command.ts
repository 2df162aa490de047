import { type EpochRequest, type EpochRunResult, simulateEpochs } from "@rialto/simulator";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

const USUAL: readonly Omit<EpochRequest, "seed">[] = [
  { nodes: 3, profile: "crash" },
  { nodes: 4, profile: "byzantine" },
  { nodes: 7, profile: "byzantine" },
];

interface Totals {
  runs: number;
  pass: number;
  noProgress: number;
  diverged: number;
  epochs: number;
  commits: number;
  restarts: number;
  simulatedHours: number;
  readonly faults: Record<string, number>;
  readonly failures: {
    readonly replay: string;
    readonly verdict: string;
    readonly detail: string;
  }[];
}

export const simulateEpochsCommand = defineCommand({
  name: "simulate epochs",
  summary:
    "change the members of simulated clusters under seeded faults, and check what may never happen",
  positionals: "",
  options: {
    seeds: {
      kind: "integer",
      flag: "seeds",
      default: 20,
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
      max: 16,
      help: "members at the beginning; 0 with no --profile: 3 crash, 4 and 7 byzantine",
    },
    profile: {
      kind: "choice",
      flag: "profile",
      default: "all",
      choices: ["all", "crash", "byzantine"],
      help: "what the first committee is built to survive",
    },
  },
  examples: [
    "rialto simulate epochs --seeds 100",
    "rialto simulate epochs --first-seed 7 --seeds 1 --nodes 4 --profile byzantine --json",
  ],
  async run({ values, print, progress, signal }) {
    const { seeds, firstSeed, nodes, profile } = values;
    const totals = newTotals();
    for (let seed = firstSeed; seed < firstSeed + seeds && !signal.aborted; seed++) {
      for (const cluster of clustersOf(nodes, profile)) {
        const request = { seed, ...cluster };
        note(totals, request, simulateEpochs(request));
      }
      progress(`seed ${seed}: ${totals.pass} of ${totals.runs} runs pass`);
      // Others get a turn: a signal has to be heard.
      await new Promise((resolve) => setImmediate(resolve));
    }
    progress("");
    print(totals, describe(totals));
    return totals.failures.length === 0 ? ExitCode.Done : ExitCode.Failed;
  },
});

function clustersOf(nodes: number, profile: "all" | EpochRequest["profile"]): typeof USUAL {
  if (nodes === 0 && profile === "all") return USUAL;
  if (nodes === 0 || profile === "all") throw new UsageError("--nodes and --profile go together");
  const least = profile === "crash" ? 2 : 4;
  if (nodes < least) throw new UsageError(`${profile} takes ${least} members or more`);
  return [{ nodes, profile }];
}

function newTotals(): Totals {
  const counts = { runs: 0, pass: 0, noProgress: 0, diverged: 0, epochs: 0, commits: 0 };
  return { ...counts, restarts: 0, simulatedHours: 0, faults: {}, failures: [] };
}

function note(totals: Totals, { seed, nodes, profile }: EpochRequest, run: EpochRunResult): void {
  totals.runs++;
  totals[run.verdict]++;
  totals.epochs += run.epochs;
  totals.commits += run.commits;
  totals.restarts += run.restarts;
  totals.simulatedHours += run.simulatedMs / 3_600_000;
  for (const [fault, count] of run.faults) {
    totals.faults[fault] = (totals.faults[fault] ?? 0) + count;
  }
  if (run.verdict === "pass") return;
  const replay = `rialto simulate epochs --first-seed ${seed} --seeds 1 --nodes ${nodes} --profile ${profile}`;
  const detail = run.violations.map((each) => `${each.invariant}: ${each.detail}`).join("; ");
  totals.failures.push({ replay, verdict: run.verdict, detail });
}

function describe(totals: Totals): string {
  const { runs, pass, epochs, commits, restarts, simulatedHours, faults, failures } = totals;
  return [
    `${pass} of ${runs} runs pass: ${epochs} epochs, ${commits} commits, ${restarts} restarts, ${simulatedHours.toFixed(3)} simulated hours`,
    ...Object.entries(faults).map(([fault, count]) => `  ${fault.padEnd(16)} ${count}`),
    ...failures.flatMap(({ replay, verdict, detail }) => [`${verdict}: ${replay}`, `  ${detail}`]),
  ].join("\n");
}
