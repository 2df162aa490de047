import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { fail } from "@rialto/base";
import { storageFault, type StorageFault } from "../storage-fault.ts";
import { buffersOf, type HistoryChanges } from "./history-changes.ts";
import {
  type FromWorker,
  type QueryName,
  SHARED_BYTES,
  SHARED_DONE,
  SHARED_IS_FAILING,
  SHARED_SEQUENCE_AT,
  type ToWorker,
  type WorkerOptions,
} from "./history-messages.ts";
import {
  type History,
  type HistoryHead,
  type HistoryReader,
  type HistoryRetention,
  RETENTION_DEFAULT,
} from "./history.ts";

export interface FileHistoryOptions {
  /** Of the database. Its directory is created if it is absent. */
  readonly path: string;
  /** 32 bytes in hexadecimal. The history of another network is refused. */
  readonly networkHash: string;
  readonly retention?: HistoryRetention;
  /** Told when it can write no more, or not answer: once, until it has written again. */
  readonly onFault?: (fault: StorageFault) => void;
  /** Told when all that it could not write is written. */
  readonly onResumed?: () => void;
}

/** Writes handed over and not yet dealt with, beyond which `write` waits. */
const WRITES_AHEAD_MAX = 16;
/** Writes that may wait for a disk that refuses them, before `write` throws. */
const WRITES_REFUSED_MAX = 256;
/** A disk that takes longer than this for one write is broken. */
const WRITE_MS_MAX = 60_000;

/**
 * Opens the history in a SQLite file, which a thread of its own reads and writes: indexes cost far more
 * than the engine does, and none of that may hold up an order.
 *
 * Errors   STORAGE_VERSION_UNKNOWN, STORAGE_NETWORK_MISMATCH, STORAGE_IO, STORAGE_FULL.
 */
export async function openFileHistory(options: FileHistoryOptions): Promise<History> {
  const { path, networkHash, retention = RETENTION_DEFAULT } = options;
  mkdirSync(dirname(path), { recursive: true });
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const { port1, port2 } = new MessageChannel();
  const workerData: WorkerOptions = { path, networkHash, retention, shared, port: port2 };
  const worker = new Worker(new URL("./history-worker.ts", import.meta.url), {
    workerData,
    transferList: [port2],
  });
  const head = await new Promise<HistoryHead>((resolve, reject) => {
    worker.once("error", reject);
    port1.once("message", (message: FromWorker) => {
      if (message.kind === "opened") resolve(message.head);
      else if (message.kind === "refused") reject(storageFault(message.fault));
    });
  });
  return new FileHistory(options, worker, port1, shared, head);
}

interface Question {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

class FileHistory implements History {
  readonly head: HistoryHead;
  readonly #path: string;
  readonly #onFault: (fault: StorageFault) => void;
  readonly #onResumed: () => void;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #state: Int32Array;
  readonly #sequence: Float64Array;
  readonly #questions = new Map<number, Question>();
  #questionCount = 0;
  #postedCount = 0;
  #refusedCount = 0;
  /** The last one that is known. It stays until something is written again: who has just seen it fail asks why. */
  #fault: StorageFault | undefined;
  #isTold = false;
  #isClosing = false;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(
    { path, onFault = () => undefined, onResumed = () => undefined }: FileHistoryOptions,
    worker: Worker,
    port: MessagePort,
    shared: SharedArrayBuffer,
    head: HistoryHead,
  ) {
    this.#path = path;
    this.#onFault = onFault;
    this.#onResumed = onResumed;
    this.#worker = worker;
    this.#port = port;
    this.head = head;
    this.#state = new Int32Array(shared, 0, 2);
    this.#sequence = new Float64Array(shared, SHARED_SEQUENCE_AT, 1);
    this.#sequence[0] = head.sequence;
    port.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error) => this.#end(error));
    port.unref();
    worker.unref();
  }

  get durableSequence(): number {
    return this.#sequence[0]!;
  }

  get fault(): StorageFault | undefined {
    return this.#isFailing() ? this.#failure() : undefined;
  }

  write(changes: HistoryChanges): void {
    if (this.#isClosing) fail("a closed history is not written");
    const isFailing = this.#isFailing();
    this.#refusedCount = isFailing ? this.#refusedCount + 1 : 0;
    if (!isFailing) {
      this.#fault = undefined;
      this.#isTold = false;
    }
    if (this.#refusedCount > WRITES_REFUSED_MAX) throw this.#failure();
    const message = changes.toMessage();
    this.#postCounted({ kind: "write", changes: message }, buffersOf(message));
    this.#waitUntil(WRITES_AHEAD_MAX);
  }

  flush(): void {
    if (this.#isClosing) return;
    this.#postCounted({ kind: "sync" }, []);
    this.#waitUntil(0);
    if (this.#isFailing()) throw this.#failure();
  }

  #isFailing(): boolean {
    return Atomics.load(this.#state, SHARED_IS_FAILING) === 1;
  }

  /** Why the worker cannot write: it says so before it counts the write as dealt with. */
  #failure(): StorageFault {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) break;
      this.#receive(received.message as FromWorker);
    }
    return this.#fault ?? this.#ioFault("UNKNOWN");
  }

  #ioFault(errorCode: string): StorageFault {
    const code = "STORAGE_IO";
    return storageFault({ code, path: this.#path, operation: "write", errorCode });
  }

  #postCounted(message: ToWorker, buffers: ArrayBuffer[]): void {
    this.#port.postMessage(message, buffers);
    this.#postedCount = (this.#postedCount + 1) | 0;
  }

  /** Blocks this thread until no more than `count` writes are waiting. */
  #waitUntil(count: number): void {
    for (;;) {
      const done = Atomics.load(this.#state, SHARED_DONE);
      if (((this.#postedCount - done) | 0) <= count) return;
      const waited = Atomics.wait(this.#state, SHARED_DONE, done, WRITE_MS_MAX);
      if (waited === "timed-out") throw this.#ioFault("TIMED_OUT");
    }
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "answer":
        this.#settle(message.id)?.resolve(message.value);
        break;
      case "unanswered": {
        const fault = storageFault(message.fault);
        this.#noteFault(fault);
        this.#settle(message.id)?.reject(fault);
        break;
      }
      case "failing":
        this.#noteFault(storageFault(message.fault));
        break;
      case "resumed":
        this.#isTold = false;
        this.#onResumed();
        break;
      case "closed":
        this.#end(undefined);
        break;
      case "opened":
      case "refused":
        fail("a history is opened once");
    }
  }

  #noteFault(fault: StorageFault): void {
    this.#fault = fault;
    if (!this.#isTold) this.#onFault(fault);
    this.#isTold = true;
  }

  #settle(id: number): Question | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (this.#questions.size === 0 && !this.#isClosing) this.#port.unref();
    return question;
  }

  #ask<Name extends QueryName>(
    name: Name,
    args: Parameters<HistoryReader[Name]>,
  ): ReturnType<HistoryReader[Name]> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#isClosing) reject(this.#ioFault("CLOSED"));
    else {
      const id = ++this.#questionCount;
      this.#questions.set(id, { resolve, reject });
      this.#port.ref();
      this.#port.postMessage({ kind: "query", id, name, args } satisfies ToWorker, []);
    }
    return promise as ReturnType<HistoryReader[Name]>;
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#port.ref();
      this.#port.postMessage({ kind: "close" } satisfies ToWorker, []);
    }
    await this.#closed.promise;
    await this.#worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The worker is gone: by request, or by an error of its own. */
  #end(error: unknown): void {
    for (const { reject } of this.#questions.values()) reject(this.#ioFault("CLOSED"));
    this.#questions.clear();
    this.#isClosing = true;
    if (error === undefined) this.#closed.resolve();
    else this.#closed.reject(error);
    this.#port.close();
  }

  readonly findOrder: HistoryReader["findOrder"] = (...args) => this.#ask("findOrder", args);
  readonly findClientOrder: HistoryReader["findClientOrder"] = (...args) =>
    this.#ask("findClientOrder", args);
  readonly orders: HistoryReader["orders"] = (...args) => this.#ask("orders", args);
  readonly openOrders: HistoryReader["openOrders"] = (...args) => this.#ask("openOrders", args);
  readonly list: HistoryReader["list"] = (...args) => this.#ask("list", args);
  readonly lists: HistoryReader["lists"] = (...args) => this.#ask("lists", args);
  readonly endedOfOpenLists: HistoryReader["endedOfOpenLists"] = (...args) =>
    this.#ask("endedOfOpenLists", args);
  readonly trades: HistoryReader["trades"] = (...args) => this.#ask("trades", args);
  readonly aggregates: HistoryReader["aggregates"] = (...args) => this.#ask("aggregates", args);
  readonly fills: HistoryReader["fills"] = (...args) => this.#ask("fills", args);
  readonly klines: HistoryReader["klines"] = (...args) => this.#ask("klines", args);
  readonly markets: HistoryReader["markets"] = (...args) => this.#ask("markets", args);
  readonly accounts: HistoryReader["accounts"] = (...args) => this.#ask("accounts", args);
}
