import {
  type BlockRef,
  type Committee,
  Consensus,
  type Dag,
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

const ROUNDS = 6;
const TWINS_A_ROUND = 12;
/** Rounds for which a helper makes its blocks. */
const HELPED_ROUNDS = 50;
const STEP_MS = 100;
/** Some five second blocks at once, and two a second. */
const LIMITS = {
  ...CONDUCT_LIMITS_DEFAULT,
  twinBytesPerSecond: 10_000,
  twinBytesBurst: 25_000,
};

/**
 * Liars make second blocks without end, and blocks without parents that rest on them, so that all are asked for. What a member
 * takes in of these must be bounded, and what an honest member's block rests on must come in all the same (consensus.md §4, §11).
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

  /** `silent` makes no blocks. */
  constructor(count: number, silent?: number) {
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
        if (author !== silent) this.offer(sketchBlock(this.committee, { author, round, strong }));
      }
    }
  }

  get dag(): Dag {
    return this.consensus.dag;
  }

  offer(block: VerifiedBlock): VerifiedBlock {
    this.consensus.offer(block, false, (sponsor, { bytes }) =>
      this.conduct.mayTakeTwin(sponsor, bytes.length, this.nowMs),
    );
    return block;
  }

  /** The first block of each author in a round. */
  refs(round: number): BlockRef[] {
    if (round === 0) return genesisRefs(this.committee);
    return range(this.committee.weights.length).flatMap(
      (author) => this.dag.first(round, author) ?? [],
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
    const refs = range(this.committee.weights.length).map((author) => ({
      round,
      author,
      digest: testHash(Uint8Array.of(9, author, salt & 255, salt >>> 8)),
    }));
    return without(refs, ...but);
  }

  /** How many blocks beyond the first of each author and round are held. */
  get twinCount(): number {
    let count = 0;
    for (let round = 1; round <= this.dag.highestRound; round++) {
      const blocks = this.dag.round(round);
      count += blocks.length - new Set(blocks.map(({ author }) => author)).size;
    }
    return count;
  }
}

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
  return world.twinCount === 0 ? undefined : `${world.twinCount} second blocks that nobody needs`;
}

/** The helper makes one block for each round, none of which ever finds its parents: of no lie is it known to be guilty. */
function floodWithHelper(): string | undefined {
  const [liar, helper] = [5, 6];
  const world = new FloodedWorld(7, helper);
  let bytesMax = 0;
  for (let round = ROUNDS + 2; round < ROUNDS + HELPED_ROUNDS; round++) {
    const twin = world.twin(liar, ROUNDS);
    const strong = world.unknown(round - 1, liar);
    const author = helper;
    world.offer(sketchBlock(world.committee, { author, round, strong, weak: [twin] }));
    world.offer(twin);
    world.nowMs += STEP_MS;
    bytesMax = Math.max(bytesMax, twin.bytes.length);
  }
  if (world.consensus.evidence.has(helper)) return "a helper that did not lie is taken for a liar";
  const { twinBytesBurst, twinBytesPerSecond } = LIMITS;
  const mostBytes = twinBytesBurst + (world.nowMs / 1_000) * twinBytesPerSecond;
  // The last one may go beyond what is left.
  const most = Math.ceil(mostBytes / TWIN_COST_BYTES) + 1;
  if (world.twinCount > most) return `${world.twinCount} second blocks for a helper, not ${most}`;
  return world.twinCount > 1 ? undefined : "a helper that is not known to lie is given nothing";
}

/** Whose blocks for one round are two has lied, though neither has come to be accepted. */
function exposeHelper(): string | undefined {
  const [liar, helper] = [5, 6];
  const world = new FloodedWorld(7, helper);
  const round = ROUNDS + 2;
  for (const _ of range(2)) world.offer(world.twin(helper, round, world.unknown(round - 1, liar)));
  if (!world.consensus.evidence.has(helper)) return "two blocks that wait for a round tell nothing";
  const twin = world.twin(liar, ROUNDS);
  world.offer(world.twin(helper, ROUNDS + 1, [twin, ...world.unknown(ROUNDS, liar)]));
  world.offer(twin);
  return world.twinCount === 0 ? undefined : "a second block is taken in for a liar that is known";
}

/**
 * An honest member has taken a second block of one liar's for the first, and that rests on a second one of another's. For both
 * places the liars have made others needed before, as far as they can.
 */
function needThroughLiars(): string | undefined {
  const [honest, helper, liar] = [0, 5, 6];
  const world = new FloodedWorld(7, helper);
  const restingOn = (author: number, parent: BlockRef): VerifiedBlock =>
    world.twin(author, parent.round + 1, [
      ...without(world.refs(parent.round), parent.author),
      parent,
    ]);
  for (let count = 0; count < TWINS_A_ROUND; count++) {
    const other = world.twin(liar, ROUNDS - 2);
    world.offer(world.twin(helper, ROUNDS - 1, [...world.unknown(ROUNDS - 2, liar), other]));
    world.offer(other);
  }
  const lowest = world.twin(liar, ROUNDS - 2);
  const middle = restingOn(helper, lowest);
  const highest = restingOn(liar, middle);
  const block = sketchBlock(world.committee, {
    author: honest,
    round: ROUNDS + 1,
    strong: [...without(world.refs(ROUNDS), liar), highest],
  });
  world.offer(block);
  const known = new Map([lowest, middle, highest].map((each) => [refKey(each), each]));
  // Questions and answers, a second of each.
  for (let turn = 0; turn < 10; turn++) {
    for (const ref of world.consensus.pending.wanted(8)) {
      const answer = known.get(refKey(ref));
      if (answer !== undefined) world.offer(answer);
    }
    world.nowMs += 1_000;
  }
  return world.dag.find(block) === undefined
    ? "a second block that an honest member's rests on, through others' second blocks, is refused"
    : undefined;
}
