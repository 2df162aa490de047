import {
  type BlockRef,
  type Committee,
  Consensus,
  Profile,
  refKey,
  type VerifiedBlock,
} from "@rialto/consensus";
import {
  createTestCommittee,
  equalWeights,
  genesisRefs,
  range,
  sketchBlock,
  testHash,
  without,
} from "@rialto/consensus/testing";
import { ConductBook, CONDUCT_LIMITS_DEFAULT, TWIN_COST_BYTES } from "@rialto/replica";
import { unknownRef } from "./flooded-member.ts";

const ROUNDS = 6;
const TWINS_A_ROUND = 12;
/** How often a helper hands one over. */
const HELPED_STEPS = 50;
const STEP_MS = 100;
/** Some five second blocks at once, and two a second. */
const LIMITS = {
  ...CONDUCT_LIMITS_DEFAULT,
  twinBytesPerSecond: 10_000,
  twinBytesBurst: 25_000,
};

/**
 * Liars make second blocks without end. What a member takes in of these must be bounded, and what an honest member's block
 * rests on must come in all the same (consensus.md §4, §11).
 *
 * Returns  what went wrong, in words, or undefined.
 */
export function runFloodedDag(): string | undefined {
  return floodAlone() ?? floodWithHelper() ?? exposeHelper() ?? needThroughLiars();
}

/** A member's consensus with what the others cost it, some rounds after the start. */
class FloodedWorld {
  readonly committee: Committee;
  readonly consensus: Consensus;
  readonly conduct: ConductBook;
  nowMs = 0;
  #salt = 0;

  constructor(count: number) {
    this.committee = createTestCommittee({
      profile: Profile.Byzantine,
      weights: equalWeights(count),
    });
    this.consensus = new Consensus({
      committee: this.committee,
      hash: testHash,
      pendingLimits: { blocksPerAuthor: 200, bytesPerAuthor: 1_000_000 },
      retainRounds: 100,
    });
    this.conduct = new ConductBook(count, LIMITS);
    for (let round = 1; round <= ROUNDS; round++) {
      const strong = this.refs(round - 1);
      for (const author of range(count)) {
        this.offer(sketchBlock(this.committee, { author, round, strong }));
      }
    }
  }

  /** Hands a block over: its author does, or who is named. */
  offer(block: VerifiedBlock, from: number = block.author): void {
    this.consensus.offer(block, from, (voucher, { author, bytes }) =>
      this.conduct.mayTakeTwin(voucher, author, bytes.length, this.nowMs),
    );
  }

  /** The first block of each author in a round. */
  refs(round: number): BlockRef[] {
    if (round === 0) return genesisRefs(this.committee);
    return range(this.committee.weights.length).flatMap(
      (author) => this.consensus.dag.first(round, author) ?? [],
    );
  }

  twin(
    author: number,
    round: number,
    strong: readonly BlockRef[] = this.refs(round - 1),
  ): VerifiedBlock {
    return sketchBlock(this.committee, { author, round, strong, twin: this.#salt++ });
  }

  /** Blocks of others that nobody has. */
  unknown(round: number, ...but: readonly number[]): BlockRef[] {
    const salt = this.#salt++;
    const authors = range(this.committee.weights.length);
    return without(
      authors.map((author) => unknownRef(author, salt, round)),
      ...but,
    );
  }

  /** How many blocks beyond the first of each author and round are held. */
  get twinCount(): number {
    const { dag } = this.consensus;
    let count = 0;
    for (let round = 1; round <= dag.highestRound; round++) {
      const blocks = dag.round(round);
      count += blocks.length - new Set(blocks.map(({ author }) => author)).size;
    }
    return count;
  }
}

/** Its own blocks without parents make the second ones wanted, and it brings them itself. */
function floodAlone(): string | undefined {
  const liar = 3;
  const world = new FloodedWorld(4);
  for (let round = 1; round <= ROUNDS; round++) {
    for (let count = 0; count < TWINS_A_ROUND; count++) {
      const twin = world.twin(liar, round);
      world.offer(world.twin(liar, round + 1, [twin, ...world.unknown(round, liar)]));
      world.offer(twin);
    }
  }
  return world.twinCount === 0 ? undefined : `${world.twinCount} that nobody vouches for`;
}

function floodWithHelper(): string | undefined {
  const [liar, helper] = [5, 6];
  const world = new FloodedWorld(7);
  let bytesMax = 0;
  for (let step = 0; step < HELPED_STEPS; step++) {
    const twin = world.twin(liar, ROUNDS);
    world.offer(twin, helper);
    world.nowMs += STEP_MS;
    bytesMax = Math.max(bytesMax, twin.bytes.length);
  }
  const { twinBytesBurst, twinBytesPerSecond } = LIMITS;
  const mostBytes = twinBytesBurst + (world.nowMs / 1_000) * twinBytesPerSecond;
  // The last one may go beyond what is left.
  const most = Math.ceil(mostBytes / TWIN_COST_BYTES) + 1;
  if (world.twinCount > most) return `${world.twinCount} on one's word, not ${most}`;
  return world.twinCount > 1 ? undefined : "nothing on the word of one that is not known to lie";
}

/** Whose blocks for one round are two has lied, though neither has come to be accepted. */
function exposeHelper(): string | undefined {
  const [liar, helper] = [5, 6];
  const world = new FloodedWorld(7);
  const round = ROUNDS + 2;
  for (const _ of range(2)) world.offer(world.twin(helper, round, world.unknown(round - 1)));
  world.offer(world.twin(liar, ROUNDS), helper);
  return world.twinCount === 0 ? undefined : "a second block on the word of a liar that is known";
}

/**
 * An honest member has taken the blocks of a liar for the first that are second ones here, one on the other. Besides, it has
 * handed over so many of another liar's that there is no room for more of these.
 */
function needThroughLiars(): string | undefined {
  const [honest, other, liar] = [0, 5, 6];
  const world = new FloodedWorld(7);
  for (const _ of range(TWINS_A_ROUND)) world.offer(world.twin(other, ROUNDS), honest);
  const restingOn = (author: number, parent: BlockRef): VerifiedBlock =>
    world.twin(author, parent.round + 1, [
      ...without(world.refs(parent.round), parent.author),
      parent,
    ]);
  const lowest = world.twin(liar, ROUNDS - 2);
  const middle = restingOn(liar, lowest);
  const highest = restingOn(liar, middle);
  const block = restingOn(honest, highest);
  world.offer(block);
  const known = new Map([lowest, middle, highest].map((each) => [refKey(each), each]));
  // Questions and answers: the liar's own are worth nothing.
  for (const _ of known) {
    for (const ref of world.consensus.pending.wanted(8)) {
      for (const from of [liar, honest]) world.offer(known.get(refKey(ref))!, from);
    }
  }
  return world.consensus.dag.find(block) === undefined
    ? "second blocks that an honest member's rests on are refused on its word"
    : undefined;
}
