import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeDatabaseFile, OWNER_ONLY_FILE } from "./owner-only.ts";
import {
  ioFault,
  isAbsent,
  isOutOfSpace,
  storageFault,
  type StorageFault,
} from "./storage-fault.ts";

/** Held by the one process, and the one journal in it, that may write to a directory. */
export interface WriterLock {
  release(): void;
}

const LOCK_FILE = "writer.lock";
const PID_FILE = "writer.pid";
const SQLITE_BUSY = 5;
/** How long a writer waits for somebody who only looks whether there is one. */
const WRITER_PATIENCE_MS = 250;
/** As long as any pid, so that each is written over the one before. */
const PID_DIGITS = 10;
/** How long one who looks waits for a writer that is just trying for the lock, and does not get it. */
const LOOK_PATIENCE_MS = 10;

/**
 * Takes the right to write to `directory`, or says who has it.
 *
 * An empty SQLite database held exclusively is the one kernel file lock that Node offers: it ends
 * with the process, however that ends, so there is no stale lock and nothing to guess from a pid.
 *
 * Effects  leaves `writer.lock` (empty) behind, and `writer.pid`, which names nobody once it is released. Blocks for < 1 ms;
 *          for WRITER_PATIENCE_MS where another has it.
 * Errors   JOURNAL_LOCKED, STORAGE_IO.
 */
export function acquireWriterLock(directory: string): WriterLock {
  const pidPath = join(directory, PID_FILE);
  const database = lockDatabase(directory);
  if (database === undefined) throw lockedFault(directory, findWriter(directory));
  try {
    // Not in the lock file itself: closing any handle to it would drop this process's lock.
    writePid(pidPath, process.pid);
  } catch (error) {
    database.close();
    throw error;
  }
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      try {
        writePid(pidPath, 0);
      } finally {
        database.close();
      }
    },
  };
}

/**
 * Writes a pid over the one before: where there has been one, that takes no room. On a full disk where there was none nobody is
 * named: a node must be able to start there, and to end where its directory is gone.
 */
function writePid(path: string, pid: number): void {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, OWNER_ONLY_FILE);
    try {
      writeSync(file, `${String(pid).padStart(PID_DIGITS)}\n`, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const fault = ioFault(path, "write", error);
    if (!isOutOfSpace(fault) && !isAbsent(fault)) throw fault;
  }
}

/**
 * Keeps writers out of `directory` while somebody looks at it. Several may look at once.
 *
 * Effects  nothing is written: it takes no more than the right to read. Where nobody has ever written, nobody is kept out.
 * Errors   JOURNAL_LOCKED where there is a writer, STORAGE_IO.
 */
export function acquireReaderLock(directory: string): Disposable {
  const held = holdForReading(directory);
  if (held === undefined) throw lockedFault(directory, readPid(directory));
  return held;
}

/**
 * Finds the process that writes to `directory`.
 *
 * Effects  keeps writers out for a moment; one that starts just then waits.
 * Returns  its pid, 0 where it is not known, or undefined where there is no writer.
 * Errors   STORAGE_IO.
 */
export function findWriter(directory: string): number | undefined {
  using held = holdForReading(directory);
  return held === undefined ? (readPid(directory) ?? 0) : undefined;
}

function lockedFault(path: string, pid: number | undefined): StorageFault {
  return storageFault({ code: "JOURNAL_LOCKED", path, pid: pid === 0 ? undefined : pid });
}

/** Undefined where there is a writer. */
function holdForReading(directory: string): Disposable | undefined {
  const path = join(directory, LOCK_FILE);
  if (!existsSync(path)) return { [Symbol.dispose]: () => undefined };
  const begin = (): DatabaseSync => {
    const opened = new DatabaseSync(path, { readOnly: true, timeout: LOOK_PATIENCE_MS });
    return execOrClose(opened, "BEGIN; SELECT count(*) FROM sqlite_master");
  };
  const database = orBusy(path, begin);
  return database === undefined ? undefined : { [Symbol.dispose]: () => database.close() };
}

/** Undefined where somebody else has it for longer than WRITER_PATIENCE_MS. */
function lockDatabase(directory: string): DatabaseSync | undefined {
  const path = join(directory, LOCK_FILE);
  makeDatabaseFile(path);
  return orBusy(path, () => {
    const opened = new DatabaseSync(path, { timeout: WRITER_PATIENCE_MS });
    // In memory: SQLite would else create a rollback journal beside the lock.
    return execOrClose(opened, "PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  });
}

function execOrClose(database: DatabaseSync, sql: string): DatabaseSync {
  try {
    database.exec(sql);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Undefined where somebody else has the lock. Errors: STORAGE_IO. */
function orBusy(path: string, open: () => DatabaseSync): DatabaseSync | undefined {
  try {
    return open();
  } catch (error) {
    const errorCode = sqliteCode(error);
    if (errorCode === SQLITE_BUSY) return undefined;
    throw ioFault(path, "lock", { code: `SQLITE_${errorCode}`, error });
  }
}

function sqliteCode(error: unknown): number {
  const isSqlite = typeof error === "object" && error !== null && "errcode" in error;
  return isSqlite ? Number(error.errcode) : 0;
}

function readPid(directory: string): number | undefined {
  const path = join(directory, PID_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const fault = ioFault(path, "read", error);
    if (isAbsent(fault)) return undefined; // the other writer is just starting
    throw fault;
  }
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
