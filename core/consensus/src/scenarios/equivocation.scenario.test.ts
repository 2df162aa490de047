import { describe, expect, test } from "vitest";
import type { VerifiedBlock } from "../block.ts";
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
    world.offer(twin, 0);
    expect(world.consensus.pending.count).toBe(0);
    expect(world.consensus.dag.find(twin)).toBeDefined();
    expect(world.consensus.dag.roundWeight(1)).toBe(count);
    const tally = world.consensus.committer.tally(1, 0)!;
    expect(tally.candidates.map((each) => each.votes.weight)).toEqual([0, 1]);
  });

  test("a second block is taken in on the word of a member of whom no lie is known, and of nobody else", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const strong = world.refs(0);
    const [twin, other] = [1, 2].map((author) =>
      sketchBlock(world.committee, { author, round: 1, strong, twin: 1 }),
    ) as [VerifiedBlock, VerifiedBlock];
    // Its author's waiting block makes it wanted, and no more.
    const onTwin = [...without(world.refs(1), 1), twin];
    world.offer(sketchBlock(world.committee, { author: 1, round: 2, strong: onTwin }));
    world.offer(other);
    for (const liar of [1, 2]) world.offer(twin, liar);
    expect(world.consensus.dag.find(twin)).toBeUndefined();
    expect(world.consensus.pending.wanted(1)).toEqual([twin]);
    world.offer(twin, 0);
    expect(world.consensus.pending.count).toBe(0);
    world.offer(other, 0);
    expect(world.consensus.dag.roundWeight(1)).toBe(count);
    expect(world.consensus.dag.round(1)).toHaveLength(count + 2);
  });

  test("a second block is put off while there is no room for it, and comes in later", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const strong = world.refs(0);
    const twin = sketchBlock(world.committee, { author: 1, round: 1, strong, twin: 1 });
    const onTwin = [...without(world.refs(1), 1), twin];
    world.offer(sketchBlock(world.committee, { author: 0, round: 2, strong: onTwin }));
    const asked: number[] = [];
    const refuse = (voucher: number): boolean => asked.push(voucher) === 0;
    expect(world.consensus.offer(twin, 0, refuse).inserted).toEqual([]);
    expect(asked).toEqual([0]);
    expect(world.consensus.pending.wanted(1)).toEqual([twin]);
    expect(world.consensus.offer(twin, 0).inserted).toHaveLength(2);
  });

  test("one that has waited while another came first is judged by who has handed it over, and paid for once", () => {
    const world = new ScenarioWorld({ profile, count });
    const strong = world.refs(0);
    const last = count - 1;
    const parents = world.authors.map((author) =>
      sketchBlock(world.committee, { author, round: 1, strong }),
    );
    for (const parent of parents.slice(0, last)) world.offer(parent);
    const [brought, vouched, late] = [1, 2, 3].map((twin) =>
      sketchBlock(world.committee, { author: 1, round: 2, strong: parents, twin }),
    ) as [VerifiedBlock, VerifiedBlock, VerifiedBlock];
    world.offer(brought);
    world.offer(vouched, 0);
    world.offer(sketchBlock(world.committee, { author: 1, round: 2, strong: world.refs(1) }));
    const asked: number[] = [];
    const take = (voucher: number): boolean => asked.push(voucher) > 0;
    world.consensus.offer(late, 0, take);
    expect(asked).toEqual([]);
    const { inserted } = world.consensus.offer(parents[last]!, last, take);
    expect(inserted.map(({ block }) => block)).toEqual([parents[last], vouched, late]);
    expect(asked).toEqual([0, 0]);
  });

  test("what has decided a slot for somebody decides it for whoever is handed it, though nothing rests on it", () => {
    // As at an epoch's end: who has decided makes no block any more.
    const world = new ScenarioWorld({ profile, count });
    const { authors, quorum, committee } = world;
    const [voters, liar] = [authors.slice(0, quorum), count - 1];
    world.round(1);
    world.round(2, { authors: voters });
    world.round(2, { authors: authors.slice(quorum), without: [1] });
    const blames = world.refs(2).slice(-quorum);
    const votes = world.refs(2).slice(0, quorum);
    const certifying = [...without(votes, liar), world.refs(2)[liar]!];
    for (const author of voters.slice(1)) {
      world.offer(sketchBlock(committee, { author, round: 3, strong: votes }));
    }
    world.offer(sketchBlock(committee, { author: liar, round: 3, strong: blames }));
    const twin = sketchBlock(committee, { author: liar, round: 3, strong: certifying });
    world.offer(twin);
    expect(world.leaderRounds).toEqual([]);
    world.offer(twin, 0);
    expect(world.leaderRounds).toEqual([1]);
  });

  test("two blocks that wait for a round are evidence, though neither is accepted", () => {
    const world = new ScenarioWorld({ profile, count });
    world.fullRounds(1, 2);
    const strong = world.refs(1).map((ref) => ({ ...ref, round: 5 }));
    for (const twin of [1, 2]) {
      world.offer(sketchBlock(world.committee, { author: 1, round: 6, strong, twin }));
    }
    expect(world.consensus.pending.count).toBe(2);
    expect(world.consensus.evidence.has(1)).toBe(true);
  });

  test("fed back in the order of acceptance, a kept second block is kept again", () => {
    const world = new ScenarioWorld({ profile, count });
    world.round(1);
    const genesis = world.refs(0);
    const twin = sketchBlock(world.committee, { author: 1, round: 1, strong: genesis, twin: 1 });
    const strong = [...without(world.refs(1), 1), twin];
    const onTwin = sketchBlock(world.committee, { author: 0, round: 2, strong });
    world.offer(onTwin);
    world.offer(twin, 0);
    const accepted = [...world.consensus.dag.round(1), ...world.consensus.dag.round(2)];
    const again = createConsensus(world.committee);
    for (const { block } of accepted) again.offer(block!);
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
    world.offer(twin, 0);
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
    world.offer(twin, 0);
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
    // As of a journal: where all lie nobody vouches for anything.
    for (const block of [...votes, twin]) world.consensus.offer(block);
    expect(world.consensus.broken).toBeUndefined();
    world.fullRounds(4, 8);
    expect(world.consensus.broken?.reason).toMatch(/slot/);
    expect(world.consensus.broken?.blocks.length).toBe(2);
  });
});
