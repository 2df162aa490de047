import { describe, expect, test } from "vitest";
import { ScenarioWorld } from "../testing/scenario-world.ts";
import { SWEEP } from "../testing/test-committee.ts";

describe.each(SWEEP)("indirect decision, $name", ({ profile, count }) => {
  test("a leader with one certificate in an anchor's history is committed by the anchor", () => {
    const world = new ScenarioWorld({ profile, count });
    const { wave } = world.committee.thresholds;
    world.round(1);
    // Only a few vote, or only one block certifies: no direct decision either way.
    if (wave === 2) {
      // The leader alone votes for its own block.
      world.round(2, { without: [1] });
    } else {
      world.round(2, { authors: world.authors.slice(0, world.quorum) });
      world.round(2, { authors: world.authors.slice(world.quorum), without: [1] });
      world.round(3, { authors: [0] });
      const weaker = world.authors.slice(1);
      for (const author of weaker)
        world.round(3, { authors: [author], without: [author === 2 ? 3 : 2] });
    }
    expect(world.leaderRounds.includes(1)).toBe(false);
    world.fullRounds(wave + 1, wave + 8);
    expect(world.leaderRounds[0]).toBe(1);
  });

  test("a leader without a certificate in the anchor's history is skipped by the anchor", () => {
    const world = new ScenarioWorld({ profile, count });
    const { wave } = world.committee.thresholds;
    world.round(1);
    if (wave === 2) {
      world.round(2, { authors: world.authors.filter((author) => author !== 1), without: [1] });
      world.round(3, { authors: world.authors.filter((author) => author !== 1) });
    } else {
      const half = world.quorum - 1;
      world.round(2, {
        authors: [1, ...world.authors.filter((author) => author !== 1).slice(0, half - 1)],
      });
      const rest = world.authors.filter(
        (author) => world.consensus.dag.first(2, author) === undefined,
      );
      world.round(2, { authors: rest, without: [1] });
      world.round(3);
    }
    world.fullRounds(wave + 1 + (wave === 2 ? 1 : 0), wave + 9);
    expect(world.consensus.committer.decidedRound).toBeGreaterThan(4);
    expect(world.leaderRounds.includes(1)).toBe(false);
  });

  test("an anchor of the wave itself decides nothing", () => {
    const world = new ScenarioWorld({ profile, count });
    const { wave } = world.committee.thresholds;
    const others = world.authors.filter((author) => author !== 1);
    // The leader's block comes late: those of the wave know nothing of it.
    world.round(1, { authors: others });
    for (let round = 2; round <= wave; round++)
      world.round(round, { authors: others.slice(0, world.quorum) });
    const before = world.consensus.committer.decidedRound;
    expect(before).toBe(profile === 3 ? 1 : 0);
  });
});
