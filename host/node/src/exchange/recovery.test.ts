import { Fault } from "@rialto/base";
import { CommandKind, encodeCommands, encodeLogRecord } from "@rialto/protocol";
import {
  createMemoryJournal,
  createMemoryJournalStore,
  createMemorySnapshots,
  type Journal,
  type Snapshots,
} from "@rialto/storage";
import { expect, test } from "vitest";
import { networkOf } from "../config/network-file.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { beginJournal, hashState, recover, type Recovered } from "./recovery.ts";

const network = networkOf(SMALL_NETWORK);
if (network instanceof Fault) throw network;
const { hash: networkHash, genesis } = network;

async function recoverFrom(journal: Journal, snapshots: Snapshots): Promise<Recovered> {
  await beginJournal(journal, genesis, 1_000);
  return await recover({
    limits: SMALL_NETWORK.capacities,
    hashKey: 1n,
    journal,
    snapshots,
    readModel: undefined,
    warn: () => undefined,
  });
}

function openAccountRecord(number: bigint): Uint8Array {
  const commands = encodeCommands([{ kind: CommandKind.OpenAccount, number }]);
  return encodeLogRecord({ nowMs: 2_000, commandCount: 1, commands, notes: [] });
}

interface Stored {
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly recovered: Recovered;
}

/** A journal of three records, and a snapshot after the second. */
async function makeStored(): Promise<Stored> {
  const journal = createMemoryJournal({ networkHash, mode: "group" });
  const snapshots = createMemorySnapshots();
  await recoverFrom(journal, snapshots);
  await journal.append(openAccountRecord(7n));
  const { engine } = await recoverFrom(journal, snapshots);
  await snapshots.save(
    { sequence: 2, stateHash: hashState(engine), journalHash: journal.lastHash },
    engine.snapshot(),
  );
  await journal.append(openAccountRecord(8n));
  return { journal, snapshots, recovered: await recoverFrom(journal, snapshots) };
}

test("a snapshot and the journal's end recover to the same state as all of the journal", async () => {
  const { journal, recovered } = await makeStored();
  expect(recovered).toMatchObject({ snapshotSequence: 2, replayed: 1, lastRecordMs: 2_000 });
  const fromNothing = await recoverFrom(journal, createMemorySnapshots());
  expect(fromNothing).toMatchObject({ snapshotSequence: 0, replayed: 3 });
  expect(hashState(fromNothing.engine)).toEqual(hashState(recovered.engine));
});

test("time goes on from the journal's end, also where the snapshot stands there", async () => {
  const { journal, snapshots, recovered } = await makeStored();
  const mark = {
    sequence: 3,
    stateHash: hashState(recovered.engine),
    journalHash: journal.lastHash,
  };
  await snapshots.save(mark, recovered.engine.snapshot());
  const again = await recoverFrom(journal, snapshots);
  expect(again).toMatchObject({ snapshotSequence: 3, replayed: 0, lastRecordMs: 2_000 });
});

test("an older snapshot is used where the newest is of what the journal has lost", async () => {
  const { journal, snapshots, recovered } = await makeStored();
  const mark = {
    sequence: 99,
    stateHash: hashState(recovered.engine),
    journalHash: journal.lastHash,
  };
  await snapshots.save(mark, recovered.engine.snapshot());
  expect(await recoverFrom(journal, snapshots)).toMatchObject({ snapshotSequence: 2, replayed: 1 });
});

test("an empty journal begins with the network's genesis", async () => {
  const store = createMemoryJournalStore();
  const journal = createMemoryJournal({ networkHash, mode: "group", store });
  const { engine, replayed } = await recoverFrom(journal, createMemorySnapshots());
  expect(replayed).toBe(1);
  expect(engine.counts()).toMatchObject({ assets: 2, markets: 1, accounts: 0 });
});

test.each([
  ["another state", "stateHash", "restores to state hash"],
  ["another journal", "journalHash", "was not made after record 3 of the journal"],
] as const)("a snapshot of %s is refused, and named", async (_, field, problem) => {
  const { journal, recovered } = await makeStored();
  const { engine } = await recoverFrom(journal, createMemorySnapshots());
  const mark = { sequence: 3, stateHash: hashState(engine), journalHash: journal.lastHash };
  const snapshots = createMemorySnapshots();
  await snapshots.save({ ...mark, [field]: new Uint8Array(32) }, recovered.engine.snapshot());
  const fault: unknown = await recoverFrom(journal, snapshots).catch((error: unknown) => error);
  expect(fault).toMatchObject({
    detail: { code: "RECOVERY_SNAPSHOT_INVALID", sequence: 3 },
    message: expect.stringContaining(problem),
  });
});

test("a snapshot of another version of the program is refused, and named", async () => {
  const { journal, recovered } = await makeStored();
  const mark = {
    sequence: 3,
    stateHash: hashState(recovered.engine),
    journalHash: journal.lastHash,
  };
  const snapshots = createMemorySnapshots();
  const [head, ...regions] = recovered.engine.snapshot();
  head![4]! += 1;
  await snapshots.save(mark, [head!, ...regions]);
  const fault: unknown = await recoverFrom(journal, snapshots).catch((error: unknown) => error);
  expect(fault).toMatchObject({
    detail: { code: "RECOVERY_SNAPSHOT_INVALID", sequence: 3 },
    message: expect.stringContaining("another version of this program made it: move it away"),
  });
});

test("a snapshot of what the journal has lost is passed over", async () => {
  const { snapshots } = await makeStored();
  const journal = createMemoryJournal({ networkHash, mode: "group" });
  const { snapshotSequence, replayed } = await recoverFrom(journal, snapshots);
  expect({ snapshotSequence, replayed }).toEqual({ snapshotSequence: 0, replayed: 1 });
});

test("a record that means nothing is named", async () => {
  const { journal, snapshots } = await makeStored();
  await journal.append(new Uint8Array([1, 2, 3]));
  const fault: unknown = await recoverFrom(journal, snapshots).catch((error: unknown) => error);
  expect(fault).toMatchObject({ detail: { code: "RECOVERY_RECORD_INVALID", sequence: 4 } });
});
