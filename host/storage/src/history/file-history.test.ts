import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { makeTemporaryDirectory } from "../testing/temporary-directory.ts";
import type { StorageFault } from "../storage-fault.ts";
import { openFileHistory } from "./file-history.ts";
import { RandomHistory } from "./testing/random-history.ts";

const networkHash = "cd".repeat(32);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return (error as { readonly detail: { readonly code: string } }).detail.code;
  }
}

async function writeAndKill(path: string, seed: number, count: number): Promise<number> {
  const program = join(import.meta.dirname, "testing", "write-until-killed.ts");
  const child = spawn(process.execPath, [program, path, String(seed)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let flushed = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    flushed = Number(line);
    if (++lines === count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return flushed;
}

test("kill -9 while writing leaves the rows of exactly the head's sequence", async () => {
  using root = makeTemporaryDirectory("disk");
  const path = join(root.path, "history.sqlite");
  for (const count of [3, 7, 2]) {
    const flushed = await writeAndKill(path, 6, count);
    await using history = await openFileHistory({ path, networkHash });
    expect(history.head.sequence).toBeGreaterThanOrEqual(flushed);
    const random = new RandomHistory(6);
    for (let step = 0; step < history.head.sequence; step++) random.step();
    expect(history.head).toEqual(random.head);
    expect(await history.openOrders()).toEqual(random.openOrders());
    const query = { market: 0, limit: 100_000 };
    expect(await history.trades(query)).toEqual(random.tradesOf(query));
  }
});

test("refuses another network's history, a newer release's, and a file that is none", async () => {
  using root = makeTemporaryDirectory("memory");
  const path = join(root.path, "deep", "history.sqlite");
  await (await openFileHistory({ path, networkHash })).close();
  expect(await codeOf(openFileHistory({ path, networkHash: "ee".repeat(32) }))).toBe(
    "STORAGE_NETWORK_MISMATCH",
  );
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(await codeOf(openFileHistory({ path, networkHash }))).toBe("STORAGE_VERSION_UNKNOWN");
  const garbage = join(root.path, "garbage.sqlite");
  writeFileSync(garbage, "this is no database at all, and it is long enough to be read as one");
  expect(await codeOf(openFileHistory({ path: garbage, networkHash }))).toBe("STORAGE_IO");
});

test("orders of an older release's history came to the book when they were accepted, and are nothing special", async () => {
  using root = makeTemporaryDirectory("memory");
  const path = join(root.path, "history.sqlite");
  const random = new RandomHistory(9);
  const older = await openFileHistory({ path, networkHash });
  for (let step = 0; step < 5; step++) older.write(random.step());
  await older.close();
  const trigger = { triggerKind: 0, triggerTicks: 0, trailBasisPoints: 0 };
  const list = { listId: 0, listKind: 0, listText: "" };
  const terms = { displayLots: 0, expiresMs: 0, pegKind: 0, pegTicks: 0, flags: 0 };
  const added = { ...trigger, ...terms, waitedMs: 0, ...list };
  const database = new DatabaseSync(path);
  for (const index of ["ordersByList", "ordersOfLists"]) database.exec(`DROP INDEX ${index}`);
  for (const name of Object.keys(added)) database.exec(`ALTER TABLE orders DROP COLUMN ${name}`);
  database.exec("PRAGMA user_version = 2");
  database.close();
  await using history = await openFileHistory({ path, networkHash });
  const open = random.openOrders().map((order) => ({ ...order, ...added }));
  expect(open.length).toBeGreaterThan(0);
  expect(await history.openOrders()).toEqual(open);
});

const DISK_BYTES = 80_000_000;
using probe = mountSmallDisk(DISK_BYTES);

test.runIf(probe !== undefined)(
  "a full disk is named, and what was handed over is written once there is room",
  async () => {
    using disk = mountSmallDisk(DISK_BYTES)!;
    const path = join(disk.path, "history.sqlite");
    const random = new RandomHistory(8);
    const told: unknown[] = [];
    const onFault = ({ detail }: StorageFault): unknown => told.push(detail);
    const onResumed = (): unknown => told.push("resumed");
    await using history = await openFileHistory({ path, networkHash, onFault, onResumed });
    history.write(random.step());
    history.flush();
    disk.leaveFree(20_000);
    for (let step = 0; step < 50; step++) history.write(random.step());
    const full = expect.objectContaining({ code: "STORAGE_FULL", path });
    expect(() => history.flush()).toThrow(expect.objectContaining({ detail: full }));
    expect(await codeOf(history.openOrders())).toBe("STORAGE_FULL");
    expect(history.durableSequence).toBeLessThan(51);
    expect(() => {
      for (let step = 0; step < 1_000; step++) history.write(random.step());
    }).toThrow(expect.objectContaining({ detail: full }));
    expect(told).toEqual([full]);
    disk.leaveFree(70_000_000);
    history.flush();
    expect(history.durableSequence).toBeGreaterThan(256);
    const query = { market: 0, limit: 100_000 };
    const trades = await history.trades(query);
    expect(trades.length).toBeGreaterThan(100);
    expect(trades).toEqual(random.tradesOf(query).slice(0, trades.length));
    expect(told).toEqual([full, "resumed"]);
  },
);

test.runIf(probe !== undefined)(
  "a history that finds no room for the index beside its log is told of a full disk",
  async () => {
    using disk = mountSmallDisk(DISK_BYTES)!;
    const path = join(disk.path, "history.sqlite");
    await (await openFileHistory({ path, networkHash })).close();
    disk.leaveFree(0);
    expect(await codeOf(openFileHistory({ path, networkHash }))).toBe("STORAGE_FULL");
    disk.leaveFree(DISK_BYTES / 2);
    await (await openFileHistory({ path, networkHash })).close();
  },
);

const KLINE = "0, 0, 0, 1, 1, 1, 1, 1, 1, '1', '1', 'no number', '1'";

// SQLite hands on what a disk gives back, whatever it is.
test.each([
  ["a sum is no number", `klines VALUES (${KLINE})`],
  ["a time is too large", "accounts VALUES (1, 9007199254740993)"],
])(
  "a row that a disk has spoilt so that %s is damage, and ends nobody who asks for it",
  async (_, row) => {
    using root = makeTemporaryDirectory("memory");
    const path = join(root.path, "history.sqlite");
    await using history = await openFileHistory({ path, networkHash });
    {
      using database = new DatabaseSync(path);
      database.exec(`INSERT INTO ${row}`);
    }
    const asked = [history.klines({ market: 0, interval: 0, limit: 9 }), history.accounts()];
    const detail = { code: "STORAGE_IO", path, errorCode: "SQLITE_11" };
    await expect(Promise.all(asked)).rejects.toMatchObject({ detail });
    expect(await history.openOrders()).toEqual([]);
  },
);

test("flush and close may be repeated; a question after close is refused", async () => {
  using root = makeTemporaryDirectory("memory");
  const history = await openFileHistory({ path: join(root.path, "h.sqlite"), networkHash });
  history.flush();
  history.flush();
  const question = history.openOrders();
  await Promise.all([history.close(), history.close()]);
  await history.close();
  expect(await question).toEqual([]);
  expect(await codeOf(history.openOrders())).toBe("STORAGE_IO");
  expect(() => history.flush()).not.toThrow();
});
