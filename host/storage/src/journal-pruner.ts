import type { FileOperations } from "./file-operations.ts";
import type { SegmentFile } from "./segment-cursor.ts";
import { isAbsent } from "./storage-fault.ts";

/**
 * Removes the oldest segments of a journal, one by one and durably, so that a crash leaves a journal without gaps. What is
 * being read stays until it has been.
 */
export class JournalPruner {
  readonly #files: FileOperations;
  readonly #directory: string;
  /** Those of the writer, oldest first, the newest of which stays. */
  readonly #segments: SegmentFile[];
  /** Where the readings that are under way began. */
  readonly #reading = new Set<{ readonly fromSequence: number }>();
  #pruning: Promise<void> = Promise.resolve();
  /** Not listed any more, and perhaps there still. It goes before any other does: a gap would be damage at the next start. */
  #leaving: string | undefined;

  constructor(files: FileOperations, directory: string, segments: SegmentFile[]) {
    this.#files = files;
    this.#directory = directory;
    this.#segments = segments;
  }

  /** Resolves when nothing is being removed. */
  get settled(): Promise<void> {
    return this.#pruning;
  }

  /** Keeps what a reading may come to. Returns how to say that it is done. */
  keep(fromSequence: number): () => void {
    const reading = { fromSequence };
    this.#reading.add(reading);
    return () => void this.#reading.delete(reading);
  }

  /** Removes segments that hold nothing of `beforeSequence` or later. Errors: STORAGE_IO. */
  prune(beforeSequence: number): Promise<void> {
    const pruned = this.#pruning.then(() => this.#prune(beforeSequence));
    // Whoever asked is told; the next one begins where this one stopped.
    this.#pruning = pruned.catch(() => undefined);
    return pruned;
  }

  async #prune(beforeSequence: number): Promise<void> {
    for (;;) {
      await this.#removeLeaving();
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined) return;
      let end = beforeSequence;
      for (const { fromSequence } of this.#reading) end = Math.min(end, fromSequence);
      if (next.header.firstSequence > end) return;
      // Not listed any more before it goes: nobody begins to read it.
      this.#segments.shift();
      this.#leaving = oldest.path;
    }
  }

  async #removeLeaving(): Promise<void> {
    if (this.#leaving === undefined) return;
    try {
      await this.#files.remove(this.#leaving);
    } catch (error) {
      // The last try may have come as far as that.
      if (!isAbsent(error)) throw error;
    }
    await this.#files.syncDirectory(this.#directory);
    this.#leaving = undefined;
  }
}
