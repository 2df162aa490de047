import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createPrng } from "@rialto/base";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openFileSnapshots } from "./file-snapshots.ts";
import type { SnapshotMark, Snapshots } from "./snapshots.ts";
import { isStorageFault } from "./storage-fault.ts";
import { hookFiles, systemFault } from "./testing/hooked-files.ts";
import { faultOf } from "./testing/journal-texts.ts";
import { PowerLossDisk, writeImage } from "./testing/power-loss.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const networkHash = new Uint8Array(32).fill(5);

function markOf(sequence: number): SnapshotMark {
  return {
    sequence,
    stateHash: new Uint8Array(32).fill(sequence),
    journalHash: new Uint8Array(32).fill(sequence + 1),
  };
}

function pathOf(directory: string, sequence: number): string {
  return join(directory, `snapshot-${String(sequence).padStart(16, "0")}.state`);
}

function open(directory: string, keep = 2): Promise<Snapshots> {
  return openFileSnapshots({ directory, networkHash, keep });
}

test("runs of zeros are not stored", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  const content = new Uint8Array(0x400_0000);
  content.fill(1, 0x100_0000, 0x100_0000 + 3 * 65_536);
  content[content.length - 1] = 9;
  await snapshots.save(markOf(1), [content]);
  expect(statSync(pathOf(root.path, 1)).size).toBe(512 + 4 * 65_536 + 1_024 / 8);
  const { snapshot } = await snapshots.latest();
  expect(Buffer.compare(snapshot!.content, content)).toBe(0);
});

test("a flipped byte anywhere is named, and the older snapshot used", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  await snapshots.save(markOf(1), [Uint8Array.of(1)]);
  const content = Buffer.concat([
    Buffer.alloc(700, 7),
    Buffer.alloc(3 * 65_536),
    Buffer.alloc(90, 8),
  ]);
  await snapshots.save(markOf(2), [content]);
  const path = pathOf(root.path, 2);
  const image = readFileSync(path);
  // The stored blocks hold long runs of zeros of their own: every 97th byte of them will do.
  const offsets = Array.from(image.keys()).filter(
    (offset) => offset < 1_300 || offset > image.length - 200 || offset % 97 === 0,
  );
  const prng = createPrng(1);
  for (const offset of offsets) {
    const flipped = Buffer.from(image);
    flipped[offset] = flipped[offset]! ^ (1 + prng.below(255));
    writeFileSync(path, flipped);
    const { snapshot, warnings } = await snapshots.latest();
    expect(snapshot?.sequence).toBe(1);
    expect(warnings).toMatchObject([
      { severity: "warn", detail: { code: "SNAPSHOT_CORRUPT", path } },
    ]);
  }
  writeFileSync(path, image);
  expect((await snapshots.latest()).snapshot?.sequence).toBe(2);
});

test("every snapshot damaged is no snapshot and a warning for each", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  for (const sequence of [1, 2]) {
    await snapshots.save(markOf(sequence), [Uint8Array.of(1)]);
    writeFileSync(pathOf(root.path, sequence), "short");
  }
  const { snapshot, warnings } = await snapshots.latest();
  expect(snapshot).toBeUndefined();
  expect(warnings.map(({ detail }) => detail)).toMatchObject([
    { path: pathOf(root.path, 2), found: "5" },
    { path: pathOf(root.path, 1) },
  ]);
});

test("a snapshot under the name of another sequence is damaged", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  await snapshots.save(markOf(1), [Uint8Array.of(1)]);
  renameSync(pathOf(root.path, 1), pathOf(root.path, 2));
  const { snapshot, warnings } = await snapshots.latest();
  expect(snapshot).toBeUndefined();
  expect(warnings).toMatchObject([{ detail: { expected: "sequence 2, as in its name" } }]);
});

test("an unreadable snapshot is passed over with a warning", async () => {
  using root = makeTemporaryDirectory("memory");
  const files = hookFiles((call) => {
    if (call.operation === "read" && call.path.includes("2.state")) throw systemFault(call, "EIO");
  });
  const snapshots = await openFileSnapshots({ directory: root.path, networkHash, files });
  for (const sequence of [1, 2]) await snapshots.save(markOf(sequence), [Uint8Array.of(1)]);
  const { snapshot, warnings } = await snapshots.latest();
  expect(snapshot?.sequence).toBe(1);
  expect(warnings).toMatchObject([{ severity: "warn", detail: { code: "STORAGE_IO" } }]);
});

test("keeps as many as it was told, and a damaged one does not displace a good one", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  for (const sequence of [1, 2, 3]) await snapshots.save(markOf(sequence), [Uint8Array.of(1)]);
  expect(readdirSync(root.path).length).toBe(2);
  writeFileSync(pathOf(root.path, 3), "damaged");
  expect((await snapshots.latest()).snapshot?.sequence).toBe(2);
  await snapshots.save(markOf(4), [Uint8Array.of(1)]);
  expect(readdirSync(root.path).sort()).toEqual([2, 4].map((sequence) => pathOf("", sequence)));
});

test("power lost at any moment of a save leaves the old snapshot or the new one", async () => {
  using root = makeTemporaryDirectory("memory");
  const live = join(root.path, "live");
  const content = (sequence: number): Buffer => Buffer.alloc(3_000, sequence);
  const first = await open(live);
  await first.save(markOf(1), [content(1)]);
  const initial = new Map([["snapshot-0000000000000001.state", readFileSync(pathOf(live, 1))]]);
  const disk = new PowerLossDisk(initial);
  const options = { directory: live, networkHash, keep: 1, files: disk.files };
  await (await openFileSnapshots(options)).save(markOf(2), [content(2)]);
  const prng = createPrng(9);
  const found = new Set<number>();
  const foundAtEnd = new Set<number>();
  for (let moment = 0; moment <= disk.moment; moment++) {
    for (let round = 0; round < 20; round++) {
      const directory = join(root.path, "image");
      writeImage(directory, disk.imageAt(moment, prng));
      const { snapshot, warnings } = await (await open(directory)).latest();
      rmSync(directory, { recursive: true });
      expect(warnings).toEqual([]);
      expect(Buffer.compare(snapshot!.content, content(snapshot!.sequence))).toBe(0);
      found.add(snapshot!.sequence);
      if (moment === disk.moment) foundAtEnd.add(snapshot!.sequence);
    }
  }
  expect(foundAtEnd).toEqual(new Set([2]));
  expect(found).toEqual(new Set([1, 2]));
});

test("what a crash left half made is removed", async () => {
  using root = makeTemporaryDirectory("memory");
  writeFileSync(`${pathOf(root.path, 7)}.unfinished`, "half");
  await open(root.path);
  expect(readdirSync(root.path)).toEqual([]);
});

test("a snapshot of another network is refused", async () => {
  using root = makeTemporaryDirectory("memory");
  await (await open(root.path)).save(markOf(1), [Uint8Array.of(1)]);
  const other = new Uint8Array(32);
  const snapshots = await openFileSnapshots({ directory: root.path, networkHash: other });
  expect(await faultOf(snapshots.latest())).toMatchObject({ code: "STORAGE_NETWORK_MISMATCH" });
});

test("a snapshot of a later version is refused, not passed over for an older state", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  await snapshots.save(markOf(1), [Uint8Array.of(1)]);
  const image = readFileSync(pathOf(root.path, 1));
  image.writeUInt32LE(2, 8);
  image.writeUInt32LE(crc32(image.subarray(0, 508)), 508);
  writeFileSync(pathOf(root.path, 1), image);
  expect(await faultOf(snapshots.latest())).toMatchObject({
    code: "STORAGE_VERSION_UNKNOWN",
    found: 2,
  });
});

test("an error while saving costs the new snapshot only", async () => {
  using root = makeTemporaryDirectory("memory");
  let isBroken = false;
  const files = hookFiles((call) => {
    if (isBroken && call.operation === "sync") throw systemFault(call, "EIO");
  });
  const snapshots = await openFileSnapshots({ directory: root.path, networkHash, files });
  await snapshots.save(markOf(1), [Uint8Array.of(1)]);
  isBroken = true;
  await expect(snapshots.save(markOf(2), [Uint8Array.of(2)])).rejects.toMatchObject({
    severity: "error",
    detail: { code: "STORAGE_IO", errorCode: "EIO" },
  });
  expect(readdirSync(root.path).length).toBe(1);
  isBroken = false;
  await snapshots.save(markOf(2), [Uint8Array.of(2)]);
  expect((await snapshots.latest()).snapshot?.sequence).toBe(2);
});

test("arbitrary bytes as a snapshot are a warning, whatever their header claims", async () => {
  using root = makeTemporaryDirectory("memory");
  const snapshots = await open(root.path);
  await snapshots.save(markOf(1), [new Uint8Array(100).fill(1)]);
  const image = readFileSync(pathOf(root.path, 1));
  const accepted: Buffer[] = [];
  const edits = fc.array(fc.tuple(fc.nat(700), fc.uint8Array({ minLength: 1, maxLength: 9 })), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(edits, fc.boolean(), fc.nat(800), async (changes, isSealed, length) => {
      const bytes = Buffer.concat([image, Buffer.alloc(800)], Math.max(length, 512));
      for (const [offset, noise] of changes)
        Buffer.from(noise).copy(bytes, Math.min(offset, bytes.length));
      // A right checksum lets the claims of the header through to the checks behind it.
      if (isSealed) bytes.writeUInt32LE(crc32(bytes.subarray(0, 508)), 508);
      writeFileSync(pathOf(root.path, 1), bytes);
      const detail = await loadOrFault(snapshots);
      if (detail === "loaded") accepted.push(bytes);
    }),
    { numRuns: 1_000, seed: 3 },
  );
  expect(accepted.filter((bytes) => Buffer.compare(bytes, image) !== 0)).toEqual([]);
});

/** "loaded", or how loading was refused. Anything but a typed fault fails the test. */
async function loadOrFault(snapshots: Snapshots): Promise<string> {
  try {
    const { snapshot, warnings } = await snapshots.latest();
    return snapshot === undefined ? warnings[0]!.detail.code : "loaded";
  } catch (error) {
    if (!isStorageFault(error)) throw error;
    return error.detail.code;
  }
}

test("a snapshot that goes while it is being opened is not there, and no disk has failed", async () => {
  using root = makeTemporaryDirectory("memory");
  let hooked = (): void => undefined;
  const files = hookFiles(({ operation, access }) => {
    if (operation === "open" && access === "read") hooked();
  });
  const snapshots = await openFileSnapshots({ directory: root.path, networkHash, files });
  await snapshots.save(markOf(1), [Uint8Array.of(1)]);
  // As a newer one does that is saved just then.
  hooked = () => rmSync(pathOf(root.path, 1));
  expect(await snapshots.open(1)).toBeUndefined();
  hooked = () => undefined;
  await snapshots.save(markOf(2), [Uint8Array.of(2)]);
  hooked = () => rmSync(pathOf(root.path, 2));
  expect(await snapshots.latest()).toEqual({ snapshot: undefined, warnings: [] });
});
