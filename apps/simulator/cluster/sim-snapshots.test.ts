import { expect, test } from "vitest";
import { SimSnapshots, type StoredSnapshot } from "./sim-snapshots.ts";

const KEEP_ALL = (stored: readonly number[]): readonly number[] => stored;

function snapshotOf(commitIndex: number): StoredSnapshot {
  const horizon = { epoch: 1, round: commitIndex };
  return { commitIndex, horizon, content: new Uint8Array(0), certified: undefined };
}

test("of two snapshots whose writes overtook each other the newest is begun with, and the oldest says what is needed", () => {
  const snapshots = new SimSnapshots();
  snapshots.save(snapshotOf(28), KEEP_ALL);
  expect(snapshots.save(snapshotOf(22), KEEP_ALL)).toEqual({ epoch: 1, round: 22 });
  expect(snapshots.newest?.commitIndex).toBe(28);
});

test("a snapshot that is stored twice, as one of the others that it could not begin with before, takes one place", () => {
  const snapshots = new SimSnapshots();
  for (const commitIndex of [16, 27, 27]) snapshots.save(snapshotOf(commitIndex), KEEP_ALL);
  expect(snapshots.all.map(({ commitIndex }) => commitIndex)).toEqual([16, 27]);
});
