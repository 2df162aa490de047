import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createPrng } from "@rialto/base";
import { type DiskImage, PowerLossDisk, writeImage } from "@rialto/storage/testing/power-loss";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { createSigningGuard, openSigningGuard } from "./signing-guard.ts";
import { faultOf } from "./testing/fault-of.ts";
import { GUARD_SCOPE as scope, markAt } from "./testing/guard-marks.ts";

/** [moment, round]: from this moment on the signature of this round may have left the process. */
type Released = readonly (readonly [number, number])[];

const releasedAt = (released: Released, moment: number): number =>
  Math.max(0, ...released.filter(([at]) => at <= moment).map(([, round]) => round));

/** Signs rounds `first` and three more on a disk that remembers every write. */
async function recordSession(
  directory: string,
  disk: PowerLossDisk,
  first: number,
): Promise<Released> {
  const released: [number, number][] = [];
  const path = join(directory, "guard");
  await using guard = await openSigningGuard({ path, scope, files: disk.files });
  expect(guard.isAmnesiac).toBe(false);
  for (let round = first; round < first + 4; round++) {
    await guard.reserve(markAt(0, round));
    released.push([disk.moment, round]);
  }
  return released;
}

/** What a member that starts on `image` may do: refuse or repeat what was released, and go on. */
async function expectSafe(directory: string, image: DiskImage, released: number): Promise<void> {
  writeImage(directory, image);
  await using guard = await openSigningGuard({ path: join(directory, "guard"), scope });
  expect(guard.isAmnesiac).toBe(false);
  const last = guard.last!.round;
  expect(last).toBeGreaterThanOrEqual(released);
  for (let round = 1; round <= released; round++) {
    expect(await faultOf(guard.reserve(markAt(0, round, 99)))).toMatchObject({
      code: "GUARD_CONFLICT",
    });
  }
  await guard.reserve(markAt(0, last + 1));
}

test("power lost at any moment of signing: nothing released is signed differently, no amnesia", async () => {
  using root = makeTemporaryDirectory("memory");
  const directory = join(root.path, "live");
  writeImage(directory, new Map());
  await createSigningGuard({ path: join(directory, "guard"), scope });
  const image = readImage(directory);
  const disk = new PowerLossDisk(image);
  const released = await recordSession(directory, disk, 1);
  const prng = createPrng(44);
  for (let moment = 0; moment <= disk.moment; moment++) {
    for (let draw = 0; draw < 8; draw++) {
      const second = join(root.path, "second");
      const survived = disk.imageAt(moment, prng);
      await expectSafe(second, survived, releasedAt(released, moment));
      rmSync(second, { recursive: true });
    }
  }
  expect(disk.moment).toBeGreaterThan(15);
});

test("power lost while a guard is made: it is whole or not there", async () => {
  using root = makeTemporaryDirectory("memory");
  const directory = join(root.path, "live");
  writeImage(directory, new Map());
  const disk = new PowerLossDisk(new Map());
  await createSigningGuard({ path: join(directory, "guard"), scope, files: disk.files });
  const prng = createPrng(3);
  const outcomes = { whole: 0, missing: 0 };
  for (let moment = 0; moment <= disk.moment; moment++) {
    for (let draw = 0; draw < 8; draw++) {
      const second = join(root.path, "second");
      writeImage(second, disk.imageAt(moment, prng));
      await using guard = await openSigningGuard({ path: join(second, "guard"), scope });
      expect([undefined, "the file is missing"]).toContain(guard.amnesiaReason);
      outcomes[guard.isAmnesiac ? "missing" : "whole"]++;
      rmSync(second, { recursive: true });
    }
  }
  expect(outcomes.whole).toBeGreaterThan(8);
  expect(outcomes.missing).toBeGreaterThan(8);
});

test("what a failed sync left in the cache alone is on disk before it is relied on", async () => {
  using root = makeTemporaryDirectory("memory");
  const directory = join(root.path, "live");
  writeImage(directory, new Map());
  const path = join(directory, "guard");
  await createSigningGuard({ path, scope });
  for (let failAtChange = 1; failAtChange <= 9; failAtChange++) {
    const disk = new PowerLossDisk(readImage(directory));
    const before = await openSigningGuard({ path, scope });
    const first = before.last!.round + 1;
    await before.close();
    disk.failAtChange = failAtChange;
    const outcome = await Promise.allSettled([recordSession(directory, disk, first)]);
    expect(outcome[0]!.status === "rejected").toBe(disk.hasFailed);
    disk.revive();
    const prng = createPrng(failAtChange);
    await using guard = await openSigningGuard({ path, scope, files: disk.files });
    expect(guard.isAmnesiac).toBe(false);
    const believed = guard.last!.round;
    await expectSafe(join(root.path, `${failAtChange}`), disk.imageAt(disk.moment, prng), believed);
  }
});

function readImage(directory: string): DiskImage {
  return new Map([["guard", readFileSync(join(directory, "guard"))]]);
}
