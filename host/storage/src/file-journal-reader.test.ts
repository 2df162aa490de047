import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFileJournalReader } from "./file-journal-reader.ts";
import { SECTOR_BYTES } from "./journal-layout.ts";
import type { JournalReader } from "./journal.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import {
  makePayloads,
  NETWORK_HASH,
  openSmall,
  readSegments,
  writeJournal,
  writeSegments,
} from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const PAYLOADS = makePayloads(12, { seed: 1, bytesMin: 100, bytesMax: 900 });

async function openReader(directory: string): Promise<JournalReader> {
  return await openFileJournalReader({ directory, networkHash: NETWORK_HASH });
}

/** All that tells that somebody has written to a directory. */
function traceOf(directory: string): readonly string[] {
  const names = [".", ...readdirSync(directory).sort()];
  return names.map((name) => {
    const { mode, size, mtimeNs, ctimeNs, ino } = lstatSync(join(directory, name), {
      bigint: true,
    });
    return [name, mode, size, mtimeNs, ctimeNs, ino].join(" ");
  });
}

test("what looks at a journal reads all of it, and leaves no trace", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const before = traceOf(root.path);
  {
    await using journal = await openReader(root.path);
    await using another = await openReader(root.path);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(PAYLOADS));
    expect(journal).toMatchObject({ firstSequence: 1, lastSequence: PAYLOADS.length });
    expect(another.lastHash).toEqual(journal.lastHash);
    expect(await faultOf(openSmall(root.path))).toMatchObject({
      code: "JOURNAL_LOCKED",
      pid: undefined,
    });
  }
  expect(traceOf(root.path)).toEqual(before);
  await using writer = await openSmall(root.path);
  expect(writer.lastSequence).toBe(PAYLOADS.length);
  expect(await faultOf(openReader(root.path))).toMatchObject({
    code: "JOURNAL_LOCKED",
    pid: process.pid,
  });
});

test("a torn flush is passed over, and stays for the next start", async () => {
  using root = makeTemporaryDirectory("memory");
  const segmentBytes = 16_384;
  await writeJournal(root.path, PAYLOADS.slice(0, 2), { segmentBytes });
  {
    await using journal = await openSmall(root.path, { segmentBytes });
    await Promise.all([3, 4, 5].map((byte) => journal.append(new Uint8Array(900).fill(byte))));
  }
  const images = readSegments(root.path);
  const [[name, image]] = [...images] as [[string, Buffer]];
  const written = image.findLastIndex((byte) => byte !== 0);
  image.fill(0, Math.floor(written / SECTOR_BYTES) * SECTOR_BYTES);
  writeSegments(root.path, new Map([[name, image]]));
  const before = traceOf(root.path);
  {
    await using journal = await openReader(root.path);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(PAYLOADS.slice(0, 2)));
  }
  expect(traceOf(root.path)).toEqual(before);
});

test("a journal without a record holds none, and begins with its network", async () => {
  using root = makeTemporaryDirectory("memory");
  for (const _ of ["a directory that is empty", "a segment that is"]) {
    await using journal = await openReader(root.path);
    expect(journal).toMatchObject({ firstSequence: 1, lastSequence: 0, lastHash: NETWORK_HASH });
    expect(await readAll(journal)).toEqual([]);
    await journal.close();
    await writeJournal(root.path, []);
  }
});
