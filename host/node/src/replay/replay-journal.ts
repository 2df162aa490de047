import { encodeHex, equalBytes, Fault } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { openFileJournalReader, openFileSnapshotsReader, type Snapshot } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { checkHoldsLog } from "../cluster/member-directory.ts";
import type { Network } from "../config/network-file.ts";
import { dataDirectory, directoryBytes } from "../data-directory.ts";
import { executeRecord } from "../exchange/execute-batch.ts";
import { hashState, readRecord } from "../exchange/recovery.ts";
import { checkWanted } from "./replay-fault.ts";

export type JournalReplayFaultDetail =
  | { readonly code: "REPLAY_JOURNAL_ABSENT"; readonly path: string }
  /** A snapshot is not of the state that its journal leads to. */
  | {
      readonly code: "REPLAY_SNAPSHOT_DIFFERS";
      readonly sequence: number;
      readonly problem: string;
    };

export interface JournalReplayOptions {
  readonly dataDir: string;
  readonly network: Network;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface JournalReplay {
  readonly records: number;
  readonly commands: number;
  readonly commandsPerSecond: number;
  /** Head of the hash chain, and hash of the state after the last record: hexadecimal. */
  readonly journalHash: string;
  readonly stateHash: string;
  /** Of the newest snapshot, which was found equal to the state of then; null where there is none. */
  readonly snapshotSequence: number | null;
}

const RECORDS_PER_PROGRESS = 1_000;

/**
 * Executes the journal of a stopped node again, from nothing.
 *
 * Effects  writes nothing; the node does not start meanwhile.
 * Errors   thrown: JOURNAL_OF_MEMBER, REPLAY_JOURNAL_ABSENT, REPLAY_SNAPSHOT_DIFFERS, RECOVERY_RECORD_INVALID, and what the
 *          journal finds: JOURNAL_LOCKED while the node runs, JOURNAL_CORRUPT, STORAGE_NETWORK_MISMATCH. REPLAY_INTERRUPTED.
 */
export async function replayJournal(options: JournalReplayOptions): Promise<JournalReplay> {
  const { network, progress, signal } = options;
  checkHoldsLog(options.dataDir);
  const directory = dataDirectory(options.dataDir);
  if (directoryBytes(directory.journal) === 0) {
    const path = directory.journal;
    const detail: JournalReplayFaultDetail = { code: "REPLAY_JOURNAL_ABSENT", path };
    throw new Fault(detail, "error", `there is no journal in ${path}: see --data-dir`);
  }
  await using journal = await openFileJournalReader({
    directory: directory.journal,
    networkHash: network.hash,
    // Every record is read, and by that verified, right after.
    verify: "tail",
  });
  const { hash: networkHash } = network;
  const snapshots = openFileSnapshotsReader({ directory: directory.snapshots, networkHash });
  const { snapshot } = await snapshots.latest();
  const hashKey = randomBytes(8).readBigUInt64LE();
  const engine = createHotEngine({ limits: network.config.capacities, hashKey });
  let checked: number | null = null;
  const startedMs = performance.now();
  for await (const { sequence, payload, hash } of journal.read(1)) {
    executeRecord(engine, readRecord(payload, sequence), sequence);
    if (sequence === snapshot?.sequence) {
      checkSnapshot(snapshot, engine, hash);
      checked = sequence;
    }
    if (sequence % RECORDS_PER_PROGRESS === 0) {
      checkWanted(signal);
      progress(`record ${sequence} of ${journal.lastSequence}`);
    }
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  progress("");
  engine.auditBalances();
  const { commands } = engine.counts();
  return {
    records: journal.lastSequence,
    commands,
    commandsPerSecond: Math.round(commands / seconds),
    journalHash: encodeHex(journal.lastHash),
    stateHash: encodeHex(hashState(engine)),
    snapshotSequence: checked,
  };
}

function checkSnapshot(snapshot: Snapshot, engine: SnapshotEngine, journalHash: Uint8Array): void {
  const { sequence } = snapshot;
  const stateHash = hashState(engine);
  const problem = !equalBytes(snapshot.journalHash, journalHash)
    ? "it was made after another journal's record"
    : !equalBytes(snapshot.stateHash, stateHash)
      ? `its state is ${encodeHex(snapshot.stateHash)}, the journal's is ${encodeHex(stateHash)}`
      : undefined;
  if (problem === undefined) return;
  const detail = { code: "REPLAY_SNAPSHOT_DIFFERS", sequence, problem } as const;
  throw new Fault<JournalReplayFaultDetail>(
    detail,
    "error",
    `the snapshot of record ${sequence}: ${problem}`,
  );
}
