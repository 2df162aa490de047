import { describeSnapshotsCompliance, type SnapshotsHarness } from "./compliance.ts";
import { openFileSnapshots } from "./file-snapshots.ts";
import { createMemorySnapshots } from "./memory-snapshots.ts";
import type { Snapshots } from "./snapshots.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

describeSnapshotsCompliance("memory", async (): Promise<SnapshotsHarness> => {
  let snapshots: Snapshots | undefined;
  return {
    open: async (options) => (snapshots ??= createMemorySnapshots(options)),
    [Symbol.asyncDispose]: async () => {},
  };
});

describeSnapshotsCompliance("file", async (): Promise<SnapshotsHarness> => {
  const root = makeTemporaryDirectory("memory");
  const networkHash = new Uint8Array(32).fill(5);
  return {
    open: (options) => openFileSnapshots({ directory: root.path, networkHash, ...options }),
    [Symbol.asyncDispose]: async () => root[Symbol.dispose](),
  };
});
