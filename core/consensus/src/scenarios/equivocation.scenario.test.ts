import { describe, expect, test } from "vitest";
import { refOf } from "../commit.ts";
import { Profile } from "../quorum.ts";
import { sketchBlock, without } from "../testing/dag-builder.ts";
import { createConsensus, ScenarioWorld } from "../testing/scenario-world.ts";
import { SWEEP } from "../testing/test-committee.ts";

const byzantine = SWEEP.filter((each) => each.profile === Profile.Byzantine);

describe.each(byzantine)("equivocation, $name", ({ profile, count }) => {
  test("the second block of a round is evidence and is not kept", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const strong = world.refs(0);
    const twin = sketchBlock(world.committee, { author: 1, round: 1, strong, twin: 1 });
    world.offer(twin);
    expect(world.consensus.dag.find(twin)).toBeUndefined();
    expect(world.consensus.evidence.all()).toHaveLength(1);
    expect(world.consensus.evidence.has(1)).toBe(true);
  });

  test("a second block that an accepted one rests on is kept, and its votes count once", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const twin = sketchBlock(world.committee, {
      author: 1,
      round: 1,
      strong: world.refs(0),
      twin: 1,
    });
    const strong = [...without(world.refs(1), 1), twin];
    world.offer(sketchBlock(world.committee, { author: 0, round: 2, strong }));
    expect(world.consensus.pending.count).toBe(1);
    world.offer(twin);
    expect(world.consensus.pending.count).toBe(0);
    expect(world.consensus.dag.find(twin)).toBeDefined();
    expect(world.consensus.dag.roundWeight(1)).toBe(count);
    const tally = world.consensus.committer.tally(1, 0)!;
    expect(tally.candidates.map((each) => each.votes.weight)).toEqual([0, 1]);
  });

  test("fed back in the order of acceptance, a kept second block is kept again", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const genesis = world.refs(0);
    const twin = sketchBlock(world.committee, { author: 1, round: 1, strong: genesis, twin: 1 });
    const strong = [...without(world.refs(1), 1), twin];
    const onTwin = sketchBlock(world.committee, { author: 0, round: 2, strong });
    world.offer(onTwin);
    world.offer(twin);
    const accepted = [...world.consensus.dag.round(1), ...world.consensus.dag.round(2)];
    const again = createConsensus(world.committee);
    for (const { block } of accepted) again.offer(block!, true);
    expect(again.dag.find(twin)).toBeDefined();
    expect(again.dag.find(onTwin)).toBeDefined();
    expect(again.evidence.all()).toHaveLength(1);
  });

  test("of a leader's twins the certified one is committed, the other never", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const twin = sketchBlock(world.committee, {
      author: 1,
      round: 1,
      strong: world.refs(0),
      twin: 1,
    });
    const strong = [...without(world.refs(1), 1), twin];
    const lonely = count - 1;
    world.offer(sketchBlock(world.committee, { author: lonely, round: 2, strong }));
    world.offer(twin);
    world.round(2, { authors: world.authors.slice(0, lonely) });
    world.fullRounds(3, 12);
    expect(world.leaderRounds[0]).toBe(1);
    const committed = world.batches.flatMap((batch) => batch.commit.refs);
    const ofSlot = committed.filter((ref) => ref.round === 1 && ref.author === 1);
    expect(ofSlot).toEqual([world.refs(1)[1]]);
    expect(committed.some((ref) => ref.digest === twin.digest)).toBe(false);
  });

  test("of twins that one commit sweeps up together the lesser digest is kept", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const liar = count - 1;
    const first = world.refs(1)[liar]!;
    const twin = sketchBlock(world.committee, {
      author: liar,
      round: 1,
      strong: world.refs(0),
      twin: 1,
    });
    const others = without(world.refs(1), liar);
    world.offer(sketchBlock(world.committee, { author: 0, round: 2, strong: [...others, twin] }));
    world.offer(twin);
    // Without the leader of round 2, whose history holds one of the twins only.
    world.round(2, { authors: world.authors.filter((author) => author !== 0 && author !== 2) });
    world.fullRounds(3, 12);
    const committed = world.batches.flatMap((batch) => batch.commit.refs);
    const ofSlot = committed.filter((ref) => ref.round === 1 && ref.author === liar);
    expect(ofSlot).toHaveLength(1);
    const compare = Buffer.compare(first.digest, twin.digest);
    expect(ofSlot[0]!.digest).toEqual(compare < 0 ? first.digest : twin.digest);
  });

  test("two certified blocks of one slot break the assumption and stop all decisions", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const twin = sketchBlock(world.committee, {
      author: 1,
      round: 1,
      strong: world.refs(0),
      twin: 1,
    });
    const onTwin = [...without(world.refs(1), 1), twin];
    // More liars than the profile allows: everybody votes for both.
    const votes = world.authors.map((author) =>
      sketchBlock(world.committee, {
        author,
        round: 2,
        strong: author === 1 ? world.refs(1) : onTwin,
        twin: 1,
      }),
    );
    world.round(2);
    const forTwin = votes.filter((vote) => vote.author !== 1);
    const leaderVote = refOf(world.consensus.dag.first(2, 1)!);
    // Half of the next round certifies one, half the other: neither is committed directly.
    const half = Math.ceil(count / 2);
    world.round(3, { authors: world.authors.slice(0, half) });
    const strong = [...forTwin, leaderVote];
    for (const author of world.authors.slice(half)) {
      world.offer(sketchBlock(world.committee, { author, round: 3, strong }));
    }
    for (const vote of votes) world.offer(vote);
    world.offer(twin);
    expect(world.consensus.broken).toBeUndefined();
    world.fullRounds(4, 8);
    expect(world.consensus.broken?.reason).toMatch(/slot/);
    expect(world.consensus.broken?.blocks.length).toBe(2);
  });
});
