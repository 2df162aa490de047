import { fail } from "@rialto/base";
import { Consensus, Profile, type BlockRef, type VerifiedBlock } from "@rialto/consensus";
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
/** Rounds of questions and answers after which the member is taken to be stuck. */
const TURNS_MAX = 60;

/**
 * A member that missed some rounds gets the newest blocks first, and asks for what they rest on, while the fourth
 * author, on whose blocks they rest too, fills its waiting room with blocks of low rounds whose parents nobody has. It must
 * get through by references alone: what others' blocks wait for is never pushed out (consensus.md §8).
 *
 * Returns  what went wrong, in words, or undefined.
 */
export function runFloodedMember(): string | undefined {
  const committee = createTestCommittee({ profile: Profile.Byzantine, weights: equalWeights(4) });
  const rounds = 6;
  const blocks: VerifiedBlock[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const strong = round === 1 ? genesisRefs(committee) : blocks.at(-1)!;
    blocks.push(range(4).map((author) => sketchBlock(committee, { author, round, strong })));
  }
  const consensus = new Consensus({
    committee,
    hash: testHash,
    pendingLimits: { blocksPerAuthor: BUDGET, bytesPerAuthor: 1_000_000 },
    retainRounds: 100,
  });
  let twin = 0;
  const flood = (): void => {
    for (let count = 0; count < 2 * BUDGET; count++) {
      const strong = range(4).map((author) => ({
        round: 1,
        author,
        digest: testHash(Uint8Array.of(9, twin & 255, twin >>> 8, author)),
      }));
      consensus.offer(sketchBlock(committee, { author: LIAR, round: 2, strong, twin: twin++ }));
    }
  };
  const find = (ref: BlockRef): VerifiedBlock | undefined =>
    blocks
      .flat()
      .find(
        (block) =>
          block.round === ref.round && block.author === ref.author && block.digest === ref.digest,
      );
  const newest = blocks.at(-1)!.filter((block) => block.author !== LIAR);
  flood();
  for (const block of newest) consensus.offer(block);
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    flood();
    for (const ref of consensus.pending.wanted(8)) {
      const block = find(ref);
      if (block !== undefined) consensus.offer(block);
    }
    if (consensus.dag.quorumRound === rounds) return undefined;
  }
  if (consensus.pending.count > 8 * BUDGET) fail("the waiting room is bounded");
  return `after ${TURNS_MAX} turns of asking it stands at round ${consensus.dag.quorumRound} of ${rounds}`;
}
