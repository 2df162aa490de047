import { assert } from "@rialto/base";
import { QUEUE_BYTES_DEFAULT } from "./file-journal.ts";
import { computeRecordHash, HASH_BYTES, RECORD_HEADER_BYTES } from "./journal-layout.ts";
import type { Journal, JournalMode, JournalRecord } from "./journal.ts";
import { storageFault } from "./storage-fault.ts";

/** The "disk" of memory journals: whoever opens it next finds what was durable. */
export interface MemoryJournalStore {
  /** Ends the journal that is open on it, with the loss of what that had not made durable. */
  crash(): void;
}

export interface MemoryJournalOptions {
  readonly networkHash: Uint8Array;
  readonly mode: JournalMode;
  readonly queueBytes?: number;
  readonly store?: MemoryJournalStore;
  /** Calls `step` later, once per flush. Default `setImmediate`; a simulator brings its own. */
  readonly schedule?: (step: () => void) => void;
}

/** An empty disk. */
export function createMemoryJournalStore(): MemoryJournalStore {
  return new Store();
}

/**
 * Opens a journal that lives in memory, for tests and simulations.
 *
 * Errors   JOURNAL_LOCKED if its store is open, STORAGE_NETWORK_MISMATCH is not checked.
 */
export function createMemoryJournal(options: MemoryJournalOptions): Journal {
  const store = options.store ?? new Store();
  assert(store instanceof Store, "a store is made by createMemoryJournalStore");
  assert(options.networkHash.length === HASH_BYTES, "networkHash is 32 bytes");
  if (store.owner !== undefined) {
    throw storageFault({ code: "JOURNAL_LOCKED", path: "memory", pid: process.pid });
  }
  return new MemoryJournal(options, store);
}

class Store implements MemoryJournalStore {
  readonly records: JournalRecord[] = [];
  owner: MemoryJournal | undefined = undefined;

  crash(): void {
    this.owner = undefined;
  }
}

interface Waiting {
  readonly record: JournalRecord;
  readonly resolve: ((sequence: number) => void) | undefined;
}

class MemoryJournal implements Journal {
  readonly mode: JournalMode;
  readonly #store: Store;
  readonly #networkHash: Uint8Array;
  readonly #limitBytes: number;
  readonly #schedule: (step: () => void) => void;
  readonly #waiting: Waiting[] = [];
  readonly #idleWaits: (() => void)[] = [];
  #queuedBytes = 0;
  #isStepping = false;
  #closing: Promise<void> | undefined = undefined;
  #acknowledged: JournalRecord | undefined;
  #queued: JournalRecord | undefined;

  constructor(options: MemoryJournalOptions, store: Store) {
    this.mode = options.mode;
    this.#store = store;
    this.#networkHash = new Uint8Array(options.networkHash);
    this.#limitBytes = options.queueBytes ?? QUEUE_BYTES_DEFAULT;
    this.#schedule = options.schedule ?? setImmediate;
    this.#acknowledged = store.records.at(-1);
    this.#queued = this.#acknowledged;
    store.owner = this;
  }

  get lastSequence(): number {
    return this.#acknowledged?.sequence ?? 0;
  }

  get firstSequence(): number {
    return this.#store.records[0]?.sequence ?? 1;
  }

  get lastHash(): Uint8Array {
    return new Uint8Array(this.#acknowledged?.hash ?? this.#networkHash);
  }

  append(payload: Uint8Array): Promise<number> {
    const limitBytes = this.#limitBytes;
    const payloadBytes = payload.length;
    const bytes = RECORD_HEADER_BYTES + payloadBytes;
    if (this.#closing !== undefined)
      return Promise.reject(storageFault({ code: "JOURNAL_CLOSED" }));
    if (bytes > limitBytes) {
      const limit = limitBytes - RECORD_HEADER_BYTES;
      const detail = { code: "JOURNAL_RECORD_TOO_LARGE", payloadBytes, limitBytes: limit } as const;
      return Promise.reject(storageFault(detail));
    }
    const queuedBytes = this.#queuedBytes;
    if (queuedBytes + bytes > limitBytes) {
      return Promise.reject(storageFault({ code: "JOURNAL_BUSY", queuedBytes, limitBytes }));
    }
    this.#queuedBytes += bytes;
    const sequence = (this.#queued?.sequence ?? 0) + 1;
    const hash = computeRecordHash(this.#queued?.hash ?? this.#networkHash, sequence, payload);
    const record = { sequence, payload: new Uint8Array(payload), hash };
    this.#queued = record;
    this.#beginSteps();
    if (this.mode === "memory") {
      this.#acknowledged = record;
      this.#waiting.push({ record, resolve: undefined });
      return Promise.resolve(sequence);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ record, resolve });
    });
  }

  async *read(fromSequence: number): AsyncGenerator<JournalRecord, void, undefined> {
    assert(Number.isSafeInteger(fromSequence) && fromSequence > 0, "sequences count from 1");
    if (this.#closing !== undefined) throw storageFault({ code: "JOURNAL_CLOSED" });
    const { lastSequence } = this;
    await this.flush();
    const { firstSequence } = this;
    if (fromSequence > lastSequence + 1 || fromSequence < firstSequence) {
      const range = { sequence: fromSequence, firstSequence, lastSequence };
      throw storageFault({ code: "JOURNAL_SEQUENCE_ABSENT", ...range });
    }
    const from = fromSequence - firstSequence;
    for (const { sequence, payload, hash } of this.#store.records.slice(from)) {
      if (sequence > lastSequence) return;
      yield { sequence, payload: new Uint8Array(payload), hash: new Uint8Array(hash) };
    }
  }

  async prune(beforeSequence: number): Promise<void> {
    await this.flush();
    const { records } = this.#store;
    const count = Math.min(beforeSequence - this.firstSequence, records.length - 1);
    if (count > 0) records.splice(0, count);
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#idleWaits.push(resolve);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.flush().then(() => this.#release());
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #beginSteps(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    this.#schedule(() => this.#step());
  }

  /** One flush. After a crash of the store it leads nowhere, as a killed process would. */
  #step(): void {
    this.#isStepping = false;
    if (this.#store.owner !== this) return;
    const flushed = this.#waiting.splice(0, this.mode === "strict" ? 1 : this.#waiting.length);
    for (const { record, resolve } of flushed) {
      this.#store.records.push(record);
      this.#queuedBytes -= RECORD_HEADER_BYTES + record.payload.length;
      if (resolve === undefined) continue;
      this.#acknowledged = record;
      resolve(record.sequence);
    }
    if (this.#waiting.length > 0) this.#beginSteps();
    else for (const resolve of this.#idleWaits.splice(0)) resolve();
  }

  #release(): void {
    if (this.#store.owner === this) this.#store.owner = undefined;
  }
}
