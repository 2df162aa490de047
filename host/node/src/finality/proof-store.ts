import { assert, viewOf } from "@rialto/base";
import { NO_DIGEST } from "@rialto/consensus";
import {
  type CheckpointRecord,
  encodeCheckpointRecord,
  lastTrades,
  parseCheckpointRecord,
  PROOF_LINKS_MAX,
} from "@rialto/replica";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { openProofDatabase, type ProofDatabaseOptions } from "./proof-database.ts";

// What proofs are made of, kept for as long as there is room: a row for each checkpoint. Derived from the journal, as the
// history is: what is lost is made again by executing the journal from its beginning.

/** A checkpoint's commits, and its certificate once there is one. */
export interface StoredCheckpoint {
  readonly record: CheckpointRecord;
  readonly certificate: Uint8Array | undefined;
}

/** Where the commits of a node stand after the newest record. */
export interface ChainEnd {
  readonly commitIndex: number;
  readonly commitDigest: Uint8Array;
  readonly resultsRoot: Uint8Array;
}

/** Certificates among which a proof has the choice: those of a second of a busy cluster. */
const CERTIFIED_MAX = 16;

const BEGINNING: ChainEnd = { commitIndex: 0, commitDigest: NO_DIGEST, resultsRoot: NO_DIGEST };

export interface ProofStoreOptions extends ProofDatabaseOptions {
  /** Bytes of records; the oldest go first. The newest always stays. */
  readonly bytesMax: number;
}

export class ProofStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #bytesMax: number;
  readonly #statements: ReturnType<typeof prepare>;
  #end: ChainEnd = BEGINNING;
  #bytes: number;
  #certificates: number;
  #quantumCertificates: number;

  /** Errors: those of `openProofDatabase`, thrown. */
  constructor(options: ProofStoreOptions) {
    const { database, sums } = openProofDatabase(options);
    this.#database = database;
    this.#bytesMax = options.bytesMax;
    this.#statements = prepare(database);
    const [newest] = this.newest(1);
    if (newest !== undefined) this.#moveEnd(newest.record);
    // Nothing can follow on a record that a damaged disk has spoilt.
    else if (sums.records > 0) this.#removeAll();
    const isKept = newest !== undefined;
    this.#bytes = isKept ? sums.bytes : 0;
    this.#certificates = isKept ? sums.certificates : 0;
    this.#quantumCertificates = isKept ? sums.quantum : 0;
  }

  #removeAll(): void {
    this.#transact(() => this.#database.exec("DELETE FROM checkpoint; DELETE FROM traded;"));
  }

  get end(): ChainEnd {
    return this.#end;
  }

  /**
   * Goes on after a commit that is not in it: its records are of an order that nobody here can lead there any more.
   *
   * Effects  removes them. Until the next record is put, a start finds it empty again.
   */
  beginAt(end: ChainEnd): void {
    this.#removeAll();
    this.#end = end;
    this.#bytes = 0;
    this.#certificates = 0;
    this.#quantumCertificates = 0;
  }

  get certificates(): number {
    return this.#certificates;
  }

  get quantumCertificates(): number {
    return this.#quantumCertificates;
  }

  #moveEnd({ commits, resultsRoot }: CheckpointRecord): void {
    const { commit, digest } = commits.at(-1)!;
    this.#end = { commitIndex: commit.index, commitDigest: digest, resultsRoot };
  }

  /** Adds the commits that follow on the newest record's. */
  put(record: CheckpointRecord): void {
    assert(record.commits[0]!.commit.index === this.#end.commitIndex + 1, "records have no gaps");
    const lastCommit = record.commits.at(-1)!.commit.index;
    const bytes = seal(encodeCheckpointRecord(record));
    // Counted when it stands: a disk that is full undoes it, and it is put again.
    let total = this.#bytes + bytes.length;
    this.#transact(() => {
      this.#statements.put.run(lastCommit, bytes);
      for (const [market, trade] of lastTrades(record)) {
        this.#statements.putTraded.run(market, trade, lastCommit);
      }
      while (total > this.#bytesMax) {
        const droppedBytes = this.#dropOldest(lastCommit);
        if (droppedBytes === 0) break;
        total -= droppedBytes;
      }
    });
    this.#bytes = total;
    this.#moveEnd(record);
  }

  /** Returns its bytes; 0 where it is the newest, which stays. */
  #dropOldest(newest: number): number {
    const row = this.#statements.oldest.get()!;
    const oldest = Number(row["last_commit"]);
    if (oldest === newest) return 0;
    this.#statements.drop.run(oldest);
    this.#statements.dropTraded.run(oldest);
    return Number(row["bytes"]);
  }

  /** The certificate of the checkpoint after a commit. */
  certificateOf(commitIndex: number): Uint8Array | undefined {
    return (
      (this.#statements.find.get(commitIndex)?.["certificate"] as Uint8Array | null) ?? undefined
    );
  }

  /** Notes the certificate of the checkpoint after a commit, or a better one. */
  certify(commitIndex: number, certificate: Uint8Array, isQuantum: boolean): void {
    const before = this.#statements.find.get(commitIndex);
    if (before === undefined) return;
    this.#statements.certify.run(certificate, isQuantum ? 1 : 0, commitIndex);
    if (before["certificate"] === null) this.#certificates++;
    if (isQuantum && before["quantum"] === 0) this.#quantumCertificates++;
  }

  /** The last commit of the record that holds a trade, if it is not too old and not too new. */
  findTrade(market: number, tradeId: number): number | undefined {
    const row = this.#statements.findTrade.get(market, tradeId);
    return row === undefined ? undefined : Number(row["last_commit"]);
  }

  /**
   * The records from that of a commit on, up to and with the first that has a certificate: of the next few the first with a
   * quorum of ML-DSA-65 signatures, which are not made at every checkpoint. None where that has not come yet, is too far away,
   * or a damaged disk has spoilt one of them.
   */
  upToCertificate(lastCommit: number): StoredCheckpoint[] {
    // Found first: who asks again and again for what is not certified yet costs no reading of records.
    const { nextCertified } = this.#statements;
    const certified = nextCertified.get(lastCommit, PROOF_LINKS_MAX, CERTIFIED_MAX)?.[
      "last_commit"
    ];
    if (certified === undefined) return [];
    const found: StoredCheckpoint[] = [];
    for (const row of this.#statements.from.iterate(lastCommit, PROOF_LINKS_MAX)) {
      const stored = readRow(row);
      if (stored === undefined) break;
      found.push(stored);
      if (row["last_commit"] === certified) return found;
    }
    return [];
  }

  /** The newest checkpoints, newest first. What a damaged disk has spoilt ends the list. */
  newest(countMax: number): StoredCheckpoint[] {
    const found: StoredCheckpoint[] = [];
    for (const row of this.#statements.newest.iterate(countMax)) {
      const stored = readRow(row);
      if (stored === undefined) break;
      found.push(stored);
    }
    return found;
  }

  #transact(change: () => void): void {
    this.#database.exec("BEGIN");
    try {
      change();
      this.#database.exec("COMMIT");
    } catch (error) {
      // A disk that is full or failing has undone it already; to undo it again would be the error that is told.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Of SQLite's primary codes: READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const DISK_CODES: readonly number[] = [8, 10, 11, 13, 14, 26];

/** True for an error of the disk under the store; anything else is ours. */
export function isDiskError(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === "number" && DISK_CODES.includes(errcode & 0xff);
}

function prepare(database: DatabaseSync): Readonly<Record<Statement, StatementSync>> {
  const statements = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(statements) as Readonly<Record<Statement, StatementSync>>;
}

const STATEMENTS = {
  put: "INSERT INTO checkpoint VALUES (?, ?, NULL, 0)",
  putTraded: "INSERT INTO traded VALUES (?, ?, ?)",
  oldest:
    "SELECT last_commit, length(record) AS bytes FROM checkpoint ORDER BY last_commit LIMIT 1",
  drop: "DELETE FROM checkpoint WHERE last_commit = ?",
  dropTraded: "DELETE FROM traded WHERE last_commit = ?",
  find: "SELECT certificate, quantum FROM checkpoint WHERE last_commit = ?",
  certify: "UPDATE checkpoint SET certificate = ?, quantum = ? WHERE last_commit = ?",
  findTrade:
    "SELECT last_commit FROM traded WHERE market = ? AND last_trade >= ? ORDER BY last_trade LIMIT 1",
  nextCertified:
    "SELECT last_commit FROM (SELECT last_commit, quantum FROM (" +
    "SELECT last_commit, quantum, certificate IS NOT NULL AS certified FROM checkpoint " +
    "WHERE last_commit >= ? ORDER BY last_commit LIMIT ?) " +
    "WHERE certified ORDER BY last_commit LIMIT ?) ORDER BY quantum DESC, last_commit LIMIT 1",
  from: "SELECT * FROM checkpoint WHERE last_commit >= ? ORDER BY last_commit LIMIT ?",
  newest: "SELECT * FROM checkpoint ORDER BY last_commit DESC LIMIT ?",
} as const;
type Statement = keyof typeof STATEMENTS;

function readRow(row: Record<string, unknown>): StoredCheckpoint | undefined {
  const bytes = unseal(row["record"] as Uint8Array);
  const record = bytes && parseCheckpointRecord(bytes);
  if (record === undefined) return undefined;
  return { record, certificate: (row["certificate"] as Uint8Array | null) ?? undefined };
}

const SEAL_BYTES = 4;

/** A record and its CRC-32: SQLite does not notice when a disk gives back something else. */
function seal(record: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(record.length + SEAL_BYTES);
  sealed.set(record);
  viewOf(sealed).setUint32(record.length, crc32(record), true);
  return sealed;
}

function unseal(sealed: Uint8Array): Uint8Array | undefined {
  const end = sealed.length - SEAL_BYTES;
  if (end < 0) return undefined;
  const record = sealed.subarray(0, end);
  return viewOf(sealed).getUint32(end, true) === crc32(record) ? record : undefined;
}
