import type { Prng } from "@rialto/base";
import {
  type Block,
  type BlockHeader,
  type BlockRef,
  type Committee,
  computePayloadRoot,
  type Dag,
  sealBlock,
  type SignFunction,
} from "@rialto/consensus";
import { encodeBlockMessage, encodeFetchBlocks, encodeFetchRounds } from "@rialto/replica";
import { sha256 } from "./keys.ts";

const RUNGS = 40;
/** Second blocks for one member at a time. */
const TWINS = 8;

/** Makes what a liar floods others with: well-formed and well-signed, and of no use to anybody. */
export class Floods {
  readonly #committee: Committee;
  readonly #prng: Prng;
  readonly #keys: ReadonlyMap<number, SignFunction>;
  #salt = 0;

  /** `keys` are those of all liars: they work together. */
  constructor(committee: Committee, prng: Prng, keys: ReadonlyMap<number, SignFunction>) {
    this.#committee = committee;
    this.#prng = prng;
    this.#keys = keys;
  }

  /** A block whose parents nobody has, near a round or far ahead of it. */
  orphan(author: number, nearRound: number): Uint8Array {
    const round = Math.max(2, nearRound + this.#prng.below(400) - 5);
    const block = this.#seal(author, round, (other) => this.#unknownRef(round - 1, other));
    return encodeBlockMessage(block);
  }

  /** Blocks of two authors in turn, each of which rests on the one before: each is needed by somebody else's. */
  ladder(nearRound: number): Uint8Array[] {
    const authors = [...this.#keys.keys()];
    const messages: Uint8Array[] = [];
    let below: BlockRef | undefined;
    for (let rung = 0; rung < RUNGS; rung++) {
      const round = nearRound + 3 + rung;
      const author = authors[rung % authors.length]!;
      const block = this.#seal(author, round, (other) =>
        below?.author === other ? below : this.#unknownRef(round - 1, other),
      );
      below = { round, author, digest: block.digest };
      messages.push(encodeBlockMessage(block));
    }
    // From the top: each rung is needed when it comes.
    return messages.reverse();
  }

  /** Who of the liars makes second blocks. */
  get #twinMaker(): number {
    return Math.min(...this.#keys.keys());
  }

  /** Whether a liar hands second blocks over: a maker that nobody helps does so itself. No lie is known of one that helps. */
  bringsTwins(author: number): boolean {
    return this.#keys.size === 1 || author !== this.#twinMaker;
  }

  /** Second blocks of the newest round. */
  twins(dag: Dag): Uint8Array[] {
    const shown = dag.first(dag.quorumRound, this.#twinMaker)?.block;
    if (shown === undefined) return [];
    return Array.from({ length: TWINS }, () => encodeBlockMessage(this.#twinOf(shown)));
  }

  #twinOf(block: Block): Block {
    const header = { ...block, tsMs: block.tsMs + 1 + this.#salt++ };
    return sealBlock(header, [block.payload], sha256, this.#keys.get(block.author)!);
  }

  requests(): Uint8Array[] {
    const refs = Array.from({ length: 20 }, () => this.#unknownRef(1 + this.#prng.below(50)));
    const { epoch } = this.#committee;
    return [encodeFetchBlocks(epoch, refs), encodeFetchRounds(epoch, 1, 64)];
  }

  rubbish(): Uint8Array {
    const bytes = new Uint8Array(1 + this.#prng.below(400));
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#prng.below(256);
    bytes[0] = this.#prng.below(9);
    return bytes;
  }

  #unknownRef(round: number, author = this.#prng.below(this.#committee.weights.length)): BlockRef {
    const salt = this.#salt++;
    const digest = sha256(Uint8Array.of(author, salt & 255, (salt >>> 8) & 255, salt >>> 16));
    return { round, author, digest };
  }

  #seal(author: number, round: number, refTo: (other: number) => BlockRef): Block {
    const { weights, chainId, hash: committeeHash, epoch } = this.#committee;
    const others = weights.map((_, each) => each).filter((each) => each !== author);
    const header: BlockHeader = {
      chainId,
      committeeHash,
      epoch,
      round,
      author,
      tsMs: 1,
      strong: [author, ...others].map(refTo),
      weak: [],
      payloadRoot: computePayloadRoot([], sha256),
      payloadBytes: 0,
      frameCount: 0,
      isEpochClose: false,
      commitVotes: [],
      evidence: [],
    };
    const sign = this.#keys.get(author)!;
    return sealBlock(header, [], sha256, sign);
  }
}
