import { encodeHex, equalBytes, Fault } from "@rialto/base";
import type { CommittedBatch } from "@rialto/consensus";
import { createHotEngine, restoreHotEngine, snapshotProblem } from "@rialto/engine";
import type { ReadModel } from "@rialto/gateway";
import {
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
import { hashState } from "../exchange/recovery.ts";
import { blockChecksOf, epochRules } from "./epoch-checks.ts";
import { FrameEngine } from "./frame-engine.ts";
import type { Genesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";
import { memberSettings } from "./member-settings.ts";
import { RoundArchive } from "./round-archive.ts";
import type { MemberStart } from "./snapshot/member-snapshots.ts";

export interface MemberRecoveryOptions {
  readonly genesis: Genesis;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  readonly seatOf: (epoch: Epoch) => Seat | undefined;
  /** What the guard of this member's key of an epoch says. */
  readonly guardMemory: (epoch: number) => GuardMemory;
  /** Ends of epochs that this member knows, from the genesis on: also of such as it has yet to reach. */
  readonly known: readonly EpochStep[];
  readonly journal: Journal;
  /** A part of it was damaged, and is not there any more. */
  readonly isJournalDamaged: boolean;
  readonly readModel: ReadModel;
  /** What to begin with, in place of the beginning of everything. */
  readonly start: MemberStart | undefined;
  readonly queueBytes: number;
  /**
   * Of the engine's hash tables; a snapshot brings its own. Undefined for who came after the genesis, which has it sealed for
   * its own members: all have the same one, so a snapshot has to come first.
   */
  readonly tableKey: bigint | undefined;
  /** Told of each commit that the journal leads to, in their order. */
  readonly onCommit: (batch: CommittedBatch, result: CommitResult) => void;
  /** Told of each epoch after the first that it comes to, those before a snapshot's included, in their order. */
  readonly onEpoch: (epoch: Epoch) => void;
}

export interface ExecutedCommit {
  readonly batch: CommittedBatch;
  readonly result: CommitResult;
}

export interface RecoveredMember {
  readonly replica: ChainReplica;
  readonly frames: FrameEngine;
  readonly archive: RoundArchive;
  /** The newest commit that was executed again, where a snapshot of the state after it is due. */
  readonly due: ExecutedCommit | undefined;
  /** Records that were read again: the blocks this member had accepted, above the snapshot's horizon. */
  readonly replayed: number;
}

/** Epochs whose blocks stay in memory after their end; older ones are read from the journal. */
const PAST_KEPT = 1;

/**
 * Brings a member to the end of its journal: from a snapshot, or from the beginning, its blocks are fed back in the order in
 * which they were accepted, through all epochs, and their commits executed again. Nothing is sent or signed. Blocks that the
 * snapshot's horizon has passed are left out; what the journal lacks of those above it, the others will be asked for.
 *
 * Effects  where `frames.isLoaded` is false in the end, the read model holds more than the journal and is to be made
 *          anew.
 * Errors   REPLICA_RECORD_INVALID, MEMBER_SNAPSHOT_INVALID and what the journal throws when it is corrupt.
 */
export async function recoverMember(options: MemberRecoveryOptions): Promise<RecoveredMember> {
  const { genesis, linkKey, journal, guardMemory, seatOf, known, start } = options;
  const { committee, file, roster } = genesis;
  const frames = openFrames(options);
  const journaled = await findLast(journal);
  const replica = new ChainReplica({
    genesis: { committee, roster },
    start,
    awaitsSnapshot: options.tableKey === undefined && start === undefined,
    linkKey,
    seatOf,
    recall: (epoch, author, horizon) =>
      recallSigned({
        guard: guardMemory(epoch),
        epoch,
        horizon,
        lastJournaled: journaled.get(placeOf(epoch, author)) ?? 0,
        isJournalDamaged: options.isJournalDamaged,
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
  const { replayed, due } = await replay(options, replica, frames, archive);
  return { replica, frames, archive, due, replayed };
}

export type MemberSnapshotFaultDetail = {
  readonly code: "MEMBER_SNAPSHOT_INVALID";
  readonly commitIndex: number;
  readonly problem: string;
};

/** The engine, where the snapshot or the beginning has it. Errors: MEMBER_SNAPSHOT_INVALID, thrown. */
function openFrames({ genesis, readModel, start, tableKey }: MemberRecoveryOptions): FrameEngine {
  const { network, file } = genesis;
  const options = {
    limits: network.config.capacities,
    // Of who waits for a snapshot nothing is ever executed before it.
    hashKey: tableKey ?? 0n,
  };
  const common = { readModel, createdMs: file.createdMs };
  if (start === undefined) {
    const frames = new FrameEngine({ engine: createHotEngine(options), ...common });
    frames.begin(network.genesis);
    return frames;
  }
  const { stateRoot, commitIndex } = start.checkpoint;
  const other = snapshotProblem(start.engine);
  if (other !== undefined) return refuseSnapshot(commitIndex, `is of ${other}`);
  const engine = restoreHotEngine(options, start.engine);
  const hash = hashState(engine);
  if (equalBytes(hash, stateRoot)) {
    return new FrameEngine({ engine, sequence: start.sequence, ...common });
  }
  const problem = `state hash ${encodeHex(hash)}, not ${encodeHex(stateRoot)}`;
  return refuseSnapshot(commitIndex, `restores to ${problem}`);
}

function refuseSnapshot(commitIndex: number, problem: string): never {
  const message = `the snapshot of commit ${commitIndex} ${problem}: move it away and start again`;
  throw new Fault<MemberSnapshotFaultDetail>(
    { code: "MEMBER_SNAPSHOT_INVALID", commitIndex, problem },
    "fatal",
    message,
  );
}

/** Without a snapshot, blocks of a journal that has let go of its beginning lead nowhere. */
function leadsOn(journal: Journal, start: MemberStart | undefined): boolean {
  return start !== undefined || journal.firstSequence === 1;
}

function placeOf(epoch: number, author: number): string {
  return `${epoch}/${author}`;
}

/** The last round that the journal has of each author, in each epoch. */
async function findLast(journal: Journal): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  if (journal.lastSequence === 0) return last;
  for await (const { payload } of journal.read(journal.firstSequence)) {
    if (!isBlockRecord(payload)) continue;
    const { epoch, round, author } = peekBlockRecord(payload);
    const place = placeOf(epoch, author);
    last.set(place, Math.max(last.get(place) ?? 0, round));
  }
  return last;
}

async function replay(
  { journal, start, onCommit, onEpoch }: MemberRecoveryOptions,
  replica: ChainReplica,
  frames: FrameEngine,
  archive: RoundArchive,
): Promise<Pick<RecoveredMember, "due" | "replayed">> {
  const outbox = new Outbox();
  let replayed = 0;
  let due: ExecutedCommit | undefined;
  const { epochs } = replica.path;
  const begun = replica.epoch.committee.epoch;
  for (const epoch of epochs.slice(1)) if (epoch.committee.epoch <= begun) onEpoch(epoch);
  // As after a repair that has set all of it aside.
  if (journal.lastSequence === 0) return { due, replayed };
  const leads = leadsOn(journal, start);
  for await (const { payload, sequence } of journal.read(journal.firstSequence)) {
    archive.note(payload, sequence);
    if (!leads || replica.isPassed(payload, sequence)) continue;
    const fault = replica.restore(payload, sequence, outbox);
    if (fault !== undefined) throw fault;
    for (const effect of outbox.take()) {
      if (effect.kind === "epoch") onEpoch(effect.begun);
      if (effect.kind !== "commit") continue;
      // What it votes for and certifies on the way was said before.
      const result = replica.execute(effect.batch, outbox);
      outbox.take();
      frames.takeExecuted();
      if (result === undefined) continue;
      due = result.isSnapshotDue ? { batch: effect.batch, result } : undefined;
      onCommit(effect.batch, result);
    }
    replayed++;
  }
  return { due, replayed };
}
