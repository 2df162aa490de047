import {
  type FileHistoryOptions,
  type History,
  isStorageFault,
  openFileHistory,
} from "@rialto/storage";
import { renameSync } from "node:fs";
import type { Logger } from "pino";

/**
 * Opens a node's history. It is derived: one that a damaged disk has spoilt is set aside, in place of one that was before, and
 * begins anew.
 *
 * Errors   those of `openFileHistory`.
 */
export async function openHistory(
  options: FileHistoryOptions,
  log: Pick<Logger, "error">,
): Promise<History> {
  try {
    return await openFileHistory(options);
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const path = `${options.path}.damaged`;
  // A log beside it is of no use without it: SQLite lets go of one beside a file that is new.
  renameSync(options.path, path);
  log.error({ path }, "history.damaged");
  return await openFileHistory(options);
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES: readonly number[] = [11, 26];

function isDamage(error: unknown): boolean {
  if (!isStorageFault(error) || error.detail.code !== "STORAGE_IO") return false;
  const [, code] = /^SQLITE_(\d+)$/.exec(error.detail.errorCode) ?? [];
  return code !== undefined && DAMAGE_CODES.includes(Number(code) & 0xff);
}
