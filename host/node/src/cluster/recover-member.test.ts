import { Fault } from "@rialto/base";
import { type EpochStep, isBlockRecord, openSnapshot, peekBlockRecord } from "@rialto/replica";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { type Alone, AloneLife, journalOf, openAlone, recoverAlone } from "../testing/alone.ts";
import { openFrameState } from "./frame-engine.ts";
import { sha256 } from "../sha256.ts";
import type { MemberStart } from "./snapshot/member-snapshots.ts";

/** The order of an epoch can be captured once its horizon has risen. */
const ROUNDS = 80;

/** Its whole life so far: so many epochs, and a good part of the next. */
async function live(
  alone: Alone,
  epochs: number,
): Promise<{
  readonly records: Uint8Array[];
  readonly known: readonly EpochStep[];
  readonly start: MemberStart;
}> {
  const recovered = await recoverAlone(alone, await journalOf(alone.genesis, []));
  const { replica, frames } = recovered;
  const life = new AloneLife(alone, recovered);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let round = 0; round < 10; round++) life.tick();
    life.endEpoch();
  }
  for (let round = 0; round < ROUNDS; round++) life.tick();
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
  return {
    records: life.records,
    known,
    start: { ...opened, epoch, ...openFrameState(opened.executor) },
  };
}

test("a later epoch's snapshot is begun with though the journal is empty, and all epochs before it are told of", async () => {
  using directory = makeTemporaryDirectory("memory");
  const alone = await openAlone(directory.path);
  const { start, known } = await live(alone, 2);
  const told: number[] = [];
  const { replica } = await recoverAlone(alone, await journalOf(alone.genesis, []), {
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
  await expect(recoverAlone(alone, empty, { start: { ...start, engine }, known })).rejects.toThrow(
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
  const { replica } = await recoverAlone(alone, await journalOf(alone.genesis, cut));
  expect(replica.epoch.committee.epoch).toBe(1);
  expect(replica.consensus.dag.quorumRound).toBe(peekBlockRecord(records[2]!).round);
  const filled = [...cut, ...gap, ...records.slice(end)];
  const again = await recoverAlone(alone, await journalOf(alone.genesis, filled));
  expect(again.replica.epoch.committee.epoch).toBe(2);
});
