import { HistoryDatabase } from "./history-database.ts";
import type { HistoryChanges } from "./history-changes.ts";
import {
  type History,
  type HistoryHead,
  type HistoryReader,
  type HistoryRetention,
  RETENTION_DEFAULT,
} from "./history.ts";

export interface MemoryHistoryOptions {
  readonly networkHash: string;
  readonly retention?: HistoryRetention;
}

/** What outlives one history opened on it: a medium for tests that restart. */
export interface MemoryHistoryStore {
  readonly database: HistoryDatabase;
}

/** A medium in memory. */
export function createMemoryHistoryStore(options: MemoryHistoryOptions): MemoryHistoryStore {
  const { networkHash, retention = RETENTION_DEFAULT } = options;
  return { database: new HistoryDatabase({ path: ":memory:", networkHash, retention }) };
}

/** A history that lives in memory and in the caller's thread, for tests and simulations. */
export function createMemoryHistory(store: MemoryHistoryStore): History {
  return new MemoryHistory(store.database);
}

class MemoryHistory implements History {
  readonly head: HistoryHead;
  readonly fault: undefined = undefined;
  readonly #database: HistoryDatabase;
  #sequence: number;

  constructor(database: HistoryDatabase) {
    this.#database = database;
    this.head = database.head();
    this.#sequence = this.head.sequence;
  }

  get durableSequence(): number {
    return this.#sequence;
  }

  write(changes: HistoryChanges): void {
    const message = changes.toMessage();
    this.#database.write(message);
    this.#sequence = message.head.sequence;
  }

  flush(): void {
    // Nothing waits: `write` has written.
  }

  async close(): Promise<void> {
    // The store keeps its contents for the next history that is opened on it.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly findOrder: HistoryReader["findOrder"] = async (...args) =>
    this.#database.queries.findOrder(...args);
  readonly findClientOrder: HistoryReader["findClientOrder"] = async (...args) =>
    this.#database.queries.findClientOrder(...args);
  readonly orders: HistoryReader["orders"] = async (...args) =>
    this.#database.queries.orders(...args);
  readonly openOrders: HistoryReader["openOrders"] = async () =>
    this.#database.queries.openOrders();
  readonly list: HistoryReader["list"] = async (...args) => this.#database.queries.list(...args);
  readonly lists: HistoryReader["lists"] = async (...args) => this.#database.queries.lists(...args);
  readonly endedOfOpenLists: HistoryReader["endedOfOpenLists"] = async () =>
    this.#database.queries.endedOfOpenLists();
  readonly trades: HistoryReader["trades"] = async (...args) =>
    this.#database.queries.trades(...args);
  readonly aggregates: HistoryReader["aggregates"] = async (...args) =>
    this.#database.queries.aggregates(...args);
  readonly fills: HistoryReader["fills"] = async (...args) => this.#database.queries.fills(...args);
  readonly klines: HistoryReader["klines"] = async (...args) =>
    this.#database.queries.klines(...args);
  readonly markets: HistoryReader["markets"] = async () => this.#database.queries.markets();
  readonly accounts: HistoryReader["accounts"] = async () => this.#database.queries.accounts();
}
