import { isStorageFault, type Journal } from "@rialto/storage";
import type { Logger } from "pino";
import type { RoundArchive } from "../round-archive.ts";
import { SNAPSHOTS_KEPT } from "./member-snapshots.ts";
import type { TakenSnapshot } from "./snapshot-taker.ts";

export interface JournalTrimmerOptions {
  readonly archive: RoundArchive;
  readonly journal: Pick<Journal, "firstSequence">;
  readonly gcDepth: number;
  readonly log: Pick<Logger, "info" | "error">;
}

/**
 * Cuts a member's journal back to what the older of two snapshots needs, of whatever epochs they are, and a wide margin: others may
 * catch up by blocks just now.
 */
export class JournalTrimmer {
  readonly #options: JournalTrimmerOptions;
  /** Since the start, the newest last: what was there before may be of use to nobody. */
  #saved: readonly TakenSnapshot[] = [];

  constructor(options: JournalTrimmerOptions) {
    this.#options = options;
  }

  /** A snapshot has been saved. Effects: where the disk fails, says so; the snapshot is there all the same. */
  async noteSaved(taken: TakenSnapshot): Promise<void> {
    const { archive, journal, gcDepth, log } = this.#options;
    this.#saved = [...this.#saved, taken].slice(-SNAPSHOTS_KEPT);
    const [older] = this.#saved;
    if (this.#saved.length < SNAPSHOTS_KEPT) return;
    try {
      await archive.prune(older!.epoch, older!.gcRound - 4 * gcDepth);
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      log.error({ err: error }, "journal.unpruned");
      return;
    }
    log.info({ firstSequence: journal.firstSequence }, "journal.pruned");
  }
}
