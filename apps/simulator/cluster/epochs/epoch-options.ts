import { createPrng, type Prng } from "@rialto/base";
import { Profile } from "@rialto/consensus";

export interface EpochRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: "crash" | "byzantine";
}

/** Everything that a seed decides about a run. Chances are parts of a million. */
export interface EpochOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: Profile;
  readonly liars: readonly number[];
  readonly delayUs: number;
  readonly gcDepth: number;
  readonly checkpointEvery: number;
  readonly mempoolFrames: number;
  readonly safetyMs: number;
  readonly frameGapUs: number;
  /** Of each message. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  readonly garblePpm: number;
  /** Of each 50 ms. */
  readonly cutPpm: number;
  readonly changePpm: number;
  /** Of each 50 ms and process; of each restart. */
  readonly crashPpm: number;
  readonly wipePpm: number;
}

/** Draws a run: each kind of fault is off in about half of the seeds. Members change in all. */
export function drawEpochOptions({ seed, nodes, profile }: EpochRequest): EpochOptions {
  const prng = createPrng(seed ^ 0x0e90_c000);
  const rate = (most: number): number => (prng.chance(1, 2) ? prng.below(most) : 0);
  return {
    seed,
    nodes,
    profile: profile === "byzantine" ? Profile.Byzantine : Profile.Crash,
    liars: drawLiars(prng, nodes, profile),
    delayUs: [200, 1_000, 5_000, 20_000][prng.below(4)]!,
    gcDepth: [6, 16, 64][prng.below(3)]!,
    checkpointEvery: 1 + prng.below(40),
    mempoolFrames: prng.chance(1, 4) ? 20 : 2_000,
    safetyMs: 1_000 + prng.below(2_000),
    frameGapUs: [4_000, 20_000, 200_000][prng.below(3)]!,
    lossPpm: rate(200_000),
    duplicatePpm: rate(100_000),
    garblePpm: rate(20_000),
    cutPpm: rate(100_000),
    changePpm: 50_000 + prng.below(300_000),
    crashPpm: rate(60_000),
    wipePpm: rate(900_000),
  };
}

function drawLiars(prng: Prng, nodes: number, profile: EpochRequest["profile"]): readonly number[] {
  if (profile === "crash" || prng.chance(1, 3)) return [];
  const count = 1 + prng.below(Math.ceil(nodes / 3) - 1);
  return Array.from({ length: count }, (_, at) => (at * 2 + 1) % nodes);
}
