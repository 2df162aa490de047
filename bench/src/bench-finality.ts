// `rialto bench finality`: lookups of 32-byte hashes in the finality index, beside plain reads of a table of its size.

import { createHash } from "node:crypto";
import { assert, createPrng, type Prng } from "@rialto/base";
import { FinalityLevel } from "@rialto/consensus";
import { FINALITY_QUERIES_MAX, FinalityIndex, levelOfFlags } from "@rialto/replica";
import { benchFault, type BenchFault } from "./bench-fault.ts";
import { best, median, spread } from "./statistics.ts";

export interface FinalityBenchOptions {
  /** Blocks whose hashes the index holds. */
  readonly blocks: number;
  /** Hashes that one run looks up, every second of them known; a multiple of FINALITY_QUERIES_MAX. */
  readonly lookups: number;
  /** Timed runs of each side, taking turns. */
  readonly runs: number;
  readonly seed: number;
}

export interface FinalityBenchResult {
  readonly blocks: number;
  readonly lookups: number;
  readonly hits: number;
  readonly lookupsPerSecond: number;
  readonly nsPerLookupMedian: number;
  readonly nsPerLookupBest: number;
  /** (largest - smallest) / median. */
  readonly spread: number;
  /** One word read at a place that the same hashes name, in a table as large as the index. */
  readonly nsPerPlainReadMedian: number;
  /** Of the medians: a lookup over a plain read. */
  readonly ratioToPlainRead: number;
  readonly runs: number;
  readonly tableMb: number;
  /** SHA-256 over every answer. */
  readonly answersHash: string;
}

const HASH_BYTES = 32;
const HASH_WORDS = 8;
const PIECE_BYTES: number = FINALITY_QUERIES_MAX * HASH_BYTES;

/**
 * Checks every answer in a run of its own, then times runs, of which each must add up to the same. The hashes are written
 * where the index reads them, 64 KiB at a time, while no clock runs: as whoever asks would leave them.
 *
 * Errors   FINALITY_MISMATCH, returned: an answer is wrong.
 */
export function benchFinality(options: FinalityBenchOptions): FinalityBenchResult | BenchFault {
  const { blocks, lookups, runs, seed } = options;
  assert(lookups % FINALITY_QUERIES_MAX === 0, "hashes are looked up piece by piece");
  const prng = createPrng(seed);
  const hashes = drawHashes(blocks, prng);
  const index = fillIndex(hashes, blocks);
  const { queries, expected } = drawQueries(hashes, blocks, lookups, prng);
  const answersHash = verifyAnswers(index, queries, expected);
  if (answersHash === undefined) return mismatch("an answer is not that of the block");
  const sum = expected.reduce((total, commit) => total + commit, 0);
  const table = new Int32Array(index.tableBytes >>> 2).fill(1);
  const words = new Uint32Array(queries.buffer);
  const lookupNs: number[] = [];
  const plainNs: number[] = [];
  for (let run = 0; run < runs; run++) {
    const found = timeLookups(index, queries);
    const beganMs = performance.now();
    const read = sumPlain(table, words);
    plainNs.push(((performance.now() - beganMs) * 1e6) / lookups);
    lookupNs.push((found.ms * 1e6) / lookups);
    if (found.sum !== sum || read !== lookups) {
      return mismatch(`run ${run + 1} found something else`);
    }
  }
  const nsMedian = median(lookupNs);
  return {
    blocks,
    lookups,
    hits: expected.reduce((total, commit) => total + (commit > 0 ? 1 : 0), 0),
    lookupsPerSecond: Math.round(1e9 / nsMedian),
    nsPerLookupMedian: nsMedian,
    nsPerLookupBest: best(lookupNs),
    spread: spread(lookupNs),
    nsPerPlainReadMedian: median(plainNs),
    ratioToPlainRead: nsMedian / median(plainNs),
    runs,
    tableMb: index.tableBytes / 1e6,
    answersHash,
  };
}

function mismatch(problem: string): BenchFault {
  return benchFault({ code: "FINALITY_MISMATCH", problem }, `finality lookups: ${problem}`);
}

/** Random bytes, as digests are. */
function drawHashes(count: number, prng: Prng): Uint8Array {
  const words = new Uint32Array(count * HASH_WORDS);
  for (let at = 0; at < words.length; at++) words[at] = prng.nextU32();
  return new Uint8Array(words.buffer);
}

/** One block a commit, the older half with a certificate. */
function fillIndex(hashes: Uint8Array, blocks: number): FinalityIndex {
  const index = new FinalityIndex(blocks, 0x2545_f491_4f6c_dd1dn);
  for (let block = 0; block < blocks; block++) {
    const at = block * HASH_BYTES;
    index.add(hashes.subarray(at, at + HASH_BYTES), block + 1);
  }
  const standing = { weight: 3, level: FinalityLevel.Fast, quantumWeight: 0, isQuantum: false };
  index.raise(Math.ceil(blocks / 2), standing);
  return index;
}

/** Hits and misses at random, each hit a block at random. */
function drawQueries(
  hashes: Uint8Array,
  blocks: number,
  lookups: number,
  prng: Prng,
): { readonly queries: Uint8Array; readonly expected: Float64Array } {
  const queries = drawHashes(lookups, prng);
  const expected = new Float64Array(lookups);
  for (let at = 0; at < lookups; at++) {
    if (prng.chance(1, 2)) continue;
    const block = prng.below(blocks);
    const from = block * HASH_BYTES;
    queries.set(hashes.subarray(from, from + HASH_BYTES), at * HASH_BYTES);
    expected[at] = block + 1;
  }
  return { queries, expected };
}

/** The digest of all answers; undefined where one is wrong. */
function verifyAnswers(
  index: FinalityIndex,
  queries: Uint8Array,
  expected: Float64Array,
): string | undefined {
  const digest = createHash("sha256");
  const { certified } = index.marks;
  for (let at = 0; at < expected.length; at += FINALITY_QUERIES_MAX) {
    index.queries.set(pieceAt(queries, at * HASH_BYTES));
    index.findMany(FINALITY_QUERIES_MAX);
    for (let each = 0; each < FINALITY_QUERIES_MAX; each++) {
      const commit = expected[at + each]!;
      const { Unknown, Committed, Fast } = FinalityLevel;
      const level = commit === 0 ? Unknown : commit <= certified ? Fast : Committed;
      const answer = levelOfFlags(index.flags[each]!);
      if (index.commits[each] !== commit || answer !== level) return undefined;
    }
    digest.update(index.commits).update(index.flags);
  }
  return digest.digest("hex");
}

function pieceAt(queries: Uint8Array, at: number): Uint8Array {
  return queries.subarray(at, at + PIECE_BYTES);
}

/** Looks all queries up, piece after piece. */
function timeLookups(
  index: FinalityIndex,
  queries: Uint8Array,
): { readonly ms: number; readonly sum: number } {
  let [ms, sum] = [0, 0];
  for (let at = 0; at < queries.length; at += PIECE_BYTES) {
    index.queries.set(pieceAt(queries, at));
    const beganMs = performance.now();
    sum += sumCommits(index);
    ms += performance.now() - beganMs;
  }
  return { ms, sum };
}

/** In four sums: of one, each addition would wait for the one before, which is no part of a lookup. */
function sumCommits(index: FinalityIndex): number {
  index.findMany(FINALITY_QUERIES_MAX);
  const { commits } = index;
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let each = 0; each < FINALITY_QUERIES_MAX; each += 4) {
    sum0 += commits[each]!;
    sum1 += commits[each + 1]!;
    sum2 += commits[each + 2]!;
    sum3 += commits[each + 3]!;
  }
  return sum0 + sum1 + sum2 + sum3;
}

/**
 * Reads one word for each hash, where the hash says. All words are 1. Integers throughout: as floating-point numbers,
 * sum and place make the loop so long that fewer reads are under way together, and a read takes half as long again.
 */
function sumPlain(table: Int32Array, words: Uint32Array): number {
  const scale = table.length / 2 ** 32;
  let sum = 0;
  for (let at = 0; at < words.length; at += HASH_WORDS) {
    sum = (sum + table[(words[at]! * scale) >>> 0]!) | 0;
  }
  return sum;
}
