import { expect, test } from "vitest";
import { QuickDisk } from "./quick-disk.ts";

const SECTOR = 512;

test("a quick disk is waited for, and not its large writes", () => {
  const disk = new QuickDisk();
  for (let nowMs = 0; nowMs < 1_000; nowMs++) {
    expect(disk.isWaitedFor(SECTOR, nowMs)).toBe(true);
    // Now and then a write takes long on any disk.
    disk.note(nowMs % 50 === 0 ? 20 : 0.2, nowMs);
  }
  expect(disk.isWaitedFor(0x1_0000, 1_000)).toBe(true);
  expect(disk.isWaitedFor(0x1_0001, 1_000)).toBe(false);
});

test("a slow disk holds nobody up but once a second", () => {
  const disk = new QuickDisk();
  let waitedMs = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    if (!disk.isWaitedFor(SECTOR, nowMs)) continue;
    disk.note(12, nowMs);
    waitedMs += 12;
  }
  expect(waitedMs).toBeLessThan(900);
  expect(waitedMs).toBeGreaterThan(500);
  // It is quick again: believed at once.
  disk.note(0.2, 61_000);
  expect(disk.isWaitedFor(SECTOR, 61_000)).toBe(true);
});
