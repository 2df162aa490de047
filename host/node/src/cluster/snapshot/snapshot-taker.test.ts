import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { AloneLife, journalOf, openAlone, recoverAlone } from "../../testing/alone.ts";
import { until } from "../../testing/small-cluster.ts";
import { NO_READ_MODEL } from "../no-read-model.ts";
import { MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotTaker, type SnapshotTakerOptions } from "./snapshot-taker.ts";

/** A member alone whose ends of epochs are taken. `saved`: the epochs of those that lie in `snapshots`. */
async function takeEnds(
  paths: { readonly member: string; readonly snapshots: string },
  more: (sequence: () => number) => Partial<SnapshotTakerOptions>,
) {
  const alone = await openAlone(paths.member, 1_000_000);
  const { genesis } = alone;
  const recovered = await recoverAlone(alone, await journalOf(genesis, []));
  const { replica, frames } = recovered;
  const snapshots = await MemberSnapshots.open({
    directory: paths.snapshots,
    genesis,
    path: replica.path,
    warn: ({ message }) => expect.fail(message),
  });
  const saved: number[] = [];
  const taker = new SnapshotTaker({
    replica,
    frames,
    snapshots,
    keepEpochs: () => true,
    readModel: NO_READ_MODEL,
    isReadModelEmpty: true,
    onSaved: async ({ epoch }) => void saved.push(epoch),
    onFailed: (error) => {
      throw error;
    },
    ...more(() => frames.sequence),
  });
  const onCommit: SnapshotTaker["consider"] = (batch, result) => taker.consider(batch, result);
  return { life: new AloneLife(alone, recovered, { onCommit }), taker, snapshots, saved };
}

test("the end of an epoch is taken though the snapshot before is still being written: who joins then begins with it", async () => {
  using directory = makeTemporaryDirectory("memory");
  using disk = makeTemporaryDirectory("memory");
  let isHeldUp = true;
  const { life, taker, snapshots, saved } = await takeEnds(
    { member: directory.path, snapshots: disk.path },
    (sequence) => ({
      readModel: {
        ...NO_READ_MODEL,
        // As on a slow disk.
        get durableSequence() {
          return isHeldUp ? 0 : sequence();
        },
      },
      isReadModelEmpty: false,
    }),
  );
  for (let epoch = 1; epoch <= 3; epoch++) life.endEpoch();
  isHeldUp = false;
  await until("the last one is there", async () => saved.includes(3));
  // Of those that came meanwhile the newest is worth the most.
  expect(saved).toEqual([1, 3]);
  expect(await snapshots.list()).toHaveLength(2);
  await taker.stop();
});

test("the end of an epoch that could not be written is tried again until it can: who joins may have nothing else", async () => {
  using directory = makeTemporaryDirectory("memory");
  using disk = makeTemporaryDirectory("memory");
  const away = `${disk.path}-away`;
  const failures: unknown[] = [];
  const { life, taker, snapshots, saved } = await takeEnds(
    { member: directory.path, snapshots: disk.path },
    () => ({ onFailed: (error) => failures.push(error), retryMs: 1 }),
  );
  renameSync(disk.path, away);
  const beganMs = performance.now();
  life.endEpoch();
  await until("it has failed three times", async () => failures.length >= 3);
  // Seldom in the end: each try fills the disk, and stands in the log.
  await sleep(250);
  // Each time it is waited for twice as long, from a millisecond on; a timer may ring one early.
  const tookMs = performance.now() - beganMs;
  expect(failures.length).toBeLessThanOrEqual(2 + Math.log2(1 + tookMs));
  expect(saved).toEqual([]);
  renameSync(away, disk.path);
  await until("it is there", async () => saved.length > 0);
  expect(saved).toEqual([1]);
  expect(await snapshots.list()).toHaveLength(1);
  // Nor does one that cannot be written keep anybody from stopping.
  renameSync(disk.path, away);
  life.endEpoch();
  const before = failures.length;
  await until("it has failed", async () => failures.length > before);
  await taker.stop();
  renameSync(away, disk.path);
  expect(saved).toEqual([1]);
});
