import { assert } from "@rialto/base";
import type { FileOperations } from "./file-operations.ts";
import type { JournalEvent } from "./journal.ts";
import { prepareSegment, segmentPath, SLICE_BYTES_MAX } from "./segment-files.ts";
import { isOutOfSpace, isStorageFault, storageFault, type StorageFault } from "./storage-fault.ts";

// Measured (decision 002): while zeros are written, the journal's own writes wait for them, and those of all who share the disk. In
// small slices, no faster than the journal fills, they wait for nothing that shows; a second of large ones is seen by every client.
const SLICE_BYTES_MIN = 0x1_0000;
/** For a journal that fills faster than that. */
const BEHIND_SLICE_BYTES_MAX = 0x10_0000;
/** Calm, 64 MiB take 8 s, more on a slow disk: a pause is so many times as long as the work before it. */
const CALM_PAUSE_MIN_MS = 8;
const CALM_PAUSE_FACTOR = 4;
/** The spare shall be whole when the newest segment is 2/3 full. */
const LEAD_FACTOR = 1.5;

export interface SpareOptions {
  readonly files: FileOperations;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly spaceRetryMs: number;
  /** How much of the newest segment is taken, 0 to 1. */
  readonly usedShare: () => number;
  readonly observe: (event: JournalEvent) => void;
  /** Told of an error that is not a lack of space. */
  readonly onFatal: (fault: StorageFault) => void;
}

/**
 * Keeps the next segment prepared, so that a full disk shows here and never inside a record.
 *
 *   absent -> preparing -> ready -> absent (taken)
 *                 |  ^
 *                full   (tries again every spaceRetryMs)
 */
export class SpareSegment {
  readonly #options: SpareOptions;
  #segment = 0;
  #isReady = false;
  #isStopped = false;
  #attempt: Promise<void> | undefined = undefined;
  #fault: StorageFault | undefined = undefined;
  #retry: NodeJS.Timeout | undefined = undefined;
  /** Resolves, by `#hurry`, once somebody waits for the attempt under way. */
  #urgent: Promise<void> = Promise.resolve();
  #hurry: () => void = () => {};
  #isUrgent = false;
  #resumedMs = 0;

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Counts an already prepared `segment` as ready. */
  adopt(segment: number): void {
    this.#segment = segment;
    this.#isReady = true;
  }

  /** Starts to prepare `segment` in the background. */
  prepare(segment: number): void {
    assert(!this.#isReady && this.#attempt === undefined, "one spare is prepared at a time");
    this.#segment = segment;
    this.#begin();
  }

  /** Waits for an attempt under way and takes the spare's path, or says why there is none. */
  async take(): Promise<string | StorageFault> {
    this.#hurry();
    await this.#attempt;
    if (this.#isReady) {
      this.#isReady = false;
      return segmentPath(this.#options.directory, this.#segment);
    }
    assert(this.#fault !== undefined, "a spare that is not ready has a reason");
    return this.#fault;
  }

  /** Abandons what is under way and cleans up behind it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#hurry();
    clearTimeout(this.#retry);
    await this.#attempt;
  }

  #begin(): void {
    if (this.#isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#isUrgent = false;
    this.#urgent = promise;
    this.#hurry = () => {
      this.#isUrgent = true;
      resolve();
    };
    this.#resumedMs = performance.now();
    this.#attempt = this.#prepare();
  }

  /** Leaves the disk to the journal as far as the journal can still wait for the spare. */
  async #nextSliceBytes(doneBytes: number): Promise<number> {
    const { segmentBytes, usedShare } = this.#options;
    const behindBytes = usedShare() * LEAD_FACTOR * segmentBytes - doneBytes;
    if (behindBytes <= 0) {
      const workedMs = performance.now() - this.#resumedMs;
      await this.#pause(Math.max(CALM_PAUSE_MIN_MS, workedMs * CALM_PAUSE_FACTOR));
    }
    this.#resumedMs = performance.now();
    if (this.#isStopped) return 0;
    if (this.#isUrgent) return SLICE_BYTES_MAX;
    const slices = Math.max(1, Math.ceil(behindBytes / SLICE_BYTES_MIN));
    return Math.min(slices * SLICE_BYTES_MIN, BEHIND_SLICE_BYTES_MAX);
  }

  async #pause(pauseMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, pauseMs);
    await Promise.race([promise, this.#urgent]);
    clearTimeout(timer);
  }

  async #prepare(): Promise<void> {
    const path = segmentPath(this.#options.directory, this.#segment);
    try {
      await this.#prepareOnce(path);
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      this.#fault = error;
      this.#options.onFatal(error);
    } finally {
      this.#attempt = undefined;
    }
  }

  async #prepareOnce(path: string): Promise<void> {
    const { files, directory, segmentBytes, observe } = this.#options;
    // Asking first spares a full disk the pointless writing of most of a segment every retry.
    const freeBytes = await files.freeBytes(directory);
    if (freeBytes < segmentBytes) return this.#becomeFull(path, freeBytes);
    try {
      this.#isReady = await prepareSegment(files, path, segmentBytes, (bytes) =>
        this.#nextSliceBytes(bytes),
      );
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      return this.#becomeFull(path, await files.freeBytes(directory), error);
    }
    if (this.#isReady && this.#fault !== undefined) observe({ name: "journal.resumed", path });
    this.#fault = undefined;
  }

  #becomeFull(path: string, freeBytes: number, cause?: StorageFault): void {
    const { segmentBytes: neededBytes, spaceRetryMs, observe } = this.#options;
    const fault = storageFault({ code: "STORAGE_FULL", path, freeBytes, neededBytes }, cause);
    if (this.#fault === undefined) observe({ name: "journal.full", fault });
    this.#fault = fault;
    this.#retry = setTimeout(() => this.#begin(), spaceRetryMs).unref();
  }
}
