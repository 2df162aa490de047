import { type BlockHeader, type CommitVote, type Committee, Profile } from "@rialto/consensus";
import { createTestCommittee, equalWeights, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { type CommitConflict, CommitVotes } from "./commit-votes.ts";

const OWN = testHash(Uint8Array.of(1));
const OTHER = testHash(Uint8Array.of(2));

const committeeOf = (leadersPerRound: number): Committee =>
  createTestCommittee({
    profile: Profile.Byzantine,
    weights: equalWeights(4),
    leadersPerRound,
  });

/** What comes of a block of `author` that votes for one commit: of a block nothing else is looked at. */
function hear(votes: CommitVotes, author: number, vote: CommitVote): CommitConflict | undefined {
  return votes.noteBlock({ author, commitVotes: [vote] } as unknown as BlockHeader);
}

test("the next own block votes for the newest commit, and for none before the first", () => {
  const votes = new CommitVotes(committeeOf(1));
  expect(votes.forHeader()).toEqual([]);
  votes.noteOwn({ index: 1, digest: OTHER });
  votes.noteOwn({ index: 2, digest: OWN });
  expect(votes.forHeader()).toEqual([{ index: 2, digest: OWN }]);
});

test("it takes more members than may lie to say that we have gone another way", () => {
  const votes = new CommitVotes(committeeOf(1));
  votes.noteOwn({ index: 7, digest: OWN });
  expect(hear(votes, 1, { index: 7, digest: OTHER })).toBe(undefined);
  expect(hear(votes, 1, { index: 7, digest: OTHER })).toBe(undefined);
  expect(hear(votes, 3, { index: 7, digest: OWN })).toBe(undefined);
  const conflict = { index: 7, own: OWN, theirs: OTHER, authors: [1, 2] };
  expect(hear(votes, 2, { index: 7, digest: OTHER })).toEqual(conflict);
});

test.each([1, 4])(
  "with %i leaders, votes are compared with what 256 rounds have committed",
  (leaders) => {
    const kept = 256 * leaders;
    const votes = new CommitVotes(committeeOf(leaders));
    for (let index = 1; index <= kept + 1; index++) votes.noteOwn({ index, digest: OWN });
    for (const author of [1, 2, 3]) {
      expect(hear(votes, author, { index: 1, digest: OTHER })).toBe(undefined);
    }
    expect(hear(votes, 1, { index: 2, digest: OTHER })).toBe(undefined);
    expect(hear(votes, 2, { index: 2, digest: OTHER })).toMatchObject({ index: 2 });
  },
);
