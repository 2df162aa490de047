import { encodeHex } from "@rialto/base";
import { describe, expect, test } from "vitest";
import { sketchBlock } from "../testing/dag-builder.ts";
import { createConsensus, ScenarioWorld } from "../testing/scenario-world.ts";
import { SWEEP } from "../testing/test-committee.ts";

// Sui stood still for six hours in January 2026 because members collected garbage by what each of them held, and
// so disagreed about what a late block brought along. Here only the leader says what is too old.

describe.each(SWEEP)("garbage collection conflict, $name", ({ profile, count }) => {
  const GC_DEPTH = 6;
  const late = count - 1;

  /** `late` makes a block in round 1 that nobody sees for `rounds` rounds; then somebody refers to its chain. */
  function conflict(rounds: number): ScenarioWorld {
    const world = new ScenarioWorld({ profile, count, gcDepth: GC_DEPTH });
    const others = world.authors.slice(0, late);
    world.round(1, { authors: others });
    for (let round = 2; round <= rounds; round++) world.round(round, { authors: others });
    return world;
  }

  test("a member that had the late block in time and one that never had it commit the same", () => {
    const world = conflict(14);
    const hidden = sketchBlock(world.committee, { author: late, round: 1, strong: world.refs(0) });
    // It comes back through a block so old that its parent stands below the horizon of those who have gone on.
    const bridge = sketchBlock(world.committee, {
      author: late,
      round: 7,
      strong: world.refs(6),
      weak: [hidden],
    });
    const early = createConsensus(world.committee);
    const earlyDigests: string[] = [];
    const digestsOf = (
      consensus: typeof early,
      blocks: Parameters<typeof early.offer>[0][],
    ): string[] =>
      blocks.flatMap((block) =>
        consensus.offer(block).batches.map((batch) => encodeHex(batch.digest)),
      );
    earlyDigests.push(...digestsOf(early, [hidden, ...world.offered]));
    world.offer(bridge);
    earlyDigests.push(...digestsOf(early, [bridge]));
    const before = world.offered.length;
    // Everybody refers to the bridge, and the leaders sweep it up where they still may.
    for (let round = 15; round <= 26; round++) {
      const refs = world.refs(round - 1);
      for (const author of world.authors.slice(0, late)) {
        const weak = round === 15 && author === 0 && bridge.round >= 15 - GC_DEPTH ? [bridge] : [];
        world.offer(sketchBlock(world.committee, { author, round, strong: refs, weak }));
      }
    }
    earlyDigests.push(...digestsOf(early, world.offered.slice(before)));
    expect(earlyDigests).toEqual(world.batches.map((batch) => encodeHex(batch.digest)));
    const committed = world.batches.flatMap((batch) => batch.commit.refs);
    expect(committed.some((ref) => encodeHex(ref.digest) === encodeHex(hidden.digest))).toBe(false);
  });

  test("a block whose parents stand at or below the horizon needs them no more", () => {
    const world = conflict(12);
    const horizon = world.consensus.dag.horizon;
    expect(horizon).toBeGreaterThan(2);
    const hidden = sketchBlock(world.committee, {
      author: late,
      round: horizon,
      strong: world.refs(horizon - 1),
    });
    const above = sketchBlock(world.committee, {
      author: late,
      round: horizon + 1,
      strong: [hidden, ...world.refs(horizon).slice(0, world.quorum)],
    });
    world.offer(above);
    expect(world.consensus.dag.find(above)).toBeDefined();
    expect(world.consensus.dag.find(hidden)).toBeUndefined();
    world.offer(hidden);
    expect(world.consensus.dag.find(hidden)).toBeUndefined();
  });

  test("what waits for a block below the horizon is set free when the horizon passes it", () => {
    const world = new ScenarioWorld({ profile, count, gcDepth: GC_DEPTH });
    const hidden = sketchBlock(world.committee, { author: late, round: 1, strong: world.refs(0) });
    const others = world.authors.slice(0, late);
    world.round(1, { authors: others });
    const waiting = sketchBlock(world.committee, {
      author: late,
      round: 2,
      strong: [hidden, ...world.refs(1)],
    });
    world.offer(waiting);
    expect(world.consensus.pending.count).toBe(1);
    for (let round = 2; round <= 14; round++) world.round(round, { authors: others });
    expect(world.consensus.dag.horizon).toBeGreaterThanOrEqual(1);
    expect(world.consensus.pending.count).toBe(0);
  });

  test("memory holds no more than the rounds that are to be kept", () => {
    const world = new ScenarioWorld({ profile, count, gcDepth: GC_DEPTH });
    const small = createConsensus(world.committee, 4);
    world.fullRounds(1, 60);
    for (const block of world.offered) small.offer(block);
    expect(small.dag.lowestRound).toBe(small.dag.horizon - 4);
    expect(small.dag.blockCount).toBe((60 - small.dag.lowestRound + 1) * count);
    expect(small.sequencer.lastDigest).toEqual(world.consensus.sequencer.lastDigest);
    const kept = small.dag.round(small.dag.lowestRound)[0]!;
    // Of what is forgotten nothing leads on to what came before it.
    expect(kept.strong.every((parent) => parent?.strong.length === 0)).toBe(true);
  });

  test("a commit has all that it orders, however far the horizon has risen since", () => {
    const world = new ScenarioWorld({ profile, count, gcDepth: GC_DEPTH });
    const small = createConsensus(world.committee, 0);
    world.fullRounds(1, 60);
    // As of a member that executes nothing meanwhile: it waits for its disk.
    const offered = world.offered.map((block) => small.offer(block));
    expect(small.dag.lowestRound).toBe(small.dag.horizon);
    const blocks = offered.flatMap(({ inserted, batches }) => [
      ...inserted,
      ...batches.flatMap((batch) => batch.blocks),
    ]);
    expect(blocks.length).toBeGreaterThan(60 * count);
    expect(blocks.every(({ block }) => block !== undefined)).toBe(true);
  });
});
