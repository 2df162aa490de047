import { Profile } from "@rialto/consensus";

export type ProfileName = "solo" | "crash" | "byzantine" | "fast";
export const PROFILE_OF: Readonly<Record<ProfileName, Profile>> = {
  solo: Profile.Solo,
  crash: Profile.Crash,
  byzantine: Profile.Byzantine,
  fast: Profile.Fast,
};

export function bearsLiars(profile: ProfileName): boolean {
  return profile === "byzantine" || profile === "fast";
}

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
  "brokenParents",
  "foreign",
  "trailing",
  "rubbishFlood",
  "ladder",
  "twinFlood",
  "lyingEpochs",
  "lyingSnapshots",
  "lastingFrames",
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Chances are parts of a million, of each time that the fault could strike. What they mean: fault-menu.ts. */
export interface FaultRates {
  /** Of each message. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  readonly replayPpm: number;
  readonly oldEpochPpm: number;
  /** Cut short, a bit flipped, noise, or oversize. */
  readonly garblePpm: number;
  readonly stragglePpm: number;
  /** Of each 100 ms. */
  readonly partitionPpm: number;
  readonly clogPpm: number;
  readonly slowLinkPpm: number;
  readonly powerLossPpm: number;
  /** Of each 100 ms and member. */
  readonly crashPpm: number;
  readonly stormPpm: number;
  readonly pausePpm: number;
  readonly clockJumpPpm: number;
  readonly clockDriftPpm: number;
  readonly clockFreezePpm: number;
  readonly burstPpm: number;
  /** Of each durable step: the process dies there. */
  readonly stepCrashPpm: number;
  /** Of each flush and each write of the guard. */
  readonly slowDiskPpm: number;
  readonly fsyncErrorPpm: number;
  readonly diskFullPpm: number;
  readonly lyingFlushPpm: number;
  /** Of each timer. */
  readonly lateTimerPpm: number;
  /** Of each restart. */
  readonly damagePpm: number;
  readonly readErrorPpm: number;
  readonly configMismatchPpm: number;
  readonly mixedVersionsPpm: number;
  /** Of each 100 ms: operators change the members, or try what may not be done. */
  readonly changePpm: number;
  readonly badChangePpm: number;
}

/** Everything that a seed decides about a run. */
export interface RunOptions {
  readonly seed: number;
  /** Other draws of chance under the same options. */
  readonly luck: number;
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
  /** How far a clock is off at most when its member starts, and after it has been set. */
  readonly skewMsMax: number;
  /** Of each link; 0 is without end. */
  readonly bytesPerSecond: number;
  /** What waits for its parents, of each author; and frames that a member holds. Small ones reach rare paths. */
  readonly pendingPerAuthor: number;
  readonly mempoolFrames: number;
  /** Bytes a second, and at once, that a member's requests are answered with. */
  readonly answerBytes: number;
  readonly safetyMs: number;
  readonly framesPerSecond: number;
  /** A quarter of the frames may execute for so long at most; 0: all outlast the run. */
  readonly shortLifeMs: number;
  readonly gcDepth: number;
  readonly leadersPerRound: number;
  readonly checkpointEvery: number;
  /** By the order's time, where something was executed. */
  readonly checkpointMs: number;
  /** The same between checkpoints that are signed with ML-DSA-65 too; 0: all are. */
  readonly quantumMs: number;
  /** Commits from one snapshot to the next. */
  readonly snapshotCommits: number;
  /** Bytes of a chunk of a snapshot: small ones make many of a small state. */
  readonly chunkBytes: number;
  /** Members keep no rounds below the horizon in memory, and of their journals only what two snapshots need. */
  readonly prunes: boolean;
  readonly hasWeights: boolean;
  readonly leavesSomeDown: boolean;
  /** One member begins with another configuration, and is put right later. */
  readonly beginsMismatched: boolean;
  /** False where a script says who starts again and when. */
  readonly restartsByChance: boolean;
  readonly hasRealSignatures: boolean;
  /** Lets more members lie than the committee bears: what is promised then is only that it is found out. */
  readonly hasTooManyLiars: boolean;
  readonly liars: readonly { readonly author: number; readonly strategies: readonly Strategy[] }[];
  readonly rates: FaultRates;
}

export interface RunRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly hasRealSignatures?: boolean;
  /** What is other than the seed says; see overrides.ts. */
  readonly changes?: string;
}

/** What each rate is at most. All but a few faults are off in half of the runs. */
const RATES_MAX: FaultRates = {
  lossPpm: 200_000,
  duplicatePpm: 100_000,
  replayPpm: 20_000,
  oldEpochPpm: 5_000,
  garblePpm: 20_000,
  stragglePpm: 50_000,
  partitionPpm: 80_000,
  clogPpm: 80_000,
  slowLinkPpm: 100_000,
  powerLossPpm: 8_000,
  crashPpm: 100_000,
  stormPpm: 12_000,
  pausePpm: 40_000,
  clockJumpPpm: 60_000,
  clockDriftPpm: 30_000,
  clockFreezePpm: 20_000,
  burstPpm: 20_000,
  stepCrashPpm: 3_000,
  slowDiskPpm: 20_000,
  fsyncErrorPpm: 500,
  diskFullPpm: 2_000,
  lyingFlushPpm: 20_000,
  lateTimerPpm: 50_000,
  damagePpm: 800_000,
  readErrorPpm: 100_000,
  configMismatchPpm: 80_000,
  mixedVersionsPpm: 300_000,
  changePpm: 300_000,
  badChangePpm: 100_000,
};

export const RATE_NAMES: readonly (keyof FaultRates)[] = Object.keys(
  RATES_MAX,
) as (keyof FaultRates)[];

export function mapRates(of: (most: number) => number): FaultRates {
  const rates: Partial<Record<keyof FaultRates, number>> = {};
  for (const name of RATE_NAMES) rates[name] = of(RATES_MAX[name]);
  return rates as FaultRates;
}

/** A run without any fault, to begin from when a test wants one in particular. */
export const NO_FAULTS: FaultRates = mapRates(() => 0);

/** The rest of such a run: even delays and clocks, members that start alike, some load, and room enough for it. */
export const CALM = {
  heavyTail: false,
  splitsVotes: false,
  skewMsMax: 0,
  framesPerSecond: 100,
  hasWeights: false,
  leavesSomeDown: false,
  beginsMismatched: false,
  bytesPerSecond: 0,
  pendingPerAuthor: 512,
  mempoolFrames: 2_000,
} satisfies Partial<RunOptions>;
