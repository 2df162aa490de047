import { assert, encodeHex, equalBytes, Fault } from "@rialto/base";
import {
  createHotEngine,
  type EngineLimits,
  restoreHotEngine,
  type SnapshotEngine,
  snapshotProblem,
  stateHash,
} from "@rialto/engine";
import type { ExecutedBatch, ReadModel } from "@rialto/gateway";
import {
  type Command,
  encodeCommands,
  encodeLogRecord,
  type LogRecord,
  parseLogRecord,
} from "@rialto/protocol";
import type { Journal, JournalReader, Snapshot, SnapshotsReader } from "@rialto/storage";
import { createHash } from "node:crypto";
import { executeRecord } from "./execute-batch.ts";

export type RecoveryFaultDetail =
  /** A log record's bytes are as written but mean nothing: the program that wrote it was another. */
  | {
      readonly code: "RECOVERY_RECORD_INVALID";
      readonly sequence: number;
      readonly problem: string;
    }
  /** A snapshot does not restore to the state it is of. */
  | {
      readonly code: "RECOVERY_SNAPSHOT_INVALID";
      readonly sequence: number;
      readonly problem: string;
    };

/** What is told of executed records, and keeps what it makes of them up to a sequence. */
export interface Attester {
  readonly durableSequence: number;
  /** Passes over what it keeps already. */
  apply(batch: ExecutedBatch): void;
}

export interface RecoveryOptions {
  readonly limits: EngineLimits;
  readonly hashKey: bigint;
  readonly journal: JournalReader;
  readonly snapshots: SnapshotsReader;
  /** Undefined where only the state is wanted. */
  readonly readModel: ReadModel | undefined;
  /** Who certifies what is executed, if anybody does: is told of every record beyond those that it keeps. */
  readonly attester?: Attester;
  readonly warn: (warning: Fault<{ readonly code: string }>) => void;
}

export interface Recovered {
  readonly engine: SnapshotEngine;
  readonly lastRecordMs: number;
  /** Log records that were executed again. */
  readonly replayed: number;
  /** Of the snapshot that this began with, 0 for none. */
  readonly snapshotSequence: number;
  /** Commands that the snapshot's state had executed. */
  readonly snapshotCommands: number;
}

/** Writes what a new network begins with into a journal that is empty. Errors: those of `append`. */
export async function beginJournal(
  journal: Journal,
  genesis: readonly Command[],
  nowMs: number,
): Promise<void> {
  if (journal.lastSequence > 0) return;
  const commands = encodeCommands(genesis);
  const record = { nowMs, commandCount: genesis.length, commands, notes: [] };
  await journal.append(encodeLogRecord(record));
}

/**
 * Brings engine and read model to the end of the journal: from the newest snapshot that the read model has
 * already seen, or from nothing.
 *
 * Errors   `RecoveryFaultDetail`, and what the journal throws when it is corrupt.
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { journal, readModel } = options;
  const readModelSequence = readModel?.durableSequence ?? Infinity;
  const keptSequence = options.attester?.durableSequence ?? Infinity;
  const snapshot = await findSnapshot(options, Math.min(readModelSequence, keptSequence));
  const engine = openEngine(options, snapshot);
  const snapshotCommands = engine.counts().commands;
  let lastRecordMs = 0;
  let replayed = 0;
  let isLoaded = false;
  const loadAt = (sequence: number): void => {
    if (isLoaded || sequence !== readModelSequence) return;
    readModel?.load(engine);
    isLoaded = true;
  };
  const start = snapshot?.sequence ?? 0;
  loadAt(start);
  for await (const { sequence, payload, hash } of journal.read(Math.max(start, 1))) {
    const record = readRecord(payload, sequence);
    lastRecordMs = record.nowMs;
    if (sequence === snapshot?.sequence) {
      checkSameJournal(snapshot, hash);
      continue;
    }
    const executed = executeRecord(engine, record, sequence);
    if (isLoaded) readModel?.apply(executed);
    options.attester?.apply(executed);
    loadAt(sequence);
    replayed++;
  }
  assert(isLoaded || readModel === undefined, "the read model is not ahead of the journal");
  engine.auditBalances();
  return { engine, lastRecordMs, replayed, snapshotSequence: start, snapshotCommands };
}

async function findSnapshot(
  options: RecoveryOptions,
  keptSequence: number,
): Promise<Snapshot | undefined> {
  // Effects beyond what read model and attester hold could not be told to them any more, and a snapshot beyond the
  // journal's end is of commands that this journal has lost.
  const atMostSequence = Math.min(keptSequence, options.journal.lastSequence);
  const { snapshot, warnings } = await options.snapshots.latest(atMostSequence);
  for (const warning of warnings) options.warn(warning);
  return snapshot;
}

function openEngine(options: RecoveryOptions, snapshot: Snapshot | undefined): SnapshotEngine {
  const { limits, hashKey } = options;
  if (snapshot === undefined) return createHotEngine({ limits, hashKey });
  const other = snapshotProblem(snapshot.content);
  if (other !== undefined) return refuseSnapshot(snapshot, `is of ${other}`);
  const engine = restoreHotEngine({ limits, hashKey }, snapshot.content);
  const hash = hashState(engine);
  if (equalBytes(hash, snapshot.stateHash)) return engine;
  const problem = `state hash ${encodeHex(hash)}, not ${encodeHex(snapshot.stateHash)}`;
  return refuseSnapshot(snapshot, `restores to ${problem}`);
}

function refuseSnapshot({ sequence }: Snapshot, problem: string): never {
  const message = `the snapshot of record ${sequence} ${problem}: move it away and start again`;
  const detail = { code: "RECOVERY_SNAPSHOT_INVALID", sequence, problem } as const;
  throw new Fault<RecoveryFaultDetail>(detail, "fatal", message);
}

function checkSameJournal(snapshot: Snapshot, hash: Uint8Array): void {
  if (equalBytes(snapshot.journalHash, hash)) return;
  const { sequence } = snapshot;
  refuseSnapshot(snapshot, `was not made after record ${sequence} of the journal`);
}

/** SHA-256 of the engine's state stream (matching.md §6). */
export function hashState(engine: SnapshotEngine): Uint8Array {
  return stateHash(engine, createHash("sha256"));
}

/** Reads the log record of a journal entry. Errors: RECOVERY_RECORD_INVALID. */
export function readRecord(payload: Uint8Array, sequence: number): LogRecord {
  const record = parseLogRecord(payload);
  if (!(record instanceof Fault)) return record;
  const detail = { code: "RECOVERY_RECORD_INVALID", sequence, problem: record.message } as const;
  const message = `log record ${sequence} is not one this version can read: ${record.message}`;
  throw new Fault<RecoveryFaultDetail>(detail, "fatal", message, record);
}
