import type { ReadModel } from "@rialto/gateway";
import {
  type FileHistoryOptions,
  type History,
  isStorageFault,
  openFileHistory,
  type StorageFault,
} from "@rialto/storage";
import type { Logger } from "pino";
import { saysDamage, setAside } from "./damaged-file.ts";

/**
 * Opens a node's history. It is derived: one that a damaged disk has spoilt is set aside, in place of one that was before, and
 * begins anew: at once where opening it shows the damage, else when it is opened next.
 *
 * Errors   those of `openFileHistory`.
 */
export async function openHistory(
  options: FileHistoryOptions,
  log: Pick<Logger, "error">,
): Promise<History> {
  let isAside = false;
  const onFault = (fault: StorageFault): void => {
    options.onFault?.(fault);
    if (!isDamage(fault) || isAside) return;
    isAside = true;
    log.error({ path: setAside(options.path) }, "history.damaged");
  };
  const open = (): Promise<History> => openFileHistory({ ...options, onFault });
  try {
    return await open();
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  log.error({ path: setAside(options.path) }, "history.damaged");
  return await open();
}

/** Does what needs a history, and does it again where the history has proved spoilt, and been set aside. `use` closes what it fails with. */
export async function useHistory<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return await use();
}

/** Writes out what a read model holds. What is missing the next start makes from the journal. */
export function writeOutHistory(readModel: ReadModel, log: Pick<Logger, "error">): void {
  try {
    readModel.flush();
  } catch (error) {
    if (!isStorageFault(error)) throw error;
    log.error({ fault: error.detail }, "history.unwritten");
  }
}

function isDamage(error: unknown): boolean {
  if (!isStorageFault(error) || error.detail.code !== "STORAGE_IO") return false;
  const [, code] = /^SQLITE_(\d+)$/.exec(error.detail.errorCode) ?? [];
  return code !== undefined && saysDamage(Number(code));
}
