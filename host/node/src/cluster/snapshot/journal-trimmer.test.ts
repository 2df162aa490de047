import { encodeBlockRecord } from "@rialto/replica";
import { NO_DIGEST } from "@rialto/consensus";
import { openFileJournal } from "@rialto/storage";
import { hookFiles, systemFault } from "@rialto/storage/testing/hooked-files";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { smallBlock } from "../../testing/small-block.ts";
import { RoundArchive } from "../round-archive.ts";
import { JournalTrimmer } from "./journal-trimmer.ts";
import type { TakenSnapshot } from "./snapshot-taker.ts";

const GC_DEPTH = 4;
const ROUNDS = 400;

function takenAt(epoch: number, gcRound: number): TakenSnapshot {
  return { epoch, commitIndex: 1_000 * epoch + gcRound, gcRound, bytes: 1, pauseMs: 1 };
}

test("a journal is cut back to what the older of two snapshots needs; a disk that fails is named, and the next cut succeeds", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { path: directory } = cleanup.use(makeTemporaryDirectory("memory"));
  let isBroken = false;
  const files = hookFiles((call) => {
    if (isBroken && call.operation === "remove") throw systemFault(call, "EIO");
  });
  const options = { directory, networkHash: NO_DIGEST, mode: "group", files } as const;
  const journal = cleanup.use(await openFileJournal({ ...options, segmentBytes: 16_384 }));
  const archive = new RoundArchive(journal, GC_DEPTH);
  for (let round = 1; round <= ROUNDS; round++) {
    const record = encodeBlockRecord(smallBlock(round, 0));
    archive.note(record, await journal.append(record));
  }
  const said: string[] = [];
  const note = (_: unknown, event?: string): void => void said.push(String(event));
  const trimmer = new JournalTrimmer({
    archive,
    journal,
    gcDepth: GC_DEPTH,
    log: { info: note, error: note },
  });
  await trimmer.noteSaved(takenAt(1, 300));
  expect(said).toEqual([]);
  isBroken = true;
  await trimmer.noteSaved(takenAt(1, 350));
  expect(said).toEqual(["journal.unpruned"]);
  isBroken = false;
  await trimmer.noteSaved(takenAt(2, 0));
  expect(said).toEqual(["journal.unpruned", "journal.pruned"]);
  const lowest = archive.lowestRound(1);
  expect(lowest).toBeGreaterThan(200);
  // The margin, too, is there.
  expect(lowest).toBeLessThanOrEqual(350 - 4 * GC_DEPTH + 1);
});
