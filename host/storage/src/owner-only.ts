import { closeSync, existsSync, openSync } from "node:fs";
import { ioFault } from "./storage-fault.ts";

// What a node keeps is for its owner's eyes alone, also where somebody has made its directory for others to look into.

export const OWNER_ONLY_FILE = 0o600;
export const OWNER_ONLY_DIRECTORY = 0o700;

/**
 * Makes an empty file of SQLite's where there is none: SQLite itself would let others read it, and so hold a lock of it. One that is
 * there is left alone: closing a handle to it would drop the locks that this process has on it.
 *
 * Errors   STORAGE_IO, thrown.
 */
export function makeDatabaseFile(path: string): void {
  if (path === ":memory:" || existsSync(path)) return;
  try {
    closeSync(openSync(path, "a", OWNER_ONLY_FILE));
  } catch (error) {
    throw ioFault(path, "open", error);
  }
}
