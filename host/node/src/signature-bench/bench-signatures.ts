// `rialto bench signatures`: how long Ed25519 signatures take to make and to verify, each way a node has, in turns with
// node:crypto. Every answer is checked: one signature in 17 is wrong, and must be found each time.

import { assert, equalBytes } from "@rialto/base";
import {
  best,
  median,
  type Measurement,
  SIGNATURES_SCENARIO,
  type SignatureMetric,
  spread,
} from "@rialto/bench";
import {
  createTableVerifier,
  type SignedMessage,
  type TableVerifier,
  USES_BEFORE_TABLE,
} from "@rialto/crypto";
import {
  createNodeBackend,
  createSodiumBackend,
  createVerifyPool,
  type SchemeBackend,
  SecretSeed,
  selectBackend,
  type Signer,
  type VerifyPool,
} from "@rialto/signing";
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";

export interface SignaturesBenchOptions {
  /** Keys that sign, in turns. */
  readonly signers: number;
  /** Signatures of one timed run of each way; a multiple of 64. */
  readonly signatures: number;
  /** Timed runs of each way, taking turns. */
  readonly runs: number;
  readonly onRun?: (run: number) => void;
}

export interface SignatureTime {
  readonly metric: SignatureMetric;
  /** What executed. */
  readonly backend: string;
  readonly usMedian: number;
  readonly usBest: number;
  /** (largest - smallest) / median. */
  readonly spread: number;
  readonly perSecond: number;
  /** Of the medians, to verifying by node:crypto. */
  readonly ratioToNode: number;
}

export interface SignaturesBenchResult {
  readonly signers: number;
  readonly signatures: number;
  readonly runs: number;
  /** Threads of `verify-threads`. */
  readonly threads: number;
  readonly times: readonly SignatureTime[];
  /** SHA-256 over all signatures that were verified, and the answers. */
  readonly answersHash: string;
}

/** One way to do it: what a run of it does, and to how many signatures. */
interface Way {
  readonly metric: SignatureMetric;
  readonly backend: string;
  readonly count: number;
  /** What is not timed: keys forgotten, threads told of keys. */
  readonly prepare?: () => void;
  readonly run: () => void | Promise<void>;
}

/** A signed frame's message: its tag, the chain's id and a digest (core/replica/src/signed-frame.ts). */
const MESSAGE_BYTES = 86;
/** Shares no factor with the numbers of signers that one takes: every key makes right ones too. */
const BAD_EVERY = 17;
const TOGETHER = 64;

/** Times every way. Errors: a wrong answer, an InvariantError; TABLES_UNAVAILABLE and SODIUM_UNAVAILABLE, thrown. */
export async function benchSignatures(
  options: SignaturesBenchOptions,
): Promise<SignaturesBenchResult> {
  const { signers, signatures, runs, onRun } = options;
  const threads = availableParallelism();
  await using pool = createVerifyPool({ threadCount: threads, queueCountMax: 2 * signatures });
  const keys = Array.from({ length: signers }, (_, index) => makeSigner(index));
  const signed = makeSigned(keys, signatures);
  const ways = makeWays(keys, signed, pool);
  const us = new Map(ways.map(({ metric }) => [metric, [] as number[]]));
  for (const way of ways) await timed(way); // code is compiled, and keys have their tables
  for (let run = 0; run < runs; run++) {
    onRun?.(run + 1);
    for (const way of ways) us.get(way.metric)!.push(await timed(way));
  }
  const nodeUs = median(us.get("verify-node")!);
  const times = ways.map(({ metric, backend }): SignatureTime => {
    const values = us.get(metric)!;
    const usMedian = median(values);
    return {
      metric,
      backend,
      usMedian,
      usBest: best(values),
      spread: spread(values),
      perSecond: Math.round(1e6 / usMedian),
      ratioToNode: usMedian / nodeUs,
    };
  });
  return { signers, signatures, runs, threads, times, answersHash: digest(signed) };
}

/** What is recorded of a run. */
export function signatureMeasurements(result: SignaturesBenchResult): Measurement[] {
  return result.times.map(({ metric, usMedian, spread: range, ratioToNode }) => ({
    scenario: SIGNATURES_SCENARIO,
    metric,
    unit: "us",
    value: usMedian,
    spread: range,
    ratio: ratioToNode,
    stateHash: result.answersHash,
    durability: null,
  }));
}

function makeWays(
  keys: readonly Signer[],
  signed: readonly SignedMessage[],
  pool: VerifyPool,
): Way[] {
  const [tables, sodium, node] = [
    selectBackend("ed25519", "tables"),
    createSodiumBackend(),
    createNodeBackend("ed25519"),
  ];
  const jobs = signed.map((each) => ({ ...each, scheme: "ed25519" as const }));
  const count = signed.length;
  return [
    { metric: "sign", backend: sodium.name, count, run: () => signAll(keys, signed) },
    { metric: "verify-known", backend: tables.name, count, run: () => verifyAll(tables, signed) },
    {
      metric: "verify-together",
      backend: tables.name,
      count,
      run: () => {
        for (let at = 0; at < count; at += TOGETHER) {
          checkAnswers(tables.verifyMany(signed.slice(at, at + TOGETHER)), at);
        }
      },
    },
    ...makeNewcomerWays(keys, sodium),
    { metric: "verify-sodium", backend: sodium.name, count, run: () => verifyAll(sodium, signed) },
    { metric: "verify-node", backend: node.name, count, run: () => verifyAll(node, signed) },
    {
      metric: "verify-threads",
      backend: pool.ed25519,
      count,
      run: async () => checkAnswers(await pool.verify(jobs), 0),
    },
  ];
}

/** Keys that a verifier does not know yet: their first signature, and the one with which it makes their tables. */
function makeNewcomerWays(keys: readonly Signer[], sodium: SchemeBackend): Way[] {
  const message = new Uint8Array(MESSAGE_BYTES);
  const signed = keys.map((key) => ({
    publicKey: key.publicKey,
    message,
    signature: key.sign(message),
  }));
  let verifier: TableVerifier;
  const learn = (times: number): void => {
    verifier = createTableVerifier({ other: sodium.verify }) ?? failUnsupported();
    for (let time = 0; time < times; time++) verifySigned(verifier, signed);
  };
  const run = (): void => verifySigned(verifier, signed);
  const common = { backend: `${sodium.name}, then tables`, count: keys.length, run };
  return [
    { ...common, metric: "verify-first", prepare: () => learn(0) },
    { ...common, metric: "verify-table", prepare: () => learn(USES_BEFORE_TABLE - 1) },
  ];
}

function failUnsupported(): never {
  throw new Error("selectBackend has refused a machine without fused arithmetic");
}

function verifySigned(verifier: TableVerifier, signed: readonly SignedMessage[]): void {
  for (const { publicKey, message, signature } of signed) {
    assert(verifier.verify(publicKey, message, signature), "a right signature is accepted");
  }
}

function signAll(keys: readonly Signer[], signed: readonly SignedMessage[]): void {
  for (let index = 0; index < signed.length; index++) {
    const { message, signature } = signed[index]!;
    const made = keys[index % keys.length]!.sign(message);
    assert(equalBytes(made.subarray(1), signature.subarray(1)), "a key signs alike each time");
  }
}

function verifyAll(backend: SchemeBackend, signed: readonly SignedMessage[]): void {
  for (let index = 0; index < signed.length; index++) {
    const { publicKey, message, signature } = signed[index]!;
    checkAnswer(backend.verify(publicKey, message, signature), index);
  }
}

function checkAnswers(answers: readonly boolean[], from: number): void {
  for (let index = 0; index < answers.length; index++) checkAnswer(answers[index]!, from + index);
}

function checkAnswer(holds: boolean, index: number): void {
  assert(holds === (index % BAD_EVERY !== 0), "a wrong signature is found, a right one accepted");
}

/** Microseconds a signature. */
async function timed({ prepare, run, count }: Way): Promise<number> {
  prepare?.();
  const beganMs = performance.now();
  await run();
  return ((performance.now() - beganMs) * 1_000) / count;
}

function makeSigner(index: number): Signer {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, index + 1);
  return selectBackend("ed25519").createSigner(new SecretSeed(seed));
}

/** Signatures of the keys in turns, one in 17 of them wrong in its first half. */
function makeSigned(keys: readonly Signer[], count: number): SignedMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const message = new Uint8Array(MESSAGE_BYTES);
    new DataView(message.buffer).setUint32(0, index);
    const key = keys[index % keys.length]!;
    const signature = key.sign(message);
    if (index % BAD_EVERY === 0) signature[0]! ^= 1;
    return { publicKey: key.publicKey, message, signature };
  });
}

function digest(signed: readonly SignedMessage[]): string {
  const hash = createHash("sha256");
  for (const [index, { signature }] of signed.entries()) {
    hash.update(signature).update(Uint8Array.of(index % BAD_EVERY === 0 ? 0 : 1));
  }
  return hash.digest("hex");
}
