import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Journal } from "./journal.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { SegmentMarks } from "./segment-marks.ts";
import { hookFiles } from "./testing/hooked-files.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { makePayloads, openSmall } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const MIB = 0x10_0000;
const SEGMENT_BYTES = 8 * MIB;
const PAYLOADS = makePayloads(140, { seed: 5, bytesMin: 90_000, bytesMax: 100_000 });

const endAt = (sector: number, sequence: number): SegmentEnd => ({
  sector,
  flushFirst: 1,
  sequence,
  hash: new Uint8Array(32),
});

test("marks stand apart, come in any order, and the last before a record is found", () => {
  const marks = new SegmentMarks();
  expect(marks.before(1)).toBeUndefined();
  const noted = [endAt(1, 0), endAt(9_000, 90), endAt(2_049, 20), endAt(3_000, 30)];
  for (const end of [...noted, endAt(8_000, 80), endAt(6_000, 60)]) marks.note(end);
  const found = [20, 21, 60, 61, 90, 91].map((sequence) => marks.before(sequence)?.sector);
  expect(found).toEqual([undefined, 2_049, 2_049, 6_000, 6_000, 9_000]);
});

/** A journal of two segments, and how often its files were read since the last question. */
async function openCounted(
  directory: string,
): Promise<{ readonly journal: Journal; readonly takeReads: () => number }> {
  let reads = 0;
  const files = hookFiles(({ operation }) => void (reads += Number(operation === "read")));
  const sizes = { segmentBytes: SEGMENT_BYTES, queueBytes: 2 * MIB };
  const journal = await openSmall(directory, { files, ...sizes, verify: "tail" });
  const takeReads = (): number => {
    const taken = reads;
    reads = 0;
    return taken;
  };
  return { journal, takeReads };
}

async function readSome(journal: Journal, fromSequence: number): Promise<string[]> {
  const records = [];
  for await (const record of journal.read(fromSequence)) {
    records.push(record);
    if (records.length === 3) break;
  }
  return textsOf(records);
}

const textsFrom = (sequence: number): string[] =>
  textsOfPayloads(PAYLOADS.slice(sequence - 1, sequence + 2), sequence);

test("records from the middle of a segment are read from there on, also after a start", async () => {
  using directory = makeTemporaryDirectory("memory");
  {
    const { journal, takeReads } = await openCounted(directory.path);
    for (const payload of PAYLOADS) await journal.append(payload);
    for (const sequence of [1, 40, 70, 80, 85, 130, 138]) {
      takeReads();
      expect(await readSome(journal, sequence)).toEqual(textsFrom(sequence));
      expect(takeReads()).toBeLessThanOrEqual(3);
    }
    await journal.close();
  }
  const { journal, takeReads } = await openCounted(directory.path);
  takeReads();
  expect(await readSome(journal, 130)).toEqual(textsFrom(130));
  expect(takeReads()).toBeLessThanOrEqual(3);
  // Of an older segment nothing is known before it has been read once.
  expect(await readSome(journal, 70)).toEqual(textsFrom(70));
  expect(takeReads()).toBeGreaterThan(5);
  expect(await readSome(journal, 70)).toEqual(textsFrom(70));
  expect(takeReads()).toBeLessThanOrEqual(3);
  expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(PAYLOADS));
  await journal.close();
});

test("what is damaged behind a mark is found by who reads on from there", async () => {
  using directory = makeTemporaryDirectory("memory");
  const { journal } = await openCounted(directory.path);
  for (const payload of PAYLOADS) await journal.append(payload);
  const file = openSync(join(directory.path, "journal-0000000001.segment"), "r+");
  writeSync(file, Uint8Array.of(1, 2, 3), 0, 3, 6 * MIB);
  closeSync(file);
  expect(await readSome(journal, 20)).toEqual(textsFrom(20));
  expect(await faultOf(readAll(journal, 60))).toMatchObject({ code: "JOURNAL_CORRUPT" });
  expect(await readSome(journal, 80)).toEqual(textsFrom(80));
  await journal.close();
});
