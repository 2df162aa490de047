/*
 * How fast signatures are made and checked. Prints one JSON document.
 * Usage: node signing.bench.ts [--rounds 5] [--smoke]
 *
 * Every answer of a verification is checked: one signature in 16 is wrong and must be found, each time. Guarded signing
 * writes to a guard on the disk of the system's temporary directory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assert } from "@rialto/base";
import { createNodeBackend, createSodiumBackend, type SchemeBackend } from "./scheme-backend.ts";
import { SecretSeed } from "./secret-seed.ts";
import { createSigningGuard, openSigningGuard } from "./signing-guard.ts";
import type { VerifyJob } from "./verify-batch.ts";
import { createVerifyPool } from "./verify-pool.ts";

const BAD_EVERY = 16;
const MESSAGE_BYTES = 100;

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, smoke: { type: "boolean", default: false } },
});
const roundCount = options.smoke ? 1 : Number(options.rounds);
const divisor = options.smoke ? 100 : 1;

const backends: readonly (readonly [SchemeBackend, number])[] = [
  [createSodiumBackend(), 10_000],
  [createNodeBackend("ed25519"), 5_000],
  [createNodeBackend("ml-dsa-65"), 1_000],
];
const results = new Map<string, number[]>();
for (let round = 0; round < roundCount; round++) {
  for (const [backend, count] of backends) measureBackend(backend, Math.ceil(count / divisor));
  for (const threadCount of [1, 2]) await measurePool(threadCount, Math.ceil(16_384 / divisor));
  await measureGuard(Math.ceil(1_000 / divisor));
}
console.log(
  JSON.stringify(
    {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      node: process.version,
      rounds: roundCount,
      perSecond: Object.fromEntries(
        [...results].map(([name, values]) => [name, summarize(values)]),
      ),
    },
    null,
    1,
  ).replace(/\n {3,}/g, " "),
);

function measureBackend(backend: SchemeBackend, count: number): void {
  const name = `${backend.scheme} ${backend.name}`;
  const beganMs = performance.now();
  const jobs = makeJobs(backend, count);
  note(`${name} sign`, count, beganMs);
  const verifyMs = performance.now();
  for (const [index, { publicKey, message, signature }] of jobs.entries()) {
    const holds = backend.verify(publicKey, message, signature);
    assert(holds === (index % BAD_EVERY !== 0), "a wrong signature is found, a right one accepted");
  }
  note(`${name} verify`, count, verifyMs);
}

async function measurePool(threadCount: number, count: number): Promise<void> {
  const jobs = makeJobs(backends[0]![0], count);
  await using pool = createVerifyPool({ threadCount, queueCountMax: 2 * count });
  await pool.verify(jobs.slice(0, threadCount)); // the threads are up
  const beganMs = performance.now();
  const answers = await pool.verify(jobs);
  note(`ed25519 ${pool.ed25519} verify, ${threadCount} threads`, count, beganMs);
  assert(
    answers.every((holds, index) => holds === (index % BAD_EVERY !== 0)),
    "threads find the same",
  );
}

async function measureGuard(count: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rialto-guard-"));
  try {
    const guardOptions = { path: join(directory, "guard"), scope: new Uint8Array(32) };
    await createSigningGuard(guardOptions);
    await using guard = await openSigningGuard(guardOptions);
    const signer = backends[0]![0].createSigner(new SecretSeed(new Uint8Array(32)));
    const beganMs = performance.now();
    for (let round = 1; round <= count; round++) {
      const digest = new Uint8Array(32).fill(round & 255);
      await guard.reserve({ epoch: 0, round, digest });
      signer.sign(digest);
    }
    note("guarded signatures, durable one by one", count, beganMs);
    assert(guard.last?.round === count, "the guard is where the signing is");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function makeJobs(backend: SchemeBackend, count: number): VerifyJob[] {
  const signer = backend.createSigner(new SecretSeed(new Uint8Array(32).fill(9)));
  return Array.from({ length: count }, (_, index) => {
    const message = new Uint8Array(MESSAGE_BYTES).fill(index & 255);
    const signature = signer.sign(message);
    if (index % BAD_EVERY === 0) signature[0]! ^= 1;
    return { scheme: backend.scheme, publicKey: signer.publicKey, message, signature };
  });
}

function note(name: string, count: number, beganMs: number): void {
  const perSecond = Math.round((count / (performance.now() - beganMs)) * 1_000);
  const values = results.get(name);
  if (values === undefined) results.set(name, [perSecond]);
  else values.push(perSecond);
}

function summarize(values: readonly number[]): unknown {
  const sorted = [...values].sort((left, right) => left - right);
  return { median: sorted[Math.floor(sorted.length / 2)], spread: [sorted[0], sorted.at(-1)] };
}
