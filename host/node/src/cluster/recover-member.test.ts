import { fail, Fault } from "@rialto/base";
import type { Roster } from "@rialto/consensus";
import {
  type ChainReplica,
  encodeEpochChange,
  epochChangeFrame,
  epochChangeMessage,
  type EpochStep,
  isBlockRecord,
  openSnapshot,
  Outbox,
  peekBlockRecord,
} from "@rialto/replica";
import { createMemoryJournal, type Journal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { Recorder } from "../testing/recorder.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { type FrameEngine, openFrameState } from "./frame-engine.ts";
import { type Genesis, makeGenesis, openGenesis, sha256 } from "./genesis.ts";
import { createMember, type MemberKeys, openMemberKeys } from "./member-directory.ts";
import {
  type MemberRecoveryOptions,
  type RecoveredMember,
  recoverMember,
} from "./recover-member.ts";
import type { MemberStart } from "./snapshot/member-snapshots.ts";

/** Time between two inputs: a heartbeat, so that every one makes a block. */
const TICK_MS = 500;
/** The order of an epoch can be captured once its horizon has risen. */
const ROUNDS = 80;

/** One member alone, which decides whatever it says: the least that has epochs. */
async function openAlone(
  directory: string,
): Promise<{ readonly genesis: Genesis; readonly keys: MemberKeys }> {
  const card = await createMember(directory, { address: "tcp://127.0.0.1:1", weight: 1 });
  const file = makeGenesis({
    network: SMALL_NETWORK,
    profile: "solo",
    voteThreshold: 1,
    members: [card],
  });
  const genesis = openGenesis({ ...file, checkpointEvery: 1 });
  if (genesis instanceof Fault) throw genesis;
  return { genesis, keys: openMemberKeys(directory, genesis) };
}

async function journalOf(genesis: Genesis, records: readonly Uint8Array[]): Promise<Journal> {
  const networkHash = genesis.committee.chainId;
  const journal = createMemoryJournal({ networkHash, mode: "group" });
  for (const record of records) await journal.append(record);
  return journal;
}

function recover(
  { genesis, keys }: { readonly genesis: Genesis; readonly keys: MemberKeys },
  journal: Journal,
  more: Partial<MemberRecoveryOptions> = {},
): Promise<RecoveredMember> {
  return recoverMember({
    genesis,
    linkKey: genesis.roster.members[0]!.linkKey,
    seatOf: () => ({ author: 0, sign: (message) => keys.signer.sign(message) }),
    guardMemory: () => ({ last: undefined, isAmnesiac: false }),
    known: [],
    journal,
    readModel: new Recorder(),
    queueBytes: 100_000,
    isJournalDamaged: false,
    start: undefined,
    tableKey: 1n,
    onCommit: () => undefined,
    onEpoch: () => undefined,
    ...more,
  });
}

/** Performs what a replica asks for. Returns its records. */
function perform(replica: ChainReplica, frames: FrameEngine, outbox: Outbox): Uint8Array[] {
  const records: Uint8Array[] = [];
  const open = outbox.take();
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next.kind === "append") records.push(next.record);
    if (next.kind !== "commit") continue;
    replica.execute(next.batch, outbox);
    frames.takeExecuted();
    open.push(...outbox.take());
  }
  return records;
}

function changeFrame({ keys }: { readonly keys: MemberKeys }, before: Roster): Uint8Array {
  const roster = { ...before, epoch: before.epoch + 1 };
  const validUntilMs = Date.now() + 3_600_000;
  const message = epochChangeMessage({ validUntilMs, roster }, sha256);
  const signatures = [{ author: 0, signature: keys.signer.sign(message) }];
  const body = encodeEpochChange({ validUntilMs, roster, signatures }, before);
  const submission = { expiresMs: Date.now() + 50_000, nonce: new Uint8Array(16) };
  return epochChangeFrame(body ?? fail("it fits a frame"), submission);
}

/** Its whole life so far: so many epochs, and a good part of the next. */
async function live(
  alone: { readonly genesis: Genesis; readonly keys: MemberKeys },
  epochs: number,
): Promise<{
  readonly records: Uint8Array[];
  readonly known: readonly EpochStep[];
  readonly start: MemberStart;
}> {
  const { replica, frames } = await recover(alone, await journalOf(alone.genesis, []));
  const outbox = new Outbox();
  let nowMs = Date.now();
  replica.recover(nowMs, outbox);
  const records = perform(replica, frames, outbox);
  const tick = (): void => {
    nowMs += TICK_MS;
    replica.step({ kind: "tick", nowMs }, outbox);
    records.push(...perform(replica, frames, outbox));
  };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let round = 0; round < 10; round++) tick();
    const frame = changeFrame(alone, replica.epoch.roster);
    expect(replica.step({ kind: "frame", nowMs, frame }, outbox)).toBeUndefined();
    records.push(...perform(replica, frames, outbox));
  }
  for (let round = 0; round < ROUNDS; round++) tick();
  expect(replica.epoch.committee.epoch).toBe(epochs + 1);
  const { head } = replica.captureOrder()!;
  const content = Uint8Array.from(Buffer.concat([head, ...frames.snapshot()]));
  const { committee } = replica.epoch;
  const { epoch } = committee;
  const opened = openSnapshot(
    content,
    () => ({ committee, start: replica.path.startOf(epoch) }),
    sha256,
  );
  if (opened instanceof Fault) throw opened;
  const known = replica.path.steps;
  return { records, known, start: { ...opened, epoch, ...openFrameState(opened.executor) } };
}

test("a later epoch's snapshot is begun with though the journal is empty, and all epochs before it are told of", async () => {
  using directory = makeTemporaryDirectory("memory");
  const alone = await openAlone(directory.path);
  const { start, known } = await live(alone, 2);
  const told: number[] = [];
  const { replica } = await recover(alone, await journalOf(alone.genesis, []), {
    start,
    known,
    onEpoch: ({ committee }) => told.push(committee.epoch),
  });
  expect(replica.epoch.committee.epoch).toBe(3);
  // Proofs of their fills are kept, and are worth nothing to who does not know their committees.
  expect(told).toEqual([2, 3]);
  const engine = start.engine.slice();
  engine[4]! += 1;
  const empty = await journalOf(alone.genesis, []);
  await expect(recover(alone, empty, { start: { ...start, engine }, known })).rejects.toThrow(
    "another version of this program made it: move it away",
  );
});

test("the end of an epoch that a journal with a gap does not lead to is passed over, and reached when the gap is filled", async () => {
  using directory = makeTemporaryDirectory("memory");
  const alone = await openAlone(directory.path);
  const { records } = await live(alone, 1);
  const end = records.findIndex((record) => !isBlockRecord(record));
  expect(end).toBeGreaterThan(5);
  const gap = records.slice(3, 5);
  const after = records.slice(5);
  const cut = [...records.slice(0, 3), ...after];
  const { replica } = await recover(alone, await journalOf(alone.genesis, cut));
  expect(replica.epoch.committee.epoch).toBe(1);
  expect(replica.consensus.dag.quorumRound).toBe(peekBlockRecord(records[2]!).round);
  const filled = [...cut, ...gap, ...records.slice(end)];
  const again = await recover(alone, await journalOf(alone.genesis, filled));
  expect(again.replica.epoch.committee.epoch).toBe(2);
});
