import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { assert, TurnoverMap } from "@rialto/base";
import { type BackendName, selectBackend } from "./scheme-backend.ts";
import { signingFault } from "./signing-fault.ts";
import { encodeJobs, type VerifyJob } from "./verify-batch.ts";
import type { VerifyAnswer, VerifyRequest, VerifyWorkerData } from "./verify-worker.ts";

export interface VerifyPoolOptions {
  /** Threads beside the one that calls; default: one less than the cores, at least 1. */
  readonly threadCount?: number;
  /** Most signatures that wait or are being checked; beyond it `verify` refuses. */
  readonly queueCountMax?: number;
  /** Which library checks Ed25519; default: the fastest that loads. */
  readonly ed25519?: BackendName;
}

/** Checks signatures on other threads. */
export interface VerifyPool extends AsyncDisposable {
  readonly threadCount: number;
  readonly ed25519: BackendName;
  /** Signatures that were accepted and have no answer yet. */
  readonly queuedCount: number;
  /**
   * Checks all of `jobs`. Resolves with one answer a job, in their order.
   *
   * Effects  copies the bytes of the jobs before it returns.
   * Errors   VERIFY_POOL_BUSY: nothing was taken; the caller takes in less. VERIFY_POOL_CLOSED. VERIFY_WORKER_FAILED.
   */
  verify(jobs: readonly VerifyJob[]): Promise<boolean[]>;
  /** Ends the threads. What has no answer is rejected with VERIFY_POOL_CLOSED. */
  close(): Promise<void>;
}

const QUEUE_COUNT_DEFAULT = 16_384;
/** Jobs sent to a thread at once: 40 us of work each, so that a large batch is spread and a small one is not delayed. */
const CHUNK_JOBS_MAX = 64;
/** Chunks that a thread has at once: the second is there when the first is done. */
const CHUNKS_IN_FLIGHT_MAX = 2;

export function createVerifyPool(options: VerifyPoolOptions = {}): VerifyPool {
  return new ThreadPool(options);
}

interface Chunk {
  readonly batch: Batch;
  readonly begin: number;
  readonly jobs: Uint8Array<ArrayBuffer>;
}

interface Batch {
  readonly results: boolean[];
  remaining: number;
  readonly resolve: (results: boolean[]) => void;
  readonly reject: (reason: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  inFlight: number;
}

class ThreadPool implements VerifyPool {
  readonly ed25519: BackendName;
  readonly #queueCountMax: number;
  readonly #threads: Thread[];
  readonly #waiting: Chunk[] = [];
  readonly #sent = new TurnoverMap<number, Chunk>();
  readonly #batches = new Set<Batch>();
  #nextId = 0;
  #queuedCount = 0;
  /** Why nothing more is taken. */
  #ended: Error | undefined;

  constructor(options: VerifyPoolOptions) {
    this.ed25519 = options.ed25519 ?? selectBackend("ed25519").name;
    this.#queueCountMax = options.queueCountMax ?? QUEUE_COUNT_DEFAULT;
    const threadCount = options.threadCount ?? Math.max(1, availableParallelism() - 1);
    assert(threadCount >= 1, "a pool has a thread");
    this.#threads = Array.from({ length: threadCount }, () => this.#startThread());
  }

  get threadCount(): number {
    return this.#threads.length;
  }

  get queuedCount(): number {
    return this.#queuedCount;
  }

  async verify(jobs: readonly VerifyJob[]): Promise<boolean[]> {
    if (this.#ended !== undefined) throw this.#ended;
    if (jobs.length === 0) return [];
    const queuedCount = this.#queuedCount + jobs.length;
    if (queuedCount > this.#queueCountMax) {
      const limitCount = this.#queueCountMax;
      throw signingFault({ code: "VERIFY_POOL_BUSY", queuedCount: this.#queuedCount, limitCount });
    }
    this.#queuedCount = queuedCount;
    return new Promise((resolve, reject) => {
      const results: boolean[] = Array.from({ length: jobs.length }, () => false);
      const batch: Batch = { results, remaining: jobs.length, resolve, reject };
      this.#batches.add(batch);
      for (let begin = 0; begin < jobs.length; begin += CHUNK_JOBS_MAX) {
        const part = jobs.slice(begin, begin + CHUNK_JOBS_MAX);
        this.#waiting.push({ batch, begin, jobs: encodeJobs(part) });
      }
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#end(signingFault({ code: "VERIFY_POOL_CLOSED" }));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #startThread(): Thread {
    const data: VerifyWorkerData = { ed25519: this.ed25519 };
    const worker = new Worker(new URL("verify-worker.ts", import.meta.url), { workerData: data });
    worker.unref(); // an idle pool does not hold the process; a batch under way is somebody's promise
    const thread: Thread = { worker, inFlight: 0 };
    worker.on("message", (answer: VerifyAnswer) => this.#settle(thread, answer));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", (code) => this.#fail(new Error(`exit code ${code}`)));
    return thread;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#threads.reduce((left, right) =>
        right.inFlight < left.inFlight ? right : left,
      );
      if (thread.inFlight >= CHUNKS_IN_FLIGHT_MAX) return;
      const chunk = this.#waiting.shift()!;
      const batchId = this.#nextId++;
      this.#sent.set(batchId, chunk);
      if (thread.inFlight++ === 0) thread.worker.ref();
      const request: VerifyRequest = { batchId, jobs: chunk.jobs };
      thread.worker.postMessage(request, [chunk.jobs.buffer]);
    }
  }

  #settle(thread: Thread, { batchId, results }: VerifyAnswer): void {
    const chunk = this.#sent.get(batchId);
    assert(chunk !== undefined, "a thread answers what it was sent");
    this.#sent.delete(batchId);
    if (--thread.inFlight === 0) thread.worker.unref();
    const { batch, begin } = chunk;
    for (let index = 0; index < results.length; index++) {
      batch.results[begin + index] = results[index] === 1;
    }
    this.#queuedCount -= results.length;
    batch.remaining -= results.length;
    if (batch.remaining === 0) {
      this.#batches.delete(batch);
      batch.resolve(batch.results);
    }
    this.#dispatch();
  }

  #fail(error: Error): void {
    this.#end(signingFault({ code: "VERIFY_WORKER_FAILED", reason: error.message }, error));
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    for (const batch of this.#batches) batch.reject(reason);
    this.#batches.clear();
    this.#waiting.length = 0;
    this.#queuedCount = 0;
  }
}
