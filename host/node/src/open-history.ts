import {
  type FileHistoryOptions,
  type History,
  isStorageFault,
  openFileHistory,
} from "@rialto/storage";
import type { Logger } from "pino";
import { saysDamage, setAside } from "./damaged-file.ts";

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
  log.error({ path: setAside(options.path) }, "history.damaged");
  return await openFileHistory(options);
}

function isDamage(error: unknown): boolean {
  if (!isStorageFault(error) || error.detail.code !== "STORAGE_IO") return false;
  const [, code] = /^SQLITE_(\d+)$/.exec(error.detail.errorCode) ?? [];
  return code !== undefined && saysDamage(Number(code));
}
