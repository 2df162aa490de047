import { createPrng } from "@rialto/base";
import { ApiError, type Credentials, RestClient } from "@rialto/client";
import { mountSmallDisk } from "@rialto/storage/testing";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { dataDirectory } from "../src/data-directory.ts";
import { findTestPort } from "../src/testing/free-port.ts";
import { type NodeProcess, startNodeProcess, StartRefused } from "../src/testing/node-process.ts";
import { openOrderLoad } from "../src/testing/order-load.ts";
import { replayFromNothing } from "../src/testing/replay-from-nothing.ts";
import { until } from "../src/testing/small-cluster.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

const RIALTO = join(import.meta.dirname, "../bin/rialto.js");
const MIB = 1_048_576;
const ANSWER_TIMEOUT_MS = 2_000;
const SMALL_SEGMENTS = ["--segment-bytes", String(MIB), "--snapshot-commands", "1000000"];
const SECTOR_BYTES = 512;
const HISTORY_PAGE_BYTES = 4_096;
const ACCOUNT = 1001n;

async function fund(node: NodeProcess, operator: Credentials): Promise<void> {
  const client = new RestClient({ url: node.ready.origin, credentials: operator });
  const deposit = { account: String(ACCOUNT), asset: "USD", amount: 10_000_000 };
  await client.signed("POST", "/operator/deposit", deposit);
}

const ORDERS_PER_LOOK = 400;

/** Trades until the journal has so many segments and stops the node. Returns its state hash. */
async function makeJournal(exchange: SmallExchange, segmentCount: number): Promise<string> {
  const operator = exchange.makeKey(1n, ["operator"]);
  const credentials = exchange.makeKey(ACCOUNT, ["read", "trade"]);
  await using node = await startNodeProcess([...exchange.startArguments, ...SMALL_SEGMENTS]);
  await fund(node, operator);
  const url = node.ready.origin;
  const stop = new AbortController();
  const { signal } = stop;
  const prefix = "flip";
  const shape = { url, side: "BUY", prefix, seed: 1, window: 4 } as const;
  const load = await openOrderLoad({ ...shape, credentials, signal });
  const running = load.run();
  do await load.untilPlaced(load.placed.size + ORDERS_PER_LOOK);
  while (countSegments(exchange) < segmentCount);
  stop.abort();
  await running;
  const client = new RestClient({ url, credentials: operator });
  const { stateHash } = (await client.signed("GET", "/operator/state-hash")) as {
    readonly stateHash: string;
  };
  expect(await node.end("SIGTERM")).toBe(0);
  return stateHash;
}

/** Starts a node that is to refuse; `why` is what was done to it. */
async function refuseStart(exchange: SmallExchange, why: string): Promise<StartRefused> {
  const refusal = await startNodeProcess(exchange.startArguments).catch((error: unknown) => error);
  if (refusal instanceof StartRefused) return refusal;
  throw new Error(`it does not refuse to start: ${why}`, { cause: refusal });
}

test("a bit flipped anywhere in the journal keeps the node from starting, and is named", async () => {
  using exchange = new SmallExchange();
  const stateHash = await makeJournal(exchange, 1);
  const { journal } = dataDirectory(exchange.dataDir);
  const written = writtenSectors(journal);
  expect(written.length).toBeGreaterThan(100);
  const random = createPrng(7);
  const drawn = Array.from({ length: 14 }, () => written[random.below(written.length)]!);
  for (const { path, sector } of [written[0]!, written.at(-1)!, ...drawn]) {
    const offset = sector * SECTOR_BYTES + random.below(SECTOR_BYTES);
    const bit = random.below(8);
    flipBit(path, offset, bit);
    const place = `bit ${bit} of byte ${offset} of ${path}`;
    const { exit, message } = await refuseStart(exchange, place);
    expect(exit).toBe(1);
    expectNamed(message, { path, sector });
    flipBit(path, offset, bit);
  }
  await using node = await startNodeProcess(exchange.startArguments);
  expect((await replayFromNothing(exchange.dataDir)).stateHash).toBe(stateHash);
  expect(await node.end("SIGTERM")).toBe(0);
});

test("damage that a node does not look for at its start is found while it runs, and ends it", async () => {
  using exchange = new SmallExchange();
  await makeJournal(exchange, 2);
  const written = writtenSectors(dataDirectory(exchange.dataDir).journal);
  const newest = written.at(-1)!.path;
  const older = written.filter(({ path, sector }) => path !== newest && sector > 0);
  const damaged = older[Math.floor(older.length / 2)]!;
  flipBit(damaged.path, damaged.sector * SECTOR_BYTES + 100, 3);
  // The newest segment and every header are read before the node opens; this is neither.
  const args = [...exchange.startArguments, ...SMALL_SEGMENTS, "--verify-bytes", "0"];
  await using node = await startNodeProcess(args);
  expect(node.ready.recordsReplayed).toBe(0);
  expect(await node.untilEnd()).toBe(1);
  expectNamed(node.log(), damaged);
});

test("a journal that ends before what the node has answered, as an older copy does, keeps it from starting", async () => {
  using exchange = new SmallExchange();
  const operator = exchange.makeKey(1n, ["operator"]);
  const { journal, history, snapshots } = dataDirectory(exchange.dataDir);
  const copy = join(exchange.root, "copy");
  const fundOnce = async (): Promise<void> => {
    await using node = await startNodeProcess(exchange.startArguments);
    await fund(node, operator);
    expect(await node.end("SIGTERM")).toBe(0);
  };
  await fundOnce();
  cpSync(journal, copy, { recursive: true });
  await fundOnce();
  rmSync(journal, { recursive: true });
  renameSync(copy, journal);
  const behindHistory = await refuseStart(exchange, "an older journal");
  expect(behindHistory.exit).toBe(1);
  for (const path of [journal, history, snapshots]) expect(behindHistory.message).toContain(path);
  // Also where the history is gone: a snapshot is of what was answered too.
  renameSync(history, `${history}.old`);
  const behindSnapshot = await refuseStart(exchange, "and no history");
  for (const words of ["JOURNAL_BEHIND_SNAPSHOT", journal, snapshots]) {
    expect(behindSnapshot.message).toContain(words);
  }
  // What is the only record of what was answered is there still. Whoever can do without it says so, and does without the snapshots
  // of it too: once the journal has come to where one of them was made, the node would take it for one of another journal.
  renameSync(snapshots, `${snapshots}.old`);
  await fundOnce();
});

// Opening it reads the first pages alone: the last of these proves spoilt only where it is read, and the same start makes it again.
test.each([
  ["its first bytes are", 0, 100],
  ["its tables are", 100, 2_000],
  ["all but its first pages are", 3 * HISTORY_PAGE_BYTES, undefined],
])("a history of which %s spoilt is set aside, and made again", async (_, from, to) => {
  using exchange = new SmallExchange();
  await makeJournal(exchange, 1);
  const { history } = dataDirectory(exchange.dataDir);
  const spoilt = readFileSync(history).fill(0x55, from, to);
  writeFileSync(history, spoilt);
  await using node = await startNodeProcess(exchange.startArguments);
  expect(node.ready.recordsReplayed).toBeGreaterThan(100);
  expect(node.log()).toContain("history.damaged");
  expect(readFileSync(`${history}.damaged`).equals(spoilt)).toBe(true);
  expect(await node.end("SIGTERM")).toBe(0);
});

test("a history that proves spoilt where it is written is set aside for the next start", async () => {
  using exchange = new SmallExchange();
  await makeJournal(exchange, 1);
  const { history } = dataDirectory(exchange.dataDir);
  spoilTable(history, "ordersByClient");
  const credentials = exchange.makeKey(ACCOUNT, ["read", "trade"]);
  {
    await using node = await startNodeProcess(exchange.startArguments);
    expect(node.log()).not.toContain("history.damaged");
    const client = new RestClient({ url: node.ready.origin, credentials });
    const order = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC" };
    await client.signed("POST", "/api/v3/order", { ...order, quantity: 1, price: 100 });
    await until("the history says so", async () => node.log().includes("history.damaged"));
    await node.end("SIGTERM");
  }
  await using node = await startNodeProcess(exchange.startArguments);
  expect(node.ready.recordsReplayed).toBeGreaterThan(100);
  expect(await node.end("SIGTERM")).toBe(0);
});

/** Spoils every page of an index of a closed database but for what other tables need. */
function spoilTable(path: string, name: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare("SELECT rootpage FROM sqlite_master WHERE name = ?").get(name);
  database.close();
  const root = Number(row?.["rootpage"]);
  const bytes = readFileSync(path);
  bytes.fill(0x55, (root - 1) * HISTORY_PAGE_BYTES, root * HISTORY_PAGE_BYTES);
  writeFileSync(path, bytes);
}

/** The message names the file, and a byte of the sector. */
function expectNamed(message: string, { path, sector }: Sector): void {
  expect(message).toContain(`${path} is damaged at byte`);
  const [, named] = /is damaged at byte (\d+)/.exec(message)!;
  expect(Math.floor(Number(named) / SECTOR_BYTES)).toBe(sector);
}

/** Segments that something has been written to: a spare is made ahead. */
function countSegments(exchange: SmallExchange): number {
  const { journal } = dataDirectory(exchange.dataDir);
  return new Set(writtenSectors(journal).map(({ path }) => path)).size;
}

interface Sector {
  readonly path: string;
  readonly sector: number;
}

/** The sectors of the journal's files that hold something, oldest first. */
function writtenSectors(directory: string): Sector[] {
  const sectors: Sector[] = [];
  const names = readdirSync(directory).filter((each) => each.endsWith(".segment"));
  for (const name of names.toSorted()) {
    const path = join(directory, name);
    const file = openSync(path, "r");
    const bytes = Buffer.alloc(statSync(path).size);
    readSync(file, bytes);
    closeSync(file);
    for (let sector = 0; sector * SECTOR_BYTES < bytes.length; sector++) {
      const content = bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
      if (content.some((byte) => byte !== 0)) sectors.push({ path, sector });
    }
  }
  return sectors;
}

function flipBit(path: string, offset: number, bit: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0]! ^= 1 << bit;
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

using probe = mountSmallDisk(MIB);
const why = probe === undefined ? " (skipped: this process may not mount a small disk)" : "";

test.skipIf(probe === undefined)(
  `a full disk stops acknowledgements, says so, loses nothing and resumes${why}`,
  async () => {
    using disk = mountSmallDisk(24 * MIB)!;
    using exchange = new SmallExchange(join(disk.path, "exchange"));
    const operator = exchange.makeKey(1n, ["operator"]);
    const credentials = exchange.makeKey(ACCOUNT, ["read", "trade"]);
    await using node = await startNodeProcess([...exchange.startArguments, ...SMALL_SEGMENTS]);
    await fund(node, operator);
    const url = node.ready.origin;
    disk.leaveFree(MIB / 2);
    const placed = await tradeUntilRefused(url, credentials);
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).toBe(503);
    expect(((await ready.json()) as { reason: string }).reason).toMatch(/^[^/]*full[^/]*$/);
    // What can be read can still be read.
    const client = new RestClient({ url, credentials });
    expect(await client.signed("GET", "/api/v3/openOrders", { symbol: "BTCUSD" })).not.toEqual([]);

    disk.leaveFree(12 * MIB);
    await untilPlaced(client);
    const operatorClient = new RestClient({ url, credentials: operator });
    const { stateHash } = (await operatorClient.signed("GET", "/operator/state-hash")) as {
      readonly stateHash: string;
    };
    expect(await node.end("SIGTERM")).toBe(0);
    const replayed = await replayFromNothing(exchange.dataDir);
    expect(replayed.stateHash).toBe(stateHash);
    expect(placed.filter((id) => !replayed.clientOrderIds.has(id))).toEqual([]);
  },
);

test("a node whose log has no room on its disk starts, serves and stops", async () => {
  using exchange = new SmallExchange();
  const port = await findTestPort();
  const full = openSync("/dev/full", "w");
  const args = ["start", "--json", ...exchange.startArguments, "--port", String(port)];
  const child = spawn(process.execPath, [RIALTO, ...args], { stdio: ["ignore", full, full] });
  closeSync(full);
  const ended = once(child, "exit");
  try {
    const url = `http://127.0.0.1:${port}/ready`;
    await until("it is ready, or has ended", async () => {
      if (child.exitCode !== null) return true;
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const answer = await fetch(url, { signal }).catch(() => undefined);
      return answer?.ok === true;
    });
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

/** Places orders until the node refuses; only a clear refusal may end it. Returns those acknowledged. */
async function tradeUntilRefused(url: string, credentials: Credentials): Promise<string[]> {
  const stop = new AbortController();
  const { signal } = stop;
  const load = await openOrderLoad({
    url,
    credentials,
    side: "BUY",
    prefix: "full",
    seed: 3,
    window: 64,
    signal,
  });
  const running = load.run();
  await load.untilRefused();
  stop.abort();
  await running;
  expect(load.unanswered).toBe(0);
  expect([...load.refusals.entries()]).toEqual([
    [-1016, expect.stringMatching(/^[^/]*full[^/]*$/)],
  ]);
  return [...load.placed.keys()];
}

async function untilPlaced(client: RestClient): Promise<void> {
  const order = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC" };
  for (let attempt = 0; ; attempt++) {
    try {
      await client.signed("POST", "/api/v3/order", { ...order, quantity: "0.001", price: "99.5" });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
