import { createPrng, encodeHex } from "@rialto/base";
import { expect, test } from "vitest";
import type { VerifiedBlock } from "./block.ts";
import type { CommittedBatch, OrderStart } from "./commit.ts";
import type { Committee } from "./committee.ts";
import { Consensus } from "./consensus.ts";
import { openOrderBase, type OrderBase, OrderTrail } from "./order-base.ts";
import { refKey } from "./pending.ts";
import { Profile } from "./quorum.ts";
import { randomDag } from "./testing/random-dag.ts";
import { createTestCommittee, equalWeights } from "./testing/test-committee.ts";
import { testHash } from "./testing/test-hash.ts";

const ROOMY = { blocksPerAuthor: 10_000, bytesPerAuthor: 1_000_000_000 };

interface Lived {
  readonly accepted: readonly VerifiedBlock[];
  readonly batches: readonly CommittedBatch[];
  /** Where the order stood after each commit. */
  readonly bases: readonly OrderBase[];
}

function createConsensus(committee: Committee, base?: OrderBase): Consensus {
  return new Consensus({ committee, hash: testHash, pendingLimits: ROOMY, retainRounds: 8, base });
}

function live(committee: Committee, blocks: readonly VerifiedBlock[]): Lived {
  const consensus = createConsensus(committee);
  const trail = new OrderTrail();
  const accepted: VerifiedBlock[] = [];
  const batches: CommittedBatch[] = [];
  const bases: OrderBase[] = [];
  const byRef = new Map(blocks.map((block) => [refKey(block), block]));
  const open = [...blocks];
  const answers = new Set<VerifiedBlock>();
  for (let block = open.shift(); block !== undefined; block = open.shift()) {
    // A twin that its author brings is dropped; where one is needed it is asked for, and somebody honest brings it.
    const offered = consensus.offer(block, answers.has(block) ? 0 : block.author);
    const wanted = consensus.pending.wanted(100).map((ref) => byRef.get(refKey(ref))!);
    for (const each of wanted) answers.add(each);
    open.unshift(...wanted);
    accepted.push(...offered.inserted.map((each) => each.block!));
    for (const batch of offered.batches) {
      trail.note(batch.commit);
      batches.push(batch);
      bases.push({ commits: [...trail.commits], digest: batch.digest });
    }
  }
  return { accepted, batches, bases };
}

function digestsOf(batches: readonly CommittedBatch[]): string[] {
  return batches.map(({ digest }) => encodeHex(digest));
}

function resume(
  committee: Committee,
  base: OrderBase,
  blocks: readonly VerifiedBlock[],
): CommittedBatch[] {
  const consensus = createConsensus(committee, base);
  return blocks.flatMap((block) => consensus.offer(block).batches);
}

const seeds = Array.from({ length: 12 }, (_, seed) => seed + 1);

test.each(seeds)("from any commit on, the same blocks lead to the same order: seed %i", (seed) => {
  const prng = createPrng(seed);
  const isCrash = seed % 3 === 0;
  const committee = createTestCommittee({
    profile: isCrash ? Profile.Crash : Profile.Byzantine,
    weights: equalWeights(isCrash ? 3 : 4),
    gcDepth: 4 + prng.below(12),
    leadersPerRound: 1 + prng.below(2),
  });
  const blocks = randomDag(prng, {
    committee,
    rounds: 60,
    liars: isCrash ? [] : [3],
    absentPercent: prng.below(25),
    blindPercent: prng.below(30),
  });
  const { accepted, batches, bases } = live(committee, blocks);
  expect(batches.length).toBeGreaterThan(10);
  for (let at = 0; at < bases.length; at += 3) {
    const base = bases[at]!;
    const { commits, digest } = base;
    // It is checked as it would be that comes from a stranger.
    expect(openOrderBase(commits, digest, committee, testHash)).toEqual(base);
    const rest = digestsOf(batches.slice(at + 1));
    expect(digestsOf(resume(committee, base, accepted))).toEqual(rest);
    // Who has nothing from below the horizon comes as far.
    const { gcRound } = commits.at(-1)!;
    const above = accepted.filter(({ round }) => round > gcRound);
    expect(digestsOf(resume(committee, base, above))).toEqual(rest);
  }
});

test("a base that reaches back to where the epoch before has ended is whole there, and nowhere else", () => {
  const committee = createTestCommittee({
    profile: Profile.Byzantine,
    weights: equalWeights(4),
    gcDepth: 64,
  });
  const start = { index: 40, digest: testHash(Uint8Array.of(40)), tsMs: 5 };
  const pendingLimits = ROOMY;
  const consensus = new Consensus({
    committee,
    hash: testHash,
    pendingLimits,
    retainRounds: 8,
    start,
  });
  const options = { committee, rounds: 20, liars: [], absentPercent: 0, blindPercent: 0 };
  const blocks = randomDag(createPrng(9), options);
  const batches = blocks.flatMap((block) => consensus.offer(block).batches);
  const commits = batches.map(({ commit }) => commit);
  const { digest } = batches.at(-1)!;
  expect(commits[0]!.index).toBe(41);
  const open = (given: typeof commits, from?: OrderStart): OrderBase | undefined =>
    openOrderBase(given, digest, committee, testHash, from);
  expect(open(commits, start)).toEqual({ commits, digest });
  expect(open(commits.slice(1), start)).toBeUndefined();
  expect(open(commits)).toBeUndefined();
  expect(open(commits, { ...start, digest: testHash(start.digest) })).toBeUndefined();
  expect(open(commits, { ...start, index: 39 })).toBeUndefined();
});

test("a base that is cut, longer than its digest says, of another order or of another leader is refused", () => {
  const committee = createTestCommittee({
    profile: Profile.Byzantine,
    weights: equalWeights(4),
    gcDepth: 4,
  });
  const options = { committee, rounds: 30, liars: [], absentPercent: 0, blindPercent: 0 };
  const { bases } = live(committee, randomDag(createPrng(7), options));
  const { commits, digest } = bases.at(-1)!;
  const open = (changed: OrderBase["commits"], said = digest): OrderBase | undefined =>
    openOrderBase(changed, said, committee, testHash);
  expect(open(commits)).toBeDefined();
  expect(open([])).toBeUndefined();
  expect(open(commits.slice(1))).toBeUndefined();
  expect(open(commits.slice(0, -1))).toBeUndefined();
  expect(open(commits, testHash(digest))).toBeUndefined();
  const [first, ...others] = commits;
  expect(open([{ ...first!, tsMs: first!.tsMs + 1 }, ...others])).toBeUndefined();
  expect(open([...commits.slice(0, 1), ...commits])).toBeUndefined();
});
