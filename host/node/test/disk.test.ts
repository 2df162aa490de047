import { createPrng } from "@rialto/base";
import { ApiError, type Credentials, RestClient } from "@rialto/client";
import { mountSmallDisk } from "@rialto/storage/testing";
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataDirectory } from "../src/data-directory.ts";
import { type NodeProcess, startNodeProcess, StartRefused } from "../src/testing/node-process.ts";
import { openOrderLoad } from "../src/testing/order-load.ts";
import { replayFromNothing } from "../src/testing/replay-from-nothing.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

const MIB = 1_048_576;
const SMALL_SEGMENTS = ["--segment-bytes", String(MIB), "--snapshot-commands", "1000000"];
const SECTOR_BYTES = 512;
const ACCOUNT = 1001n;

async function fund(node: NodeProcess, operator: Credentials): Promise<void> {
  const client = new RestClient({ url: node.ready.origin, credentials: operator });
  const deposit = { account: String(ACCOUNT), asset: "USD", amount: 10_000_000 };
  await client.signed("POST", "/operator/deposit", deposit);
}

/** Trades for a while and leaves the node stopped. Returns its state hash. */
async function makeJournal(exchange: SmallExchange): Promise<string> {
  const operator = exchange.makeKey(1n, ["operator"]);
  const credentials = exchange.makeKey(ACCOUNT, ["read", "trade"]);
  await using node = await startNodeProcess([...exchange.startArguments, ...SMALL_SEGMENTS]);
  await fund(node, operator);
  const url = node.ready.origin;
  const signal = AbortSignal.timeout(1_500);
  const load = await openOrderLoad({
    url,
    credentials,
    side: "BUY",
    prefix: "flip",
    seed: 1,
    window: 8,
    signal,
  });
  await load.run();
  expect(load.placed.size).toBeGreaterThan(100);
  const client = new RestClient({ url, credentials: operator });
  const { stateHash } = (await client.signed("GET", "/operator/state-hash")) as {
    readonly stateHash: string;
  };
  expect(await node.end("SIGTERM")).toBe(0);
  return stateHash;
}

test("a byte flipped anywhere in the journal keeps the node from starting, and is named", async () => {
  using exchange = new SmallExchange();
  const stateHash = await makeJournal(exchange);
  const { journal } = dataDirectory(exchange.dataDir);
  const written = writtenSectors(journal);
  const random = createPrng(7);
  for (let flip = 0; flip < 12; flip++) {
    const { path, sector } = written[random.below(written.length)]!;
    const offset = sector * SECTOR_BYTES + random.below(SECTOR_BYTES);
    flipByte(path, offset);
    const refusal = await startNodeProcess(exchange.startArguments).catch(
      (error: unknown) => error,
    );
    expect(refusal, `byte ${offset} of ${path}`).toBeInstanceOf(StartRefused);
    const { exitCode, message } = refusal as StartRefused;
    expect(exitCode).toBe(1);
    expect(message).toContain(`${path} is damaged at byte`);
    const [, named] = /at byte (\d+)/.exec(message)!;
    expect(Math.floor(Number(named) / SECTOR_BYTES)).toBe(sector);
    flipByte(path, offset);
  }
  await using node = await startNodeProcess(exchange.startArguments);
  expect((await replayFromNothing(exchange.dataDir)).stateHash).toBe(stateHash);
  expect(await node.end("SIGTERM")).toBe(0);
});

interface Sector {
  readonly path: string;
  readonly sector: number;
}

/** The sectors of the journal's files that hold something. */
function writtenSectors(directory: string): Sector[] {
  const sectors: Sector[] = [];
  for (const name of readdirSync(directory).filter((each) => each.endsWith(".segment"))) {
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
  expect(sectors.length).toBeGreaterThan(100);
  return sectors;
}

function flipByte(path: string, offset: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0]! ^= 1;
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
    expect(((await ready.json()) as { reason: string }).reason).toMatch(/free|ENOSPC|full/);
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
  120_000,
);

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
  const deadline = Date.now() + 60_000;
  while (load.refusals.size === 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  stop.abort();
  await running;
  expect(load.unanswered).toBe(0);
  expect([...load.refusals.entries()]).toEqual([[-1016, expect.stringMatching(/free|full/)]]);
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
