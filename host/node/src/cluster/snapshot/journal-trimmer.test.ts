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

interface Trimmed extends AsyncDisposable {
  readonly archive: RoundArchive;
  readonly trimmer: JournalTrimmer;
  /** What has been logged. */
  readonly said: readonly string[];
  readonly breakDisk: (isBroken: boolean) => void;
}

async function openTrimmed(): Promise<Trimmed> {
  const cleanup = new AsyncDisposableStack();
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
  return {
    archive,
    trimmer,
    said,
    breakDisk: (toBroken) => {
      isBroken = toBroken;
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

test("a journal is cut back to what the older of two snapshots needs; a disk that fails is named, and the next cut succeeds", async () => {
  await using trimmed = await openTrimmed();
  const { archive, trimmer, said, breakDisk } = trimmed;
  await trimmer.noteSaved(takenAt(1, 300), [1_300]);
  expect(said).toEqual([]);
  breakDisk(true);
  await trimmer.noteSaved(takenAt(1, 350), [1_350, 1_300]);
  expect(said).toEqual(["journal.unpruned"]);
  breakDisk(false);
  await trimmer.noteSaved(takenAt(2, 0), [2_000, 1_350]);
  expect(said).toEqual(["journal.unpruned", "journal.pruned"]);
  const lowest = archive.lowestRound(1);
  expect(lowest).toBeGreaterThan(200);
  // The margin, too, is there.
  expect(lowest).toBeLessThanOrEqual(350 - 4 * GC_DEPTH + 1);
});

test("blocks that an older snapshot needs are there as long as it is, because somebody is fetching it", async () => {
  await using trimmed = await openTrimmed();
  const { archive, trimmer } = trimmed;
  await trimmer.noteSaved(takenAt(1, 100), [1_100]);
  await trimmer.noteSaved(takenAt(1, 200), [1_200, 1_100]);
  await trimmer.noteSaved(takenAt(1, 300), [1_300, 1_200, 1_100]);
  expect(archive.lowestRound(1)).toBeLessThanOrEqual(100 - 4 * GC_DEPTH + 1);
  await trimmer.noteSaved(takenAt(1, 350), [1_350, 1_300]);
  expect(archive.lowestRound(1)).toBeGreaterThan(200);
});

test("while somebody is fetching a snapshot from before the start, nothing is cut", async () => {
  await using trimmed = await openTrimmed();
  const { archive, trimmer, said } = trimmed;
  await trimmer.noteSaved(takenAt(1, 300), [1_300, 1_100]);
  await trimmer.noteSaved(takenAt(1, 350), [1_350, 1_300, 1_100]);
  expect(archive.lowestRound(1)).toBeLessThanOrEqual(1);
  expect(said).toEqual([]);
  await trimmer.noteSaved(takenAt(1, 360), [1_360, 1_350]);
  expect(said).toEqual(["journal.pruned"]);
});
