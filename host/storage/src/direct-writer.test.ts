import { constants, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DirectWriter } from "./direct-writer.ts";
import { nodeFiles, promptFiles } from "./file-operations.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const SECTOR = 512;

function pattern(bytes: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + seed) & 255));
}

test("only whole sectors at the place of a sector go around the cache", () => {
  expect(DirectWriter.takes(SECTOR, 3 * SECTOR)).toBe(true);
  expect(DirectWriter.takes(SECTOR + 1, 0)).toBe(false);
  expect(DirectWriter.takes(SECTOR, 1)).toBe(false);
  expect(DirectWriter.takes(0, 0)).toBe(false);
});

test.each([
  ["by threads", nodeFiles],
  ["in place", promptFiles],
])(
  "writes %s, around the cache and through it, make one file, whoever reads it",
  async (_, files) => {
    using directory = makeTemporaryDirectory("disk");
    const path = join(directory.path, "file");
    const expected = pattern(64 * SECTOR, 1);
    writeFileSync(path, expected);
    const file = await files.open(path, "durable");
    const steps = [
      { bytes: 4 * SECTOR, position: 8 * SECTOR },
      { bytes: 700, position: 9 * SECTOR + 5 },
      { bytes: SECTOR, position: 9 * SECTOR },
      { bytes: 16 * SECTOR, position: 0 },
      { bytes: 3, position: 15 * SECTOR + 511 },
    ];
    for (const [index, { bytes, position }] of steps.entries()) {
      // From the middle of memory, as callers have it: what the kernel needs aligned is not theirs.
      const data = pattern(bytes + 3, index + 2).subarray(3);
      await file.write(data, bytes, position);
      data.copy(expected, position);
      expect(readFileSync(path)).toEqual(expected);
      const read = Buffer.alloc(expected.length);
      expect(await file.read(read, read.length, 0)).toBe(expected.length);
      expect(read).toEqual(expected);
    }
    await file.close();
  },
);

test("what is no whole sector is refused and changes nothing, or is written where the file system has none", async () => {
  using directory = makeTemporaryDirectory("disk");
  const path = join(directory.path, "file");
  const before = pattern(4_096, 1);
  writeFileSync(path, before);
  const part = pattern(100, 2);
  const after = Buffer.concat([part, before.subarray(100)]);
  const writer = DirectWriter.open(path, constants.O_RDWR);
  const refusal = await new Promise<string>((resolve) => {
    if (writer === undefined) return resolve("absent");
    writer.write(part, 0, 100, 0, (error) => resolve(error?.code ?? "written"));
  });
  writer?.close();
  const expected = { absent: before, EINVAL: before, written: after }[refusal];
  expect(readFileSync(path)).toEqual(expected);
});
