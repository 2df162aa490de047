import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describeJournalCompliance, type JournalHarness } from "./compliance.ts";
import { openFileJournal } from "./file-journal.ts";
import { type FileOperations, nodeFiles, promptFiles } from "./file-operations.ts";
import type { Journal } from "./journal.ts";
import { createMemoryJournal, createMemoryJournalStore } from "./memory-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const networkHash = Uint8Array.from({ length: 32 }, (_, index) => index + 100);

async function createMemoryHarness(): Promise<JournalHarness> {
  const store = createMemoryJournalStore();
  return {
    networkHash,
    open: async (options) => createMemoryJournal({ ...options, networkHash, store }),
    crash: async () => store.crash(),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function createFileHarness(
  segmentBytes: number,
  files: FileOperations = nodeFiles,
): Promise<JournalHarness> {
  const root = makeTemporaryDirectory("memory");
  const opened: Journal[] = [];
  let generation = 0;
  const directory = (): string => join(root.path, "deep", String(generation));
  return {
    networkHash,
    async open(options) {
      const journal = await openFileJournal({
        directory: directory(),
        networkHash,
        segmentBytes,
        files,
        mayBePruned: true,
        ...options,
      });
      opened.push(journal);
      return journal;
    },
    async crash() {
      const before = directory();
      generation++;
      // What a kill leaves: the files as they are at one instant, and a lock that nobody holds.
      mkdirSync(directory());
      for (const name of readdirSync(before)) {
        // A rename under way in another thread may take an unfinished file away from under us.
        if (existsSync(join(before, name)))
          copyFileSync(join(before, name), join(directory(), name));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const journal of opened) await journal.close();
      root[Symbol.dispose]();
    },
  };
}

describeJournalCompliance("memory", createMemoryHarness);
describeJournalCompliance("file", () => createFileHarness(0x10_0000));
describeJournalCompliance("file with many segments", () => createFileHarness(0x1000));
describeJournalCompliance("file written in place", () => createFileHarness(0x10_0000, promptFiles));
