import { LEADER_TURNS_MAX, Profile, MEMBERS_MAX } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { RULES, smallChange, smallGenesis, smallRoster } from "../testing/small-chain.ts";
import { findChangeFrameProblem } from "./epoch-change.ts";

test("members whose leaders are dear to work out cost nobody that, unless a quorum wants them", () => {
  const before = smallGenesis(4);
  const seats = Array.from({ length: MEMBERS_MAX }, (_, each) => ({
    process: each,
    key: each,
  }));
  const whole = { profile: Profile.Byzantine, leadersPerRound: MEMBERS_MAX };
  const roster = smallRoster(2, seats, whole);
  const heavy = LEADER_TURNS_MAX - MEMBERS_MAX + 1;
  const members = roster.members.map((each, author) => ({
    ...each,
    weight: author === 0 ? heavy : 1,
  }));
  let hashed = 0;
  const rules = { ...RULES, hash: (bytes: Uint8Array) => (hashed++, testHash(bytes)) };
  const frame = smallChange(before, { ...roster, members }, [[3, 3]]);
  expect(findChangeFrameProblem(frame, before, rules)).toBe("1 of 4 have signed it, 3 must");
  // What was signed: the roster's digest.
  expect(hashed).toBe(1);
});
