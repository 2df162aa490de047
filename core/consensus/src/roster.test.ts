import { createPrng, equalBytes } from "@rialto/base";
import { expect, test } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { QUANTUM_KEY_BYTES } from "./committee.ts";
import { Profile } from "./quorum.ts";
import {
  encodeRoster,
  findSuccessionProblem,
  readRoster,
  type Roster,
  type RosterMember,
  rosterDigest,
} from "./roster.ts";
import { testHash } from "./testing/test-hash.ts";

function memberOf(number: number, hasQuantumKey = true): RosterMember {
  const quantumKey = new Uint8Array(QUANTUM_KEY_BYTES).fill(number);
  return {
    publicKey: testHash(Uint8Array.of(1, number)),
    linkKey: testHash(Uint8Array.of(2, number)),
    address: `tcp://10.0.0.${number}:5000`,
    weight: 1,
    ...(hasQuantumKey ? { quantumKey } : {}),
  };
}

function rosterOf(
  epoch: number,
  members: readonly RosterMember[],
  more: Partial<Roster> = {},
): Roster {
  return {
    chainId: testHash(Uint8Array.of(9)),
    epoch,
    profile: Profile.Crash,
    gcDepth: 64,
    leadersPerRound: 1,
    voteThresholdPpm: 650_000,
    members,
    ...more,
  };
}

const before = rosterOf(1, [memberOf(0), memberOf(1, false), memberOf(2)]);
const after = rosterOf(2, [memberOf(0), memberOf(1, false), memberOf(2), memberOf(3)]);

test("a roster is read as it was written; keys that stay the same need not travel", () => {
  const whole = encodeRoster(after);
  const short = encodeRoster(after, before);
  expect(whole.length - short.length).toBe(2 * QUANTUM_KEY_BYTES);
  for (const [bytes, known] of [
    [whole, undefined],
    [short, before],
  ] as const) {
    const reader = new ByteReader(bytes);
    expect(readRoster(reader, known)).toEqual(after);
    expect(reader.isDone).toBe(true);
    // The name is that of the whole form, however it came.
    expect(rosterDigest(readRoster(new ByteReader(bytes), known)!, testHash)).toEqual(
      rosterDigest(after, testHash),
    );
  }
  // Without the roster before nobody knows what the short form leaves out.
  expect(readRoster(new ByteReader(short))).toBeUndefined();
});

test("no bytes make the reader do more than refuse, and no two rosters have one form", () => {
  const bytes = encodeRoster(after, before);
  let changed = 0;
  for (let seed = 0; seed < 400; seed++) {
    const prng = createPrng(seed);
    const mutated = Uint8Array.from(
      bytes.subarray(0, bytes.length - prng.below(2) * prng.below(9)),
    );
    mutated[prng.below(mutated.length)]! ^= 1 << prng.below(8);
    const reader = new ByteReader(mutated);
    const roster = readRoster(reader, before);
    if (roster === undefined || !reader.isDone) continue;
    changed++;
    expect(equalBytes(rosterDigest(roster, testHash), rosterDigest(after, testHash))).toBe(false);
  }
  expect(changed).toBeGreaterThan(50);
});

test.each<[string, Roster, RegExp]>([
  ["another chain", { ...after, chainId: testHash(Uint8Array.of(8)) }, /another chain/],
  ["an epoch left out", { ...after, epoch: 3 }, /it is of epoch 3, not 2/],
  ["another gcDepth", { ...after, gcDepth: 65 }, /gcDepth/],
  ["a profile that hosts do not offer", { ...after, profile: Profile.Fast }, /profile 4/],
  ["no profile at all", { ...after, profile: 9 as Profile }, /profile 9/],
  ["byzantine with three", rosterOf(2, before.members, { profile: Profile.Byzantine }), /four/],
  ["one alone", rosterOf(2, [memberOf(0)]), /crash needs two members/],
  ["a threshold below the quorum", { ...after, voteThresholdPpm: 500_000 }, /is unsafe/],
  ["a key twice", rosterOf(2, [memberOf(0), memberOf(1), memberOf(0)]), /same publicKey/],
  [
    "one ML-DSA-65 key for two, whose signature would count as both",
    rosterOf(2, [memberOf(0), { ...memberOf(1), quantumKey: memberOf(0).quantumKey! }]),
    /same quantumKey/,
  ],
  ["too many who are new", rosterOf(2, [memberOf(0), memberOf(4), memberOf(5)]), /add fewer/],
  [
    "an address that is none",
    rosterOf(2, [memberOf(0), memberOf(1), { ...memberOf(2), address: "tcp://10.0.0.2" }]),
    /the address of member 2/,
  ],
  [
    "an address with a port that is none",
    rosterOf(2, [memberOf(0), memberOf(1), { ...memberOf(2), address: "tcp://10.0.0.2:70000" }]),
    /the address of member 2/,
  ],
  [
    "an address that could end in two places",
    rosterOf(2, [memberOf(0), { ...memberOf(1), address: "tcp://::1:5000" }, memberOf(2)]),
    /the address of member 1/,
  ],
  [
    "no weight",
    rosterOf(2, [memberOf(0), memberOf(1), { ...memberOf(2), weight: 0 }]),
    /not a positive integer/,
  ],
])("what may not follow: %s", (_, roster, problem) => {
  expect(findSuccessionProblem(roster, before)).toMatch(problem);
});

test("what may follow: one more, one less, one in another's place, all with new keys", () => {
  const rotated = before.members.map((each, at) => ({
    ...each,
    publicKey: testHash(Uint8Array.of(7, at)),
  }));
  const followers = [
    after,
    rosterOf(2, before.members.slice(1)),
    rosterOf(2, [memberOf(0), memberOf(1), memberOf(6)]),
    rosterOf(2, rotated),
    { ...after, profile: Profile.Byzantine },
  ];
  for (const roster of followers) {
    expect(findSuccessionProblem(roster, before)).toBeUndefined();
  }
});
