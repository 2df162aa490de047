import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "./sync-directory.ts";

const OWNER_ONLY = 0o600;
/** May be read by anybody: what goes from one to another. */
export const FOR_ALL = 0o644;

/**
 * Writes a small file durably: all of it or nothing, whatever happens meanwhile. A link to one leads to it afterwards too; what is
 * no file, as a terminal, cannot be replaced, and is written to.
 *
 * Errors   what the system says, thrown.
 */
export function writeWhole(path: string, bytes: Uint8Array, mode: number = OWNER_ONLY): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) replace(path, bytes, mode);
  else if (found.isFile()) replace(realpathSync(path), bytes, mode);
  else writeFileSync(path, bytes);
}

function replace(path: string, bytes: Uint8Array, mode: number): void {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, "w", mode);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  syncDirectory(dirname(path));
}

/** True for what the system says where a disk, or a quota of it, is full. */
export function isNoRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}
