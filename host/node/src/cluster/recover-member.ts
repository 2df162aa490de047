import type { CommittedBatch } from "@rialto/consensus";
import { createHotEngine } from "@rialto/engine";
import type { ReadModel } from "@rialto/gateway";
import {
  type BegunEpoch,
  ChainReplica,
  type CommitResult,
  type EpochStep,
  type GuardMemory,
  isBlockRecord,
  Outbox,
  peekBlockRecord,
  recallSigned,
  type Seat,
  type Epoch,
} from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { blockChecksOf, epochRules } from "./epoch-checks.ts";
import { FrameEngine } from "./frame-engine.ts";
import { type Genesis, sha256 } from "./genesis.ts";
import { memberSettings } from "./member-settings.ts";
import { RoundArchive } from "./round-archive.ts";

export interface MemberRecoveryOptions {
  readonly genesis: Genesis;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  readonly seatOf: (epoch: Epoch) => Seat | undefined;
  /** What the guard of this member's key of an epoch says. */
  readonly guardMemory: (epoch: number) => GuardMemory;
  /** Ends of epochs that this member knows before it has reached them. */
  readonly known: readonly EpochStep[];
  readonly journal: Journal;
  readonly readModel: ReadModel;
  readonly queueBytes: number;
  /** Told of each commit that the journal leads to, in their order. */
  readonly onCommit: (batch: CommittedBatch, result: CommitResult) => void;
  readonly onEpoch: (begun: BegunEpoch) => void;
}

export interface RecoveredMember {
  readonly replica: ChainReplica;
  readonly frames: FrameEngine;
  readonly archive: RoundArchive;
  /** Records that were read again: the blocks this member had accepted. */
  readonly replayed: number;
}

/** Epochs whose blocks stay in memory after their end; older ones are read from the journal. */
const PAST_KEPT = 1;

/**
 * Brings a member to the end of its journal: all its blocks are fed back in the order in which they were accepted, through
 * all epochs, and their commits executed again. Nothing is sent or signed.
 *
 * Effects  where `frames.isLoaded` is false in the end, the read model holds more than the journal and is to be made
 *          anew.
 * Errors   REPLICA_RECORD_INVALID and what the journal throws when it is corrupt.
 */
export async function recoverMember(options: MemberRecoveryOptions): Promise<RecoveredMember> {
  const { genesis, linkKey, journal, readModel, guardMemory, seatOf, known } = options;
  const { committee, network, file, roster } = genesis;
  const { capacities: limits } = network.config;
  const engine = createHotEngine({ limits, hashKey: randomBytes(8).readBigUInt64LE() });
  const frames = new FrameEngine({ engine, readModel, createdMs: file.createdMs });
  frames.begin(network.genesis);
  const journaled = await findLast(journal);
  const replica = new ChainReplica({
    genesis: { committee, roster },
    linkKey,
    seatOf,
    recall: (epoch, author) =>
      recallSigned({
        guard: guardMemory(epoch),
        epoch,
        lastJournaled: journaled.get(placeOf(epoch, author)) ?? 0,
        isJournalDamaged: false,
      }),
    checksOf: (epoch) => blockChecksOf(genesis, epoch),
    rules: epochRules(),
    hash: sha256,
    executor: frames,
    settings: memberSettings(file, options.queueBytes),
    startNonce: randomBytes(4).readUInt32LE(),
    pastKept: PAST_KEPT,
    known,
  });
  const archive = new RoundArchive(journal, committee.gcDepth);
  const replayed = await replay(options, replica, frames, archive);
  return { replica, frames, archive, replayed };
}

function placeOf(epoch: number, author: number): string {
  return `${epoch}/${author}`;
}

/** The last round that the journal has of each author, in each epoch. */
async function findLast(journal: Journal): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  if (journal.lastSequence === 0) return last;
  for await (const { payload } of journal.read(1)) {
    if (!isBlockRecord(payload)) continue;
    const { epoch, round, author } = peekBlockRecord(payload);
    const place = placeOf(epoch, author);
    last.set(place, Math.max(last.get(place) ?? 0, round));
  }
  return last;
}

async function replay(
  { journal, onCommit, onEpoch }: MemberRecoveryOptions,
  replica: ChainReplica,
  frames: FrameEngine,
  archive: RoundArchive,
): Promise<number> {
  const outbox = new Outbox();
  let replayed = 0;
  if (journal.lastSequence === 0) return replayed;
  for await (const { payload, sequence } of journal.read(1)) {
    archive.note(payload, sequence);
    const fault = replica.restore(payload, sequence, outbox);
    if (fault !== undefined) throw fault;
    for (const effect of outbox.take()) {
      if (effect.kind === "epoch") onEpoch(effect.begun);
      if (effect.kind !== "commit") continue;
      // What it votes for and certifies on the way was said before.
      const result = replica.execute(effect.batch, outbox);
      outbox.take();
      frames.takeExecuted();
      if (result !== undefined) onCommit(effect.batch, result);
    }
    replayed++;
  }
  return replayed;
}
