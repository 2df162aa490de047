import { openFileJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDataDirectory } from "../data-directory.ts";
import { findTestPort } from "../testing/free-port.ts";
import { LocalCluster } from "./local-cluster.ts";
import { reportNode } from "./node-report.ts";

test("another program on a node's port is nobody who answers, whatever it says", async () => {
  using directory = makeTemporaryDirectory("memory");
  const port = await findTestPort([0, 1]);
  const server = createServer((_, response) => response.end("<html>")).listen(port, "127.0.0.1");
  await once(server, "listening");
  const choices = {
    nodes: 2,
    profile: "crash",
    voteThreshold: 1,
    network: "demo",
    port,
    linkPort: 5_000,
    metricsPort: 9_464,
  } as const;
  const path = join(directory.path, "cluster");
  const cluster = await LocalCluster.openOrMake(path, choices, new Set());
  const [first, second] = cluster.nodes;
  // Whoever holds the journal is the node's process.
  const { journal } = makeDataDirectory(first!.directory);
  const networkHash = new Uint8Array(32);
  await using _held = await openFileJournal({ directory: journal, networkHash, mode: "group" });
  const reports = await Promise.all([reportNode(cluster, first!), reportNode(cluster, second!)]);
  expect(reports).toMatchObject([
    { ready: false, pid: process.pid, reason: "it does not answer yet" },
    { ready: false, pid: undefined, reason: "it does not run" },
  ]);
  server.closeAllConnections();
  server.close();
});
