import { Fault } from "@rialto/base";
import type { SubmitFaultDetail } from "@rialto/gateway";
import { CommandKind, type EngineEvent, EventKind } from "@rialto/protocol";
import {
  createMemoryJournal,
  createMemoryJournalStore,
  createMemorySnapshots,
  type Journal,
  type MemoryJournalStore,
} from "@rialto/storage";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { networkOf } from "../config/network-file.ts";
import { Recorder } from "../testing/recorder.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { beginJournal, recover } from "./recovery.ts";
import { SoloExchange } from "./solo-exchange.ts";

const network = networkOf(SMALL_NETWORK);
if (network instanceof Fault) throw network;
const { hash: networkHash, genesis } = network;

/** Of a disk, as storage tells of it. */
const FULL = {
  code: "STORAGE_FULL",
  path: "/var/lib/rialto/history.sqlite",
  freeBytes: 0,
  neededBytes: 1,
} as const;

interface World {
  readonly exchange: SoloExchange;
  readonly journal: Journal;
  readonly readModel: Recorder;
  readonly steps: (() => void)[];
  /** Lets the journal write as often as it wants to. */
  settle(): Promise<void>;
  nowMs: number;
  readonly fatal: unknown[];
}

async function openWorld(
  store: MemoryJournalStore = createMemoryJournalStore(),
  limits: { readonly queueBytesMax?: number; readonly decisionTimeoutMs?: number } = {},
): Promise<World> {
  const steps: (() => void)[] = [];
  let isHeld = false;
  const schedule = (step: () => void): void =>
    void (isHeld ? steps.push(step) : setImmediate(step));
  const journal = createMemoryJournal({ networkHash, mode: "group", store, schedule });
  const readModel = new Recorder();
  const world = { nowMs: 1_000, fatal: [] as unknown[] };
  const nowMs = (): number => world.nowMs;
  await beginJournal(journal, genesis, nowMs());
  const recovered = await recover({
    limits: SMALL_NETWORK.capacities,
    hashKey: 1n,
    journal,
    snapshots: createMemorySnapshots(),
    readModel,
    warn: (warning) => {
      throw warning;
    },
  });
  isHeld = true;
  const exchange = new SoloExchange({
    network: SMALL_NETWORK,
    networkHash: "",
    nodeId: "test",
    engine: recovered.engine,
    journal,
    readModel,
    nowMs,
    queueBytesMax: 100_000,
    decisionTimeoutMs: 60_000,
    lastRecordMs: recovered.lastRecordMs,
    onFatal: (error) => world.fatal.push(error),
    ...limits,
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const step of steps.splice(0)) step();
    }
  };
  return Object.assign(world, { exchange, journal, readModel, steps, settle });
}

const open = (number: bigint) => ({ commands: [{ kind: CommandKind.OpenAccount, number }] });

async function codeOf(promise: Promise<unknown>): Promise<SubmitFaultDetail["code"]> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof Fault)) throw new Error("it was not refused");
  return (error as Fault<SubmitFaultDetail>).detail.code;
}

test("submissions of one turn share a log record, and each gets its own events", async () => {
  const world = await openWorld();
  const before = world.journal.lastSequence;
  const submissions = [5n, 6n, 5n].map((number) => world.exchange.submit(open(number)));
  await world.settle();
  const events = await Promise.all(submissions);
  expect(events.map(([event]: readonly EngineEvent[]) => event?.kind)).toEqual([
    EventKind.AccountOpened,
    EventKind.AccountOpened,
    EventKind.Rejected,
  ]);
  expect(world.journal.lastSequence).toBe(before + 1);
  expect(world.exchange.status()).toMatchObject({ ready: true, reason: "", queuedBytes: 0 });
});

test("nothing is answered before it is durable, and what was not is gone after a crash", async () => {
  const store = createMemoryJournalStore();
  const world = await openWorld(store);
  let answered = false;
  void world.exchange.submit(open(9n)).then(() => {
    answered = true;
    return undefined;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answered).toBe(false);
  expect(world.exchange.engine.findAccount(9n)).toBeUndefined();
  store.crash();
  const next = await openWorld(store);
  expect(next.exchange.engine.findAccount(9n)).toBeUndefined();
});

test("a full queue refuses, and takes again when it has emptied", async () => {
  const world = await openWorld(undefined, { queueBytesMax: 64 });
  const results = [1n, 2n, 3n, 4n, 5n, 6n].map((number) => world.exchange.submit(open(number)));
  const settled = Promise.allSettled(results);
  await world.settle();
  const states = (await settled).map(({ status }) => status);
  expect(states.indexOf("rejected")).toBeGreaterThan(0);
  expect(await codeOf(results.at(-1)!)).toBe("EXCHANGE_OVERLOADED");
  const again = world.exchange.submit(open(77n));
  await world.settle();
  expect(await again).toHaveLength(1);
});

test('an answer that comes too late is "unknown", and the command is still executed', async () => {
  const world = await openWorld(undefined, { decisionTimeoutMs: 100 });
  const code = codeOf(world.exchange.submit(open(42n)));
  // A clock that is set back makes it no later.
  world.nowMs -= 3_600_000;
  expect(await code).toBe("EXCHANGE_UNKNOWN");
  await world.settle();
  expect(world.exchange.engine.findAccount(42n)).toBeDefined();
});

test("a clock that is set forward makes no answer late", async () => {
  const world = await openWorld();
  const taken = world.exchange.submit(open(42n));
  world.nowMs += 3_600_000;
  // Longer than it takes until submissions are looked at.
  await sleep(400);
  await world.settle();
  expect(await taken).toHaveLength(1);
});

test("while the read model cannot write, nothing is taken; reading goes on", async () => {
  const world = await openWorld();
  world.readModel.fault = new Fault(FULL, "error", `no room at ${FULL.path}`);
  expect(await codeOf(world.exchange.submit(open(1n)))).toBe("EXCHANGE_UNAVAILABLE");
  const { ready, reason } = world.exchange.status();
  expect(ready).toBe(false);
  expect(reason).toMatch(/^the disk is full: [^/]+$/);
  world.readModel.fault = undefined;
  const taken = world.exchange.submit(open(1n));
  await world.settle();
  expect(await taken).toHaveLength(1);
});

test("time never runs backwards, whatever the clock does", async () => {
  const world = await openWorld();
  for (const nowMs of [5_000, 3_000, 6_000]) {
    world.nowMs = nowMs;
    const done = world.exchange.submit(open(BigInt(nowMs)));
    await world.settle();
    await done;
  }
  expect(world.readModel.batches.slice(-3).map(({ nowMs }) => nowMs)).toEqual([
    5_000, 5_000, 6_000,
  ]);
});

test("draining answers what has come and refuses what comes", async () => {
  const world = await openWorld();
  const taken = world.exchange.submit(open(3n));
  const drained = world.exchange.drain();
  expect(await codeOf(world.exchange.submit(open(4n)))).toBe("EXCHANGE_UNAVAILABLE");
  await world.settle();
  await drained;
  expect(await taken).toHaveLength(1);
});

test("a read model that fails makes the answer unknown and ends the process", async () => {
  const world = await openWorld();
  const bug = new Error("a bug");
  world.readModel.apply = () => {
    throw bug;
  };
  const code = codeOf(world.exchange.submit(open(8n)));
  await world.settle();
  expect(await code).toBe("EXCHANGE_UNKNOWN");
  expect(world.fatal).toEqual([bug]);
  expect(await codeOf(world.exchange.submit(open(9n)))).toBe("EXCHANGE_UNAVAILABLE");
});
