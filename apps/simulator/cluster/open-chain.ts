import type { Prng } from "@rialto/base";
import {
  ChainReplica,
  type Epoch,
  isBlockRecord,
  peekBlockRecord,
  recallSigned,
  type ReplicaSettings,
} from "@rialto/replica";
import type { EpochBook } from "./epoch-book.ts";
import { sha256 } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { JournalContents, SimDisk } from "./sim-disk.ts";
import type { SnapshotStart } from "./snapshot-start.ts";

/** Epochs whose blocks stay in memory after their end; older ones are read from the journal. */
const PAST_KEPT = 1;

export interface ChainBeginning {
  /** Of the process that starts. */
  readonly number: number;
  readonly book: EpochBook;
  readonly settings: ReplicaSettings;
  readonly prng: Prng;
  readonly disk: SimDisk;
  /** The first epoch, as it is configured. */
  readonly genesis: Epoch;
  readonly contents: JournalContents;
  readonly start: SnapshotStart | undefined;
  readonly executor: Ledger;
}

/** The replica that a simulated process begins with, before its journal is gone through. */
export function openChain(beginning: ChainBeginning): ChainReplica {
  const { number, book, settings, prng, disk, genesis, contents, start, executor } = beginning;
  const isFirst = book.genesis.seats.some(({ process }) => process === number);
  const hasBegun = start !== undefined || (!contents.isCut && contents.records.length > 0);
  return new ChainReplica({
    genesis,
    linkKey: book.linkKeyOf(number),
    seatOf: disk.guards.seatOf,
    recall: (epoch, author, horizon) =>
      recallSigned({
        guard: disk.guards.memoryOf(epoch),
        epoch,
        horizon,
        lastJournaled: lastJournaled(contents, epoch, author),
        isJournalDamaged: contents.isDamaged,
      }),
    checksOf: book.checksOf,
    rules: book.rules,
    hash: sha256,
    executor,
    settings,
    startNonce: prng.nextU32(),
    pastKept: PAST_KEPT,
    known: genesis === book.genesis ? disk.path : [],
    start,
    awaitsSnapshot: !isFirst && !hasBegun,
    readMessage: (from, bytes, checks) => book.judgedBy(checks).read(from, bytes),
    readRecord: (record, index, checks) => book.judgedBy(checks).readRecord(record, index),
  });
}

/** The last round that a journal has of an author in an epoch; 0 without one. */
function lastJournaled({ records }: JournalContents, epoch: number, author: number): number {
  let last = 0;
  for (const record of records) {
    if (!isBlockRecord(record)) continue;
    const block = peekBlockRecord(record);
    if (block.epoch === epoch && block.author === author) last = Math.max(last, block.round);
  }
  return last;
}
