import { drawOptions } from "./draw-options.ts";
import { CALM, NO_FAULTS, type RunOptions } from "./options.ts";

/**
 * The setting in which the protocol as published stands still for ever (Qiu, Xiao and Shao, IEEE S&P 2026): ten
 * members, three of which never vote for a leader, and two honest ones at a time that hear of a round when the next
 * is there. If those leave a round out, a leader gets five votes of the seven that it needs, in every round.
 * Nothing else is wrong: no loss, no crash, and every message within a bound.
 */
export function nonLivenessTrace(seed: number): RunOptions {
  return {
    ...drawOptions({ seed, nodes: 10, profile: "byzantine" }),
    ...CALM,
    delayUs: 5_000,
    hasJumpTrap: true,
    flushUs: 100,
    safetyMs: 1_000,
    gcDepth: 64,
    leadersPerRound: 1,
    checkpointEvery: 5,
    liars: [2, 5, 8].map((author) => ({ author, strategies: ["denyLeader"] })),
    rates: NO_FAULTS,
  };
}
