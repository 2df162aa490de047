import { equalBytes, Fault } from "@rialto/base";
import { type BlockRef, parseBlock } from "@rialto/consensus";
import { peekBlockRecord } from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { sha256 } from "./genesis.ts";

/** Rounds that share an entry of the index. */
const BUCKET_ROUNDS = 64;
/** Records read for one answer at most. */
const RECORDS_MAX = 50_000;

/**
 * Finds the blocks of old rounds in the journal, for members that have been away longer than memory reaches.
 *
 * Records stand in the order of acceptance, and a block is accepted at most `gcDepth` rounds below the newest commit:
 * so what belongs to a round begins where its bucket was first seen, and ends a horizon later.
 */
export class RoundArchive {
  readonly #journal: Journal;
  readonly #gcDepth: number;
  /** Sequence of the first record of each bucket; holes where rounds were left out. */
  readonly #first: (number | undefined)[] = [];

  constructor(journal: Journal, gcDepth: number) {
    this.#journal = journal;
    this.#gcDepth = gcDepth;
  }

  /** Notes a record as it comes into the journal. */
  note(record: Uint8Array, sequence: number): void {
    const bucket = Math.floor(peekBlockRecord(record).round / BUCKET_ROUNDS);
    this.#first[bucket] ??= sequence;
  }

  /** Yields the bytes of the blocks of `fromRound` to `toRound`, in the order of acceptance. */
  async *rounds(fromRound: number, toRound: number): AsyncGenerator<Uint8Array> {
    for await (const { record, round } of this.#scan(fromRound, toRound)) {
      if (round >= fromRound && round <= toRound) yield record.subarray(1);
    }
  }

  /** The bytes of one block, if it is there. */
  async find(ref: BlockRef): Promise<Uint8Array | undefined> {
    for await (const { record, round } of this.#scan(ref.round, ref.round)) {
      if (round !== ref.round || peekBlockRecord(record).author !== ref.author) continue;
      const bytes = record.subarray(1);
      const block = parseBlock(bytes, sha256);
      if (!(block instanceof Fault) && equalBytes(block.digest, ref.digest)) return bytes;
    }
    return undefined;
  }

  async *#scan(
    fromRound: number,
    toRound: number,
  ): AsyncGenerator<{ readonly record: Uint8Array; readonly round: number }> {
    const from = this.#sequenceOf(fromRound);
    if (from === undefined) return;
    const end = toRound + 2 * this.#gcDepth + BUCKET_ROUNDS;
    let left = RECORDS_MAX;
    for await (const { payload } of this.#journal.read(from)) {
      const { round } = peekBlockRecord(payload);
      if (round > end || left-- <= 0) return;
      yield { record: payload, round };
    }
  }

  #sequenceOf(round: number): number | undefined {
    for (let bucket = Math.floor(round / BUCKET_ROUNDS); bucket < this.#first.length; bucket++) {
      if (this.#first[bucket] !== undefined) return this.#first[bucket];
    }
    return undefined;
  }
}
