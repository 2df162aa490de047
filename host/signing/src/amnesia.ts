/** What another member answers when asked how far it is. */
export interface AmnesiaAnswer {
  readonly member: number;
  /** The highest round that it has signed itself, proved by the header that came with the answer. */
  readonly round: number;
}

/** How far the lost round can be above the highest answer, and one more to be above it. */
const ROUNDS_BEYOND = 2;

/**
 * The first round in which a member may sign again that has forgotten what it signed, or undefined where too few have
 * answered. The caller has checked the answers: each with a header, and the header with its parents.
 *
 * A block that was lost at round r had parents of a quorum at r - 1. The answers overlap with those parents in an honest
 * member, which signed r - 1 or more; so the highest answer is at least r - 1, and two above it is above r.
 *
 * @param requiredCount members other than this one: n - f of a Byzantine committee, a majority of a crash-tolerant one.
 * Source   consensus, section 2.10.
 */
export function firstRoundAfterAmnesia(
  answers: readonly AmnesiaAnswer[],
  requiredCount: number,
): number | undefined {
  const rounds = new Map<number, number>();
  for (const { member, round } of answers) {
    rounds.set(member, Math.max(round, rounds.get(member) ?? 0));
  }
  if (rounds.size < requiredCount) return undefined;
  return Math.max(0, ...rounds.values()) + ROUNDS_BEYOND;
}
