import { computeCommitDigest, NO_DIGEST } from "@rialto/consensus";
import { type CheckpointRecord, resultLeaves, ResultsChain } from "@rialto/replica";
import {
  encodeEvent,
  eventBytes,
  EventKind,
  type MarketIndex,
  type OrderId,
  Side,
} from "@rialto/protocol";
import { computeMerkleRoot } from "@rialto/crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { sha256 } from "../sha256.ts";
import { isDiskError, ProofStore } from "./proof-store.ts";

const NETWORK = sha256(Uint8Array.of(1));
const OTHER = sha256(Uint8Array.of(2));

/** Records of one commit with one trade of market 0 each, trade and commit numbered alike. */
function makeRecords(count: number): CheckpointRecord[] {
  const chain = new ResultsChain(sha256);
  let [previous, previousRoot] = [NO_DIGEST, NO_DIGEST];
  return Array.from({ length: count }, (_, at) => {
    const index = at + 1;
    const leader = { round: index, author: 0, digest: sha256(Uint8Array.of(3, at)) };
    const commit = {
      index,
      previous,
      leader,
      tsMs: index,
      gcRound: 0,
      framesRoot: NO_DIGEST,
      refs: [leader],
    };
    const digest = computeCommitDigest(commit, sha256);
    const leaves = resultLeaves(leader.digest, [encodeTrade(index)]);
    const eventsRoot = computeMerkleRoot(leaves, sha256);
    chain.add({ index, digest, eventsRoot });
    const record = {
      resultsRoot: chain.close(),
      previousRoot,
      commits: [{ commit, digest, eventsRoot, leaves }],
    };
    [previous, previousRoot] = [digest, record.resultsRoot];
    return record;
  });
}

function encodeTrade(tradeId: number): Uint8Array {
  const bytes = new Uint8Array(eventBytes(EventKind.Fill));
  encodeEvent(new DataView(bytes.buffer), 0, {
    kind: EventKind.Fill,
    command: 1,
    takerSide: Side.Buy,
    makerDone: false,
    market: 0 as MarketIndex,
    priceTicks: 5,
    tradeId,
    lots: 1,
    makerOrderId: 1 as OrderId,
    takerOrderId: 2 as OrderId,
    makerRebate: false,
    makerFeeQuanta: 1n,
    takerFeeQuanta: 1n,
  });
  return bytes;
}

const open = (path: string, bytesMax = 1e9, networkHash = NETWORK): ProofStore =>
  new ProofStore({ path, networkHash, bytesMax });

test("what is kept is there after a restart, with its certificates and its end", () => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-proofs-"));
  const path = join(directory, "proofs.sqlite");
  const records = makeRecords(3);
  try {
    {
      using store = open(path);
      for (const record of records) store.put(record);
      store.certify(2, Uint8Array.of(7), false);
      store.certify(2, Uint8Array.of(8), true);
      store.certify(99, Uint8Array.of(9), true);
    }
    using store = open(path);
    expect(store.end).toMatchObject({
      commitIndex: 3,
      commitDigest: new Uint8Array(records[2]!.commits[0]!.digest),
      resultsRoot: new Uint8Array(records[2]!.resultsRoot),
    });
    expect([store.certificates, store.quantumCertificates]).toEqual([1, 1]);
    // The first record has no certificate of its own; the third none at all.
    const upTo = store.upToCertificate(store.findTrade(0, 1)!);
    expect(upTo.map(({ record }) => record.commits[0]!.commit.index)).toEqual([1, 2]);
    expect(upTo.at(-1)!.certificate).toEqual(Uint8Array.of(8));
    expect(store.upToCertificate(store.findTrade(0, 3)!)).toEqual([]);
    expect([store.findTrade(0, 4), store.findTrade(1, 1)]).toEqual([undefined, undefined]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a proof goes up to the next certificate, and a little farther where one is of a quorum with ML-DSA-65", () => {
  using store = open(":memory:");
  for (const record of makeRecords(60)) store.put(record);
  const endOf = (lastCommit: number): number | undefined =>
    store.upToCertificate(lastCommit).at(-1)?.record.commits[0]!.commit.index;
  store.certify(3, Uint8Array.of(1), false);
  expect(endOf(2)).toBe(3);
  for (let commit = 4; commit <= 50; commit++) {
    const isQuantum = commit === 9 || commit === 12 || commit === 30;
    if (commit % 10 !== 8) store.certify(commit, Uint8Array.of(1), isQuantum);
  }
  expect([2, 9, 10, 13].map(endOf)).toEqual([9, 9, 12, 30]);
  // The next is too far away.
  expect(endOf(31)).toBe(31);
  // Nothing but the next few that are certified is looked at.
  expect([12, 13].map((commit) => store.upToCertificate(commit).length)).toEqual([1, 18]);
  expect(endOf(51)).toBe(undefined);
});

test("the oldest goes when there is no more room, the newest never", () => {
  using store = open(":memory:", 700);
  for (const record of makeRecords(10)) store.put(record);
  const kept = store.newest(10).map(({ record }) => record.commits[0]!.commit.index);
  expect(kept[0]).toBe(10);
  expect(kept.length).toBeLessThan(4);
  // A trade of a record that is gone is not looked for in the next one.
  expect(store.upToCertificate(store.findTrade(0, 1) ?? 0)).toEqual([]);
});

test("a store of another committee begins anew", () => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-proofs-"));
  const path = join(directory, "proofs.sqlite");
  try {
    {
      using store = open(path);
      for (const record of makeRecords(2)) store.put(record);
    }
    using other = open(path, 1e9, OTHER);
    expect(other.end.commitIndex).toBe(0);
    expect(other.newest(10)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe("a damaged disk", () => {
  /** Keeps three records, of which the disk then changes a byte of one. */
  function keepDamaged(path: string, lastCommit: number): void {
    {
      using store = open(path);
      for (const record of makeRecords(3)) store.put(record);
      store.certify(3, Uint8Array.of(7), false);
    }
    using database = new DatabaseSync(path);
    const where = "WHERE last_commit = ?";
    const row = database.prepare(`SELECT record FROM checkpoint ${where}`).get(lastCommit)!;
    const record = (row["record"] as Uint8Array).slice();
    // Within its event: the record can still be parsed.
    record[record.length - 60] = record[record.length - 60]! ^ 1;
    database.prepare(`UPDATE checkpoint SET record = ? ${where}`).run(record, lastCommit);
  }

  test.each([
    [3, [], 0],
    [1, [3, 2], 3],
  ])("record %i: those that are left, and where they end", (lastCommit, left, end) => {
    const directory = mkdtempSync(join(tmpdir(), "rialto-proofs-"));
    const path = join(directory, "proofs.sqlite");
    try {
      keepDamaged(path, lastCommit);
      using store = open(path);
      const kept = store.newest(10).map(({ record }) => record.commits[0]!.commit.index);
      expect([kept, store.end.commitIndex]).toEqual([left, end]);
      expect(store.upToCertificate(1)).toEqual([]);
      // They are made again.
      for (const record of makeRecords(4).slice(end)) store.put(record);
      expect(store.end.commitIndex).toBe(4);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

test("a full disk is told from a mistake", () => {
  expect(isDiskError({ errcode: 13 })).toBe(true);
  expect(isDiskError({ errcode: 10 | (4 << 8) })).toBe(true);
  expect(isDiskError({ errcode: 1555 })).toBe(false);
  expect(isDiskError(new Error("no code"))).toBe(false);
});

/** Puts a large record into the store at a path, and says what is thrown: for a process that may write little. */
const PUT_LARGE = `
  import { NO_DIGEST as digest } from "@rialto/consensus";
  import { isDiskError, ProofStore } from "./proof-store.ts";
  const leader = { round: 1, author: 0, digest };
  const commit = { index: 1, previous: digest, leader, tsMs: 1, gcRound: 0, framesRoot: digest, refs: [] };
  const leaves = [new Uint8Array(1_000_036).fill(1)];
  const commits = [{ commit, digest, eventsRoot: digest, leaves }];
  using store = new ProofStore({ path: process.argv[1], networkHash: digest, bytesMax: 1e9 });
  try {
    store.put({ resultsRoot: digest, previousRoot: digest, commits });
    console.log("kept");
  } catch (error) {
    console.log("disk error:", isDiskError(error));
  }
`;

test.each([
  ["unlimited", "kept"],
  ["512", "disk error: true"],
])("where a process may write %s blocks: %s", (blocksMax, said) => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-proofs-"));
  const program = `ulimit -f ${blocksMax}; exec "$0" --input-type=module --eval "$1" "$2"`;
  const args = [program, process.execPath, PUT_LARGE, join(directory, "proofs.sqlite")];
  try {
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    expect(spawnSync("sh", ["-c", ...args], options).stdout.trim()).toBe(said);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
