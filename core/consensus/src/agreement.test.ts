import { createPrng, encodeHex, type Prng } from "@rialto/base";
import { describe, expect, test } from "vitest";
import type { VerifiedBlock } from "./block.ts";
import { Committer, type Decision } from "./committer.ts";
import { Dag, type DagBlock } from "./dag.ts";
import { Profile } from "./quorum.ts";
import { range } from "./testing/dag-builder.ts";
import { decideNaively } from "./testing/naive-committer.ts";
import { offerAll, randomDag, shuffled } from "./testing/random-dag.ts";
import { createConsensus } from "./testing/scenario-world.ts";
import { createTestCommittee, FAST_SWEEP, SWEEP } from "./testing/test-committee.ts";

interface Drawn {
  readonly prng: Prng;
  readonly blocks: VerifiedBlock[];
  readonly liars: readonly number[];
  readonly committee: ReturnType<typeof createTestCommittee>;
}

function draw(seed: number, profile: Profile, count: number, gcDepth: number): Drawn {
  const prng = createPrng(seed);
  const weights = prng.chance(1, 3)
    ? range(count).map(() => 1 + prng.below(9))
    : range(count).map(() => 1);
  const leadersPerRound = 1 + prng.below(prng.chance(1, 3) ? count : 2);
  const committee = createTestCommittee({ profile, weights, gcDepth, leadersPerRound });
  const liars: number[] = [];
  let room = committee.thresholds.liars;
  for (const author of shuffled(prng, range(count))) {
    if (profile < Profile.Byzantine || weights[author]! > room) continue;
    liars.push(author);
    room -= weights[author]!;
  }
  const absentPercent = prng.below(30);
  const blindPercent = prng.below(60);
  const rounds = 8 + prng.below(20);
  const blocks = randomDag(prng, { committee, rounds, liars, absentPercent, blindPercent });
  return { prng, blocks, committee, liars };
}

/** The history of one block, parents first: what its author knew. */
function historyOf(block: VerifiedBlock, blocks: readonly VerifiedBlock[]): VerifiedBlock[] {
  const byDigest = new Map(blocks.map((each) => [encodeHex(each.digest), each]));
  const wanted = new Set<VerifiedBlock>([block]);
  for (const each of wanted) {
    for (const ref of [...each.strong, ...each.weak]) {
      const parent = byDigest.get(encodeHex(ref.digest));
      if (parent !== undefined) wanted.add(parent);
    }
  }
  return blocks.filter((each) => wanted.has(each));
}

const SEEDS = range(25);
const nameOf = (decision: Decision): string =>
  decision.kind === "skip" ? "skip" : encodeHex(decision.block.digest);

describe.each([...SWEEP, ...FAST_SWEEP])("random DAGs, $name", ({ profile, count }) => {
  test.each(SEEDS)("seed %i: the order of arrival changes nothing", (seed) => {
    const { prng, blocks, committee, liars } = draw(seed, profile, count, 6);
    const commits = offerAll(createConsensus(committee), blocks).map(encodeHex);
    for (let time = 0; time < 3; time++) {
      const consensus = createConsensus(committee, prng.below(20));
      const others = offerAll(consensus, shuffled(prng, blocks)).map(encodeHex);
      // Which of a liar's blocks is kept may differ, and with it how far the newest rounds are decided.
      const length = liars.length === 0 ? commits.length : Math.min(commits.length, others.length);
      expect(others.slice(0, length)).toEqual(commits.slice(0, length));
      expect(others.length >= length).toBe(true);
    }
  });

  test.each(SEEDS)(
    "seed %i: what a block's author knew leads to a prefix of the commits",
    (seed) => {
      const { prng, blocks, committee } = draw(seed + 1_000, profile, count, 6);
      const commits = offerAll(createConsensus(committee), blocks).map(encodeHex);
      for (let time = 0; time < 4; time++) {
        const view = historyOf(blocks[prng.below(blocks.length)]!, blocks);
        const known = offerAll(createConsensus(committee), view).map(encodeHex);
        expect(commits.slice(0, known.length)).toEqual(known);
      }
    },
  );

  test.each(SEEDS)("seed %i: the committer agrees with the rule as it is written", (seed) => {
    const { blocks, committee } = draw(seed + 2_000, profile, count, 4_096);
    const dag = new Dag(committee);
    const committer = new Committer(dag);
    const inserted: DagBlock[] = [];
    const decisions: string[] = [];
    for (const block of blocks) {
      const each = dag.insert(block);
      inserted.push(each);
      committer.note(each);
      decisions.push(...committer.decide().map(nameOf));
    }
    const naive = decideNaively({ committee, blocks: inserted });
    expect(decisions).toEqual(
      naive.map((each) => (each === "skip" ? "skip" : encodeHex(each.digest))),
    );
  });
});
