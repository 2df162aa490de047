import { describe, expect, test } from "vitest";
import { ScenarioWorld } from "../testing/scenario-world.ts";
import { SWEEP } from "../testing/test-committee.ts";

describe.each(SWEEP)("direct commit, $name", ({ profile, count }) => {
  test("a leader commits when its wave is full, and not a block earlier", () => {
    const world = new ScenarioWorld({ profile, count });
    const { wave } = world.committee.thresholds;
    world.fullRounds(1, wave - 1);
    expect(world.leaderRounds).toEqual([]);
    const certifiers = world.authors.slice(0, world.quorum);
    world.round(wave, { authors: certifiers.slice(0, -1) });
    expect(world.leaderRounds).toEqual([]);
    world.round(wave, { authors: certifiers.slice(-1) });
    expect(world.leaderRounds).toEqual([1]);
  });

  test("every round's leader commits, each sweeping up what the one before could not see", () => {
    const world = new ScenarioWorld({ profile, count });
    const { wave } = world.committee.thresholds;
    world.fullRounds(1, 20);
    expect(world.leaderRounds).toEqual(Array.from({ length: 21 - wave }, (_, index) => index + 1));
    expect(world.batches[0]!.blocks).toHaveLength(1);
    for (const batch of world.batches.slice(1)) expect(batch.blocks).toHaveLength(count);
  });

  test("several leaders of a round commit in the order of their places", () => {
    const world = new ScenarioWorld({ profile, count, leadersPerRound: count });
    world.fullRounds(1, 10);
    const leaders = world.batches.map(({ commit: { leader } }) => [leader.round, leader.author]);
    const wanted = world.authors.map((place) => [1, (1 + place) % count]);
    expect(leaders.slice(0, count)).toEqual(wanted);
  });
});

test("solo: a block is final as soon as it is there", () => {
  const world = new ScenarioWorld({ profile: 1, count: 1 });
  world.fullRounds(1, 3);
  expect(world.leaderRounds).toEqual([1, 2, 3]);
});

test("weights: the members of a quorum by weight commit, though few", () => {
  const world = new ScenarioWorld({ profile: 3, count: 4, weights: [10, 10, 10, 1] });
  world.fullRounds(1, 2);
  // A quorum is 21 of 31.
  world.round(3, { authors: [0, 1] });
  expect(world.leaderRounds).toEqual([]);
  world.round(3, { authors: [3] });
  expect(world.leaderRounds).toEqual([1]);
});
