import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { constants } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { findTestPort } from "../testing/free-port.ts";
import { lastWords, LocalCluster, type LocalClusterChoices } from "./local-cluster.ts";

const NOTHING_GIVEN: ReadonlySet<string> = new Set();
const OFFSETS = [0, 1, 10, 13, 20, 21];

async function choicesOf(nodes = 2): Promise<LocalClusterChoices> {
  const port = await findTestPort(OFFSETS);
  const ports = { port, linkPort: port + 10, metricsPort: port + 20 };
  return { nodes, profile: "crash", voteThreshold: 1, links: "tls", network: "demo", ...ports };
}

test("a node whose change has not come true is not started; one that is gone is missed; what lies there is not made over", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  const cluster = await LocalCluster.openOrMake(path, await choicesOf(), NOTHING_GIVEN);
  const next = cluster.nextNode();
  mkdirSync(next.directory);
  // Of an addition that was broken off before it was handed in.
  expect(cluster.nextNode().index).toBe(3);
  cluster.keepNode(next);
  const opened = LocalCluster.open(path);
  expect(opened.nodes).toHaveLength(3);
  expect(opened.active.map(({ index }) => index)).toEqual([0, 1]);
  const [, second] = opened.nodes;
  rmSync(second!.directory, { recursive: true });
  expect(opened.active).toContain(second);
  expect(() => opened.start(second!, [])).toThrow("node-1 is gone");
});

test("ports that are in use, or the same, are refused before anything is made", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  const choices = await choicesOf();
  const make = (other: Partial<LocalClusterChoices>): Promise<LocalCluster> =>
    LocalCluster.openOrMake(path, { ...choices, ...other }, NOTHING_GIVEN);
  const { port } = choices;
  await expect(make({ linkPort: port + 1 })).rejects.toThrow(
    `links of node 0 and HTTP of node 1 would have the same port, ${port + 1}: give another --port`,
  );
  await expect(make({ linkPort: 65_534 })).rejects.toThrow("give a lower --link-port");
  const taken = createServer().listen(port + 13, "127.0.0.1");
  await once(taken, "listening");
  await expect(make({})).rejects.toThrow(`port ${port + 13}, for links of node 1, is in use`);
  expect(existsSync(path)).toBe(false);
  taken.close();
  await once(taken, "close");
  await make({});
});

test("a node is not to be made where another one has a port of its", async () => {
  using directory = makeTemporaryDirectory("memory");
  const choices = await choicesOf();
  const path = join(directory.path, "cluster");
  // Two nodes have room between the ports of HTTP and metrics, and a third has not.
  const narrow = { ...choices, metricsPort: choices.port + 2 };
  const cluster = await LocalCluster.openOrMake(path, narrow, NOTHING_GIVEN);
  await expect(cluster.checkPorts(cluster.nextNode())).rejects.toThrow(
    "metrics of node 0 and HTTP of node 2 would have the same port",
  );
});

test("a cluster that is down is moved to other ports of HTTP and metrics; its links stay", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  const choices = await choicesOf();
  await LocalCluster.openOrMake(path, choices, NOTHING_GIVEN);
  const wanted = { ...choices, port: choices.port + 30, metricsPort: choices.port + 40 };
  const moved = await LocalCluster.openOrMake(path, wanted, new Set(["port", "metricsPort"]));
  expect(moved.nodes[1]!.origin).toBe(`http://127.0.0.1:${choices.port + 31}`);
  expect(LocalCluster.open(path).choices).toEqual(wanted);
  const linked = { ...choices, linkPort: choices.linkPort + 1 };
  await expect(LocalCluster.openOrMake(path, linked, new Set(["linkPort"]))).rejects.toThrow(
    `linkPort is ${choices.linkPort}, not ${linked.linkPort}`,
  );
});

test.each([
  [{ nodes: 1e12 }, "nodes is not an integer from 1 to 21845"],
  [{ nodes: -1 }, "nodes is not an integer from 1 to 21845"],
  [{ nodes: 2.5 }, "nodes is not an integer from 1 to 21845"],
  [{ port: 1e9 }, "port is not an integer from 1 to 65535"],
  [{ linkPort: -5 }, "linkPort is not an integer from 1 to 65535"],
  [{ metricsPort: 0.5 }, "metricsPort is not an integer from 1 to 65535"],
  [{ voteThreshold: 1e300 }, "voteThreshold is not above 0 and at most 1"],
  [{ profile: "fast" }, "profile is none of solo, crash, byzantine"],
  [{ links: "tcp" }, "links is none of tls, zeromq"],
  [{ network: 7 }, "network is no text"],
])("a cluster.json with %j is refused by the name of the field", (change, problem) => {
  using directory = makeTemporaryDirectory("memory");
  const ports = { port: 9_000, linkPort: 9_010, metricsPort: 9_020 };
  const sound = { nodes: 2, profile: "crash", voteThreshold: 1, network: "demo", ...ports };
  const path = join(directory.path, "cluster.json");
  writeFileSync(path, JSON.stringify(sound));
  // Of before there was a choice, it has none.
  expect(LocalCluster.open(directory.path).choices).toEqual({ ...sound, links: "zeromq" });
  writeFileSync(path, JSON.stringify({ ...sound, ...change }));
  expect(() => LocalCluster.open(directory.path)).toThrow(
    `${path} does not hold what \`rialto cluster start\` wrote (${problem}): restore it`,
  );
});

/** Notes in a cluster again and again how many nodes it has, as `cluster add` does once. */
const KEEPING = `
  const { LocalCluster } = await import(process.argv[1]);
  const cluster = LocalCluster.open(process.argv[2]);
  for (let times = 0; times < 3_000; times++) cluster.keepNode(cluster.nodes[1]);
`;

test("whoever looks at a cluster while another process changes it sees it as it was or as it is", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  await LocalCluster.openOrMake(path, await choicesOf(), NOTHING_GIVEN);
  const program = join(import.meta.dirname, "local-cluster.ts");
  const child = spawn(process.execPath, ["--input-type=module", "-e", KEEPING, program, path]);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
  while (child.exitCode === null && child.signalCode === null) {
    for (let times = 0; times < 100; times++) {
      expect(LocalCluster.open(path).nodes).toHaveLength(2);
    }
    await nextTurn();
  }
  expect(said).toBe("");
  expect(child.exitCode).toBe(0);
});

test("a node that has ended is quoted by what it says of it itself, else by the end of its log", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "cluster");
  const cluster = await LocalCluster.openOrMake(path, await choicesOf(), NOTHING_GIVEN);
  const [node] = cluster.nodes;
  expect(lastWords(node!)).toBe("");
  const before = '{"level":30,"msg":"gateway.listening"}';
  writeFileSync(node!.log, `${before}\n{"event":"failed","message":"the disk is gone"}\n`);
  expect(lastWords(node!)).toBe("the disk is gone");
  writeFileSync(node!.log, `${before}\nout of memory\n`);
  expect(lastWords(node!)).toBe(`\n${before}\nout of memory`);
  // Longer than any text of Node's, as after a year.
  truncateSync(node!.log, constants.MAX_STRING_LENGTH + 1);
  appendFileSync(node!.log, `\n{"event":"failed","message":"the disk is gone"}\n`);
  expect(lastWords(node!)).toBe("the disk is gone");
});
