import { encodeHex, Fault } from "@rialto/base";
import { Profile, type Roster } from "@rialto/consensus";
import { describe, expect, test } from "vitest";
import {
  leadersFor,
  type MemberCard,
  type ProfileName,
  PROFILES,
  rosterMember,
} from "./genesis.ts";
import { editRoster, type RosterEdit, type RosterTerms } from "./roster-edit.ts";

const keyOf = (process: number): Uint8Array => new Uint8Array(32).fill(process + 1);

function cardOf(process: number): MemberCard {
  const key = encodeHex(keyOf(process));
  const address = `tcp://127.0.0.1:${5_000 + process}`;
  return { publicKey: key, linkKey: key, address, weight: 1 };
}

function rosterOf(profile: Profile, count: number, leadersPerRound: number): Roster {
  return {
    chainId: new Uint8Array(32),
    epoch: 1,
    profile,
    gcDepth: 64,
    leadersPerRound,
    voteThresholdPpm: 750_000,
    members: Array.from({ length: count }, (_, process) => rosterMember(cardOf(process))),
  };
}

/** Leaders of a round once `edit` has come. */
function leadersAfter(before: Roster, edit: RosterEdit, terms?: RosterTerms): number {
  const next = editRoster(before, edit, terms);
  if (next instanceof Fault) throw next;
  return next.leadersPerRound;
}

describe.each<[ProfileName, number, number]>([
  ["solo", 1, 1],
  ["crash", 2, 2],
  ["crash", 3, 3],
  ["crash", 4, 1],
  ["byzantine", 4, 1],
])("%s, %i members", (profile, count, leaders) => {
  test(`have ${leaders} leaders a round`, () => {
    expect(leadersFor(PROFILES[profile], count)).toBe(leaders);
  });
});

const add = (process: number): RosterEdit => ({ kind: "add", card: cardOf(process) });
const remove: RosterEdit = { kind: "remove", member: 0 };
const replace: RosterEdit = { kind: "replace", member: 0, card: cardOf(9) };

test("who leads follows the size of the committee and its profile", () => {
  const three = rosterOf(Profile.Crash, 3, 3);
  expect(leadersAfter(three, add(3))).toBe(1);
  expect(leadersAfter(three, add(3), { profile: "byzantine" })).toBe(1);
  expect(leadersAfter(rosterOf(Profile.Crash, 4, 1), remove)).toBe(3);
  expect(leadersAfter(rosterOf(Profile.Byzantine, 4, 4), remove, { profile: "crash" })).toBe(3);
});

test("a number of leaders that somebody chose stays while these do", () => {
  expect(leadersAfter(rosterOf(Profile.Crash, 3, 1), replace)).toBe(1);
  expect(leadersAfter(rosterOf(Profile.Byzantine, 4, 3), replace)).toBe(3);
});

test("a change may say how many lead, and no more than there are", () => {
  expect(leadersAfter(rosterOf(Profile.Crash, 3, 3), add(3), { leaders: 4 })).toBe(4);
  const tooMany = editRoster(rosterOf(Profile.Crash, 3, 3), remove, { leaders: 3 });
  expect(tooMany).toMatchObject({ detail: { code: "ROSTER_REFUSED" } });
  expect((tooMany as Fault<never>).message).toContain(
    "3 leaders in a round are more than the 2 members",
  );
});
