import { parentPort, workerData } from "node:worker_threads";
import { fail } from "@rialto/base";
import type { SignatureScheme, VerifyFunction } from "@rialto/crypto";
import { type BackendName, selectBackend } from "./scheme-backend.ts";
import { decodeJobs } from "./verify-batch.ts";

/** What a thread is told at its start. */
export interface VerifyWorkerData {
  readonly ed25519: BackendName;
}

/** A batch on its way to a thread, and its answer: one byte a job, 1 where the signature holds. */
export interface VerifyRequest {
  readonly batchId: number;
  readonly jobs: Uint8Array<ArrayBuffer>;
}
export interface VerifyAnswer {
  readonly batchId: number;
  readonly results: Uint8Array<ArrayBuffer>;
}

const port = parentPort ?? fail("the thread is started by the pool");
const { ed25519 } = workerData as VerifyWorkerData;
const verifiers: Readonly<Record<SignatureScheme, VerifyFunction>> = {
  ed25519: selectBackend("ed25519", ed25519).verify,
  "ml-dsa-65": selectBackend("ml-dsa-65").verify,
};

port.on("message", ({ batchId, jobs }: VerifyRequest) => {
  const decoded = decodeJobs(jobs);
  const results = new Uint8Array(decoded.length);
  for (const [index, job] of decoded.entries()) {
    const { scheme, publicKey, message, signature } = job;
    results[index] = verifiers[scheme](publicKey, message, signature) ? 1 : 0;
  }
  const answer: VerifyAnswer = { batchId, results };
  port.postMessage(answer, [results.buffer]);
});
