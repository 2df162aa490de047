import { Fault } from "@rialto/base";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readRecordedLines } from "./recorded-file.ts";

const directory = mkdtempSync(join(tmpdir(), "rialto-recorded-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("lines come out of a plain and of a packed file alike", async () => {
  const text = "one\ntwo\n\nfour\n";
  const expected = ["one", "two", "", "four"];
  expect(await readRecordedLines(file("plain", text))).toEqual(expected);
  expect(await readRecordedLines(file("packed", gzipSync(text)))).toEqual(expected);
});

test.each([
  ["damaged.gz", gzipSync("one\ntwo\n").subarray(0, 15)],
  ["damaged.xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3])],
])("%s is refused by its name", async (name, content) => {
  const fault = await readRecordedLines(file(name, content));
  expect(fault).toBeInstanceOf(Fault);
  expect((fault as Fault<{ readonly code: string }>).detail.code).toBe("REPLAY_FILE_UNREADABLE");
  expect((fault as Error).message).toContain(name);
});

test("without xz a file packed with it says what to install", async () => {
  const path = file("flow.xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]));
  const { PATH } = process.env;
  process.env["PATH"] = directory;
  try {
    const fault = await readRecordedLines(path);
    expect(fault).toBeInstanceOf(Fault);
    expect((fault as Error).message).toContain("apt-get install xz-utils");
  } finally {
    process.env["PATH"] = PATH;
  }
});

test("a file that is not there is named", async () => {
  const fault = await readRecordedLines(join(directory, "absent"));
  expect((fault as Error).message).toContain("absent");
});
