import { openFileJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDataDirectory } from "../data-directory.ts";
import { findTestPort } from "../testing/free-port.ts";
import { LocalCluster } from "./local-cluster.ts";
import { type NodeReport, reportNode } from "./node-report.ts";

/** The reports of two nodes at `port`, of which the first is held by this process. */
async function reportTwo(port: number): Promise<NodeReport[]> {
  using directory = makeTemporaryDirectory("memory");
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
  return await Promise.all([reportNode(cluster, first!), reportNode(cluster, second!)]);
}

test.each(["<html>", "{}", "null", '"ready"'])(
  "a program that says %s is no node",
  async (text) => {
    const port = await findTestPort([0, 1]);
    const server = createServer((_, response) => response.end(text)).listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(await reportTwo(port)).toMatchObject([
      { ready: false, pid: process.pid, reason: "another program answers at its port" },
      { ready: false, pid: undefined, reason: "it does not run" },
    ]);
    server.closeAllConnections();
    server.close();
  },
);

test("a program that does not speak HTTP is no node, and a port where nobody listens is not there yet", async () => {
  const port = await findTestPort([0, 1]);
  const reason = async (): Promise<string> => (await reportTwo(port))[0]!.reason;
  expect(await reason()).toBe("it does not answer yet");
  const server = createTcpServer((socket) => socket.end("220 ready\r\n")).listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await reason()).toBe("another program answers at its port");
  server.close();
});

test("what has nothing to do with the node is not taken for its silence", async () => {
  await expect(reportTwo(70_000)).rejects.toThrow("Failed to parse URL");
});
