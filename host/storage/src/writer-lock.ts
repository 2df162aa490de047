import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeDatabaseFile, OWNER_ONLY_FILE } from "./owner-only.ts";
import { ioFault, isAbsent, isOutOfSpace, storageFault } from "./storage-fault.ts";

/** Held by the one process, and the one journal in it, that may write to a directory. */
export interface WriterLock {
  release(): void;
}

const SQLITE_BUSY = 5;
/** How long a writer waits for somebody who only looks whether there is one. */
const WRITER_PATIENCE_MS = 250;
/** As long as any pid, so that each is written over the one before. */
const PID_DIGITS = 10;
/** How long one who looks waits for another who looks: the pid beside the lock may be that of a dead process. */
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
  const lockPath = join(directory, "writer.lock");
  const pidPath = join(directory, "writer.pid");
  const database = lockDatabase(lockPath, WRITER_PATIENCE_MS);
  if (database === undefined) {
    throw storageFault({ code: "JOURNAL_LOCKED", path: directory, pid: readPid(pidPath) });
  }
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
 * Finds the process that writes to `directory`.
 *
 * Effects  takes the lock for a moment where nobody has it; a writer that starts just then waits.
 * Returns  its pid, 0 where it is not known, or undefined where there is no writer.
 * Errors   STORAGE_IO.
 */
export function findWriter(directory: string): number | undefined {
  if (!existsSync(directory)) return undefined;
  const database = lockDatabase(join(directory, "writer.lock"), LOOK_PATIENCE_MS);
  if (database === undefined) return readPid(join(directory, "writer.pid")) ?? 0;
  database.close();
  return undefined;
}

/** Undefined where somebody else has it for longer than `patienceMs`. */
function lockDatabase(path: string, patienceMs: number): DatabaseSync | undefined {
  makeDatabaseFile(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: patienceMs });
    // Without this SQLite would create a rollback journal beside the lock.
    database.exec("PRAGMA journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    const errorCode = sqliteCode(error);
    if (errorCode === SQLITE_BUSY) return undefined;
    throw ioFault(path, "lock", { code: `SQLITE_${errorCode}`, error });
  }
}

function sqliteCode(error: unknown): number {
  const isSqlite = typeof error === "object" && error !== null && "errcode" in error;
  return isSqlite ? Number(error.errcode) : 0;
}

function readPid(path: string): number | undefined {
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
