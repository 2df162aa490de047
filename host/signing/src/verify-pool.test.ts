import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { createNodeBackend, selectBackend, type Signer } from "./scheme-backend.ts";
import { SecretSeed } from "./secret-seed.ts";
import { faultOf } from "./testing/fault-of.ts";
import { decodeJobs, encodeJobs, type VerifyJob } from "./verify-batch.ts";
import { createVerifyPool } from "./verify-pool.ts";

const signer = selectBackend("ed25519").createSigner(new SecretSeed(new Uint8Array(32).fill(3)));

/** Jobs of which every one at an index divisible by `badEvery` does not hold. */
function makeJobs(count: number, badEvery: number, by: Signer = signer): VerifyJob[] {
  return Array.from({ length: count }, (_, index) => {
    const message = Uint8Array.of(index, index >> 8, 1);
    const signature = by.sign(message);
    if (index % badEvery === 0) signature[5]! ^= 1;
    return { scheme: by.scheme, publicKey: by.publicKey, message, signature };
  });
}

test("every answer is at the place of its job, over several threads and batches at once", async () => {
  await using pool = createVerifyPool({ threadCount: 2 });
  const batches = [1, 63, 64, 65, 500].map((count) => makeJobs(count, 7));
  const answers = await Promise.all(batches.map((jobs) => pool.verify(jobs)));
  for (const [index, jobs] of batches.entries()) {
    expect(answers[index]).toEqual(jobs.map((_, job) => job % 7 !== 0));
  }
  expect(pool.queuedCount).toBe(0);
  expect(await pool.verify([])).toEqual([]);
});

test("both schemes in one batch, with the portable backend", async () => {
  await using pool = createVerifyPool({ threadCount: 1, ed25519: "node" });
  const pq = createNodeBackend("ml-dsa-65").createSigner(new SecretSeed(new Uint8Array(32)));
  const jobs = [...makeJobs(3, 2), ...makeJobs(3, 2, pq)];
  expect(await pool.verify(jobs)).toEqual([false, true, false, false, true, false]);
});

test("the jobs may be overwritten as soon as verify has returned", async () => {
  await using pool = createVerifyPool({ threadCount: 1 });
  const jobs = makeJobs(200, 300);
  const answer = pool.verify(jobs);
  for (const { message, signature } of jobs) {
    message.fill(0);
    signature.fill(0);
  }
  expect((await answer).filter((holds) => holds).length).toBe(199);
});

test("a full queue refuses the batch whole, and takes one again once there is room", async () => {
  await using pool = createVerifyPool({ threadCount: 1, queueCountMax: 100 });
  const first = pool.verify(makeJobs(90, 1_000));
  expect(await faultOf(pool.verify(makeJobs(11, 2)))).toEqual({
    code: "VERIFY_POOL_BUSY",
    queuedCount: 90,
    limitCount: 100,
  });
  expect(pool.queuedCount).toBe(90);
  await first;
  expect(pool.queuedCount).toBe(0);
  expect((await pool.verify(makeJobs(11, 2))).length).toBe(11);
});

test("closing rejects what has no answer, and everything later", async () => {
  const pool = createVerifyPool({ threadCount: 1 });
  const pending = faultOf(pool.verify(makeJobs(2_000, 3)));
  await pool.close();
  expect(await pending).toEqual({ code: "VERIFY_POOL_CLOSED" });
  expect(await faultOf(pool.verify(makeJobs(1, 2)))).toEqual({ code: "VERIFY_POOL_CLOSED" });
});

test("jobs come out of their encoding as they went in", () => {
  const prng = createPrng(8);
  const bytes = (max: number): Uint8Array =>
    Uint8Array.from({ length: prng.below(max) }, () => prng.below(256));
  const jobs = Array.from({ length: 50 }, (_, index): VerifyJob => ({
    scheme: index % 2 === 0 ? "ed25519" : "ml-dsa-65",
    publicKey: bytes(40),
    message: bytes(300),
    signature: bytes(70),
  }));
  expect(decodeJobs(encodeJobs(jobs))).toEqual(jobs);
});
