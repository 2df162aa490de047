import { rmSync } from "node:fs";
import { join } from "node:path";
import { createPrng, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import type { JournalMode } from "./journal.ts";
import { isStorageFault } from "./storage-fault.ts";
import { readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { type DiskImage, PowerLossDisk, writeImage } from "./testing/power-loss.ts";
import { makePayloads, openSmall, readSegments } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const PAYLOADS = makePayloads(7, { seed: 21, bytesMin: 0, bytesMax: 900 });
const TRUTH = textsOfPayloads(PAYLOADS);
/** Recoveries under way at once: they wait for the disk most of the time. */
const SHARES = 4;

interface Session {
  readonly disk: PowerLossDisk;
  /** How many records were acknowledged at each moment, [moment, count], ascending. */
  readonly acknowledged: readonly (readonly [number, number])[];
}

/** Creates a journal and fills several segments, one record or a few at a time. */
async function recordSession(directory: string, mode: JournalMode): Promise<Session> {
  const disk = new PowerLossDisk(new Map());
  const acknowledged: [number, number][] = [];
  await using journal = await openSmall(directory, { mode, files: disk.files });
  for (let first = 0; first < PAYLOADS.length; first += 3) {
    const batch = PAYLOADS.slice(first, first + 3).map(async (payload) => {
      const sequence = await journal.append(payload);
      acknowledged.push([disk.moment, sequence]);
    });
    await Promise.all(batch);
  }
  return { disk, acknowledged };
}

function acknowledgedAt(session: Session, moment: number): number {
  return session.acknowledged.findLast(([at]) => at <= moment)?.[1] ?? 0;
}

/** Opens what a power failure left and describes it, appending one record to prove it whole. */
async function recover(directory: string, image: DiskImage): Promise<string[]> {
  writeImage(directory, image);
  const expected: string[] = [];
  {
    await using journal = await openSmall(directory);
    expected.push(...textsOf(await readAll(journal)));
    const added = new Uint8Array(700).fill(1);
    expect(await journal.append(added)).toBe(expected.length + 1);
    expect(await journal.append(added)).toBe(expected.length + 2);
  }
  await using reopened = await openSmall(directory);
  const read = textsOf(await readAll(reopened));
  expect(read.slice(0, -2)).toEqual(expected);
  return expected;
}

/** Recovers `images` in turn, a few at a time, and returns what each held. */
async function recoverAll(root: string, images: readonly DiskImage[]): Promise<string[][]> {
  const recovered: string[][] = [];
  const recoverShare = async (share: number): Promise<void> => {
    const directory = join(root, `image ${share}`);
    for (let index = share; index < images.length; index += SHARES) {
      recovered[index] = await recover(directory, images[index]!);
      rmSync(directory, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: SHARES }, (_, share) => recoverShare(share)));
  return recovered;
}

/** Recovers from a failure at every moment. Returns [moment, what was recovered]. */
async function failAtEveryMoment(
  root: string,
  { disk }: Session,
): Promise<(readonly [number, string[]])[]> {
  const prng = createPrng(disk.moment);
  const moments = Array.from({ length: 2 * disk.moment }, (_, index) => 1 + (index >> 1));
  const images = moments.map((moment) => disk.imageAt(moment, prng));
  const recovered = await recoverAll(root, images);
  return moments.map((moment, index) => [moment, recovered[index]!] as const);
}

test.each(["strict", "group"] as const)(
  "power lost at any moment in %s mode: every acknowledged record is recovered",
  async (mode) => {
    using root = makeTemporaryDirectory("memory");
    const session = await recordSession(join(root.path, "live"), mode);
    expect(readSegments(join(root.path, "live")).size).toBeGreaterThanOrEqual(4);
    for (const [moment, recovered] of await failAtEveryMoment(root.path, session)) {
      expect(recovered).toEqual(TRUTH.slice(0, recovered.length));
      expect(recovered.length).toBeGreaterThanOrEqual(acknowledgedAt(session, moment));
    }
    expect(session.disk.moment).toBeGreaterThan(60);
  },
);

test("power lost at any moment in memory mode: a prefix is recovered", async () => {
  using root = makeTemporaryDirectory("memory");
  const session = await recordSession(join(root.path, "live"), "memory");
  for (const [, recovered] of await failAtEveryMoment(root.path, session)) {
    expect(recovered).toEqual(TRUTH.slice(0, recovered.length));
  }
  expect(session.disk.moment).toBeGreaterThan(40);
});

test("power lost again at any moment of a recovery: the second one ends the same", async () => {
  using root = makeTemporaryDirectory("memory");
  const session = await recordSession(join(root.path, "live"), "group");
  const prng = createPrng(5);
  let tornCount = 0;
  for (let moment = 1; moment <= session.disk.moment; moment++) {
    const image = session.disk.imageAt(moment, prng);
    const interrupted = await recordRecovery(join(root.path, "first"), image);
    rmSync(join(root.path, "first"), { recursive: true });
    if (interrupted.isTorn) tornCount++;
    else if (moment % 16 !== 0) continue;
    const images = Array.from({ length: interrupted.disk.moment + 1 }, (_, second) =>
      interrupted.disk.imageAt(second, prng),
    );
    for (const recovered of await recoverAll(root.path, images)) {
      expect(recovered).toEqual(interrupted.recovered);
    }
  }
  expect(tornCount).toBeGreaterThan(2);
});

async function recordRecovery(
  directory: string,
  image: DiskImage,
): Promise<{ disk: PowerLossDisk; recovered: string[]; isTorn: boolean }> {
  writeImage(directory, image);
  const disk = new PowerLossDisk(image);
  let isTorn = false;
  const observe = ({ name }: { name: string }): void => void (isTorn ||= name === "journal.torn");
  await using journal = await openSmall(directory, { files: disk.files, observe });
  return { disk, recovered: textsOf(await readAll(journal)), isTorn };
}

test("what a failed sync left in the cache alone is on disk before it is believed", async () => {
  let failAtChange = 0;
  for (let hasFailed = true; hasFailed;) {
    using root = makeTemporaryDirectory("memory");
    const disk = new PowerLossDisk(new Map());
    disk.failAtChange = ++failAtChange;
    const live = join(root.path, "live");
    const acknowledged = await appendUntilFailure(live, disk);
    ({ hasFailed } = disk);
    disk.revive();

    await using journal = await openSmall(live, { files: disk.files });
    const believed = textsOf(await readAll(journal));
    expect(believed.length).toBeGreaterThanOrEqual(acknowledged);
    const opened = disk.moment;
    const added = Array.from({ length: 3 }, () => new Uint8Array(700).fill(1));
    for (const payload of added) await journal.append(payload);
    const prng = createPrng(failAtChange);
    const images = [opened, opened, disk.moment, disk.moment].map((moment) =>
      disk.imageAt(moment, prng),
    );
    const recovered = await recoverAll(root.path, images);
    const whole = [...believed, ...textsOfPayloads(added, believed.length + 1)];
    expect(recovered).toEqual([believed, believed, whole, whole]);
  }
  expect(failAtChange).toBeGreaterThan(40);
});

/** Returns how many records were acknowledged. */
async function appendUntilFailure(directory: string, disk: PowerLossDisk): Promise<number> {
  let acknowledged = 0;
  try {
    await using journal = await openSmall(directory, { files: disk.files });
    for (const payload of PAYLOADS) acknowledged = await journal.append(payload);
  } catch (error) {
    if (!isStorageFault(error)) throw error;
  }
  return acknowledged;
}

test("the disk of these tests does lose and tear what is not synced", async () => {
  using root = makeTemporaryDirectory("memory");
  const disk = new PowerLossDisk(new Map());
  const path = join(root.path, "file");
  const file = await disk.files.open(path, "create");
  await file.write(Buffer.alloc(4_096, 1), 4_096, 0);
  const unsynced = disk.moment;
  await file.sync();
  const unnamed = disk.moment;
  await disk.files.syncDirectory(root.path);
  await file.close();
  const prng: Prng = createPrng(1);
  const outcomesAt = (moment: number): Set<string> =>
    new Set(
      Array.from({ length: 200 }, () => {
        const bytes = disk.imageAt(moment, prng).get("file");
        if (bytes === undefined) return "absent";
        const sectors = bytes.filter((byte) => byte === 1).length / 512;
        return sectors === 8 ? "whole" : sectors === 0 ? "empty" : "torn";
      }),
    );
  expect(outcomesAt(unsynced)).toEqual(new Set(["absent", "empty", "torn", "whole"]));
  expect(outcomesAt(unnamed)).toEqual(new Set(["absent", "whole"]));
  expect(outcomesAt(disk.moment)).toEqual(new Set(["whole"]));
});
