import { type CheckpointRecord, encodeCheckpointRecord } from "@rialto/replica";
import { isDiskError, type ProofStore } from "./proof-store.ts";

/** What waits in memory for a disk that takes nothing: minutes of a busy exchange. */
const WAITING_BYTES_MAX = 67_108_864;

export interface ProofWriterOptions {
  readonly store: ProofStore;
  readonly waitingBytesMax?: number;
  /** Told when the disk takes nothing any more: what comes waits from now on. */
  readonly onFailed: (error: unknown) => void;
  /** Told when all that waited has been written. */
  readonly onResumed: () => void;
  /** Told when more would wait than may: nothing is written any more, and the next start makes up for it. */
  readonly onLost: () => void;
}

interface Change {
  readonly write: () => void;
  readonly bytes: number;
  readonly record: CheckpointRecord | undefined;
}

/**
 * Writes into the proof store in order. A disk that is full must not stop the exchange, nor leave a gap: what it refuses waits, and
 * is tried again with whatever comes next.
 */
export class ProofWriter {
  readonly #options: ProofWriterOptions;
  #waiting: Change[] = [];
  #waitingBytes = 0;
  #isLost = false;

  constructor(options: ProofWriterOptions) {
    this.#options = options;
  }

  /** True when too much has waited: what is missing then is made again after the next start. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The records that wait, oldest first. */
  get waiting(): readonly CheckpointRecord[] {
    return this.#waiting.flatMap(({ record }) => record ?? []);
  }

  /** Where the records stand, with those that wait. */
  get end(): { readonly commitIndex: number; readonly resultsRoot: Uint8Array } {
    const record = this.#waiting.findLast((change) => change.record !== undefined)?.record;
    if (record === undefined) return this.#options.store.end;
    return {
      commitIndex: record.commits.at(-1)!.commit.index,
      resultsRoot: record.resultsRoot,
    };
  }

  put(record: CheckpointRecord): void {
    const write = (): void => this.#options.store.put(record);
    this.#push(write, () => encodeCheckpointRecord(record).length, record);
  }

  /** Any other change, which holds so many bytes in memory. */
  change(write: () => void, bytes: number): void {
    this.#push(write, () => bytes, undefined);
  }

  #push(write: () => void, bytesOf: () => number, record: CheckpointRecord | undefined): void {
    if (this.#isLost || (this.#writeWaiting() && this.#isWritten(write))) return;
    const bytes = bytesOf();
    this.#waiting.push({ write, bytes, record });
    this.#waitingBytes += bytes;
    if (this.#waitingBytes <= (this.#options.waitingBytesMax ?? WAITING_BYTES_MAX)) return;
    this.#isLost = true;
    this.#waiting = [];
    this.#options.onLost();
  }

  /** False while something waits still. */
  #writeWaiting(): boolean {
    if (this.#waiting.length === 0) return true;
    for (const [index, { write, bytes }] of this.#waiting.entries()) {
      if (!this.#isWritten(write)) {
        this.#waiting.splice(0, index);
        return false;
      }
      this.#waitingBytes -= bytes;
    }
    this.#waiting = [];
    this.#options.onResumed();
    return true;
  }

  #isWritten(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      if (this.#waiting.length === 0) this.#options.onFailed(error);
      return false;
    }
  }
}
