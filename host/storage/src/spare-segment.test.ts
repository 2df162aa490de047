import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { segmentPath } from "./segment-files.ts";
import { SpareSegment } from "./spare-segment.ts";
import { hookFiles } from "./testing/hooked-files.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const SEGMENT_BYTES = 0x30_0000;
const SLICE_BYTES = 0x1_0000;
const MIB = 0x10_0000;

interface Preparation {
  /** What each write wrote, and "sync". */
  readonly calls: readonly (number | "sync")[];
  readonly tookMs: number;
}

/** Makes one beside a journal that is as full as `usedShare` says, or that wants it at once. */
async function prepareBeside(usedShare: () => number, isWanted = false): Promise<Preparation> {
  using directory = makeTemporaryDirectory("memory");
  const calls: (number | "sync")[] = [];
  const prepared = Promise.withResolvers<void>();
  const files = hookFiles(({ operation, bytes }) => {
    if (operation === "write") calls.push(bytes);
    if (operation === "sync") calls.push("sync");
    if (operation === "syncDirectory") prepared.resolve();
  });
  const beganMs = performance.now();
  const spare = new SpareSegment({
    files,
    directory: directory.path,
    segmentBytes: SEGMENT_BYTES,
    spaceRetryMs: 10_000,
    usedShare,
    observe: () => {},
    onFatal: (fault) => prepared.reject(fault),
  });
  spare.prepare(1);
  if (!isWanted) await prepared.promise;
  const path = await spare.take();
  const tookMs = performance.now() - beganMs;
  expect(path).toBe(segmentPath(directory.path, 1));
  expect(readFileSync(segmentPath(directory.path, 1)).equals(Buffer.alloc(SEGMENT_BYTES))).toBe(
    true,
  );
  return { calls, tookMs };
}

function bytesOf({ calls }: Preparation): readonly number[] {
  return calls.filter((call) => call !== "sync");
}

test("beside a journal at rest it is made in small slices, with a pause before each and a sync for several", async () => {
  const preparation = await prepareBeside(() => 0);
  const slices = bytesOf(preparation);
  expect(slices).toEqual(Array.from({ length: SEGMENT_BYTES / SLICE_BYTES }, () => SLICE_BYTES));
  expect(preparation.calls.filter((call) => call === "sync")).toHaveLength(SEGMENT_BYTES / MIB);
  expect(preparation.calls.at(-1)).toBe("sync");
  // Timers of 8 ms end no sooner than after 7: all else only takes longer.
  expect(preparation.tookMs).toBeGreaterThan(slices.length * 7);
});

test("beside one that fills it keeps up, in slices as large as it is behind", async () => {
  let usedShare = 0;
  const preparation = await prepareBeside(() => (usedShare += 0.04));
  const slices = bytesOf(preparation);
  // 4 % of the segment, half as much again: two slices, and then and now what is missing to whole ones.
  expect(slices.every((bytes) => bytes <= 4 * SLICE_BYTES)).toBe(true);
  expect(slices.length).toBeLessThan(0.7 / 0.04);
});

test("one far behind is made in slices of 1 MiB, one that is waited for in larger ones", async () => {
  expect(bytesOf(await prepareBeside(() => 1))).toEqual([MIB, MIB, MIB]);
  expect(bytesOf(await prepareBeside(() => 0, true))).toEqual([SEGMENT_BYTES]);
});
