import { SNAPSHOTS_KEPT } from "@rialto/replica";
import { isStorageFault, type Journal } from "@rialto/storage";
import type { Logger } from "pino";
import type { RoundArchive } from "../round-archive.ts";
import type { TakenSnapshot } from "./snapshot-taker.ts";

export interface JournalTrimmerOptions {
  readonly archive: RoundArchive;
  readonly journal: Pick<Journal, "firstSequence">;
  readonly gcDepth: number;
  readonly log: Pick<Logger, "info" | "error">;
}

/**
 * Cuts a member's journal back to what the oldest of the snapshots that are kept needs, of whatever epochs they are, and a wide margin:
 * others may catch up by blocks just now. Who begins with a snapshot needs what stands above it.
 */
export class JournalTrimmer {
  readonly #options: JournalTrimmerOptions;
  /** Since the start and still there, the newest last: what was there before may be of use to nobody. */
  #saved: readonly TakenSnapshot[] = [];

  constructor(options: JournalTrimmerOptions) {
    this.#options = options;
  }

  /**
   * A snapshot has been saved, and `stored` are the commits of all that are there now. Effects: where the disk fails, says so; the
   * snapshot is there all the same.
   */
  async noteSaved(taken: TakenSnapshot, stored: readonly number[]): Promise<void> {
    const { archive, journal, gcDepth, log } = this.#options;
    const saved = [...this.#saved, taken].filter(({ commitIndex }) => stored.includes(commitIndex));
    this.#saved = saved;
    const [oldest] = saved;
    if (saved.length < SNAPSHOTS_KEPT) return;
    // Somebody is fetching one from before the start, and nobody knows here what that needs.
    if (stored.some((commitIndex) => commitIndex < oldest!.commitIndex)) return;
    try {
      await archive.prune(oldest!.epoch, oldest!.gcRound - 4 * gcDepth);
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      log.error({ err: error }, "journal.unpruned");
      return;
    }
    log.info({ firstSequence: journal.firstSequence }, "journal.pruned");
  }
}
