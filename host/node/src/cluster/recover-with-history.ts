import { encodeHex } from "@rialto/base";
import { createReadModel, type ReadModel } from "@rialto/gateway";
import { isUnusedGuard } from "@rialto/replica";
import type { FileHistoryOptions, History } from "@rialto/storage";
import { rmSync } from "node:fs";
import type { DataDirectory } from "../data-directory.ts";
import type { FinalityKeeper } from "../finality/finality-keeper.ts";
import type { ProofStore } from "../finality/proof-store.ts";
import { noteExecuted } from "../finality/replica-finality.ts";
import { openHistory, useHistory } from "../open-history.ts";
import type { KeyRing } from "./key-ring.ts";
import { tableKeyOf } from "./member-directory.ts";
import type { MemberNodeOptions } from "./member-work.ts";
import type { MemberStanding } from "./member-standing.ts";
import { NO_READ_MODEL } from "./no-read-model.ts";
import {
  type MemberRecoveryOptions,
  type RecoveredMember,
  recoverMember,
} from "./recover-member.ts";
import type { MemberSnapshots, MemberStart } from "./snapshot/member-snapshots.ts";

export interface RecoveryParts {
  readonly node: MemberNodeOptions;
  readonly ring: KeyRing;
  readonly known: MemberRecoveryOptions["known"];
  readonly stores: Pick<MemberRecoveryOptions, "journal" | "isJournalDamaged"> & {
    readonly proofs: ProofStore;
    readonly snapshots: MemberSnapshots;
  };
  readonly directory: DataDirectory;
  readonly standing: MemberStanding;
  readonly finality: FinalityKeeper;
}

export interface RecoveredWithHistory {
  readonly recovered: RecoveredMember;
  readonly readModel: ReadModel;
}

/**
 * Recovers the member, and history and proofs with it: from the newest snapshot that both have come to, so that they miss
 * nothing of what is executed again. Where no snapshot is old enough for them, and the journal does not reach back to the
 * beginning, they begin anew at the newest one, or the proofs alone where the history has come to one: what they had is lost, and
 * nobody here can make it again.
 *
 * A history that holds more than snapshot and journal is of what the journal has lost: it is made anew.
 */
export async function recoverWithHistory(
  parts: RecoveryParts,
  cleanup: AsyncDisposableStack,
): Promise<RecoveredWithHistory> {
  const { settings, log } = parts.node;
  const { snapshots } = parts.stores;
  if (settings.noGateway) {
    const start = await snapshots.findStart(() => true);
    snapshots.noteBegun();
    return { recovered: await recover(parts, NO_READ_MODEL, start), readModel: NO_READ_MODEL };
  }
  const known = snapshots.isAdopted
    ? undefined
    : await useHistory(() => recoverKnown(parts, cleanup));
  if (known !== undefined) return known;
  log.warn({ path: parts.directory.history }, "history.removed");
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(parts.directory.history + suffix, { force: true });
  }
  const anew = snapshots.isAdopted ? undefined : await recoverKnown(parts, cleanup);
  if (anew !== undefined) return anew;
  const begun = await beginAnew(parts, cleanup);
  snapshots.noteBegun();
  return begun;
}

/** Goes on from what history and proofs hold; undefined where that leads nowhere. */
async function recoverKnown(
  parts: RecoveryParts,
  cleanup: AsyncDisposableStack,
): Promise<RecoveredWithHistory | undefined> {
  const history = await openHistory(historyOptions(parts), parts.node.log);
  try {
    const known = await recoverFrom(parts, history);
    if (known === undefined) await history.close();
    else cleanup.use(history);
    return known;
  } catch (error) {
    await history.close();
    throw error;
  }
}

async function recoverFrom(
  parts: RecoveryParts,
  history: History,
): Promise<RecoveredWithHistory | undefined> {
  const { node, stores } = parts;
  const { durableSequence, head } = history;
  const { commitIndex } = stores.proofs.end;
  const fit = await stores.snapshots.findStart(
    ({ sequence, checkpoint }) =>
      sequence <= durableSequence && checkpoint.commitIndex <= commitIndex,
  );
  const isJournalWhole = stores.journal.firstSequence === 1 && head.beginsSequence === 0;
  const start = fit ?? (isJournalWhole ? undefined : await beginProofs(parts, durableSequence));
  if (start !== undefined || stores.journal.firstSequence === 1) {
    const readModel = await createReadModel({ history });
    const recovered = await recover(parts, readModel, start);
    const isShort = start === undefined && (await isBehindSnapshot(stores.snapshots, recovered));
    if (recovered.frames.isLoaded && !isShort) return { recovered, readModel };
    const { sequence } = recovered.frames;
    node.log.warn({ durableSequence, journal: sequence, isShort }, "history.unfit");
  }
  return undefined;
}

/**
 * Where it is the proofs that are behind, they begin anew at the newest snapshot that the history has come to: as after their loss, or a
 * disk that was full. Else the history would be lost with them. Undefined where it is behind itself.
 */
async function beginProofs(
  { node, stores }: RecoveryParts,
  durableSequence: number,
): Promise<MemberStart | undefined> {
  const start = await stores.snapshots.findStart(({ sequence }) => sequence <= durableSequence);
  if (start === undefined) return undefined;
  const { commitIndex, commitDigest, resultsRoot } = start.checkpoint;
  node.log.warn({ commitIndex }, "proofs.begin");
  stores.proofs.beginAt({ commitIndex, commitDigest, resultsRoot });
  return start;
}

/**
 * True for what a journal leads to that goes back to its own beginning, and not to that of everything: who came later, or lost
 * its journal, began with a snapshot of the others.
 */
async function isBehindSnapshot(
  snapshots: MemberSnapshots,
  { replica }: RecoveredMember,
): Promise<boolean> {
  const newest = await snapshots.findStart(() => true);
  const { lastIndex } = replica.consensus.sequencer;
  return newest !== undefined && newest.checkpoint.commitIndex > lastIndex;
}

/**
 * Begins history and proofs at the newest snapshot. Where there is none either, all of it begins with nothing, and waits
 * for a snapshot of the others.
 */
async function beginAnew(
  parts: RecoveryParts,
  cleanup: AsyncDisposableStack,
): Promise<RecoveredWithHistory> {
  const { node, stores } = parts;
  const start = await stores.snapshots.findStart(() => true);
  const history = cleanup.use(await openHistory(historyOptions(parts), node.log));
  if (start === undefined) {
    const readModel = await createReadModel({ history });
    return { recovered: await recover(parts, readModel, start), readModel };
  }
  const { sequence, checkpoint } = start;
  const { commitIndex, commitDigest, resultsRoot, tsMs: nowMs } = checkpoint;
  node.log.warn({ sequence, commitIndex }, "history.begins");
  stores.proofs.beginAt({ commitIndex, commitDigest, resultsRoot });
  const readModel = await createReadModel({ history, begins: { sequence, nowMs } });
  return { recovered: await recover(parts, readModel, start), readModel };
}

function historyOptions({ node, directory }: RecoveryParts): FileHistoryOptions {
  return {
    path: directory.history,
    networkHash: encodeHex(node.genesis.committee.chainId),
    onFault: ({ detail }) => node.log.error({ fault: detail }, "history.failing"),
    onResumed: () => node.log.info("history.resumed"),
  };
}

async function recover(
  { node, ring, known, stores, standing, finality }: RecoveryParts,
  readModel: ReadModel,
  start: MemberStart | undefined,
): Promise<RecoveredMember> {
  const { settings, genesis, log } = node;
  const { journal, isJournalDamaged } = stores;
  standing.reset(start?.checkpoint.commitIndex, start?.order.blockCount);
  const recovered = await recoverMember({
    genesis,
    linkKey: ring.linkKey,
    seatOf: ring.seatOf,
    guardMemory: (epoch) => {
      const memory = ring.memoryOf(epoch);
      if (memory.isAmnesiac) log.warn({ epoch }, "guard.amnesia");
      else if (isUnusedGuard(memory)) log.info({ epoch }, "guard.unused");
      return memory;
    },
    known,
    journal,
    isJournalDamaged,
    readModel,
    start,
    queueBytes: settings.queueBytes,
    tableKey: tableKeyOf(genesis.file, ring),
    onCommit: (batch, result) => {
      standing.noteCommit(batch);
      if (!settings.noGateway) noteExecuted(finality, batch, result);
    },
    onEpoch: ({ committee }) => finality.enter(committee),
  });
  const { isRejoining, lastProposed } = recovered.replica.replica;
  const { epoch } = recovered.replica.epoch.committee;
  if (isRejoining && isUnusedGuard(ring.memoryOf(epoch))) {
    // The journal has a block of its.
    log.error({ epoch, round: lastProposed }, "guard.outdated");
  }
  return recovered;
}
