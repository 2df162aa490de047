import { mountSmallDisk } from "@rialto/storage/testing";
import { expect, test } from "vitest";
import { makeDataDirectory, openIdentity } from "./data-directory.ts";

test("a first start that finds no room for the node's identity leaves none that is half written", (context) => {
  using disk = mountSmallDisk(1_048_576);
  if (disk === undefined) return context.skip("this process may not mount");
  const directory = makeDataDirectory(disk.path);
  disk.leaveFree(0);
  expect(() => openIdentity(directory)).toThrow("ENOSPC");
  disk.leaveFree(65_536);
  const { nodeId } = openIdentity(directory);
  expect(openIdentity(directory)).toEqual({ nodeId });
});
