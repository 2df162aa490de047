import { describe, expect, test } from "vitest";
import { ScenarioWorld } from "../testing/scenario-world.ts";
import { FAST_SWEEP } from "../testing/test-committee.ts";

// Author `round % n` leads a round: 1 leads round 1.

describe.each(FAST_SWEEP)("fast path, $name", ({ profile, count }) => {
  test("a leader that enough vote for is committed with the round of votes", () => {
    const world = new ScenarioWorld({ profile, count });
    const { fast } = world.committee.thresholds;
    world.round(1);
    world.round(2, { authors: world.authors.slice(0, fast! - 1) });
    expect(world.leaderRounds).toEqual([]);
    world.round(2, { authors: world.authors.slice(fast! - 1, fast) });
    expect(world.leaderRounds).toEqual([1]);
  });

  test("one vote too few for the fast path, and certificates commit it", () => {
    const world = new ScenarioWorld({ profile, count });
    const { fast } = world.committee.thresholds;
    world.round(1);
    world.round(2, { authors: world.authors.slice(0, fast! - 1) });
    world.round(3, { authors: world.authors.slice(0, fast! - 1) });
    expect(world.leaderRounds).toContain(1);
  });

  test("an anchor that knows of enough votes commits what somebody may have committed at once", () => {
    const world = new ScenarioWorld({ profile, count });
    const { quorum, weak, certify } = world.committee.thresholds;
    world.round(1);
    const voters = [1, ...world.authors.filter((author) => author !== 1)].slice(0, weak);
    expect(voters.length).toBeLessThan(certify);
    world.round(2, { authors: voters });
    const others = world.authors.filter((author) => !voters.includes(author));
    world.round(2, { authors: others.slice(0, quorum - weak!), without: [1] });
    world.fullRounds(3, 12);
    expect(world.leaderRounds[0]).toBe(1);
  });

  test("an anchor that knows of fewer votes skips it", () => {
    const world = new ScenarioWorld({ profile, count });
    const { quorum, weak } = world.committee.thresholds;
    world.round(1);
    const voters = [1, ...world.authors.filter((author) => author !== 1)].slice(0, weak! - 1);
    world.round(2, { authors: voters });
    const others = world.authors.filter((author) => !voters.includes(author));
    world.round(2, { authors: others.slice(0, quorum - weak! + 1), without: [1] });
    world.fullRounds(3, 12);
    expect(world.consensus.committer.decidedRound).toBeGreaterThan(4);
    expect(world.leaderRounds).not.toContain(1);
  });
});
