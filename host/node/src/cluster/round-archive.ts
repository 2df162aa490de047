import { Fault } from "@rialto/base";
import { type BlockRef, parseBlock, refKey, ROUND_MAX } from "@rialto/consensus";
import { isBlockRecord, peekBlockRecord } from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { sha256 } from "../sha256.ts";

/** Rounds that share an entry of the index. */
const BUCKET_ROUNDS = 64;
/** Records read for one answer at most. */
const RECORDS_MAX = 50_000;

/** Where the blocks of an epoch stand. */
interface EpochIndex {
  /** Sequence of the first record of each bucket; holes where rounds were left out. */
  readonly first: (number | undefined)[];
  wholeFrom: number;
  highest: number;
}

type NoteRead = (bytes: number) => void;

/**
 * Finds the blocks of old rounds in the journal, for members that have been away longer than memory reaches.
 *
 * Records stand in the order of acceptance, and a block is accepted at most `gcDepth` rounds below the newest commit:
 * so what belongs to a round begins where its bucket was first seen, and ends a horizon later.
 */
export class RoundArchive {
  readonly #journal: Journal;
  readonly #gcDepth: number;
  readonly #epochs = new Map<number, EpochIndex>();

  constructor(journal: Journal, gcDepth: number) {
    this.#journal = journal;
    this.#gcDepth = gcDepth;
  }

  /** Notes a record as it comes into the journal, or is read from it in order. */
  note(record: Uint8Array, sequence: number): void {
    if (!isBlockRecord(record)) return;
    const { epoch, round } = peekBlockRecord(record);
    const index = this.#epochs.get(epoch) ?? { first: [], wholeFrom: 1, highest: 0 };
    // What stood before it has been let go, and may have been of rounds as far above it as it was late.
    const isCut = this.#epochs.size === 0 && sequence > 1;
    if (isCut) index.wholeFrom = round + 2 * this.#gcDepth;
    // A block rests on a quorum of the round before: where one stands higher, a snapshot has taken the place of those between.
    else if (round > index.highest + 1) index.wholeFrom = round;
    index.highest = Math.max(index.highest, round);
    index.first[Math.floor(round / BUCKET_ROUNDS)] ??= sequence;
    this.#epochs.set(epoch, index);
  }

  /**
   * Yields the bytes of an epoch's blocks of `fromRound` to `toRound`, in the order of acceptance.
   *
   * Effects  tells `noteRead` the bytes of every record that it looks at.
   */
  async *rounds(
    epoch: number,
    fromRound: number,
    toRound: number,
    noteRead: NoteRead,
  ): AsyncGenerator<Uint8Array> {
    for await (const { record, round } of this.#scan(epoch, fromRound, toRound, noteRead)) {
      if (round >= fromRound && round <= toRound) yield record.subarray(1);
    }
  }

  /** Yields the bytes of those of the blocks that are there, in one pass, in the order of acceptance. */
  async *findAll(
    epoch: number,
    refs: readonly BlockRef[],
    noteRead: NoteRead,
  ): AsyncGenerator<Uint8Array> {
    const places = new Set(refs.map(placeOf));
    const keys = new Set(refs.map(refKey));
    const rounds = refs.map(({ round }) => round);
    const range = [Math.min(...rounds), Math.max(...rounds)] as const;
    for await (const { record } of this.#scan(epoch, ...range, noteRead)) {
      if (!places.has(placeOf(peekBlockRecord(record)))) continue;
      const bytes = record.subarray(1);
      const block = parseBlock(bytes, sha256);
      if (block instanceof Fault || !keys.delete(refKey(block))) continue;
      yield bytes;
      if (keys.size === 0) return;
    }
  }

  async *#scan(
    epoch: number,
    fromRound: number,
    toRound: number,
    noteRead: NoteRead,
  ): AsyncGenerator<{ readonly record: Uint8Array; readonly round: number }> {
    const from = this.#sequenceOf(epoch, fromRound);
    if (from === undefined) return;
    const end = toRound + 2 * this.#gcDepth + BUCKET_ROUNDS;
    let left = RECORDS_MAX;
    for await (const { payload } of this.#journal.read(from)) {
      // What closes an epoch stands behind its last block.
      if (!isBlockRecord(payload)) return;
      const { round } = peekBlockRecord(payload);
      if (round > end || left-- <= 0) return;
      noteRead(payload.length);
      yield { record: payload, round };
    }
  }

  /** From this round of an epoch on every block that was ever accepted is found; ROUND_MAX where none is. */
  lowestRound(epoch: number): number {
    const { first = [], wholeFrom = 1 } = this.#epochs.get(epoch) ?? {};
    const bucket = first.findIndex((sequence) => this.#isThere(sequence));
    return bucket < 0 ? ROUND_MAX : Math.max(wholeFrom, bucket * BUCKET_ROUNDS);
  }

  /** A journal that is being cut back lets go of records before anybody here is told. */
  #isThere(sequence: number | undefined): sequence is number {
    return sequence !== undefined && sequence >= this.#journal.firstSequence;
  }

  /**
   * Lets go, as far as that frees room, of what holds no block of the epoch above `round`, and of all before it.
   *
   * Errors   STORAGE_IO.
   */
  async prune(epoch: number, round: number): Promise<void> {
    const kept = Math.floor((round + 1) / BUCKET_ROUNDS);
    const { first = [] } = this.#epochs.get(epoch) ?? {};
    const sequences = first.slice(Math.max(0, kept)).filter((sequence) => sequence !== undefined);
    if (sequences.length === 0) return;
    await this.#journal.prune(sequences.reduce((least, each) => Math.min(least, each)));
    const { firstSequence } = this.#journal;
    for (const each of this.#epochs.values()) {
      each.first.forEach((sequence, bucket) => {
        if (sequence !== undefined && sequence < firstSequence) each.first[bucket] = undefined;
      });
    }
  }

  #sequenceOf(epoch: number, round: number): number | undefined {
    const { first = [] } = this.#epochs.get(epoch) ?? {};
    for (let bucket = Math.floor(round / BUCKET_ROUNDS); bucket < first.length; bucket++) {
      const sequence = first[bucket];
      if (this.#isThere(sequence)) return sequence;
    }
    return undefined;
  }
}

function placeOf({ round, author }: Pick<BlockRef, "round" | "author">): string {
  return `${round}/${author}`;
}
