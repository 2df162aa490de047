import { encodeHex, Fault } from "@rialto/base";
import { Profile, type Roster } from "@rialto/consensus";
import { expect, test } from "vitest";
import { type MemberCard, rosterMember } from "./genesis.ts";
import { editRoster, type RosterEdit, type RosterTerms } from "./roster-edit.ts";
import { rosterText } from "./roster-text.ts";

function cardOf(process: number, key = process): MemberCard {
  const hex = (value: number): string => encodeHex(new Uint8Array(32).fill(value + 1));
  const address = `tcp://127.0.0.1:${5_000 + process}`;
  return { publicKey: hex(key), linkKey: hex(process), address, weight: 1 };
}

const BEFORE: Roster = {
  chainId: new Uint8Array(32),
  epoch: 1,
  profile: Profile.Crash,
  gcDepth: 64,
  leadersPerRound: 3,
  voteThresholdPpm: 650_000,
  members: [0, 1, 2].map((process) => rosterMember(cardOf(process))),
};
const KEPT = [0, 1, 2].map((each) => `  member ${each}  tcp://127.0.0.1:500${each}  weight 1`);

function textOf(edit: RosterEdit, terms?: RosterTerms): string[] {
  const after = editRoster(BEFORE, edit, terms);
  if (after instanceof Fault) throw after;
  return rosterText(BEFORE, after);
}

test("keys that are other than before are told from those that stay", () => {
  const rotated = textOf({ kind: "rotate", member: 1, card: cardOf(1, 8) });
  expect(rotated).toEqual([KEPT[0], `${KEPT[1]}  new key 0909090909090909...`, KEPT[2]]);
});

test("a key against quantum computers that is another, or none any more, is no small print", () => {
  const quantumKey = "ab".repeat(1_952);
  const card = { ...cardOf(1), quantumKey };
  const edit = { kind: "replace", member: 1, card } as const;
  expect(textOf(edit)[1]).toBe(`${KEPT[1]}  new ML-DSA-65 key abababababababab...`);
  const before = { ...BEFORE, members: BEFORE.members.with(1, rosterMember(card)) };
  expect(rosterText(before, BEFORE)[1]).toBe(`${KEPT[1]}  new ML-DSA-65 key none`);
});

test("who comes into a seat is told from who had it, though the address be the same", () => {
  const card = { ...cardOf(7), address: cardOf(1).address };
  expect(textOf({ kind: "replace", member: 1, card })).toEqual([
    KEPT[0],
    `${KEPT[1]}  new, with key 0808080808080808...`,
    KEPT[2],
    "  leaves    tcp://127.0.0.1:5001, which was member 1",
  ]);
});

test("what else changes is said", () => {
  const terms = { profile: "byzantine", voteThreshold: 0.75 } as const;
  const lines = textOf({ kind: "add", card: cardOf(3) }, terms);
  expect(lines.slice(3)).toEqual([
    "  member 3  tcp://127.0.0.1:5003  weight 1  new, with key 0404040404040404...",
    "  profile: byzantine instead of crash",
    "  leaders of a round: 1 instead of 3",
    "  vote threshold: 0.75 instead of 0.65",
  ]);
});
