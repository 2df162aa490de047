import { fail, Fault } from "@rialto/base";
import {
  type Committee,
  Committer,
  createCommittee,
  Dag,
  NO_DIGEST,
  Profile,
  type VerifiedBlock,
} from "@rialto/consensus";
import { genesisRefs, range, sketchBlock, testHash } from "@rialto/consensus/testing";

// Small committees with every set of weights, one leader a round or all, and every set of members that may be gone:
// whoever is left must go on deciding. A dead leader's slot is decided through later ones, so how leaders take turns is
// part of it.

/** Who is looked at. */
export interface GoneScope {
  readonly profile: Profile;
  readonly count: number;
  readonly weightMax: number;
}

export interface GoneReport {
  readonly committees: number;
  /** Committees, each with one set of members that are there. */
  readonly cases: number;
  /** Cases in which decisions stop, in words. */
  readonly standstills: readonly string[];
}

/** Goes through all of it. */
export function checkGoneMembers({ profile, count, weightMax }: GoneScope): GoneReport {
  const standstills: string[] = [];
  let committees = 0;
  let cases = 0;
  for (let code = 0; code < weightMax ** count; code++) {
    const weights = range(count).map((at) => 1 + (Math.floor(code / weightMax ** at) % weightMax));
    for (const leaders of [1, count]) {
      const committee = committeeOf(profile, weights, leaders);
      committees++;
      for (let mask = 1; mask < 1 << count; mask++) {
        const there = range(count).filter((author) => (mask & (1 << author)) !== 0);
        const weight = there.reduce((sum, author) => sum + weights[author]!, 0);
        if (weight < committee.thresholds.quorum) continue;
        cases++;
        const problem = findStandstill(committee, there);
        if (problem !== undefined && standstills.length < 5) standstills.push(problem);
      }
    }
  }
  return { committees, cases, standstills };
}

/** Each leads as often as it weighs, or all lead. */
function committeeOf(
  profile: Profile,
  weights: readonly number[],
  leadersPerRound: number,
): Committee {
  const members = weights.map((weight, author) => ({
    publicKey: testHash(Uint8Array.of(author)),
    weight,
  }));
  const committee = createCommittee(
    {
      chainId: NO_DIGEST,
      epoch: 1,
      profile,
      members,
      gcDepth: 64,
      leadersPerRound,
      epochSeed: NO_DIGEST,
    },
    testHash,
  );
  return committee instanceof Fault ? fail(committee.message) : committee;
}

/** Those that are there make every block that they can, each with all that it could refer to. */
function findStandstill(committee: Committee, there: readonly number[]): string | undefined {
  const dag = new Dag(committee);
  const committer = new Committer(dag);
  const cycle = committee.leaders.length;
  const rounds = 3 * cycle + 2 * committee.thresholds.wave;
  let before: readonly VerifiedBlock[] = [];
  for (let round = 1; round <= rounds; round++) {
    const strong = round === 1 ? genesisRefs(committee) : before;
    before = there.map((author) => sketchBlock(committee, { author, round, strong }));
    for (const block of before) committer.note(dag.insert(block));
  }
  committer.decide();
  // Within two cycles there are leaders in a row that are there.
  if (committer.decidedRound >= cycle) return undefined;
  return `of weights ${committee.weights.join(", ")} there are ${there.join(", ")}: round ${committer.decidedRound} of ${rounds} is decided`;
}

export const GONE_SCOPES: readonly GoneScope[] = [
  { profile: Profile.Crash, count: 3, weightMax: 4 },
  { profile: Profile.Crash, count: 5, weightMax: 2 },
  { profile: Profile.Byzantine, count: 4, weightMax: 3 },
  { profile: Profile.Fast, count: 4, weightMax: 3 },
];
