import { Fault } from "@rialto/base";
import { makeDatabaseFile } from "@rialto/storage";
import { DatabaseSync } from "node:sqlite";
import { saysDamage, setAside } from "../damaged-file.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS network (hash BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS checkpoint (
    last_commit INTEGER PRIMARY KEY, record BLOB NOT NULL, certificate BLOB, quantum INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS traded (
    market INTEGER NOT NULL, last_trade INTEGER NOT NULL, last_commit INTEGER NOT NULL,
    PRIMARY KEY (market, last_trade)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS traded_commit ON traded (last_commit);
`;
const SUMS =
  "SELECT count(*) AS records, coalesce(sum(length(record)), 0) AS bytes, " +
  "count(certificate) AS certificates, coalesce(sum(quantum), 0) AS quantum FROM checkpoint";

export interface ProofDatabaseOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  readonly networkHash: Uint8Array;
  /** Told where a file lies now that a damaged disk has spoilt: it is derived, and another one begins in its place. */
  readonly onDamaged?: (path: string) => void;
}

export type ProofDatabaseFaultDetail = {
  readonly code: "PROOFS_UNUSABLE";
  readonly path: string;
  /** "SQLITE_" and its number. */
  readonly errorCode: string;
};

/** What a database of proofs holds. */
export interface ProofSums {
  readonly records: number;
  readonly bytes: number;
  readonly certificates: number;
  readonly quantum: number;
}

export interface ProofDatabase {
  readonly database: DatabaseSync;
  readonly sums: ProofSums;
}

/**
 * Opens the database of proofs, and reads through the table that all rests on. What is of another network is let go of: it is
 * derived, and worth nothing here.
 *
 * Effects  a file that is damaged is set aside, in place of one that was before.
 * Errors   PROOFS_UNUSABLE, thrown.
 */
export function openProofDatabase(options: ProofDatabaseOptions): ProofDatabase {
  const { path, onDamaged } = options;
  try {
    try {
      return openWhole(options);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    const aside = setAside(path);
    onDamaged?.(aside);
    return openWhole(options);
  } catch (error) {
    throw faultOf(path, error);
  }
}

function openWhole({ path, networkHash }: ProofDatabaseOptions): ProofDatabase {
  makeDatabaseFile(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(SCHEMA);
    const known = database.prepare("SELECT hash FROM network").get()?.["hash"];
    if (known === undefined || Buffer.compare(known as Uint8Array, networkHash) !== 0) {
      clear(database, networkHash);
    }
    const { records, bytes, certificates, quantum } = database.prepare(SUMS).get()!;
    const sums = {
      records: Number(records),
      bytes: Number(bytes),
      certificates: Number(certificates),
      quantum: Number(quantum),
    };
    return { database, sums };
  } catch (error) {
    database.close();
    throw error;
  }
}

function clear(database: DatabaseSync, networkHash: Uint8Array): void {
  database.exec("BEGIN; DELETE FROM checkpoint; DELETE FROM traded; DELETE FROM network;");
  database.prepare("INSERT INTO network VALUES (?)").run(networkHash);
  database.exec("COMMIT");
}

/** Its primary code; undefined for what is no error of SQLite's. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && saysDamage(code);
}

function faultOf(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const errorCode = `SQLITE_${code}`;
  const message =
    `The proofs in ${path} cannot be used: ${errorCode}, ${(error as Error).message}. ` +
    "Check that its disk has room and takes writes, and that this user may use it; what is lost of them is made again, as far as the journal reaches.";
  const detail: ProofDatabaseFaultDetail = { code: "PROOFS_UNUSABLE", path, errorCode };
  return new Fault<ProofDatabaseFaultDetail>(detail, "fatal", message, error);
}
