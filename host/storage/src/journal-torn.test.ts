import { join } from "node:path";
import { expect, test } from "vitest";
import type { JournalEvent } from "./journal.ts";
import { SECTOR_BYTES } from "./journal-layout.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import {
  makePayloads,
  openSmall,
  readSegments,
  writeJournal,
  writeSegments,
} from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const OPTIONS = { segmentBytes: 8_192 };
const NAME = "journal-0000000001.segment";

/** Two flushes of 1 and 2 sectors, then one of 6 sectors: sectors 1, 2-3 and 4-9. */
const ACKNOWLEDGED = [new Uint8Array(100).fill(1), new Uint8Array(900).fill(2)];
const LAST = [new Uint8Array(1_200).fill(3), new Uint8Array(0), new Uint8Array(1_500).fill(4)];
const LAST_FIRST_SECTOR = 4;
const LAST_SECTOR_COUNT = 6;

async function writeThreeFlushes(directory: string): Promise<Buffer> {
  await writeJournal(directory, ACKNOWLEDGED, OPTIONS);
  await using journal = await openSmall(directory, OPTIONS);
  await Promise.all(LAST.map((payload) => journal.append(payload)));
  return readSegments(directory).get(NAME)!;
}

function withZeroed(image: Buffer, firstSector: number, subset: number): Buffer {
  const bytes = Buffer.from(image);
  for (let index = 0; subset >> index !== 0; index++) {
    const offset = (firstSector + index) * SECTOR_BYTES;
    if ((subset >> index) & 1) bytes.fill(0, offset, offset + SECTOR_BYTES);
  }
  return bytes;
}

test("every subset of the last flush's sectors lost: recovered, reported, and clean after", async () => {
  using root = makeTemporaryDirectory("memory");
  const image = await writeThreeFlushes(root.path);
  const all = (1 << LAST_SECTOR_COUNT) - 1;
  for (let subset = 1; subset <= all; subset++) {
    writeSegments(root.path, new Map([[NAME, withZeroed(image, LAST_FIRST_SECTOR, subset)]]));
    const events: JournalEvent[] = [];
    {
      const observe = (event: JournalEvent): void => void events.push(event);
      await using journal = await openSmall(root.path, { ...OPTIONS, observe });
      expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(ACKNOWLEDGED));
      // Shorter than what was torn: nothing of that may reappear behind it.
      expect(await journal.append(new Uint8Array(10))).toBe(3);
    }
    const writtenCount = LAST_SECTOR_COUNT - subset.toString(2).replaceAll("0", "").length;
    const torn = {
      name: "journal.torn",
      path: join(root.path, NAME),
      offset: LAST_FIRST_SECTOR * SECTOR_BYTES,
      sectorCount: writtenCount,
    };
    expect(events).toEqual(writtenCount === 0 ? [] : [torn]);
    await using reopened = await openSmall(root.path, OPTIONS);
    expect(textsOf(await readAll(reopened))).toEqual(
      textsOfPayloads([...ACKNOWLEDGED, new Uint8Array(10)]),
    );
  }
});

test("a damaged sector in the last flush is damage, whatever else of it is lost", async () => {
  using root = makeTemporaryDirectory("memory");
  const image = await writeThreeFlushes(root.path);
  for (let damaged = 0; damaged < LAST_SECTOR_COUNT; damaged++) {
    const lost = ((1 << LAST_SECTOR_COUNT) - 1) & ~(1 << damaged);
    const bytes = withZeroed(image, LAST_FIRST_SECTOR, lost);
    const offset = (LAST_FIRST_SECTOR + damaged) * SECTOR_BYTES;
    bytes.writeUInt8(bytes.readUInt8(offset + 200) ^ 1, offset + 200);
    writeSegments(root.path, new Map([[NAME, bytes]]));
    expect(await faultOf(openSmall(root.path, OPTIONS))).toMatchObject({
      code: "JOURNAL_CORRUPT",
      offset,
    });
  }
});

test("sectors lost from a flush with another behind it are damage", async () => {
  using root = makeTemporaryDirectory("memory");
  const image = await writeThreeFlushes(root.path);
  for (const [firstSector, subset] of [
    [1, 1],
    [2, 1],
    [2, 2],
    [2, 3],
    [1, 7],
  ] as const) {
    // Also where the later flush is torn itself: it began, so the one before was durable.
    for (const laterSubset of [0, 1, 0b101010, 0b011111, 0b111110]) {
      const lost = withZeroed(image, firstSector, subset);
      const bytes = withZeroed(lost, LAST_FIRST_SECTOR, laterSubset);
      writeSegments(root.path, new Map([[NAME, bytes]]));
      const fault = await faultOf(openSmall(root.path, OPTIONS));
      const lowest = firstSector + Math.log2(subset & -subset);
      expect(fault).toMatchObject({
        code: "JOURNAL_CORRUPT",
        offset: lowest * SECTOR_BYTES,
        found: "zeros",
      });
    }
  }
});

test("any sector lost from a segment with another behind it is damage", async () => {
  using root = makeTemporaryDirectory("memory");
  const payloads = makePayloads(4, { seed: 8, bytesMin: 700, bytesMax: 700 });
  await writeJournal(root.path, payloads, { segmentBytes: 2_560 });
  const images = readSegments(root.path);
  const image = images.get(NAME)!;
  for (let sector = 0; sector < 5; sector++) {
    writeSegments(root.path, new Map([[NAME, withZeroed(image, sector, 1)]]));
    expect(await faultOf(openSmall(root.path, { segmentBytes: 2_560 }))).toMatchObject({
      code: "JOURNAL_CORRUPT",
      path: join(root.path, NAME),
      offset: sector * SECTOR_BYTES,
    });
  }
});

test("a torn flush beyond one system call is erased whole", async () => {
  using root = makeTemporaryDirectory("memory");
  const options = { segmentBytes: 0x40_0000, queueBytes: 0x40_0000 };
  await writeJournal(root.path, [new Uint8Array(10)], options);
  {
    await using journal = await openSmall(root.path, options);
    await journal.append(new Uint8Array(3_000_000).fill(5));
  }
  const image = readSegments(root.path).get(NAME)!;
  writeSegments(root.path, new Map([[NAME, withZeroed(image, 2, 1)]]));
  {
    await using journal = await openSmall(root.path, options);
    expect(journal.lastSequence).toBe(1);
  }
  const after = readSegments(root.path).get(NAME)!;
  expect(after.subarray(2 * SECTOR_BYTES).every((byte) => byte === 0)).toBe(true);
});
