import { describe, expect, test } from "vitest";
import { ScenarioWorld } from "../testing/scenario-world.ts";
import { SWEEP } from "../testing/test-committee.ts";

const byzantine = SWEEP.filter((each) => each.profile === 3);
const crash = SWEEP.filter((each) => each.profile === 2);

describe.each(byzantine)("direct skip, $name", ({ profile, count }) => {
  test("a leader whom a quorum has not seen is skipped, and not a blame earlier", () => {
    const world = new ScenarioWorld({ profile, count });
    const others = world.authors.filter((author) => author !== 1);
    world.round(1, { authors: others });
    const blamers = others.slice(0, world.quorum);
    world.round(2, { authors: blamers.slice(0, -1) });
    expect(world.consensus.committer.decidedRound).toBe(0);
    world.round(2, { authors: blamers.slice(-1) });
    expect(world.consensus.committer.decidedRound).toBe(1);
    expect(world.batches).toEqual([]);
  });

  test("a skip counts authors that saw the block's absence, not blocks of liars", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    // A quorum votes; the rest blames: never enough to skip.
    const liars = world.authors.slice(world.quorum);
    world.round(2, { authors: world.authors.slice(0, world.quorum) });
    world.round(2, { authors: liars, without: [1] });
    expect(world.consensus.committer.decidedRound).toBe(0);
    world.round(3);
    expect(world.leaderRounds).toEqual([1]);
  });
});

describe.each(crash)("no direct skip, $name", ({ profile, count }) => {
  test("an absent leader is settled only by a later one", () => {
    const world = new ScenarioWorld({ profile, count });
    const others = world.authors.filter((author) => author !== 1);
    world.round(1, { authors: others });
    world.round(2, { authors: others });
    expect(world.consensus.committer.decidedRound).toBe(0);
    world.round(3, { authors: others });
    world.round(4, { authors: others });
    expect(world.consensus.committer.decidedRound).toBeGreaterThanOrEqual(1);
    expect(world.leaderRounds.includes(1)).toBe(false);
  });
});
