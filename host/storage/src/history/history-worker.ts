import { workerData } from "node:worker_threads";
import { isStorageFault, type StorageFaultDetail } from "../storage-fault.ts";
import type { ChangesMessage } from "./history-changes.ts";
import { HistoryDatabase } from "./history-database.ts";
import {
  type FromWorker,
  SHARED_DONE,
  SHARED_IS_FAILING,
  SHARED_SEQUENCE_AT,
  type ToWorker,
  type WorkerOptions,
} from "./history-messages.ts";

// The thread that owns the database file. It deals with messages in their order, so an answer contains
// every write before its question. A write that fails is kept and tried again with the next message, and
// every second.

const RETRY_MS = 1_000;

const options = workerData as WorkerOptions;
const state = new Int32Array(options.shared, 0, 2);
const sequence = new Float64Array(options.shared, SHARED_SEQUENCE_AT, 1);
const unwritten: ChangesMessage[] = [];
const { port } = options;

function tell(message: FromWorker): void {
  port.postMessage(message);
}

/** The detail of a storage fault; anything else ends the worker. */
function detailOf(error: unknown): StorageFaultDetail {
  if (!isStorageFault(error)) throw error;
  return error.detail;
}

function serve(database: HistoryDatabase): void {
  const writeAll = (): StorageFaultDetail | undefined => {
    try {
      for (let next = unwritten[0]; next !== undefined; next = unwritten[0]) {
        database.write(next);
        sequence[0] = next.head.sequence;
        unwritten.shift();
      }
      if (Atomics.exchange(state, SHARED_IS_FAILING, 0) === 1) tell({ kind: "resumed" });
      return undefined;
    } catch (error) {
      Atomics.store(state, SHARED_IS_FAILING, 1);
      return detailOf(error);
    }
  };
  let retry: NodeJS.Timeout | undefined;
  /** A disk that was full may have room again although nobody asks. */
  const retryLater = (): void => {
    retry ??= setTimeout(() => {
      retry = undefined;
      if (writeAll() !== undefined) retryLater();
    }, RETRY_MS);
  };
  const done = (fault: StorageFaultDetail | undefined): void => {
    if (fault !== undefined) {
      tell({ kind: "failing", fault });
      retryLater();
    }
    Atomics.add(state, SHARED_DONE, 1);
    Atomics.notify(state, SHARED_DONE);
  };
  const sync = (): StorageFaultDetail | undefined => {
    const fault = writeAll();
    if (fault !== undefined) return fault;
    try {
      database.sync();
      return undefined;
    } catch (error) {
      Atomics.store(state, SHARED_IS_FAILING, 1);
      return detailOf(error);
    }
  };
  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "write":
        unwritten.push(message.changes);
        done(writeAll());
        break;
      case "sync":
        done(sync());
        break;
      case "query":
        answer(database, message, writeAll());
        break;
      case "close":
        clearTimeout(retry);
        writeAll();
        database.close();
        tell({ kind: "closed" });
        port.close();
        break;
    }
  });
}

function answer(
  database: HistoryDatabase,
  { id, name, args }: Extract<ToWorker, { kind: "query" }>,
  fault: StorageFaultDetail | undefined,
): void {
  if (fault !== undefined) {
    tell({ kind: "unanswered", id, fault });
    return;
  }
  try {
    const ask = database.queries[name] as (...values: readonly unknown[]) => unknown;
    tell({ kind: "answer", id, value: ask(...args) });
  } catch (error) {
    tell({ kind: "unanswered", id, fault: detailOf(database.faultOf(name, error)) });
  }
}

try {
  const database = new HistoryDatabase(options);
  serve(database);
  tell({ kind: "opened", head: database.head() });
} catch (error) {
  tell({ kind: "refused", fault: detailOf(error) });
  port.close();
}
