import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { AloneLife, journalOf, openAlone, recoverAlone } from "../../testing/alone.ts";
import { until } from "../../testing/small-cluster.ts";
import { NO_READ_MODEL } from "../no-read-model.ts";
import { MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotTaker } from "./snapshot-taker.ts";

test("the end of an epoch is taken though the snapshot before is still being written: who joins then begins with it", async () => {
  using directory = makeTemporaryDirectory("memory");
  using disk = makeTemporaryDirectory("memory");
  const alone = await openAlone(directory.path, 1_000_000);
  const { genesis } = alone;
  const recovered = await recoverAlone(alone, await journalOf(genesis, []));
  const { replica, frames } = recovered;
  const snapshots = await MemberSnapshots.open({
    directory: disk.path,
    genesis,
    path: replica.path,
    warn: ({ message }) => expect.fail(message),
  });
  let isHeldUp = true;
  const saved: number[] = [];
  const taker = new SnapshotTaker({
    replica,
    frames,
    snapshots,
    keepEpochs: () => true,
    readModel: {
      ...NO_READ_MODEL,
      // As on a slow disk.
      get durableSequence() {
        return isHeldUp ? 0 : frames.sequence;
      },
    },
    isReadModelEmpty: false,
    onSaved: async ({ epoch }) => void saved.push(epoch),
    onFailed: (error) => {
      throw error;
    },
  });
  const life = new AloneLife(alone, recovered, {
    onCommit: (batch, result) => taker.consider(batch, result),
  });
  for (let epoch = 1; epoch <= 3; epoch++) life.endEpoch();
  isHeldUp = false;
  await until("the last one is there", async () => saved.includes(3));
  // Of those that came meanwhile the newest is worth the most.
  expect(saved).toEqual([1, 3]);
  expect(await snapshots.list()).toHaveLength(2);
  await taker.stop();
});
