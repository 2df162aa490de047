import { createPrng, Fault } from "@rialto/base";
import { expect, test } from "vitest";
import { type Committee, type CommitteeConfig, createCommittee, leaderOf } from "./committee.ts";
import { Profile } from "./quorum.ts";
import { testHash } from "./testing/test-hash.ts";

const seedOf = (value: number): Uint8Array => testHash(Uint8Array.of(value, value >>> 8));

function configOf(
  weights: readonly number[],
  change: Partial<CommitteeConfig> = {},
): CommitteeConfig {
  return {
    chainId: seedOf(1),
    epoch: 3,
    profile: Profile.Byzantine,
    members: weights.map((weight, author) => ({ publicKey: seedOf(100 + author), weight })),
    gcDepth: 64,
    leadersPerRound: 1,
    epochSeed: seedOf(2),
    ...change,
  };
}

function committeeOf(weights: readonly number[], change: Partial<CommitteeConfig> = {}): Committee {
  const committee = createCommittee(configOf(weights, change), testHash);
  if (committee instanceof Fault) throw committee;
  return committee;
}

test("whoever is a quorum leads twice in a row, a Byzantine quorum three times", () => {
  const prng = createPrng(1);
  for (let time = 0; time < 400; time++) {
    const weights = Array.from({ length: 4 + prng.below(6) }, () => 1 + prng.below(6));
    const profile = prng.chance(1, 2) ? Profile.Crash : Profile.Byzantine;
    const committee = committeeOf(weights, { profile, epochSeed: seedOf(time) });
    const alive = weights.map(() => prng.chance(2, 3));
    const weight = weights.reduce((sum, each, author) => sum + (alive[author] ? each : 0), 0);
    if (weight < committee.thresholds.quorum) continue;
    const needed = profile === Profile.Crash ? 2 : 3;
    let [run, longest] = [0, 0];
    for (let round = 0; round < 3 * committee.leaders.length; round++) {
      run = alive[leaderOf(committee, round, 0)] === true ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    expect(longest).toBeGreaterThanOrEqual(needed);
  }
});

test("members lead as often as their weights say", () => {
  const { leaders } = committeeOf([10, 20, 30, 40]);
  const turns = [0, 1, 2, 3].map((author) => leaders.filter(([each]) => each === author).length);
  expect(turns).toEqual([1, 2, 3, 4]);
  expect(committeeOf([5, 5, 5, 5]).leaders).toHaveLength(4);
});

test("the leaders of a round are distinct members", () => {
  for (const leadersPerRound of [1, 2, 3, 4]) {
    const { leaders } = committeeOf([10, 20, 30, 40], { leadersPerRound });
    for (const each of leaders) expect(new Set(each).size).toBe(leadersPerRound);
  }
});

test("everything that members must agree on is in the hash", () => {
  const { hash } = committeeOf([1, 1, 1, 1]);
  const others = [
    committeeOf([1, 1, 1, 2]),
    committeeOf([1, 1, 1, 1, 1]),
    committeeOf([1, 1, 1, 1], { epoch: 4 }),
    committeeOf([1, 1, 1, 1], { gcDepth: 65 }),
    committeeOf([1, 1, 1, 1], { leadersPerRound: 2 }),
    committeeOf([1, 1, 1, 1], { profile: Profile.Crash }),
    committeeOf([1, 1, 1, 1], { chainId: seedOf(9) }),
    committeeOf([1, 1, 1, 1], { epochSeed: seedOf(9) }),
  ];
  for (const other of others) {
    expect(other.hash).not.toEqual(hash);
    expect(other.genesis[0]).not.toEqual(committeeOf([1, 1, 1, 1]).genesis[0]);
  }
});

test.each<[string, readonly number[], Partial<CommitteeConfig>]>([
  ["a short chain id", [1, 1, 1, 1], { chainId: new Uint8Array(31) }],
  [
    "a key under which no signature holds",
    [1],
    { profile: Profile.Solo, members: [{ publicKey: new Uint8Array(32), weight: 1 }] },
  ],
  ["no garbage collection", [1, 1, 1, 1], { gcDepth: 3 }],
  ["no leader", [1, 1, 1, 1], { leadersPerRound: 0 }],
  ["more leaders than members", [1, 1, 1, 1], { leadersPerRound: 5 }],
  ["a negative epoch", [1, 1, 1, 1], { epoch: -1 }],
  ["weights too fine to take turns by", [1, 1, 1, 1_000_000], {}],
  ["too few members", [1, 1, 1], {}],
])("refuses %s", (_, weights, change) => {
  expect(createCommittee(configOf(weights, change), testHash)).toBeInstanceOf(Fault);
});
