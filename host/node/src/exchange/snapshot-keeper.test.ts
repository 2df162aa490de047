import { Fault } from "@rialto/base";
import { createHotEngine } from "@rialto/engine";
import type { ExecutedBatch } from "@rialto/gateway";
import { createMemoryJournal, createMemorySnapshots } from "@rialto/storage";
import { expect, test } from "vitest";
import { Recorder } from "../testing/recorder.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";

const EVERY_COMMANDS = 10;
const DETAIL = { code: "STORAGE_FULL", path: "/full", freeBytes: 0, neededBytes: 1 } as const;
const FULL = new Fault(DETAIL, "error", "there is no room");

type KeeperOptions = ConstructorParameters<typeof SnapshotKeeper>[0];

function openKeeper(
  options: Pick<KeeperOptions, "journal" | "snapshots"> & Partial<KeeperOptions>,
): SnapshotKeeper {
  const keeper = new SnapshotKeeper({
    engine: createHotEngine({ limits: SMALL_NETWORK.capacities, hashKey: 1n }),
    readModel: Object.assign(new Recorder(), { durableSequence: Infinity }),
    everyCommands: EVERY_COMMANDS,
    snapshotCommands: 0,
    onSaved: () => undefined,
    onFailed: (error) => {
      throw error;
    },
    ...options,
  });
  keeper.isEnabled = true;
  return keeper;
}

function batchOf(sequence: number, commands: number): ExecutedBatch {
  return { sequence, firstCommand: commands - 1, commandCount: 1 } as ExecutedBatch;
}

test("a snapshot that found no room is tried again when the next one is due, not after every record", async () => {
  const journal = createMemoryJournal({ networkHash: new Uint8Array(32), mode: "group" });
  let copies = 0;
  const failed: unknown[] = [];
  const keeper = openKeeper({
    journal,
    snapshots: { ...createMemorySnapshots(), save: () => Promise.reject(FULL) },
    onTaken: () => copies++,
    onSaved: () => expect.fail("there is no room"),
    onFailed: (error) => failed.push(error),
  });
  for (let commands = 1; commands <= 4 * EVERY_COMMANDS; commands++) {
    const sequence = await journal.append(new Uint8Array(1));
    keeper.consider(batchOf(sequence, commands));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(copies).toBe(4);
  expect(failed).toEqual([FULL, FULL, FULL, FULL]);
});

test("no snapshot is of records that a crash could still take: a start would come upon one of another order", async () => {
  const writes: (() => void)[] = [];
  const schedule = (write: () => void): void => void writes.push(write);
  const networkHash = new Uint8Array(32);
  const journal = createMemoryJournal({ networkHash, mode: "memory", schedule });
  const snapshots = createMemorySnapshots();
  const keeper = openKeeper({ journal, snapshots });
  // Acknowledged from memory: the disk has not been asked yet.
  keeper.consider(batchOf(await journal.append(new Uint8Array(1)), EVERY_COMMANDS));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(await snapshots.list()).toEqual([]);
  const stopped = keeper.stop();
  while (writes.length > 0) {
    writes.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stopped;
  expect(await snapshots.list()).toEqual([1]);
});
