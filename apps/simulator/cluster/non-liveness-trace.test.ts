import { Committer, Dag, Profile, refOf } from "@rialto/consensus";
import {
  createTestCommittee,
  equalWeights,
  genesisRefs,
  range,
  sketchBlock,
} from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { nonLivenessTrace } from "./non-liveness-trace.ts";
import { runSimulation } from "./simulate-cluster.ts";

const COMMITTEE = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(10) });
const LIARS = [7, 8, 9];

/** How many of 300 rounds are decided where `jumperCount` honest members leave out each round, never its leader. */
function decidedRounds(jumperCount: number): number {
  const dag = new Dag(COMMITTEE);
  const committer = new Committer(dag);
  for (let round = 1; round <= 300; round++) {
    const leader = round % 10;
    const turn = range(7).map((each) => (each + round) % 7);
    const jumpers = turn.filter((author) => author !== leader).slice(0, jumperCount);
    const before = round === 1 ? genesisRefs(COMMITTEE) : dag.round(round - 1).map(refOf);
    for (const author of range(10)) {
      if (jumpers.includes(author)) continue;
      const leaderBefore = (round - 1) % 10;
      const isDenied = LIARS.includes(author) && author !== leaderBefore;
      const strong = before.filter((ref) => !isDenied || ref.author !== leaderBefore);
      const isThere = strong.some((ref) => ref.author === author);
      const weak = isThere ? [] : [{ round: 0, author, digest: COMMITTEE.genesis[author]! }];
      committer.note(dag.insert(sketchBlock(COMMITTEE, { author, round, strong, weak })));
    }
  }
  committer.decide();
  return committer.decidedRound;
}

test("the published non-liveness trace, n = 10, f = 3: rounds that are left out stop all decisions", () => {
  expect(decidedRounds(2)).toBe(0);
  expect(decidedRounds(0)).toBeGreaterThan(290);
});

test.each(range(3))(
  "the published non-liveness trace, n = 10, f = 3: the pacemaker makes progress, seed %i",
  (seed) => {
    const result = runSimulation(nonLivenessTrace(seed));
    expect(result).toMatchObject({ verdict: "pass", violations: [] });
    expect(result.commits).toBeGreaterThan(10);
  },
);
