import { describeChanges } from "./overrides.ts";
import { drawOptions } from "./draw-options.ts";
import { NO_FAULTS, RATE_NAMES, type RunOptions, type RunRequest } from "./options.ts";
import { type RunResult, runSimulation } from "./simulate-cluster.ts";

/** The same failure with less around it. */
export interface Minimised {
  readonly options: RunOptions;
  /** What to give `--set` to see it. */
  readonly changes: string;
  readonly result: RunResult;
  readonly runs: number;
}

/** Draws of chance with which a simpler run is tried before it is given up. */
const LUCK_TRIES = 4;

/**
 * Makes a failing run simpler as long as it fails in the same way: fewer faults, fewer lies, a shorter time. Every
 * simplification changes all draws of chance that follow, so each is tried with several.
 *
 * Returns  undefined where the run does not fail.
 * Effects  runs simulations until `isOver`, asked after each.
 */
export function minimise(request: RunRequest, isOver: () => boolean): Minimised | undefined {
  const drawn = drawOptions(request);
  const search = new Search(drawn, runSimulation(drawn), isOver);
  if (search.result.verdict === "pass") return undefined;
  while (SIMPLIFICATIONS.filter((simplify) => search.tryOne(simplify)).length > 0);
  const { options, result, runs } = search;
  const base = drawOptions({ ...request, changes: "" });
  return { options, changes: describeChanges(base, options), result, runs };
}

/** The simplest failing run so far. */
class Search {
  options: RunOptions;
  result: RunResult;
  runs = 1;
  readonly #nature: string;
  readonly #isOver: () => boolean;

  constructor(options: RunOptions, result: RunResult, isOver: () => boolean) {
    this.options = options;
    this.result = result;
    this.#nature = natureOf(result);
    this.#isOver = isOver;
  }

  /** Returns true where one of what is offered still fails, which is then what is made simpler. */
  tryOne(simplify: Simplify): boolean {
    const candidates = simplify(this.options, this.result);
    return candidates.some((each) => isOther(each, this.options) && this.#tryLuck(each));
  }

  #tryLuck(candidate: RunOptions): boolean {
    for (let luck = 0; luck < LUCK_TRIES && !this.#isOver(); luck++) {
      const options = { ...candidate, luck: candidate.luck + luck };
      const result = runSimulation(options);
      this.runs++;
      if (natureOf(result) !== this.#nature) continue;
      this.options = options;
      this.result = result;
      return true;
    }
    return false;
  }
}

function isOther(left: RunOptions, right: RunOptions): boolean {
  return JSON.stringify(left) !== JSON.stringify(right);
}

/** What makes two failures the same. */
function natureOf(result: RunResult): string {
  return `${result.verdict}/${result.violations[0]?.invariant ?? ""}`;
}

type Simplify = (options: RunOptions, result: RunResult) => readonly RunOptions[];

/** Each offers simpler runs, the simplest first. */
const SIMPLIFICATIONS: readonly Simplify[] = [
  (options) => [{ ...options, rates: NO_FAULTS }],
  (options) => [{ ...options, liars: [] }],
  (options, { verdict, simulatedMs }) =>
    verdict === "diverged" && simulatedMs < options.safetyMs
      ? [{ ...options, safetyMs: simulatedMs + 1 }]
      : [],
  ...RATE_NAMES.map((name): Simplify => (options) => [
    { ...options, rates: { ...options.rates, [name]: 0 } },
  ]),
  (options) =>
    options.liars.map((_, at) => ({ ...options, liars: options.liars.toSpliced(at, 1) })),
  (options) => options.liars.flatMap((_, at) => withFewerLies(options, at)),
  (options) => [{ ...options, heavyTail: false }],
  (options) => [{ ...options, splitsVotes: false }],
  (options) => [{ ...options, hasWeights: false }],
  (options) => [{ ...options, leavesSomeDown: false }],
  (options) => [{ ...options, beginsMismatched: false }],
  (options) => [{ ...options, skewMsMax: 0 }],
  (options) => [{ ...options, bytesPerSecond: 0 }],
  (options) => [{ ...options, pendingPerAuthor: 512 }],
  (options) => [{ ...options, mempoolFrames: 2_000 }],
  (options) => [{ ...options, answerBytes: 50_000_000 }],
  (options) => [{ ...options, leadersPerRound: 1 }],
  (options) => [{ ...options, framesPerSecond: 0 }],
  (options) => [{ ...options, shortLifeMs: 0 }],
  (options) => [{ ...options, safetyMs: Math.floor(options.safetyMs / 2) }],
  (options) => [{ ...options, safetyMs: Math.floor((options.safetyMs * 9) / 10) }],
];

function withFewerLies(options: RunOptions, at: number): RunOptions[] {
  const liar = options.liars[at]!;
  if (liar.strategies.length < 2) return [];
  return liar.strategies.map((_, index) => {
    const strategies = liar.strategies.toSpliced(index, 1);
    return { ...options, liars: options.liars.with(at, { ...liar, strategies }) };
  });
}
