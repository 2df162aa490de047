import { join } from "node:path";
import { makeTemporaryDirectory } from "../testing/temporary-directory.ts";
import { openFileHistory } from "./file-history.ts";
import { describeHistoryCompliance, type HistoryHarness } from "./history-compliance.ts";
import {
  createMemoryHistory,
  createMemoryHistoryStore,
  type MemoryHistoryStore,
} from "./memory-history.ts";

const networkHash = "ab".repeat(32);

describeHistoryCompliance("memory", async (): Promise<HistoryHarness> => {
  let store: MemoryHistoryStore | undefined;
  return {
    open: async (options) => {
      store ??= createMemoryHistoryStore({ networkHash, ...options });
      return createMemoryHistory(store);
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

describeHistoryCompliance("file", async (): Promise<HistoryHarness> => {
  const root = makeTemporaryDirectory("memory");
  return {
    open: (options) =>
      openFileHistory({ path: join(root.path, "history.sqlite"), networkHash, ...options }),
    [Symbol.asyncDispose]: async () => root[Symbol.dispose](),
  };
});
