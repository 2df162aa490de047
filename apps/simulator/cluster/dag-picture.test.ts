import { Dag, leaderOf, Profile } from "@rialto/consensus";
import {
  createTestCommittee,
  equalWeights,
  genesisRefs,
  range,
  sketchBlock,
} from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { type DagView, drawSvg, drawText } from "./dag-picture.ts";

/** One round of four members, in which the last one shows four blocks. The leader is skipped, and its block is in a later commit. */
function viewOfTwins(): DagView {
  const committee = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(4) });
  const dag = new Dag(committee);
  const strong = genesisRefs(committee);
  for (const author of range(4)) {
    for (const twin of range(author === 3 ? 4 : 1)) {
      const inserted = dag.insert(sketchBlock(committee, { author, round: 1, strong, twin }));
      if (author === leaderOf(committee, 1, 0)) inserted.commitIndex = 2;
    }
  }
  return { title: "", dag, decidedRound: 1, leaders: new Set(), fromRound: 1, toRound: 1 };
}

test("what stands below a picture is not drawn over, however many blocks the last member shows", () => {
  const svg = drawSvg(viewOfTwins());
  const lowest = Math.max(
    ...[...svg.matchAll(/cy="(\d+)" r="(\d+)"/g)].map(([, y, r]) => +y! + +r!),
  );
  const [, legendY] = /y="(\d+)">green/.exec(svg)!;
  const [, height] = /viewBox="0 0 \d+ (\d+)"/.exec(svg)!;
  expect(svg.match(/<circle/g)).toHaveLength(7);
  expect(Number(legendY)).toBeGreaterThan(lowest + 12);
  expect(Number(height)).toBeGreaterThan(Number(legendY));
});

test("a leader that was skipped, and is in a later commit, looks so", () => {
  const view = viewOfTwins();
  const author = leaderOf(view.dag.committee, 1, 0);
  const row = drawText(view)
    .split("\n")
    .find((line) => line.startsWith(`member  ${author}`));
  expect(row).toMatch(/ s$/);
  expect(drawSvg(view)).toMatch(/fill="#90caf9" stroke="#c62828"/);
});
