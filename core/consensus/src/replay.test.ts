import { expect, test } from "vitest";
import { Profile } from "./quorum.ts";
import { genesisRefs, range, sketchBlock } from "./testing/dag-builder.ts";
import { createConsensus } from "./testing/scenario-world.ts";
import { createTestCommittee, equalWeights } from "./testing/test-committee.ts";

// Found by seeds 738 of 4 and 529 of 7 byzantine: after a restart a twin was dropped that had been accepted before.

test("a journal gives back the twins that were accepted, though what wanted them comes after them", () => {
  const committee = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(4) });
  const strong = genesisRefs(committee);
  const first = range(4).map((author) => sketchBlock(committee, { author, round: 1, strong }));
  const twin = sketchBlock(committee, { author: 3, round: 1, strong, twin: 1 });
  const child = sketchBlock(committee, {
    author: 0,
    round: 2,
    strong: [...first.slice(0, 3), twin],
  });
  const lived = createConsensus(committee);
  const accepted = [...first, child, twin].flatMap((block) => lived.offer(block, 0).inserted);
  expect(accepted).toHaveLength(6);
  const replayed = createConsensus(committee);
  for (const { block } of accepted) replayed.offer(block!);
  expect(replayed.dag.blockCount).toBe(6);
  expect(replayed.pending.count).toBe(0);
});
