import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileJournalOptions } from "./file-journal.ts";
import { openFileSnapshots } from "./file-snapshots.ts";
import type { Journal, JournalEvent } from "./journal.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { limitSmallDisk, mountSmallDisk, type SmallDisk } from "./testing/small-disk.ts";
import { NETWORK_HASH, openSmall } from "./testing/small-journal.ts";

const SEGMENT_BYTES = 0x4000;
const DISK_BYTES = 0x2_0000;

// The limited directory runs everywhere; the real file system wherever this may mount one.
const disks: [string, () => SmallDisk][] = [["limited", () => limitSmallDisk(DISK_BYTES)]];
using probe = mountSmallDisk(DISK_BYTES);
if (probe !== undefined) disks.push(["tmpfs", () => mountSmallDisk(DISK_BYTES)!]);

function openOn(disk: SmallDisk, options: Partial<FileJournalOptions> = {}): Promise<Journal> {
  return openSmall(join(disk.path, "journal"), {
    segmentBytes: SEGMENT_BYTES,
    files: disk.files,
    spaceRetryMs: 5,
    ...options,
  });
}

/** Appends one record of 1,000 bytes after the other until one is refused. */
async function fill(journal: Journal): Promise<{ payloads: Uint8Array[]; error: unknown }> {
  for (const payloads: Uint8Array[] = []; ;) {
    const payload = new Uint8Array(1_000).fill(payloads.length);
    try {
      await journal.append(payload);
    } catch (error) {
      return { payloads, error };
    }
    payloads.push(payload);
  }
}

async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe.each(disks)("a full disk (%s)", (_, makeDisk) => {
  test("refuses what does not fit, keeps what was acknowledged, resumes by itself", async () => {
    using disk = makeDisk();
    disk.leaveFree(4.5 * SEGMENT_BYTES);
    const events: JournalEvent["name"][] = [];
    const observe = ({ name }: JournalEvent): void => void events.push(name);
    await using journal = await openOn(disk, { observe });
    const { payloads, error } = await fill(journal);
    expect(error).toMatchObject({
      severity: "error",
      detail: {
        code: "STORAGE_FULL",
        path: expect.stringContaining("journal-000000000"),
        neededBytes: SEGMENT_BYTES,
        freeBytes: expect.toSatisfy((bytes: number) => bytes >= 0 && bytes < SEGMENT_BYTES),
      },
      message: expect.stringContaining("Free space or move the directory to a larger disk"),
    });
    expect(payloads.length).toBeGreaterThan(30);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(payloads));

    // What still fits into the last segment is taken as ever.
    payloads.push(new Uint8Array(10));
    expect(await journal.append(payloads.at(-1)!)).toBe(payloads.length);
    expect(await faultOf(journal.append(payloads[0]!))).toMatchObject({ code: "STORAGE_FULL" });

    disk.leaveFree(2.5 * SEGMENT_BYTES);
    await waitUntil(() => events.includes("journal.resumed"));
    payloads.push(new Uint8Array(2_000).fill(9));
    expect(await journal.append(payloads.at(-1)!)).toBe(payloads.length);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(payloads));
    expect(events.filter((name) => name !== "journal.rolled").slice(0, 2)).toEqual([
      "journal.full",
      "journal.resumed",
    ]);
  });

  test("rejects everything queued behind a record that does not fit", async () => {
    using disk = makeDisk();
    disk.leaveFree(1.5 * SEGMENT_BYTES);
    await using journal = await openOn(disk);
    await journal.append(new Uint8Array(10_000));
    const results = await Promise.allSettled(
      [100, 10_000, 100].map((bytes) => journal.append(new Uint8Array(bytes))),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await journal.append(new Uint8Array(100))).toBe(3);
  });

  test("can be opened again while full, and goes on when there is room", async () => {
    using disk = makeDisk();
    disk.leaveFree(2.5 * SEGMENT_BYTES);
    let payloads: Uint8Array[];
    {
      await using journal = await openOn(disk);
      ({ payloads } = await fill(journal));
    }
    disk.leaveFree(0);
    {
      await using journal = await openOn(disk);
      expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(payloads));
      expect(await faultOf(journal.append(payloads[0]!))).toMatchObject({ code: "STORAGE_FULL" });
    }
    disk.leaveFree(2.5 * SEGMENT_BYTES);
    await using journal = await openOn(disk);
    expect(await journal.append(payloads[0]!)).toBe(payloads.length + 1);
  });

  test("without room for a first segment the journal does not open, and leaves no lock", async () => {
    using disk = makeDisk();
    disk.leaveFree(0.5 * SEGMENT_BYTES);
    expect(await faultOf(openOn(disk))).toMatchObject({
      code: "STORAGE_FULL",
      neededBytes: SEGMENT_BYTES,
    });
    expect(readdirSync(join(disk.path, "journal"))).toEqual(["writer.lock", "writer.pid"]);
    disk.leaveFree(2.5 * SEGMENT_BYTES);
    await using journal = await openOn(disk);
    expect(await journal.append(new Uint8Array(1))).toBe(1);
  });

  test("is noticed where only the writing of zeros shows it", async () => {
    using disk = makeDisk();
    disk.leaveFree(2.5 * SEGMENT_BYTES);
    // Quotas, reserved blocks and other writers make the promise of free space a lie.
    const files = { ...disk.files, freeBytes: async () => Number.MAX_SAFE_INTEGER };
    const events: JournalEvent["name"][] = [];
    const observe = ({ name }: JournalEvent): void => void events.push(name);
    await using journal = await openOn(disk, { files, observe });
    const { payloads, error } = await fill(journal);
    expect(error).toMatchObject({ detail: { code: "STORAGE_FULL" } });
    expect(events).toContain("journal.full");
    disk.leaveFree(2.5 * SEGMENT_BYTES);
    await waitUntil(() => events.includes("journal.resumed"));
    expect(await journal.append(payloads[0]!)).toBe(payloads.length + 1);
  });

  test("in memory mode only what is sure to fit is acknowledged early", async () => {
    using disk = makeDisk();
    disk.leaveFree(3.5 * SEGMENT_BYTES);
    const acknowledged: number[] = [];
    {
      await using journal = await openOn(disk, { mode: "memory" });
      for (let isFull = false; !isFull;) {
        const batch = Array.from({ length: 20 }, () => journal.append(new Uint8Array(500)));
        for (const result of await Promise.allSettled(batch)) {
          if (result.status === "fulfilled") acknowledged.push(result.value);
          else isFull = true;
        }
      }
      expect(journal.lastSequence).toBe(acknowledged.at(-1));
    }
    await using journal = await openOn(disk, { mode: "memory" });
    expect(journal.lastSequence).toBe(acknowledged.length);
    expect(acknowledged.length).toBeGreaterThan(50);
  });

  test("in memory mode nothing is acknowledged ahead of a record that does not fit", async () => {
    using disk = makeDisk();
    disk.leaveFree(1.5 * SEGMENT_BYTES);
    await using journal = await openOn(disk, { mode: "memory" });
    expect(await journal.append(new Uint8Array(10_000))).toBe(1);
    const results = await Promise.allSettled(
      [10_000, 100].map((bytes) => journal.append(new Uint8Array(bytes))),
    );
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await journal.append(new Uint8Array(100))).toBe(2);
  });

  test("in memory mode early and late acknowledgements keep their order", async () => {
    using disk = makeDisk();
    disk.leaveFree(1.5 * SEGMENT_BYTES);
    await using journal = await openOn(disk, { mode: "memory" });
    expect(await journal.append(new Uint8Array(10_000))).toBe(1);
    await journal.flush();
    // 10 sectors are left. One record each is certain for ten; the eleventh has to wait and see.
    const resolved: number[] = [];
    const append = async (): Promise<void> => {
      resolved.push(await journal.append(new Uint8Array(10)));
    };
    const appends = Array.from({ length: 11 }, append);
    await new Promise((resolve) => setImmediate(resolve));
    appends.push(append());
    await Promise.all(appends);
    expect(resolved).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(journal.lastSequence).toBe(13);
  });

  test("keeps the older snapshots and leaves nothing of a new one", async () => {
    using disk = makeDisk();
    const directory = join(disk.path, "snapshots");
    const { files } = disk;
    const snapshots = await openFileSnapshots({ directory, networkHash: NETWORK_HASH, files });
    const hashes = { stateHash: NETWORK_HASH, journalHash: NETWORK_HASH };
    await snapshots.save({ sequence: 1, ...hashes }, [new Uint8Array(1_000).fill(1)]);
    const tooLarge = Array.from({ length: 40 }, () => new Uint8Array(65_536).fill(2));
    const save = snapshots.save({ sequence: 2, ...hashes }, tooLarge);
    expect(await faultOf(save)).toMatchObject({ code: "STORAGE_FULL" });
    expect(readdirSync(directory)).toEqual(["snapshot-0000000000000001.state"]);
    expect((await snapshots.latest()).snapshot?.sequence).toBe(1);
  });
});
