import type { Thresholds } from "./quorum.ts";

/**
 * How final a commit is, by the weight that has signed a checkpoint at or after it. What is final at one level stays
 * so: each level contains those below.
 *
 * Source   docs/protocol/finality.md §2.
 */
export const FinalityLevel = {
  /** Not known, or no longer: finality.md §6 says how long hashes are kept. */
  Unknown: 0,
  /** In the order that this node has executed; nobody has vouched for it yet. */
  Committed: 1,
  /** The profile's quorum has signed, but less than two thirds of the weight: only in a crash profile. */
  Certified: 2,
  /** And at least two thirds of the weight: a fill is firm. */
  Fast: 3,
  /** And at least four fifths of the weight: what leaves the exchange may leave. */
  Economic: 4,
} as const;
export type FinalityLevel = (typeof FinalityLevel)[keyof typeof FinalityLevel];

export type FinalityName = "UNKNOWN" | "COMMITTED" | "CERTIFIED" | "FAST" | "ECONOMIC";

/** The names of the levels, as interfaces write them. */
export const FINALITY_NAMES: Readonly<Record<FinalityLevel, FinalityName>> = {
  [FinalityLevel.Unknown]: "UNKNOWN",
  [FinalityLevel.Committed]: "COMMITTED",
  [FinalityLevel.Certified]: "CERTIFIED",
  [FinalityLevel.Fast]: "FAST",
  [FinalityLevel.Economic]: "ECONOMIC",
};

/** The level to which signers of `weight` bring a checkpoint. Weights are at most 2^50, so the products are exact. */
export function finalityLevelOf(weight: number, { total, quorum }: Thresholds): FinalityLevel {
  if (weight < quorum) return FinalityLevel.Committed;
  if (5 * weight >= 4 * total) return FinalityLevel.Economic;
  return 3 * weight >= 2 * total ? FinalityLevel.Fast : FinalityLevel.Certified;
}
