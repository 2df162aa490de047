import { beforeEach, expect, test } from "vitest";
import type { FileOperations } from "./file-operations.ts";
import { type FileCall, hookFiles, systemFault } from "./testing/hooked-files.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { makePayloads, openSmall, readSegments, writeJournal } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

// Two records in each segment.
const PAYLOADS = makePayloads(12, { seed: 5, bytesMin: 600, bytesMax: 700 });
const SEGMENTS = { segmentBytes: 2_560, mayBePruned: true };

let directory: string;

beforeEach(async () => {
  const root = makeTemporaryDirectory("memory");
  directory = root.path;
  await writeJournal(directory, PAYLOADS, SEGMENTS);
  return () => root[Symbol.dispose]();
});

/** The first such call fails: a file system that copies on write may lack the room to remove a file. */
function failOnce(operation: FileCall["operation"], errorCode: string): FileOperations {
  let hasFailed = false;
  return hookFiles((call) => {
    if (call.operation !== operation || hasFailed) return;
    // Opening the journal syncs its directory too, before anything is removed.
    if (operation === "syncDirectory" && readSegments(directory).size === 7) return;
    hasFailed = true;
    throw systemFault(call, errorCode);
  });
}

test.each(["remove", "syncDirectory"] as const)(
  "a %s that fails once leaves no gap when more is let go later",
  async (operation) => {
    {
      const files = failOnce(operation, "ENOSPC");
      await using journal = await openSmall(directory, { ...SEGMENTS, files });
      expect(await faultOf(journal.prune(3))).toMatchObject({ code: "STORAGE_IO", operation });
      await journal.prune(7);
      expect(journal.firstSequence).toBe(7);
    }
    await using again = await openSmall(directory, SEGMENTS);
    expect(again.firstSequence).toBe(7);
    expect(textsOf(await readAll(again, 7))).toEqual(textsOfPayloads(PAYLOADS.slice(6), 7));
  },
);
