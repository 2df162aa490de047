import {
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createPrng } from "@rialto/base";
import { beforeEach, expect, test } from "vitest";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import {
  makePayloads,
  openSmall,
  readSegments,
  type SegmentImages,
  writeJournal,
  writeSegments,
} from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

// Segments 1 to 3 in use, segment 4 spare.
const PAYLOADS = makePayloads(6, { seed: 3, bytesMin: 600, bytesMax: 700 });

let directory: string;
let images: SegmentImages;

function pathOf(segment: number): string {
  return join(directory, `journal-000000000${segment}.segment`);
}

beforeEach(async () => {
  const root = makeTemporaryDirectory("memory");
  directory = root.path;
  await writeJournal(directory, PAYLOADS, { segmentBytes: 2_560 });
  images = readSegments(directory);
  return () => root[Symbol.dispose]();
});

const open = (): ReturnType<typeof openSmall> => openSmall(directory, { segmentBytes: 2_560 });

async function expectWholeJournal(): Promise<void> {
  await using journal = await open();
  expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(PAYLOADS));
  expect(await journal.append(new Uint8Array(700))).toBe(PAYLOADS.length + 1);
  expect(await journal.append(new Uint8Array(700))).toBe(PAYLOADS.length + 2);
  expect(await journal.append(new Uint8Array(700))).toBe(PAYLOADS.length + 3);
}

test("the journal of these tests fills three segments and has a spare", async () => {
  expect(images.size).toBe(4);
  await expectWholeJournal();
});

test.each([1, 2])("segment %i missing although later ones exist is named", async (segment) => {
  rmSync(pathOf(segment));
  expect(await faultOf(open())).toEqual({
    code: "JOURNAL_SEGMENT_MISSING",
    path: pathOf(segment),
  });
});

test("the newest segment missing behind its spare is named", async () => {
  rmSync(pathOf(3));
  expect(await faultOf(open())).toMatchObject({ code: "JOURNAL_SEGMENT_MISSING" });
});

test.each([
  [1, [0, 1, 511, 512, 2_048, 2_559, 2_561, 3_072]],
  [3, [0, 1, 511, 512, 2_048, 2_559, 2_561, 3_072]],
  // Of a spare there may be any that somebody has wanted.
  [4, [0, 1, 511, 512, 2_559, 2_561]],
])("segment %i cut short or made longer is named", async (segment, sizes) => {
  const whole = images.get(`journal-000000000${segment}.segment`)!;
  for (const bytes of sizes) {
    truncateSync(pathOf(segment), bytes);
    expect(await faultOf(open())).toMatchObject({
      code: "JOURNAL_CORRUPT",
      path: pathOf(segment),
    });
    writeFileSync(pathOf(segment), whole);
  }
  await expectWholeJournal();
});

test("segments that changed places are named", async () => {
  renameSync(pathOf(1), pathOf(9));
  renameSync(pathOf(2), pathOf(1));
  renameSync(pathOf(9), pathOf(2));
  expect(await faultOf(open())).toMatchObject({
    code: "JOURNAL_CORRUPT",
    path: pathOf(1),
    expected: "segment 1",
    found: "segment 2",
  });
});

test("a segment of zeros is damage where the spare shows that it was in use", async () => {
  writeFileSync(pathOf(3), Buffer.alloc(2_560));
  expect(await faultOf(open())).toMatchObject({ code: "JOURNAL_CORRUPT", path: pathOf(3) });
});

test("a segment from an older backup is named, not taken for the end", async () => {
  const newer = join(directory, "newer");
  await writeJournal(newer, PAYLOADS.slice(0, 5), { segmentBytes: 2_560 });
  // The other journal ended in the middle of what here is segment 3, then both went on apart.
  await using other = await openSmall(newer, { segmentBytes: 2_560 });
  for (let count = 0; count < 4; count++) await other.append(new Uint8Array(700).fill(count));
  await other.close();
  writeFileSync(pathOf(4), readSegments(newer).get("journal-0000000004.segment")!);
  expect(await faultOf(open())).toMatchObject({
    code: "JOURNAL_CORRUPT",
    path: pathOf(4),
    offset: 32,
  });
});

test("with verify: tail a segment of another history is found when it is read", async () => {
  const other = join(directory, "other");
  const payloads = makePayloads(6, { seed: 4, bytesMin: 600, bytesMax: 700 });
  await writeJournal(other, payloads, { segmentBytes: 2_560 });
  writeFileSync(pathOf(2), readSegments(other).get("journal-0000000002.segment")!);
  await using journal = await openSmall(directory, { segmentBytes: 2_560, verify: "tail" });
  expect(await faultOf(readAll(journal))).toMatchObject({
    code: "JOURNAL_CORRUPT",
    path: pathOf(2),
    offset: 32,
  });
});

test("a spare that a crash left half made is made again", async () => {
  rmSync(pathOf(4));
  writeFileSync(`${pathOf(4)}.unfinished`, Buffer.alloc(1_000));
  writeFileSync(`${pathOf(9)}.unfinished`, Buffer.alloc(1_000));
  await expectWholeJournal();
  expect(existsSync(`${pathOf(4)}.unfinished`)).toBe(false);
  expect(existsSync(`${pathOf(9)}.unfinished`)).toBe(false);
});

test("a crash between the header of a segment and its first record loses nothing", async () => {
  const { length } = PAYLOADS;
  await using journal = await open();
  while (!readSegments(directory).has("journal-0000000005.segment")) {
    await journal.append(new Uint8Array(10));
  }
  await journal.close();
  const segments = readSegments(directory);
  const begun = segments.get("journal-0000000004.segment")!;
  begun.fill(0, 512);
  writeSegments(directory, segments);
  for (const segment of [5, 6]) rmSync(pathOf(segment), { force: true });
  await using reopened = await open();
  expect(textsOf((await readAll(reopened)).slice(0, length))).toEqual(textsOfPayloads(PAYLOADS));
  const { lastSequence } = reopened;
  expect(await reopened.append(new Uint8Array(10))).toBe(lastSequence + 1);
});

test("a new segment size applies from the next segment on", async () => {
  {
    await using journal = await openSmall(directory, { segmentBytes: 8_192 });
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(PAYLOADS));
    expect(await journal.append(new Uint8Array(6_000))).toBe(7);
  }
  expect(readSegments(directory).get("journal-0000000004.segment")!.length).toBe(8_192);
  await using journal = await open();
  expect(journal.lastSequence).toBe(7);
});

test("a spare of a size that is neither the newest segment's nor wanted any more is made anew", async () => {
  for (const segmentBytes of [8_192, 4_096]) {
    await using journal = await openSmall(directory, { segmentBytes });
    while (readSegments(directory).get("journal-0000000004.segment")?.length !== segmentBytes) {
      await nextTurn();
    }
    expect(journal.lastSequence).toBe(PAYLOADS.length);
  }
  await expectWholeJournal();
});

test("records of all sizes, alone and together, read back from any of them", async () => {
  const mixed = join(directory, "mixed");
  const options = { segmentBytes: 0x60_0000, queueBytes: 0x80_0000, mode: "group" } as const;
  const prng = createPrng(17);
  // Up to five system calls long, up to 40 to a flush, several segments.
  const payloads = Array.from({ length: 400 }, (_, index) => {
    const bytesMax = prng.chance(1, 20) ? 5_000_000 : prng.chance(1, 4) ? 100_000 : 3_000;
    return new Uint8Array(prng.below(bytesMax)).fill(index);
  });
  {
    await using journal = await openSmall(mixed, options);
    let appends: Promise<number>[] = [];
    for (const payload of payloads) {
      appends.push(journal.append(payload));
      // Rarely enough that flushes share records, often enough that the queue has room.
      if (payload.length < 100_000 && appends.length < 40 && !prng.chance(1, 10)) continue;
      await Promise.all(appends);
      appends = [];
    }
    await Promise.all(appends);
    expect(journal.lastSequence).toBe(payloads.length);
  }
  expect(readSegments(mixed).size).toBeGreaterThan(3);
  await using journal = await openSmall(mixed, options);
  for (const from of [1, 2, 150, 399, 400]) {
    expect(textsOf(await readAll(journal, from))).toEqual(
      textsOfPayloads(payloads.slice(from - 1), from),
    );
  }
});

test("close gives up a preparation under way and cleans up behind it", async () => {
  const fresh = join(directory, "fresh");
  const journal = await openSmall(fresh, { segmentBytes: 0x80_0000 });
  while (readdirSync(fresh).length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(readdirSync(fresh)).toContain("journal-0000000002.segment.unfinished");
  await journal.close();
  const left = ["journal-0000000001.segment", "writer.lock", "writer.pid"];
  expect(readdirSync(fresh).sort()).toEqual(left);
});

test("files of other names are left alone", async () => {
  const note = join(directory, "journal-1.segment.bak");
  writeFileSync(note, "kept");
  await expectWholeJournal();
  expect(existsSync(note)).toBe(true);
});

test("a damaged lock file is a typed fault", async () => {
  writeFileSync(join(directory, "writer.lock"), Buffer.alloc(4_096, 7));
  expect(await faultOf(open())).toMatchObject({ code: "STORAGE_IO", operation: "lock" });
});

test.runIf(process.platform === "linux")(
  "a write that is durable when it returns is one",
  async () => {
    await using journal = await open();
    const descriptors = readdirSync("/proc/self/fd").filter((descriptor) => {
      const link = join("/proc/self/fd", descriptor);
      return existsSync(link) && readlinkSync(link) === pathOf(3);
    });
    const flags = descriptors.map((descriptor) => {
      const info = readFileSync(join("/proc/self/fdinfo", descriptor), "utf8");
      return Number.parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8);
    });
    const isDurable = flags.map((value) => (value & constants.O_DSYNC) === constants.O_DSYNC);
    // One that goes through the kernel's cache, and one around it where the file system has that.
    expect(isDurable.length).toBeGreaterThan(0);
    expect(isDurable).toEqual(isDurable.map(() => true));
    expect(journal.lastSequence).toBe(PAYLOADS.length);
  },
);
