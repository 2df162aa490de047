import { createPrng, Fault } from "@rialto/base";
import { describe, expect, test } from "vitest";
import {
  checkVoteThreshold,
  computeThresholds,
  Profile,
  profileLabel,
  type Thresholds,
} from "./quorum.ts";
import { equalWeights } from "./testing/test-committee.ts";

function thresholds(profile: Profile, weights: readonly number[]): Thresholds {
  const result = computeThresholds(profile, weights);
  if (result instanceof Fault) throw result;
  return result;
}

describe("quorums", () => {
  // n, f, quorum (Byzantine), quorum (crash), members that may be gone (crash): consensus.md, table of §2.
  test.each([
    [4, 1, 3, 3, 1],
    [7, 2, 5, 4, 3],
    [10, 3, 7, 6, 4],
    [20, 6, 14, 11, 9],
    [50, 16, 34, 26, 24],
    [100, 33, 67, 51, 49],
  ])("of %i equal members", (count, liars, quorum, majority, silent) => {
    const byzantine = thresholds(Profile.Byzantine, equalWeights(count));
    expect(byzantine).toMatchObject({
      liars,
      quorum,
      certify: quorum,
      commit: quorum,
      skip: quorum,
      wave: 3,
    });
    expect(quorum).toBe(count - liars);
    const crash = thresholds(Profile.Crash, equalWeights(count));
    expect(crash).toMatchObject({ quorum: majority, silent, skip: count, wave: 2, liars: 0 });
  });

  // n, f, quorum, certify, commit, fast and skip, weak: the table of the fast path, with c = 0.
  test.each([
    [4, 1, 3, 3, 3, 4, 2],
    [5, 1, 4, 4, 3, 5, 2],
    [6, 1, 5, 4, 3, 5, 3],
    [7, 2, 5, 5, 5, 7, 3],
    [10, 3, 7, 7, 7, 10, 4],
  ])("of %i members with a fast path", (count, liars, quorum, certify, commit, fast, weak) => {
    expect(thresholds(Profile.Fast, equalWeights(count))).toMatchObject({
      liars,
      quorum,
      certify,
      commit,
      fast,
      skip: fast,
      weak,
      silent: liars,
      wave: 3,
    });
  });

  test("any two quorums share more than may lie, and those that may lie cannot stop the rest", () => {
    const prng = createPrng(1);
    for (let time = 0; time < 2_000; time++) {
      const weights = Array.from({ length: 4 + prng.below(20) }, () => 1 + prng.below(1_000_000));
      const { total, quorum, liars, silent } = thresholds(Profile.Byzantine, weights);
      expect(2 * quorum - total).toBeGreaterThan(liars);
      expect(3 * quorum).toBeGreaterThan(2 * total);
      expect(3 * (quorum - 1)).toBeLessThanOrEqual(2 * total);
      expect(total - liars).toBeGreaterThanOrEqual(quorum);
      expect(total - silent).toBe(quorum);
      const crash = thresholds(Profile.Crash, weights);
      expect(2 * crash.quorum).toBeGreaterThan(crash.total);
    }
  });

  test.each([
    ["nobody", Profile.Crash, []],
    ["a weight of nothing", Profile.Byzantine, [1, 1, 1, 0]],
    ["half a weight", Profile.Byzantine, [1, 1, 1, 0.5]],
    ["weights beyond 2^50", Profile.Byzantine, [2 ** 50, 1, 1, 1]],
    ["too many", Profile.Byzantine, equalWeights(129)],
    ["two alone", Profile.Solo, [1, 1]],
    ["one for crash", Profile.Crash, [1]],
    ["three for byzantine", Profile.Byzantine, [1, 1, 1]],
  ] as const)("refuses %s", (_, profile, weights) => {
    expect(computeThresholds(profile, weights)).toBeInstanceOf(Fault);
  });
});

describe("a configured vote threshold is an assertion", () => {
  test.each([
    [Profile.Crash, 3, 0.65, true],
    [Profile.Byzantine, 4, 0.65, true],
    [Profile.Byzantine, 7, 0.65, true],
    [Profile.Byzantine, 10, 0.65, true],
    [Profile.Byzantine, 20, 0.65, false],
    [Profile.Byzantine, 50, 0.65, false],
    [Profile.Byzantine, 100, 0.65, false],
    [Profile.Byzantine, 100, 0.67, true],
    [Profile.Byzantine, 4, 0.5, false],
    [Profile.Crash, 3, 0.33, false],
    [Profile.Crash, 3, 1.01, false],
    [Profile.Crash, 3, Number.NaN, false],
    [Profile.Crash, 3, -1, false],
    // Four of six are enough for it, and four do not decide.
    [Profile.Byzantine, 6, 0.6666666, false],
    [Profile.Byzantine, 6, 0.666667, true],
    [Profile.Byzantine, 100, 0.58, false],
  ])("profile %i, %i members, %d", (profile, count, threshold, isSafe) => {
    const fault = checkVoteThreshold(
      threshold,
      thresholds(profile as Profile, equalWeights(count)),
    );
    expect(fault === undefined).toBe(isSafe);
  });
});

test("a threshold of half is not safe, however large the weights", () => {
  // In floats half of 2^50 - 112 rounds up to what decides.
  const crash = thresholds(Profile.Crash, [2 ** 49, 2 ** 49 - 112]);
  expect(checkVoteThreshold(0.5, crash)).toBeInstanceOf(Fault);
  expect(checkVoteThreshold(0.500001, crash)).toBeUndefined();
});

test("a profile says what it is", () => {
  expect(profileLabel(Profile.Crash, thresholds(Profile.Crash, equalWeights(3)))).toBe(
    "crash-tolerant (1 of 3), not Byzantine-tolerant",
  );
  expect(profileLabel(Profile.Byzantine, thresholds(Profile.Byzantine, equalWeights(4)))).toBe(
    "Byzantine-tolerant (1 of 4)",
  );
});
