import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { MemberCard } from "../cluster/genesis.ts";
import { memberPaths } from "../cluster/member-directory.ts";
import { StartRefused } from "./node-process.ts";
import { SmallCluster } from "./small-cluster.ts";

test("where one member does not come up, the others are known, and end with the cluster", async () => {
  await using cluster = await SmallCluster.create(2, "crash");
  const card = readFileSync(memberPaths(cluster.directories[1]!).card, "utf8");
  const { port } = new URL((JSON.parse(card) as MemberCard).address);
  const taken = createServer().listen(Number(port), "127.0.0.1");
  await once(taken, "listening");
  const starting = cluster.startAll([0, 1]);
  await expect(starting).rejects.toBeInstanceOf(StartRefused);
  const { pid } = cluster.node(0);
  expect(process.kill(pid, 0)).toBe(true);
  await cluster[Symbol.asyncDispose]();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  taken.close();
});
