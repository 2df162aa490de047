import { openFileJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDataDirectory } from "../data-directory.ts";
import { findTestPort } from "../testing/free-port.ts";
import { LocalCluster, type LocalNode } from "./local-cluster.ts";
import { describeCommon, describeNode, type NodeReport, reportNode } from "./node-report.ts";

/** Of two nodes for HTTP, links and metrics. */
const OFFSETS = [0, 1, 10, 11, 12, 13, 14, 15, 20, 21];

/** The reports of two nodes at `port`, of which the first is held by this process, once `listener` listens there. */
async function reportTwo(
  port: number,
  listener: Server | undefined,
  change: Partial<LocalNode> = {},
): Promise<NodeReport[]> {
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(makeTemporaryDirectory("memory"));
  const choices = {
    nodes: 2,
    profile: "crash",
    voteThreshold: 1,
    links: "tls",
    network: "demo",
    port,
    linkPort: port + 10,
    metricsPort: port + 20,
  } as const;
  const path = join(directory.path, "cluster");
  const cluster = await LocalCluster.openOrMake(path, choices, new Set());
  const [first, second] = cluster.nodes;
  // Whoever holds the journal is the node's process.
  const { journal } = makeDataDirectory(first!.directory);
  const networkHash = new Uint8Array(32);
  cleanup.use(await openFileJournal({ directory: journal, networkHash, mode: "group" }));
  if (listener !== undefined) {
    await once(listener.listen(port, "127.0.0.1"), "listening");
    cleanup.defer(() => void listener.close());
  }
  const held = { ...first!, ...change };
  return await Promise.all([reportNode(cluster, held), reportNode(cluster, second!)]);
}

test.each(["<html>", "{}", "null", '"ready"'])(
  "a program that says %s is no node",
  async (text) => {
    const server = createServer((_, response) => response.end(text));
    expect(await reportTwo(await findTestPort(OFFSETS), server)).toMatchObject([
      { ready: false, pid: process.pid, reason: "another program answers at its port" },
      { ready: false, pid: undefined, reason: "it does not run" },
    ]);
    server.closeAllConnections();
  },
);

test("a program that does not speak HTTP is no node, and a port where nobody listens is not there yet", async () => {
  const port = await findTestPort(OFFSETS);
  const reasonBeside = async (listener: Server | undefined): Promise<string> =>
    (await reportTwo(port, listener))[0]!.reason;
  expect(await reasonBeside(undefined)).toBe("it does not answer yet");
  const server = createTcpServer((socket) => socket.end("220 ready\r\n"));
  expect(await reasonBeside(server)).toBe("another program answers at its port");
});

test("what has nothing to do with the node is not taken for its silence", async () => {
  const port = await findTestPort(OFFSETS);
  const origin = "http://127.0.0.1:70000";
  await expect(reportTwo(port, undefined, { origin })).rejects.toThrow("Failed to parse URL");
});

test("a node has one line of a terminal, and what all have in common is said once, by who is farthest", () => {
  const tolerance = "crash-tolerant (1 of 3), not Byzantine-tolerant";
  const standing = { profile: "crash", tolerance, quorum: 2, round: 12_345, finalized: 30_000 };
  const up = { origin: "http://127.0.0.1:8080", pid: 12_345, ready: true, reason: "" };
  const counts = { epoch: 2, members: 4, committed: 9_999 };
  const ready = { ...up, ...standing, ...counts, node: 0, trading: true };
  const behind = { ...ready, node: 1, epoch: 1, members: 3 };
  const down = { ...ready, node: 2, pid: undefined, ready: false, reason: "it does not run" };
  const silent: NodeReport = { ...down, epoch: 0, members: 0, tolerance: "" };
  expect(describeNode(ready)).toMatch(
    /^ {2}node 0 .* ready {2}epoch 2, .* 9999 commits {2}pid 12345$/,
  );
  expect(describeNode(silent)).toMatch(/^ {2}node 2 .* not ready: it does not run$/);
  for (const each of [ready, behind, silent]) {
    expect(describeNode(each).length).toBeLessThanOrEqual(90);
    expect(describeNode(each)).not.toContain("tolerant");
  }
  expect(describeCommon([silent, behind, ready])).toBe(
    `epoch 2, 4 members: ${tolerance}; 2 decide`,
  );
  expect(describeCommon([silent, { ...ready, trading: false }])).toBe(
    `epoch 2, 4 members: ${tolerance}; 2 decide\nthe operator has stopped all trading`,
  );
  expect(describeCommon([silent])).toBeUndefined();
});
