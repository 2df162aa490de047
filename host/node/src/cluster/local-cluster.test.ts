import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LocalCluster } from "./local-cluster.ts";

test("a node whose change did not come true in time is kept, and not started; one that is gone is missed", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  const ports = { port: 1, linkPort: 1, metricsPort: 1 };
  const choices = {
    nodes: 2,
    profile: "crash",
    voteThreshold: 1,
    network: "demo",
    ...ports,
  } as const;
  const cluster = await LocalCluster.openOrMake(path, choices, new Set());
  const next = cluster.nextNode();
  mkdirSync(next.directory);
  cluster.keepNode(next);
  const opened = LocalCluster.open(path);
  expect(opened.nodes).toHaveLength(3);
  expect(opened.active.map(({ index }) => index)).toEqual([0, 1]);
  const [, second] = opened.nodes;
  rmSync(second!.directory, { recursive: true });
  expect(opened.active).toContain(second);
  expect(() => opened.start(second!, [])).toThrow("node-1 is gone");
});
