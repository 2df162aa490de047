import { renameSync } from "node:fs";

// SQLite files that hold only what can be made again: one that a disk has spoilt is set aside, and begins anew.

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** True for an error number of SQLite's, plain or extended, that says that the file itself is spoilt. */
export function saysDamage(errorNumber: number): boolean {
  const primary = errorNumber & 0xff;
  return primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB;
}

/** Sets a file aside, in place of one that was before. Returns where it lies now. Errors: what the system says, thrown. */
export function setAside(path: string): string {
  const aside = `${path}.damaged`;
  // A log beside it is of no use without it: SQLite lets go of one beside a file that is new.
  renameSync(path, aside);
  return aside;
}
