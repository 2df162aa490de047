import { encodeHex, fail } from "@rialto/base";
import {
  type Committee,
  Committer,
  Dag,
  leaderOf,
  Profile,
  type VerifiedBlock,
  withLeaderOrder,
} from "@rialto/consensus";
import {
  createTestCommittee,
  equalWeights,
  genesisRefs,
  range,
  sketchBlock,
} from "@rialto/consensus/testing";

// One leader slot, and everything that a small committee can make of it: every vote, every choice of parents, every
// later anchor with every history that it can have. Whatever one member decides directly, no other may decide
// otherwise through an anchor.

/** Who is looked at. */
export interface SlotScope {
  readonly profile: Profile;
  readonly count: number;
  /**
   * Who lies: the leader with two blocks for its slot; its neighbour with a vote and a blame, or with three blocks of
   * the round of certificates.
   */
  readonly liar: "nobody" | "leader" | "voter" | "certifier";
  /** Every `stride`-th DAG only: 1 is all of them. */
  readonly stride: number;
}

export interface SlotReport {
  readonly dags: number;
  /** Comparisons of a direct decision with one through an anchor. */
  readonly comparisons: number;
  readonly commits: number;
  readonly skips: number;
  /** What two members have decided differently, in words. */
  readonly conflicts: readonly string[];
}

/** A block's strong parents, as a list of blocks of the round before. */
type Parents = readonly VerifiedBlock[];

interface Tally {
  dags: number;
  comparisons: number;
  commits: number;
  skips: number;
  readonly conflicts: string[];
}

/** Goes through all of it. */
export function checkOneSlot(scope: SlotScope): SlotReport {
  const tally: Tally = { dags: 0, comparisons: 0, commits: 0, skips: 0, conflicts: [] };
  for (const leader of range(scope.count)) checkLeader(scope, leader, tally);
  return tally;
}

/** With the leader of round 1 given, the others lead in turn: so each of them is the anchor's author once. */
function checkLeader(scope: SlotScope, leader: number, tally: Tally): void {
  const { profile, count, liar, stride } = scope;
  const base = createTestCommittee({ profile, weights: equalWeights(count) });
  const leaderOrder = range(count).map((place) => (place + leader + count - 1) % count);
  const committee = withLeaderOrder(base, leaderOrder);
  const strong = genesisRefs(committee);
  const first = range(count).map((author) => sketchBlock(committee, { author, round: 1, strong }));
  const twin = sketchBlock(committee, { author: leader, round: 1, strong, twin: 1 });
  const wave = committee.thresholds.wave;
  let at = 0;
  for (const votes of product(range(count).map((author) => voteChoices(scope, author, leader)))) {
    const second = votes.flatMap((vote, author) => {
      const others = first.filter((block) => block.author !== leader || author === leader);
      const parents = others.filter((block) => block.author !== leader);
      if (vote === 1) parents.push(first[leader]!);
      if (vote === 2) parents.push(twin);
      const made = sketchBlock(committee, { author, round: 2, strong: parents });
      if (liar === "leader" && author === leader) {
        // It votes for each of its blocks.
        const rest = parents.filter((block) => block.author !== leader);
        const voting = [...rest, twin];
        return [made, sketchBlock(committee, { author, round: 2, strong: voting, twin: 1 })];
      }
      if (liar !== "voter" || author !== (leader + 1) % count) return [made];
      const blaming = others.filter((block) => block.author !== leader);
      return [made, sketchBlock(committee, { author, round: 2, strong: blaming, twin: 1 })];
    });
    const known = liar === "leader" ? [...first, twin, ...second] : [...first, ...second];
    if (wave === 2) {
      if (at++ % stride === 0) checkDag(committee, known, second, tally);
      continue;
    }
    const choices = range(count).map((author) => {
      const isTriple = liar === "certifier" && author === (leader + 1) % count;
      return thirdChoices(committee, second, author, isTriple);
    });
    for (const chosen of product(choices)) {
      const third = chosen.flat();
      if (at++ % stride === 0) checkDag(committee, [...known, ...third], third, tally);
    }
  }
}

/** What an author may make of round 3: one block, or of a liar two with the same parents and one with any. */
function thirdChoices(
  committee: Committee,
  second: Parents,
  author: number,
  isTriple: boolean,
): VerifiedBlock[][] {
  const sketch = (strong: Parents, twin?: number): VerifiedBlock =>
    sketchBlock(committee, { author, round: 3, strong, ...(twin === undefined ? {} : { twin }) });
  const choices = parentChoices(committee, second, author);
  if (!isTriple) return choices.map((strong) => [sketch(strong)]);
  return choices.flatMap((first) =>
    choices.map((other) => [sketch(first), sketch(first, 1), sketch(other, 2)]),
  );
}

/** 0 blame, 1 a vote for the leader's block, 2 for its twin. A leader refers to its own. */
function voteChoices({ liar, count }: SlotScope, author: number, leader: number): number[] {
  const hasTwins = liar === "leader";
  // Beside its vote it has a blame.
  if (liar === "voter" && author === (leader + 1) % count) return [1];
  // A leader that lies votes for both, and any other for its own.
  if (author === leader) return [1];
  return hasTwins ? [0, 1, 2] : [0, 1];
}

/** Every set of at least a quorum of `blocks`, one of an author, that holds the author's own. */
function parentChoices(committee: Committee, blocks: Parents, author: number): Parents[] {
  const choices: Parents[] = [];
  for (let mask = 0; mask < 1 << blocks.length; mask++) {
    const chosen = blocks.filter((_, index) => (mask & (1 << index)) !== 0);
    if (chosen.length < committee.thresholds.quorum) continue;
    if (new Set(chosen.map((block) => block.author)).size < chosen.length) continue;
    if (chosen.some((block) => block.author === author)) choices.push(chosen);
  }
  return choices;
}

/** Compares what the whole wave decides with what each anchor decides for those who saw nothing else. */
function checkDag(committee: Committee, blocks: Parents, last: Parents, tally: Tally): void {
  tally.dags++;
  const direct = decideSlot(committee, blocks);
  if (direct?.startsWith("counted") === true) {
    if (tally.conflicts.length < 5) tally.conflicts.push(direct);
    return;
  }
  if (direct !== undefined) tally[direct === "skipped" ? "skips" : "commits"]++;
  const { wave, quorum } = committee.thresholds;
  const anchorAuthor = leaderOf(committee, 1 + wave, 0);
  for (const parents of parentChoices(committee, last, anchorAuthor)) {
    const view = continueFrom(committee, historyOf(parents, blocks), parents);
    const indirect = decideSlot(committee, view);
    if (indirect === undefined) fail("an anchor that is committed decides the slot");
    // Who has seen everything decides as the anchor does, where it has not decided before.
    const other = direct ?? decideSlot(committee, continueFrom(committee, blocks, parents));
    tally.comparisons++;
    if (other !== indirect && tally.conflicts.length < 5) {
      const authors = parents.map((block) => block.author).join("");
      tally.conflicts.push(
        `${direct === undefined ? "with all" : "directly"} ${other}, by the anchor over ${authors} of ${quorum}: ${indirect}`,
      );
    }
  }
}

/** The digest of the committed block of round 1, "skipped", or undefined. */
function decideSlot(committee: Committee, blocks: Parents): string | undefined {
  const dag = new Dag(committee);
  const committer = new Committer(dag);
  for (const block of blocks) committer.note(dag.insert(block));
  const miscount = findMiscount(committee, committer, blocks);
  if (miscount !== undefined) return miscount;
  const decision = committer.decide()[0];
  if (committer.broken !== undefined) return `broken: ${committer.broken.reason}`;
  if (decision === undefined) return undefined;
  return decision.kind === "skip" ? "skipped" : encodeHex(decision.block.digest);
}

/** Counted anew, without the committer's tallies: what the pacemaker is told of the votes of round 2. */
function findMiscount(
  committee: Committee,
  committer: Committer,
  blocks: Parents,
): string | undefined {
  const leader = leaderOf(committee, 1, 0);
  const votesFor = new Map<string, Set<number>>();
  const blames = new Set<number>();
  for (const { round, author, strong } of blocks) {
    if (round !== 2) continue;
    const vote = strong.find((ref) => ref.author === leader);
    if (vote === undefined) blames.add(author);
    else {
      const key = encodeHex(vote.digest);
      votesFor.set(key, (votesFor.get(key) ?? new Set()).add(author));
    }
  }
  const most = Math.max(0, ...[...votesFor.values()].map((authors) => authors.size));
  const told = committer.voteWeights(1, 0);
  if (told.votes === most && told.blames === blames.size) return undefined;
  return `counted ${told.votes} votes and ${told.blames} blames, not ${most} and ${blames.size}`;
}

function historyOf(parents: Parents, blocks: Parents): Parents {
  const byDigest = new Map(blocks.map((block) => [encodeHex(block.digest), block]));
  const known = new Set<VerifiedBlock>(parents);
  for (const block of known) {
    for (const ref of block.strong) {
      const parent = byDigest.get(encodeHex(ref.digest));
      if (parent !== undefined) known.add(parent);
    }
  }
  return blocks.filter((block) => known.has(block));
}

/** The members whose blocks are in `parents` go on, each with all that the others make, until the anchor commits. */
function continueFrom(committee: Committee, known: Parents, parents: Parents): Parents {
  const view = [...known];
  const authors = parents.map((block) => block.author);
  let before = parents;
  const { wave } = committee.thresholds;
  for (let round = wave + 1; round <= 2 * wave; round++) {
    const strong = before;
    before = authors.map((author) => sketchBlock(committee, { author, round, strong }));
    view.push(...before);
  }
  return view;
}

/** Every way of taking one of each. */
function* product<T>(lists: readonly (readonly T[])[]): Generator<T[]> {
  const [first, ...rest] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const item of first) for (const others of product(rest)) yield [item, ...others];
}

/** The scopes that are looked at; `stride` thins the large ones out. */
export function slotScopes(stride: number): SlotScope[] {
  // Many times as many as the others.
  const longer = stride === 1 ? 1 : 8 * stride + 3;
  return [
    { profile: Profile.Crash, count: 3, liar: "nobody", stride: 1 },
    { profile: Profile.Crash, count: 5, liar: "nobody", stride: 1 },
    { profile: Profile.Byzantine, count: 4, liar: "nobody", stride },
    { profile: Profile.Byzantine, count: 4, liar: "leader", stride: longer },
    { profile: Profile.Byzantine, count: 4, liar: "voter", stride },
    { profile: Profile.Byzantine, count: 4, liar: "certifier", stride },
    { profile: Profile.Fast, count: 4, liar: "nobody", stride },
    { profile: Profile.Fast, count: 4, liar: "leader", stride: longer },
    { profile: Profile.Fast, count: 4, liar: "voter", stride },
    { profile: Profile.Fast, count: 4, liar: "certifier", stride },
  ];
}
