import { createPrng, fail, type Prng } from "@rialto/base";
import { CHUNK_BYTES } from "@rialto/replica";
import {
  bearsLiars,
  type FaultRates,
  mapRates,
  type ProfileName,
  type RunOptions,
  type RunRequest,
  STRATEGIES,
  type Strategy,
} from "./options.ts";
import { applyChanges } from "./overrides.ts";

/** Of the chunks of a snapshot, of which there are tens then, or hundreds: these outlast the time to the next snapshots. */
const CHUNK_SIZES = [64, 512, 1_024, 2_048];

/**
 * Not drawn for any run: lies about epochs and snapshots need some, all of a run's liars flood with second blocks or none, and frames that
 * last have a line of chance of their own.
 */
const SPECIAL: readonly Strategy[] = [
  "lyingEpochs",
  "lyingSnapshots",
  "twinFlood",
  "lastingFrames",
];
const DRAWN = STRATEGIES.filter((each) => !SPECIAL.includes(each));

/** Draws a run: each kind of fault is off in about half of the seeds, so that rare mixtures get deep runs. */
export function drawOptions(request: RunRequest): RunOptions {
  const drawn = drawFreely(request);
  const changed = applyChanges(drawn, request.changes ?? "");
  return typeof changed === "string" ? fail(changed) : changed;
}

function drawFreely(request: RunRequest): RunOptions {
  const { seed, nodes, profile, hasRealSignatures = false } = request;
  const prng = createPrng(seed ^ 0x5eed_0001);
  const isAlone = profile === "solo";
  const delayUs = [200, 1_000, 5_000, 20_000][prng.below(4)]!;
  const gcDepth = [6, 8, 16, 64][prng.below(4)]!;
  return {
    seed,
    luck: 0,
    nodes,
    profile,
    hasRealSignatures,
    delayUs,
    heavyTail: prng.chance(1, 3),
    splitsVotes: prng.chance(1, 4),
    hasJumpTrap: false,
    flushUs: prng.chance(1, 2) ? 100 : prng.below(2 * delayUs) + 100,
    skewMsMax: prng.chance(1, 3) ? [50, 2_000, 3_600_000][prng.below(3)]! : 0,
    bytesPerSecond: prng.chance(1, 4) ? 200_000 + prng.below(2_000_000) : 0,
    pendingPerAuthor: prng.chance(1, 3) ? 2 * gcDepth + 16 : 512,
    mempoolFrames: prng.chance(1, 4) ? 20 + prng.below(60) : 2_000,
    answerBytes: prng.chance(1, 2) ? 1_000_000 : 50_000_000,
    safetyMs: Math.floor(delayUs / 10) + 1_500 + prng.below(2_000),
    framesPerSecond: prng.chance(1, 6) ? 0 : [20, 100, 400][prng.below(3)]!,
    shortLifeMs: drawShortLife(seed),
    gcDepth,
    leadersPerRound: withLeaders(seed, nodes, prng.chance(1, 4) ? 1 + prng.below(nodes) : 1),
    checkpointEvery: 1 + prng.below(10),
    ...drawSnapshots(seed),
    hasWeights: profile !== "solo" && prng.chance(1, 5),
    restartsByChance: true,
    leavesSomeDown: prng.chance(1, 3),
    beginsMismatched: nodes > 2 && prng.chance(1, 8),
    hasTooManyLiars: false,
    ...withEpochs(seed, withMore(seed, drawLiars(prng, nodes, profile)), drawRates(prng), isAlone),
  };
}

/** Of those that lie, some lie about epochs too, where there are any. One alone stays alone. */
function withEpochs(
  seed: number,
  liars: RunOptions["liars"],
  rates: FaultRates,
  isAlone: boolean,
): Pick<RunOptions, "liars" | "rates"> {
  if (isAlone) return { liars, rates: { ...rates, changePpm: 0, badChangePpm: 0 } };
  if (rates.changePpm === 0) return { liars, rates };
  const prng = createPrng(seed ^ 0x5eed_0006);
  const more = liars.map(({ author, strategies }) => {
    const lies = new Set(strategies);
    if (prng.chance(1, 2)) lies.add("lyingEpochs");
    if (prng.chance(1, 4)) lies.add("lyingSnapshots");
    return { author, strategies: [...lies] };
  });
  return { liars: more, rates };
}

/** In some runs all liars do one thing more, of what is not drawn for each. From lines of chance of their own, as snapshots. */
function withMore(seed: number, liars: RunOptions["liars"]): RunOptions["liars"] {
  const more: Strategy[] = [];
  if (createPrng(seed ^ 0x5eed_0007).chance(1, 8)) more.push("twinFlood");
  if (createPrng(seed ^ 0x5eed_000b).chance(1, 8)) more.push("lastingFrames");
  return liars.map(({ author, strategies }) => ({ author, strategies: [...strategies, ...more] }));
}

/** In some runs all lead or all but one (decision 019), whatever was drawn before. From a line of chance of its own. */
function withLeaders(seed: number, nodes: number, drawn: number): number {
  const prng = createPrng(seed ^ 0x5eed_0009);
  return prng.chance(1, 3) ? Math.max(1, nodes - prng.below(2)) : drawn;
}

/** In some runs frames come to their end before their commit does, or just not. From a line of chance of its own. */
function drawShortLife(seed: number): number {
  const prng = createPrng(seed ^ 0x5eed_000a);
  return prng.chance(1, 4) ? [20, 200, 2_000][prng.below(3)]! : 0;
}

/** From a line of chance of its own: what was drawn before there were snapshots stays as it was. */
function drawSnapshots(
  seed: number,
): Pick<RunOptions, "checkpointMs" | "quantumMs" | "snapshotCommits" | "prunes" | "chunkBytes"> {
  const prng = createPrng(seed ^ 0x5eed_0005);
  return {
    checkpointMs: prng.chance(1, 2) ? 20 + prng.below(500) : 1_000_000,
    snapshotCommits: 5 + prng.below(60),
    prunes: prng.chance(1, 2),
    chunkBytes: prng.chance(1, 6) ? CHUNK_BYTES : CHUNK_SIZES[prng.below(CHUNK_SIZES.length)]!,
    quantumMs: prng.chance(2, 3) ? 1 + prng.below(1_000) : 0,
  };
}

function drawLiars(prng: Prng, nodes: number, profile: ProfileName): RunOptions["liars"] {
  if (!bearsLiars(profile)) return [];
  const most = Math.floor((nodes - 1) / 3);
  const count = prng.chance(1, 4) ? 0 : 1 + prng.below(most);
  const authors: number[] = [];
  while (authors.length < count) {
    const author = prng.below(nodes);
    if (!authors.includes(author)) authors.push(author);
  }
  // Two that flood together do what one alone cannot.
  const isConspiracy = count > 1 && prng.chance(1, 6);
  return authors.map((author) => {
    const strategies = new Set([DRAWN[prng.below(DRAWN.length)]!]);
    if (prng.chance(1, 2)) strategies.add(DRAWN[prng.below(DRAWN.length)]!);
    if (isConspiracy) strategies.add("ladder");
    return { author, strategies: [...strategies] };
  });
}

function drawRates(prng: Prng): FaultRates {
  return mapRates((most) => (prng.chance(1, 2) ? prng.below(most) : 0));
}
