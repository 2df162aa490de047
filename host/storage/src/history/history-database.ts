import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { makeDatabaseFile } from "../owner-only.ts";
import { isStorageFault, storageFault, type StorageFault } from "../storage-fault.ts";
import {
  ACCOUNTS,
  type ChangesMessage,
  KLINES,
  MARKETS,
  ORDERS,
  type TableColumns,
  type TableRows,
  TRADES,
} from "./history-changes.ts";
import { createHistoryQueries, type HistoryQueries } from "./history-queries.ts";
import { HistoryPruner } from "./history-pruner.ts";
import { migrate } from "./history-schema.ts";
import type { HistoryHead, HistoryRetention } from "./history.ts";

export interface HistoryDatabaseOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** 32 bytes in hexadecimal. */
  readonly networkHash: string;
  readonly retention: HistoryRetention;
}

/** What SQLite asks the disk for at a time, at least. */
const PAGE_BYTES = 4_096;
const CACHE_KIBIBYTES = 65_536;
/** Pages of the write-ahead log before it is moved into the database: about 16 MiB. */
const CHECKPOINT_PAGES = 4_096;

/** The history in SQLite, used by one thread. */
export class HistoryDatabase {
  readonly queries: HistoryQueries;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #pruner: HistoryPruner;
  readonly #writers: Readonly<Record<"orders" | "trades" | "klines" | "markets" | "accounts", Put>>;
  readonly #setHead: StatementSync;

  constructor(options: HistoryDatabaseOptions) {
    this.#path = options.path;
    this.#database = openDatabase(options);
    const database = this.#database;
    this.queries = createHistoryQueries(database);
    this.#pruner = new HistoryPruner(database, options.retention);
    this.#writers = {
      orders: putInto(database, ORDERS, "serial"),
      trades: putInto(database, TRADES, undefined),
      klines: putInto(database, KLINES, "market, interval, openMs"),
      markets: putInto(database, MARKETS, "market"),
      accounts: putInto(database, ACCOUNTS, "account"),
    };
    this.#setHead = database.prepare(
      "UPDATE head SET sequence = ?, nowMs = ?, orderSerial = ?, executionId = ?, beginsSequence = ?",
    );
  }

  head(): HistoryHead {
    return this.queries.head();
  }

  /**
   * Writes changes, all of them or nothing, then removes a slice of what is too old.
   *
   * Errors   STORAGE_FULL, STORAGE_IO.
   */
  write(changes: ChangesMessage): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      this.#writers.orders(changes.orders);
      this.#writers.trades(changes.trades);
      this.#writers.klines(changes.klines);
      this.#writers.markets(changes.markets);
      this.#writers.accounts(changes.accounts);
      const { sequence, nowMs, orderSerial, executionId, beginsSequence } = changes.head;
      this.#setHead.run(sequence, nowMs, orderSerial, executionId, beginsSequence);
      this.#pruner.prune(changes);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw faultOf(this.#path, "write", error);
    }
  }

  /** Moves everything into the database file and has the disk confirm it. */
  sync(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      throw faultOf(this.#path, "checkpoint", error);
    }
  }

  /** The fault that an error of a query means; anything that is no database error is thrown. */
  faultOf(operation: string, error: unknown): StorageFault {
    return faultOf(this.#path, operation, error);
  }

  close(): void {
    this.#database.close();
  }
}

/** Writes rows of one table. */
type Put = (rows: TableRows) => void;

function openDatabase(options: HistoryDatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makeDatabaseFile(options.path);
    database = new DatabaseSync(options.path);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -${CACHE_KIBIBYTES};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    `);
    migrate(database, options.path, options.networkHash);
    return database;
  } catch (error) {
    database?.close();
    throw faultOf(options.path, "open", error);
  }
}

/** An insertion of `table`, which replaces the row of the same key if there is one. */
function putInto(database: DatabaseSync, table: TableColumns, key: string | undefined): Put {
  const names = [...table.numbers, ...table.bigints, ...table.texts];
  const replaced = names.filter((name) => !(key ?? "").split(", ").includes(name));
  const conflict =
    key === undefined
      ? ""
      : ` ON CONFLICT (${key}) DO UPDATE SET ${replaced.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  const statement = database.prepare(
    `INSERT INTO ${table.name} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})${conflict}`,
  );
  const [numbers, bigints, texts] = [table.numbers, table.bigints, table.texts].map(
    ({ length }) => length,
  ) as [number, number, number];
  const values: SQLInputValue[] = Array.from({ length: names.length }, () => null);
  return (rows) => {
    for (let row = 0; row < rows.count; row++) {
      let at = 0;
      for (let index = 0; index < numbers; index++) {
        values[at++] = rows.numbers[row * numbers + index]!;
      }
      for (let index = 0; index < bigints; index++) {
        values[at++] = rows.bigints[row * bigints + index]!;
      }
      for (let index = 0; index < texts; index++) values[at++] = rows.texts[row * texts + index]!;
      statement.run(...values);
    }
  };
}

/** True for a number that is none, or longer than any that was written: SQLite hands on what a disk has spoilt. */
function isSpoilt(error: unknown): boolean {
  return error instanceof SyntaxError || (error as { code?: unknown }).code === "ERR_OUT_OF_RANGE";
}

// Result codes of SQLite, without their extended part.
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
/** With its extended part: the index beside the log could not be made longer, by a step of so many bytes. It does not say why. */
const SQLITE_IOERR_SHMSIZE = 4_874;
const INDEX_STEP_BYTES = 32_768;

function faultOf(path: string, operation: string, error: unknown): StorageFault {
  if (isStorageFault(error)) return error;
  const code = isSpoilt(error) ? SQLITE_CORRUPT : (error as { readonly errcode?: unknown }).errcode;
  if (typeof code !== "number") throw error;
  const isFull = (code & 0xff) === SQLITE_FULL;
  if (isFull || code === SQLITE_IOERR_SHMSIZE) {
    const { bavail, bsize } = statfsSync(dirname(path));
    const freeBytes = bavail * bsize;
    const neededBytes = isFull ? PAGE_BYTES : INDEX_STEP_BYTES;
    const full = { code: "STORAGE_FULL", path, freeBytes, neededBytes } as const;
    if (isFull || freeBytes < neededBytes) return storageFault(full, error);
  }
  const errorCode = `SQLITE_${code}`;
  return storageFault({ code: "STORAGE_IO", path, operation, errorCode }, error);
}
