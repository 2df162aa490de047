import { expect, test } from "vitest";
import type { JournalEvent, JournalMode } from "./journal.ts";
import { isStorageFault } from "./storage-fault.ts";
import { type FileCall, hookFiles, systemFault } from "./testing/hooked-files.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { makePayloads, openSmall, untilSpare } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const PAYLOADS = makePayloads(8, { seed: 31, bytesMin: 0, bytesMax: 900 });
const CHANGES = new Set(["write", "sync", "rename", "syncDirectory"]);

/** Fails the `failing`-th changing call, counted from 1, and counts what comes after. */
function failOnce(
  failing: number,
  errorCode: string,
): {
  readonly files: ReturnType<typeof hookFiles>;
  failed: FileCall | undefined;
  dataWritesAfter: number;
} {
  let count = 0;
  const state = {
    failed: undefined as FileCall | undefined,
    dataWritesAfter: 0,
    files: hookFiles((call) => {
      if (state.failed !== undefined && call.operation === "write" && call.access === "durable") {
        state.dataWritesAfter++;
      }
      if (!CHANGES.has(call.operation) || ++count !== failing) return;
      state.failed = call;
      throw systemFault(call, errorCode);
    }),
  };
  return state;
}

test.each(["strict", "group"] as const)(
  "an I/O error at any step in %s mode is final, and loses nothing acknowledged",
  async (mode) => {
    let failing = 0;
    for (let hasFailed = true; hasFailed;) {
      using root = makeTemporaryDirectory("memory");
      const state = failOnce(++failing, "EIO");
      const events: JournalEvent[] = [];
      const observe = (event: JournalEvent): void => void events.push(event);
      const acknowledged = await appendAll(root.path, { mode, files: state.files, observe });
      hasFailed = state.failed !== undefined;
      // The spare fails beside the journal, which may just have begun a write to a sound segment.
      const isInSegment = state.failed?.access === "durable";
      expect(isInSegment ? state.dataWritesAfter : 0).toBe(0);
      await using journal = await openSmall(root.path);
      const records = await readAll(journal);
      expect(textsOf(records)).toEqual(textsOfPayloads(PAYLOADS.slice(0, records.length)));
      expect(records.length).toBeGreaterThanOrEqual(acknowledged);
      expect(events.filter(({ name }) => name === "journal.failed").length).toBeLessThanOrEqual(1);
    }
    expect(failing).toBeGreaterThan(30);
  },
);

/** Returns how many records were acknowledged. After an error, nothing may be. */
async function appendAll(
  directory: string,
  options: NonNullable<Parameters<typeof openSmall>[1]>,
): Promise<number> {
  const journal = await unlessEio(openSmall(directory, options));
  if (journal === undefined) return 0;
  const sequences: (number | undefined)[] = [];
  for (const payload of PAYLOADS) sequences.push(await unlessEio(journal.append(payload)));
  await journal.close();
  const acknowledged = sequences.filter((sequence) => sequence !== undefined);
  expect(sequences.slice(0, acknowledged.length)).toEqual(acknowledged);
  return acknowledged.length;
}

/** Undefined if `promise` rejects with the fatal fault of an EIO. */
async function unlessEio<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (!isStorageFault(error) || error.severity !== "fatal") throw error;
    if (error.detail.code !== "STORAGE_IO" || error.detail.errorCode !== "EIO") throw error;
    return undefined;
  }
}

test("after a failed flush everything queued and everything later gets the same fault", async () => {
  using root = makeTemporaryDirectory("memory");
  const events: JournalEvent[] = [];
  let isBroken = false;
  let writeCount = 0;
  const files = hookFiles((call) => {
    if (!isBroken || call.operation !== "write") return;
    writeCount++;
    throw systemFault(call, "EIO");
  });
  const observe = (event: JournalEvent): void => void events.push(event);
  const journal = await openSmall(root.path, { files, observe, segmentBytes: 8_192 });
  await journal.append(new Uint8Array(5));
  await untilSpare(root.path);
  isBroken = true;
  const results = await Promise.allSettled(PAYLOADS.map((payload) => journal.append(payload)));
  const later = await Promise.allSettled([journal.append(new Uint8Array(1))]);
  const reasons = [...results, ...later].map((result) => (result as PromiseRejectedResult).reason);
  expect(new Set(reasons).size).toBe(1);
  expect(reasons[0]).toMatchObject({
    severity: "fatal",
    detail: { code: "STORAGE_IO", operation: "write", errorCode: "EIO" },
  });
  expect(writeCount).toBe(1);
  expect(events).toEqual([{ name: "journal.failed", fault: reasons[0] }]);
  expect(journal.lastSequence).toBe(1);
  expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads([new Uint8Array(5)]));
  await journal.close();
});

test("a full disk in the middle of a flush is an error of the disk: room was prepared", async () => {
  using root = makeTemporaryDirectory("memory");
  let isFull = false;
  const files = hookFiles((call) => {
    if (isFull && call.operation === "write") throw systemFault(call, "ENOSPC");
  });
  const journal = await openSmall(root.path, { files });
  isFull = true;
  const error: unknown = await journal.append(new Uint8Array(1)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ severity: "fatal", detail: { errorCode: "ENOSPC" } });
  await journal.close();
});

test("in memory mode close and flush report acknowledged records that were not written", async () => {
  using root = makeTemporaryDirectory("memory");
  let isBroken = false;
  const files = hookFiles((call) => {
    if (isBroken && call.operation === "write") throw systemFault(call, "EIO");
  });
  const journal = await openSmall(root.path, { files, mode: "memory" });
  await journal.append(new Uint8Array(1));
  await journal.flush();
  isBroken = true;
  expect(await journal.append(new Uint8Array(1))).toBe(2);
  const detail = { code: "STORAGE_IO", errorCode: "EIO" };
  expect(await faultOf(journal.flush())).toMatchObject(detail);
  expect(await faultOf(journal.append(new Uint8Array(1)))).toMatchObject(detail);
  expect(await faultOf(journal.close())).toMatchObject(detail);
  await using reopened = await openSmall(root.path);
  expect(reopened.lastSequence).toBe(1);
});

test.each([
  ["strict", 12, 12],
  ["group", 1, 3],
] as const)("%s mode shares writes as it says", async (mode: JournalMode, least, most) => {
  using root = makeTemporaryDirectory("memory");
  let writeCount = 0;
  let overlapCount = 0;
  let isWriting = false;
  const files = hookFiles(async (call) => {
    if (call.operation !== "write" || call.access !== "durable") return;
    writeCount++;
    if (isWriting) overlapCount++;
    isWriting = true;
    await new Promise((resolve) => setTimeout(resolve, 1));
    isWriting = false;
  });
  await using journal = await openSmall(root.path, { files, mode, segmentBytes: 0x1_0000 });
  writeCount = 0;
  await Promise.all(Array.from({ length: 12 }, () => journal.append(new Uint8Array(100))));
  expect(writeCount).toBeGreaterThanOrEqual(least);
  expect(writeCount).toBeLessThanOrEqual(most);
  expect(overlapCount).toBe(0);
});
