import { parentPort, workerData } from "node:worker_threads";
import { fail } from "@rialto/base";
import { SIGNATURE_SCHEMES, type SignatureScheme } from "@rialto/crypto";
import { type BackendName, type SchemeBackend, selectBackend } from "./scheme-backend.ts";
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
const backends: Readonly<Record<SignatureScheme, SchemeBackend>> = {
  ed25519: selectBackend("ed25519", ed25519),
  "ml-dsa-65": selectBackend("ml-dsa-65"),
};

port.on("message", ({ batchId, jobs }: VerifyRequest) => {
  const decoded = decodeJobs(jobs);
  const results = new Uint8Array(decoded.length);
  for (const scheme of SIGNATURE_SCHEMES) {
    const indices = decoded.flatMap((job, index) => (job.scheme === scheme ? [index] : []));
    const answers = backends[scheme].verifyMany(indices.map((index) => decoded[index]!));
    for (const [at, index] of indices.entries()) results[index] = answers[at] === true ? 1 : 0;
  }
  const answer: VerifyAnswer = { batchId, results };
  port.postMessage(answer, [results.buffer]);
});
