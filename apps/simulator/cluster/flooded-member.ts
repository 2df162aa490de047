import {
  type BlockRef,
  type Committee,
  Consensus,
  equalRefs,
  Profile,
  type VerifiedBlock,
} from "@rialto/consensus";
import {
  createTestCommittee,
  equalWeights,
  genesisRefs,
  range,
  sketchBlock,
  testHash,
} from "@rialto/consensus/testing";

const LIAR = 3;
const BUDGET = 16;
const ROUNDS = 6;
/** Rounds of questions and answers after which the member is taken to be stuck. */
const TURNS_MAX = 60;

/**
 * A member that missed some rounds gets the newest blocks first and asks for what they rest on, while the liar fills its
 * waiting room with blocks of low rounds whose parents nobody has. Of the liar's older blocks only its own newer ones
 * tell. The member must get through by references alone (consensus.md §8).
 *
 * Returns  what went wrong, in words, or undefined.
 */
export function runFloodedMember(): string | undefined {
  const committee = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(4) });
  const blocks = lateFriendship(committee);
  const consensus = new Consensus({
    committee,
    hash: testHash,
    pendingLimits: { blocksPerAuthor: BUDGET, bytesPerAuthor: 1_000_000 },
    retainRounds: 100,
  });
  let twin = 0;
  const flood = (): void => {
    for (let count = 0; count < 2 * BUDGET; count++) {
      const strong = range(4).map((author) => unknownRef(author, twin));
      consensus.offer(sketchBlock(committee, { author: LIAR, round: 2, strong, twin: twin++ }));
    }
  };
  const newest = blocks.filter((block) => block.round === ROUNDS && block.author !== LIAR);
  flood();
  for (const block of newest) consensus.offer(block);
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    flood();
    for (const ref of consensus.pending.wanted(8)) {
      const block = blocks.find((each) => equalRefs(each, ref));
      if (block !== undefined) consensus.offer(block);
    }
    if (consensus.pending.count > 2 * 4 * BUDGET) return `${consensus.pending.count} blocks wait`;
    if (consensus.dag.quorumRound === ROUNDS) return climbLadder();
  }
  return `after ${TURNS_MAX} turns of asking it stands at round ${consensus.dag.quorumRound} of ${ROUNDS}`;
}

/** A chain of one liar's blocks, without end, under a single block of another one's: the waiting room has an end. */
function climbLadder(): string | undefined {
  const committee = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(7) });
  const consensus = new Consensus({
    committee,
    hash: testHash,
    pendingLimits: { blocksPerAuthor: BUDGET, bytesPerAuthor: 1_000_000 },
    retainRounds: 100,
  });
  const chain: VerifiedBlock[] = [];
  let below: BlockRef = unknownRef(0, 0);
  for (let round = 2; round < 30 * BUDGET; round++) {
    below = sketchBlock(committee, { author: 0, round, strong: [below] });
    chain.push(below as VerifiedBlock);
  }
  const round = below.round + 1;
  const top = sketchBlock(committee, { author: 1, round, strong: [unknownRef(1, 1), below] });
  // From the top: each is needed when it comes.
  for (const block of [top, ...chain.reverse()]) {
    consensus.offer(block);
    if (consensus.pending.count > 2 * 7 * BUDGET) return `${consensus.pending.count} blocks wait`;
  }
  return undefined;
}

/** Nobody refers to the liar, which makes its blocks like everybody, until the last round: there all do. */
function lateFriendship(committee: Committee): VerifiedBlock[] {
  const blocks: VerifiedBlock[] = [];
  let before: readonly BlockRef[] = genesisRefs(committee);
  for (let round = 1; round <= ROUNDS; round++) {
    const all = before;
    const others = round === ROUNDS ? all : all.filter((ref) => ref.author !== LIAR);
    const made = range(4).map((author) =>
      sketchBlock(committee, { author, round, strong: author === LIAR ? all : others }),
    );
    blocks.push(...made);
    before = made;
  }
  return blocks;
}

/** A block that nobody has: another one for each `salt`. */
export function unknownRef(author: number, salt: number, round = 1): BlockRef {
  const digest = testHash(Uint8Array.of(9, author, salt & 255, salt >>> 8));
  return { round, author, digest };
}
