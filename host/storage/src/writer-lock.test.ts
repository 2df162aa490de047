import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mountSmallDisk } from "./testing/small-disk.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";
import { acquireWriterLock, findWriter } from "./writer-lock.ts";

/** Holds the lock for `ms`, as another process that looks does for a moment. Resolves once it has it. */
async function holdFor(directory: string, ms: number): Promise<void> {
  const program = `
    const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(process.argv[1]);
    database.exec("BEGIN EXCLUSIVE");
    process.stdout.write("held");
    setTimeout(() => process.exit(), ${ms});`;
  const child = spawn(process.execPath, ["-e", program, join(directory, "writer.lock")]);
  await once(child.stdout, "data");
}

test("a writer that starts while somebody looks waits for that moment, and not for a writer", async () => {
  using directory = makeTemporaryDirectory("memory");
  const { path } = directory;
  await holdFor(path, 60);
  const lock = acquireWriterLock(path);
  expect(findWriter(path)).toBe(process.pid);
  expect(() => acquireWriterLock(path)).toThrow(/is open for writing in process/);
  lock.release();
  expect(findWriter(path)).toBeUndefined();
});

test("looking says nothing of itself, and nothing of the dead", () => {
  using directory = makeTemporaryDirectory("memory");
  const { path } = directory;
  expect(findWriter(path)).toBeUndefined();
  expect(existsSync(join(path, "writer.pid"))).toBe(false);
  writeFileSync(join(path, "writer.pid"), "1\n");
  expect(findWriter(path)).toBeUndefined();
});

test("who has been here before is known by its pid though the disk is full by now", (context) => {
  using disk = mountSmallDisk(1_048_576);
  if (disk === undefined) return context.skip("this process may not mount");
  const { path } = disk;
  acquireWriterLock(path).release();
  disk.leaveFree(0);
  const lock = acquireWriterLock(path);
  expect(findWriter(path)).toBe(process.pid);
  lock.release();
  expect(findWriter(path)).toBeUndefined();
});
