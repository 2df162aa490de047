import { encodeHex, equalBytes, Fault } from "@rialto/base";
import type { BlockChecks, CommittedBatch, SignFunction } from "@rialto/consensus";
import { createHotEngine, restoreHotEngine } from "@rialto/engine";
import type { ReadModel } from "@rialto/gateway";
import {
  type CommitResult,
  type GuardMemory,
  Outbox,
  peekBlockRecord,
  readBlockRecord,
  recallSigned,
  Replica,
} from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { hashState } from "../exchange/recovery.ts";
import { FrameEngine } from "./frame-engine.ts";
import { type Genesis, sha256 } from "./genesis.ts";
import { memberSettings } from "./member-settings.ts";
import { RoundArchive } from "./round-archive.ts";
import type { MemberStart } from "./snapshot/member-snapshots.ts";

export interface MemberRecoveryOptions {
  readonly genesis: Genesis;
  readonly self: number;
  readonly sign: SignFunction;
  readonly signQuantum: SignFunction | undefined;
  readonly guard: GuardMemory;
  readonly journal: Journal;
  /** A part of it was damaged, and is not there any more. */
  readonly isJournalDamaged: boolean;
  readonly readModel: ReadModel;
  /** What to begin with, in place of the beginning of everything. */
  readonly start: MemberStart | undefined;
  readonly queueBytes: number;
  /** Of the engine's hash tables; a snapshot brings its own. */
  readonly tableKey: bigint;
  /** Told of each commit that the journal leads to, in their order. */
  readonly onCommit: (batch: CommittedBatch, result: CommitResult) => void;
}

export interface RecoveredMember {
  readonly replica: Replica;
  readonly frames: FrameEngine;
  readonly archive: RoundArchive;
  /** Records that were read again: the blocks this member had accepted, above the snapshot's horizon. */
  readonly replayed: number;
}

/**
 * Brings a member to the end of its journal: from a snapshot, or from the beginning, its blocks are fed back in the order in
 * which they were accepted, and their commits executed again. Nothing is sent or signed. Blocks that the snapshot's horizon
 * has passed are left out; what the journal lacks of those above it, the others will be asked for.
 *
 * Effects  where `frames.isLoaded` is false in the end, the read model holds more than the journal and is to be made
 *          anew.
 * Errors   REPLICA_RECORD_INVALID, MEMBER_SNAPSHOT_INVALID and what the journal throws when it is corrupt.
 */
export async function recoverMember(options: MemberRecoveryOptions): Promise<RecoveredMember> {
  const { genesis, self, journal, guard, start, isJournalDamaged } = options;
  const { committee, file } = genesis;
  const frames = openFrames(options);
  const lastJournaled = await findLastOwn(journal, self);
  const replica = new Replica({
    committee,
    self,
    hash: sha256,
    sign: options.sign,
    ...(options.signQuantum === undefined ? {} : { signQuantum: options.signQuantum }),
    executor: frames,
    settings: memberSettings(file, options.queueBytes),
    recovered: {
      blocks: [],
      order: start?.order,
      ...recallSigned({
        guard,
        epoch: committee.epoch,
        lastJournaled,
        isJournalDamaged,
      }),
    },
    startNonce: randomBytes(4).readUInt32LE(),
  });
  const archive = new RoundArchive(journal, committee.gcDepth);
  const replayed = await replay(options, replica, frames, archive);
  return { replica, frames, archive, replayed };
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
    hashKey: tableKey,
  };
  const common = { readModel, createdMs: file.createdMs };
  if (start === undefined) {
    const frames = new FrameEngine({ engine: createHotEngine(options), ...common });
    frames.begin(network.genesis);
    return frames;
  }
  const engine = restoreHotEngine(options, start.engine);
  const { stateRoot, commitIndex } = start.checkpoint;
  const hash = hashState(engine);
  if (equalBytes(hash, stateRoot)) {
    return new FrameEngine({ engine, sequence: start.sequence, ...common });
  }
  const problem = `state hash ${encodeHex(hash)}, not ${encodeHex(stateRoot)}`;
  const message = `the snapshot of commit ${commitIndex} restores to ${problem}: move it away and start again`;
  throw new Fault<MemberSnapshotFaultDetail>(
    { code: "MEMBER_SNAPSHOT_INVALID", commitIndex, problem },
    "fatal",
    message,
  );
}

async function findLastOwn(journal: Journal, self: number): Promise<number> {
  let last = 0;
  if (journal.lastSequence === 0) return last;
  for await (const { payload } of journal.read(journal.firstSequence)) {
    const { round, author } = peekBlockRecord(payload);
    if (author === self) last = Math.max(last, round);
  }
  return last;
}

async function replay(
  options: MemberRecoveryOptions,
  replica: Replica,
  frames: FrameEngine,
  archive: RoundArchive,
): Promise<number> {
  const { genesis, journal, onCommit } = options;
  // The journal is chained by hashes, and holds only what was verified before it was written.
  const checks: BlockChecks = { committee: genesis.committee, hash: sha256, verify: () => true };
  const outbox = new Outbox();
  let replayed = 0;
  if (journal.lastSequence === 0) return replayed;
  const { dag } = replica.consensus;
  // Without a snapshot, blocks of a journal that has let go of its beginning lead nowhere.
  const leads = options.start !== undefined || journal.firstSequence === 1;
  for await (const { payload, sequence } of journal.read(journal.firstSequence)) {
    archive.note(payload, sequence);
    if (!leads || peekBlockRecord(payload).round <= dag.horizon) continue;
    const block = readBlockRecord(payload, sequence, checks);
    if (block instanceof Fault) throw block;
    replica.restore([block], outbox);
    for (const effect of outbox.take()) {
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
