import { assert } from "@rialto/base";
import { isStorageFault, type Journal, type StorageFault } from "@rialto/storage";
import { setTimeout as sleep } from "node:timers/promises";
import { publicReason } from "../exchange/public-reason.ts";

/** Bytes given to the journal at once: well below what its queue holds. */
const CHUNK_BYTES_MAX = 4 * 1024 * 1024;
/** How long a record waits for another write to go with. */
const LATER_MS = 10;
/** How often a full disk is tried again. */
const RETRY_MS_DEFAULT = 1_000;

export interface RecordWriterOptions {
  readonly journal: Pick<Journal, "append">;
  /** Told of each record once it is durable, in their order. */
  readonly onWritten: (record: Uint8Array, sequence: number) => void;
  /** Told why nothing can be written just now, in words for anybody, and with "" when it can again. */
  readonly onTrouble: (trouble: string) => void;
  readonly retryMs?: number;
}

/** True where no disk has failed: the journal takes nothing just now, as when it is full or closed. */
export function comesBack(error: unknown): error is StorageFault {
  return isStorageFault(error) && error.severity !== "fatal";
}

/**
 * Writes a replica's records into the journal, in their order, whatever happens: on a full disk it waits and tries
 * again, since a record that was left out would make those behind it worthless.
 */
export class RecordWriter {
  readonly #options: RecordWriterOptions;
  readonly #waiting: Uint8Array[] = [];
  #writing: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RecordWriterOptions) {
    this.#options = options;
  }

  /** Adds a record. It is written with the next `settle`, or by the way. */
  push(record: Uint8Array): void {
    this.#waiting.push(record);
  }

  /**
   * Resolves when all that was pushed is durable.
   *
   * Errors   STORAGE_IO and what else a journal does not come back from, thrown.
   */
  async settle(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  /**
   * Has what was pushed, and nobody waits for, written with what somebody does, or else a little later: a small write takes a
   * disk as long as a large one. `onFailure` is told what `settle` throws.
   */
  settleLater(onFailure: (error: unknown) => void): void {
    if (this.#waiting.length === 0 || this.#isStopped) return;
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.settle().catch(onFailure);
    }, LATER_MS);
  }

  /** Ends waiting, for room and for company: what is not settled by its caller from now on is not written. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#later);
  }

  async #write(): Promise<void> {
    const { journal, onWritten, onTrouble } = this.#options;
    const chunk = this.#takeChunk();
    const outcomes = await Promise.allSettled(chunk.map((record) => journal.append(record)));
    let written = 0;
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") break;
      onWritten(chunk[written]!, outcome.value);
      written++;
    }
    if (written === chunk.length) return onTrouble("");
    const isWhole = outcomes.slice(written).every(({ status }) => status === "rejected");
    assert(isWhole, "whatever is queued behind a refused record is refused too");
    const { reason } = outcomes[written] as PromiseRejectedResult;
    if (!comesBack(reason) || this.#isStopped) throw reason;
    this.#waiting.unshift(...chunk.slice(written));
    onTrouble(publicReason(reason));
    await sleep(this.#options.retryMs ?? RETRY_MS_DEFAULT);
  }

  #takeChunk(): Uint8Array[] {
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      bytes += record.length;
      if (count > 0 && bytes > CHUNK_BYTES_MAX) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
