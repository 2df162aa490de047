import { createPrng, type Prng } from "@rialto/base";
import { Profile } from "@rialto/consensus";

export type ProfileName = "solo" | "crash" | "byzantine";
export const PROFILE_OF: Readonly<Record<ProfileName, Profile>> = {
  solo: Profile.Solo,
  crash: Profile.Crash,
  byzantine: Profile.Byzantine,
};

/** How a lying member lies. One has one or two of these. */
export const STRATEGIES = [
  "twins",
  "withhold",
  "late",
  "leaderSilence",
  "garbage",
  "lyingCheckpoints",
  "lyingSync",
  "wildParents",
  "pendingFlood",
  "fetchFlood",
  "wildTime",
  "equivocate",
  "forge",
  "swapPayload",
  "thinParents",
  "denyLeader",
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Chances are parts of a million, of each time that the fault could strike. */
export interface FaultRates {
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  readonly replayPpm: number;
  readonly garblePpm: number;
  /** A message that takes ten times its time. */
  readonly stragglePpm: number;
  /** Of each 100 ms. */
  readonly partitionPpm: number;
  readonly clogPpm: number;
  readonly crashPpm: number;
  readonly pausePpm: number;
  readonly powerLossPpm: number;
  /** Of each durable step: the process dies there. */
  readonly stepCrashPpm: number;
  readonly slowDiskPpm: number;
  readonly fsyncErrorPpm: number;
  /** Of each restart. */
  readonly damagePpm: number;
}

/** Everything that a seed decides about a run. */
export interface RunOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: ProfileName;
  /** Usual one-way delay of a message. */
  readonly delayUs: number;
  readonly heavyTail: boolean;
  /** Delays the blocks of leaders to some, so that votes split: the scheduler as an enemy. */
  readonly splitsVotes: boolean;
  /** No chance in the delays, and two members at a time are led into jumping over a round (non-liveness-trace.ts). */
  readonly hasJumpTrap: boolean;
  readonly flushUs: number;
  readonly skewMsMax: number;
  readonly safetyMs: number;
  readonly framesPerSecond: number;
  readonly gcDepth: number;
  readonly leadersPerRound: number;
  readonly checkpointEvery: number;
  readonly hasWeights: boolean;
  readonly leavesSomeDown: boolean;
  /** False where a script says who starts again and when. */
  readonly restartsByChance: boolean;
  readonly hasRealSignatures: boolean;
  readonly liars: readonly { readonly author: number; readonly strategies: readonly Strategy[] }[];
  readonly rates: FaultRates;
}

export interface RunRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly hasRealSignatures?: boolean;
}

/** Draws a run: each kind of fault is off in about half of the seeds, so that rare mixtures get deep runs. */
export function drawOptions(request: RunRequest): RunOptions {
  const { seed, nodes, profile, hasRealSignatures = false } = request;
  const prng = createPrng(seed ^ 0x5eed_0001);
  const delayUs = [200, 1_000, 5_000, 20_000][prng.below(4)]!;
  return {
    seed,
    nodes,
    profile,
    hasRealSignatures,
    delayUs,
    heavyTail: prng.chance(1, 3),
    splitsVotes: prng.chance(1, 4),
    hasJumpTrap: false,
    flushUs: prng.chance(1, 2) ? 100 : prng.below(2 * delayUs) + 100,
    skewMsMax: prng.chance(1, 3) ? [50, 2_000, 3_600_000][prng.below(3)]! : 0,
    safetyMs: Math.floor(delayUs / 10) + 1_500 + prng.below(2_000),
    framesPerSecond: prng.chance(1, 6) ? 0 : [20, 100, 400][prng.below(3)]!,
    gcDepth: [6, 8, 16, 64][prng.below(4)]!,
    leadersPerRound: prng.chance(1, 4) ? 1 + prng.below(nodes) : 1,
    checkpointEvery: 1 + prng.below(10),
    hasWeights: profile !== "solo" && prng.chance(1, 5),
    restartsByChance: true,
    leavesSomeDown: prng.chance(1, 3),
    liars: drawLiars(prng, nodes, profile),
    rates: drawRates(prng),
  };
}

function drawLiars(prng: Prng, nodes: number, profile: ProfileName): RunOptions["liars"] {
  if (profile !== "byzantine") return [];
  const most = Math.floor((nodes - 1) / 3);
  const count = prng.chance(1, 4) ? 0 : 1 + prng.below(most);
  const authors: number[] = [];
  while (authors.length < count) {
    const author = prng.below(nodes);
    if (!authors.includes(author)) authors.push(author);
  }
  return authors.map((author) => {
    const strategies = new Set([STRATEGIES[prng.below(STRATEGIES.length)]!]);
    if (prng.chance(1, 2)) strategies.add(STRATEGIES[prng.below(STRATEGIES.length)]!);
    return { author, strategies: [...strategies] };
  });
}

function drawRates(prng: Prng): FaultRates {
  const sometimes = (max: number): number => (prng.chance(1, 2) ? prng.below(max) : 0);
  return {
    lossPpm: sometimes(200_000),
    duplicatePpm: sometimes(100_000),
    replayPpm: sometimes(20_000),
    garblePpm: sometimes(20_000),
    stragglePpm: sometimes(50_000),
    partitionPpm: sometimes(80_000),
    clogPpm: sometimes(80_000),
    crashPpm: sometimes(60_000),
    pausePpm: sometimes(40_000),
    powerLossPpm: sometimes(8_000),
    stepCrashPpm: sometimes(3_000),
    slowDiskPpm: sometimes(20_000),
    fsyncErrorPpm: sometimes(500),
    damagePpm: sometimes(300_000),
  };
}

/** A run without any fault, to begin from when a test wants one in particular. */
export const NO_FAULTS: FaultRates = {
  lossPpm: 0,
  duplicatePpm: 0,
  replayPpm: 0,
  garblePpm: 0,
  stragglePpm: 0,
  partitionPpm: 0,
  clogPpm: 0,
  crashPpm: 0,
  pausePpm: 0,
  powerLossPpm: 0,
  stepCrashPpm: 0,
  slowDiskPpm: 0,
  fsyncErrorPpm: 0,
  damagePpm: 0,
};
