import { assert, Fault } from "@rialto/base";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepAwake } from "./keep-awake.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rialto-awake-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function isOpenHere(path: string): boolean {
  const descriptors = readdirSync("/proc/self/fd").map((fd) => `/proc/self/fd/${fd}`);
  // The directory's own is closed by now.
  return descriptors
    .filter((each) => existsSync(each))
    .map((each) => readlinkSync(each))
    .includes(path);
}

test("says at once, and holds the device open until it is disposed of", () => {
  const device = join(directory, "cpu_dma_latency");
  writeFileSync(device, "ffff");
  const held = keepAwake(device);
  assert(!(held instanceof Fault), "an ordinary file can be written");
  expect([...readFileSync(device)]).toEqual([0, 0, 0, 0]);
  expect(isOpenHere(device)).toBe(true);
  held[Symbol.dispose]();
  expect(isOpenHere(device)).toBe(false);
});

test("a system without the device, and one that refuses it, say what to do", () => {
  const absent = keepAwake(join(directory, "absent"));
  expect(absent).toMatchObject({ detail: { code: "KEEP_AWAKE_REFUSED", reason: "ENOENT" } });
  const refused = keepAwake(directory);
  expect(refused).toMatchObject({
    detail: { code: "KEEP_AWAKE_REFUSED", reason: "EISDIR" },
    message: expect.stringContaining("leave out --keep-awake") as string,
  });
});

test("a device that opens and takes nothing is refused, and let go of", () => {
  expect(keepAwake("/dev/full")).toMatchObject({ detail: { reason: "ENOSPC" } });
  expect(isOpenHere("/dev/full")).toBe(false);
});
