import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { LocalCluster } from "../../src/cluster/local-cluster.ts";
import { MEMBER_SEGMENT_BYTES_MIN } from "../../src/cluster/member-journal.ts";
import { findTestPort } from "../../src/testing/free-port.ts";
import { runRialto } from "../../src/testing/node-process.ts";
import { until } from "../../src/testing/small-cluster.ts";
import { SMALL_NETWORK } from "../../src/testing/small-exchange.ts";

// The commands that make, start, ask and stop clusters, as an operator types them.

const RIALTO = join(import.meta.dirname, "../../bin/rialto.js");
const LINK_OFFSET = 20;
const METRICS_OFFSET = 40;

const root = mkdtempSync(join(tmpdir(), "rialto-commands-"));
const network = join(root, "network.json");
writeFileSync(network, JSON.stringify(SMALL_NETWORK));
const cleanup = new AsyncDisposableStack();
cleanup.defer(() => rmSync(root, { recursive: true, force: true }));
afterAll(() => cleanup.disposeAsync());

interface Report {
  readonly ready: boolean;
  readonly reason: string;
  readonly origin: string;
  readonly committed: number;
  readonly tolerance: string;
  readonly node: number;
  readonly epoch: number;
  readonly members: number;
}
interface Reports {
  readonly ready: boolean;
  readonly started: number;
  readonly nodes: readonly Report[];
}

/** What a command says when it is refused, and with what it ends. */
async function refusalOf(
  ...args: readonly string[]
): Promise<readonly [code: number, text: string]> {
  try {
    await promisify(execFile)(process.execPath, [RIALTO, ...args]);
  } catch (error) {
    const { code, stderr } = error as { readonly code: number; readonly stderr: string };
    return [code, stderr.trim()];
  }
  throw new Error("it was not refused");
}

/** What `cluster status` prints, whatever it ends with. */
async function statusOf(directory: readonly string[]): Promise<Reports> {
  const args = [RIALTO, "cluster", "status", ...directory, "--json"];
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (_, text) => resolve(text));
  });
  return JSON.parse(stdout) as Reports;
}

test("a cluster starts, tells how it stands, stops, and goes on where it was", async () => {
  // One more may be added.
  const offsets = [0, 1, 2, 3].flatMap((node) => [
    node,
    LINK_OFFSET + 3 * node,
    METRICS_OFFSET + node,
  ]);
  const port = await findTestPort(offsets);
  const directory = ["--data-dir", join(root, "cluster")];
  const flags = ["--nodes", "3", "--network", network, "--port", port, "--link-port"];
  flags.push(port + LINK_OFFSET, "--metrics-port", port + METRICS_OFFSET);
  const start = ["cluster", "start", ...directory, ...flags.map(String)];
  cleanup.defer(async () => {
    await runRialto("cluster", "stop", ...directory);
  });
  const first = (await runRialto(...start)) as Reports;
  expect(first.started).toBe(3);
  expect(first.nodes.map(({ origin }) => origin)).toEqual(
    [0, 1, 2].map((node) => `http://127.0.0.1:${port + node}`),
  );
  for (const { origin, tolerance } of first.nodes) {
    expect((await fetch(`${origin}/health`)).status).toBe(200);
    expect(tolerance).toBe("crash-tolerant (1 of 3), not Byzantine-tolerant");
  }
  // A node is ready with a quorum: the last link may take longer.
  await until("node 1 reaches node 2", async () => {
    const metrics = await fetch(`http://127.0.0.1:${port + METRICS_OFFSET + 1}/metrics`);
    return (await metrics.text()).includes('rialto_peer_reached{member="2"} 1\n');
  });
  let committed = 0;
  // Nodes that were just held up, as on a busy machine, say for a moment that nothing was decided.
  await until("the status is that all are ready", async () => {
    const status = await statusOf(directory);
    committed = Math.max(...status.nodes.map((node) => node.committed));
    return status.ready;
  });
  // What runs is not started again, and a cluster is not made over.
  expect(await runRialto(...start)).toMatchObject({ started: 0 });
  const [, other] = await refusalOf("cluster", "start", ...directory, "--nodes", "4");
  expect(other).toContain("nodes is 3, not 4");
  expect(await runRialto("cluster", "stop", ...directory)).toEqual({ stopped: 3, left: [] });
  const [code, text] = await refusalOf("cluster", "status", ...directory);
  expect(code).toBe(1);
  expect(text).toBe("");
  const again = (await runRialto(...start)) as Reports;
  expect(again.started).toBe(3);
  // Who was behind the others when it stopped takes orders before it has come after them.
  await until("all stand where the first of them stood", async () => {
    const { nodes } = await statusOf(directory);
    return nodes.every((node) => node.committed >= committed);
  });
});

test("members of a running cluster come, go and get new keys, and a later start knows who is left", async () => {
  const directory = ["--data-dir", join(root, "cluster")];
  const change = (...words: readonly string[]): Promise<unknown> =>
    runRialto("cluster", ...words, ...directory);
  const { choices } = LocalCluster.open(join(root, "cluster"));
  const taken = createServer().listen(choices.metricsPort + 3, "127.0.0.1");
  await once(taken, "listening");
  const [refused, why] = await refusalOf("cluster", "add", ...directory);
  expect([refused, why]).toEqual([1, expect.stringContaining("for metrics of node 3, is in use")]);
  taken.close();
  await once(taken, "close");
  // Nothing was made: the same node comes next, in the next epoch.
  expect(LocalCluster.open(join(root, "cluster")).nodes).toHaveLength(3);
  expect(existsSync(join(root, "cluster", "node-3"))).toBe(false);
  const added = await change("add", "--profile", "byzantine");
  expect(added).toEqual({ epoch: 2, members: 4, added: 3, removed: null });
  const rotated = await change("rotate-keys", "1");
  expect(rotated).toEqual({ epoch: 3, members: 4, added: null, removed: null });
  const [code, text] = await refusalOf("cluster", "remove", "2", ...directory);
  expect(code).toBe(1);
  expect(text).toContain("byzantine needs four members or more");
  const removed = await change("remove", "0", "--profile", "crash");
  expect(removed).toEqual({ epoch: 4, members: 3, added: null, removed: 0 });
  expect(await change("stop")).toEqual({ stopped: 3, left: [] });
  const again = (await change("start")) as Reports;
  const { stdout: told } = await promisify(execFile)(process.execPath, [
    RIALTO,
    "cluster",
    "start",
    ...directory,
  ]);
  expect(told).toContain(`data and logs  ${join(root, "cluster", "node-1")} ...`);
  expect(again.nodes).toMatchObject(
    [1, 2, 3].map((node) => ({
      node,
      epoch: 4,
      members: 3,
      tolerance: "crash-tolerant (1 of 3), not Byzantine-tolerant",
    })),
  );
});

test("a node whose directory is lost is replaced; a change that nobody waited for any more is what a start goes by", async () => {
  const path = join(root, "cluster");
  const directory = ["--data-dir", path];
  const { nodes, choices } = LocalCluster.open(path);
  const kill = async (node: number): Promise<void> => {
    process.kill(pidAt(path, node)!, "SIGKILL");
    await until("it has ended", async () => pidAt(path, node) === undefined);
  };
  await kill(2);
  const { directory: lost } = nodes[2]!;
  rmSync(lost, { recursive: true });
  await runRialto("cluster", "stop", ...directory);
  const [gone, advice] = await refusalOf("cluster", "start", ...directory);
  expect([gone, advice]).toEqual([1, expect.stringContaining("cluster start --without 2")]);
  const others = await runRialto("cluster", "start", "--without", "2", ...directory);
  expect(others).toMatchObject({ started: 2, nodes: [{ node: 1 }, { node: 3 }] });
  // A directory that is there, with keys that are none, is not asked for a signature.
  mkdirSync(lost);
  writeFileSync(join(lost, "link.key"), "junk");
  const replaced = await runRialto("cluster", "replace", "2", ...directory);
  expect(replaced).toEqual({ epoch: 5, members: 3, added: 4, removed: 2 });

  // One that runs and does not answer keeps nobody from a change.
  process.kill(pidAt(path, 1)!, "SIGSTOP");
  const rotated = await runRialto("cluster", "rotate-keys", "1", ...directory);
  expect(rotated).toEqual({ epoch: 6, members: 3, added: null, removed: null });

  await kill(1);
  await kill(4);
  const url = `http://127.0.0.1:${choices.port + 3}`;
  await until("node 3 misses a quorum", async () => !(await fetch(`${url}/ready`)).ok);
  const [code, text] = await refusalOf("cluster", "add", ...directory);
  expect([code, text]).toEqual([1, expect.stringContaining("nothing would be decided")]);

  // Handed in all the same, and left alone.
  const change = join(root, "change.json");
  const genesis = ["--genesis", join(path, "node-3", "genesis.json")];
  const { members } = (await (await fetch(`${url}/api/consensus/epochs`)).json()) as {
    readonly members: readonly { readonly address: string }[];
  };
  const address = `tcp://127.0.0.1:${choices.linkPort + 3}`;
  const leaving = members.findIndex((member) => member.address === address);
  const propose = ["propose", change, "--remove", String(leaving), "--url", url, ...genesis];
  await runRialto("cluster", ...propose);
  for (const node of [1, 3]) {
    await runRialto("cluster", "sign", change, "--data-dir", join(path, `node-${node}`));
  }
  const submit = [RIALTO, "cluster", "submit", change, "--url", url, ...genesis];
  await promisify(execFile)(process.execPath, submit, { timeout: 2_000 }).catch(() => undefined);

  // It comes true with the quorum that this start brings, before it ends or after.
  await runRialto("cluster", "start", ...directory);
  const left = [
    { node: 3, ready: true, epoch: 7, members: 2 },
    { node: 4, ready: true, epoch: 7, members: 2 },
  ];
  await until("it has come true", async () => {
    const { nodes: reports } = await statusOf(directory);
    return reports.length === 2 && reports.every(({ ready, epoch }) => ready && epoch === 7);
  });
  expect(await runRialto("cluster", "start", ...directory)).toMatchObject({ nodes: left });
  await until("who has left is stopped", async () => pidAt(path, 1) === undefined);
  expect(await runRialto("cluster", "stop", ...directory)).toEqual({ stopped: 2, left: [] });
});

/** The pid of a node of a cluster, as it lies on disk now. */
function pidAt(path: string, node: number): number | undefined {
  const cluster = LocalCluster.open(path);
  return cluster.pidOf(cluster.nodes[node]!);
}

test("a start that fails says why, and leaves nothing running", async () => {
  const offsets = [0, 1, LINK_OFFSET, LINK_OFFSET + 3, METRICS_OFFSET, METRICS_OFFSET + 1];
  const port = await findTestPort(offsets);
  const ports = { port, linkPort: port + LINK_OFFSET, metricsPort: port + METRICS_OFFSET };
  const committee = { nodes: 2, profile: "crash", voteThreshold: 0.65, links: "tls" } as const;
  const choices = { ...committee, network, ...ports };
  await LocalCluster.openOrMake(join(root, "taken"), choices, new Set());
  const taken = createServer().listen(port + 1, "127.0.0.1");
  await once(taken, "listening");
  const directory = ["--data-dir", join(root, "taken")];
  const flags = ["--nodes", "2", "--network", network, "--port", port, "--link-port"];
  flags.push(port + LINK_OFFSET, "--metrics-port", port + METRICS_OFFSET);
  const [code, text] = await refusalOf("cluster", "start", ...directory, ...flags.map(String));
  expect(code).toBe(1);
  // What it said last, and not the lines before it.
  expect(text).toMatch(
    /node 1 has ended: listen EADDRINUSE: .*\nIts log is .*node-1.node\.log\. Mend it/,
  );
  await until("nothing is left", async () => {
    const { stopped } = (await runRialto("cluster", "stop", ...directory)) as { stopped: number };
    return stopped === 0;
  });
  taken.close();
});

test("what is not the cluster's is said, and nothing is left running", async () => {
  const offsets = [0, 1, LINK_OFFSET, LINK_OFFSET + 3, METRICS_OFFSET, METRICS_OFFSET + 1];
  const port = await findTestPort(offsets);
  const path = join(root, "broken");
  // One that is empty may be used.
  mkdirSync(path);
  const directory = ["--data-dir", path];
  const flags = ["--nodes", "2", "--network", network, "--port", port, "--link-port"];
  flags.push(port + LINK_OFFSET, "--metrics-port", port + METRICS_OFFSET);
  const start = ["cluster", "start", ...directory, ...flags.map(String)];
  const stop = (): Promise<unknown> => runRialto("cluster", "stop", ...directory);
  cleanup.defer(async () => void (await stop()));
  expect(await runRialto(...start)).toMatchObject({ started: 2 });
  expect(await stop()).toEqual({ stopped: 2, left: [] });
  const absent = await refusalOf(...start, "--without", "7");
  expect(absent).toEqual([2, expect.stringContaining("--without: there is no node 7")]);
  // Who stops a cluster that is just being started ends the start too, however early.
  const early = refusalOf(...start);
  await until(
    "it is being started",
    async () => LocalCluster.open(path).starterPid() !== undefined,
  );
  await stop();
  expect(await early).toEqual([1, expect.stringContaining("interrupted")]);
  expect(LocalCluster.open(path).nodes.map((node) => pidAt(path, node.index))).toEqual([
    undefined,
    undefined,
  ]);
  // Who starts a cluster that somebody else is just starting waits with them.
  const both = (await Promise.all([runRialto(...start), runRialto(...start)])) as Reports[];
  expect(both.map(({ nodes }) => nodes.map(({ ready }) => ready))).toEqual([
    [true, true],
    [true, true],
  ]);
  expect(both[0]!.started + both[1]!.started).toBe(2);
  expect(await stop()).toEqual({ stopped: 2, left: [] });

  renameSync(join(path, "node-1"), join(path, "away"));
  const [gone, lost] = await refusalOf(...start);
  expect([gone, lost]).toEqual([1, expect.stringContaining("node-1 is gone")]);
  const cluster = LocalCluster.open(path);
  await until("node 0 has ended too", async () => cluster.pidOf(cluster.nodes[0]!) === undefined);
  renameSync(join(path, "away"), join(path, "node-1"));

  for (const text of ["{", "{}", "null"]) {
    writeFileSync(join(path, "cluster.json"), text);
    for (const command of ["start", "status", "stop"]) {
      const [code, message] = await refusalOf("cluster", command, ...directory);
      expect([code, message]).toEqual([1, expect.stringContaining("does not hold what")]);
    }
  }
  writeFileSync(join(path, "cluster.json"), JSON.stringify(cluster.choices));
});

test("what a committee does not bear, and a start of nobody, is refused before anything is made", async () => {
  const directory = join(root, "six");
  const args = ["cluster", "start", "--data-dir", directory, "--network", network];
  expect(await refusalOf(...args, "--nodes", "6")).toEqual([
    2,
    "rialto cluster start: vote threshold 0.65 is unsafe: 5 of 6 decide, so it must be above 4/6: give --vote-threshold 0.84",
  ]);
  expect(await refusalOf(...args, "--nodes", "3", "--profile", "byzantine")).toEqual([
    2,
    "rialto cluster start: the committee: byzantine needs four members or more: give --nodes 4 or more, or --profile crash",
  ]);
  const [code] = await refusalOf(...args, "--vote-threshold", "2");
  expect(code).toBe(2);
  for (const [flag, why] of [
    ["--port", "no browser asks"],
    ["--link-port", "the same port"],
  ] as const) {
    const clash = await refusalOf(...args, "--metrics-port", "6000", flag, "6000");
    expect(clash).toEqual([2, expect.stringContaining(why)]);
  }
  const nobody = await refusalOf(...args, "--nodes", "2", "--without", "0,1");
  expect(nobody).toEqual([2, expect.stringContaining("--without leaves no node to start")]);
  const stranger = await refusalOf(...args, "--nodes", "2", "--without", "2");
  expect(stranger).toEqual([2, expect.stringContaining("--without: there is no node 2")]);
  expect(statSync(directory, { throwIfNoEntry: false })).toBeUndefined();
});

test("the ceremony: each member makes its keys, one writes the genesis", async () => {
  const cards: string[] = [];
  for (const name of ["a", "b", "c"]) {
    const directory = join(root, name);
    const address = `tcp://10.0.0.${cards.length + 1}:5000`;
    const made = (await runRialto(
      "keys",
      "member",
      "--data-dir",
      directory,
      "--address",
      address,
    )) as {
      readonly card: string;
      readonly publicKey: string;
    };
    cards.push(made.card);
    // Nothing secret is in what is handed around.
    const secret = /secret ([0-9a-f]{64})/.exec(
      readFileSync(join(directory, "member.key"), "utf8"),
    )!;
    expect(readFileSync(made.card, "utf8")).not.toContain(secret[1]!);
    expect(statSync(join(directory, "member.key")).mode & 0o777).toBe(0o600);
  }
  const path = join(root, "genesis.json");
  const flags = ["--profile", "crash", "--network", network, "--members", cards.join(",")];
  const written = await runRialto("cluster", "genesis", path, ...flags);
  expect(written).toMatchObject({ path, members: 3, profile: "crash" });
  const other = (...more: readonly string[]): ReturnType<typeof refusalOf> =>
    refusalOf("cluster", "genesis", join(root, "other.json"), ...flags, ...more);
  expect(await other("--profile", "byzantine")).toEqual([
    2,
    expect.stringContaining("give --members 4 or more, or --profile crash"),
  ]);
  expect(await other("--vote-threshold", "0.1")).toEqual([
    2,
    expect.stringContaining("give --vote-threshold 0.67"),
  ]);
  expect(await other("--leaders", "4")).toEqual([2, expect.stringContaining("4 leaders")]);
  const [, again] = await refusalOf("cluster", "genesis", path, ...flags);
  expect(again).toContain("a genesis is written once");
  const address = ["--address", "tcp://10.0.0.1:5000"];
  const [, exists] = await refusalOf("keys", "member", "--data-dir", join(root, "a"), ...address);
  expect(exists).toContain("A key is never overwritten");
  const stranger = join(root, "stranger");
  await runRialto("keys", "member", "--data-dir", stranger, "--address", "tcp://10.0.0.9:5000");
  const [code, text] = await refusalOf("start", "--join", path, "--data-dir", stranger);
  expect([code, text.split(" (")[0]]).toEqual([
    1,
    `rialto start: the genesis file has no member with the key of ${join(stranger, "member.key")}`,
  ]);
  const [, forgetful] = await refusalOf("start", "--join", path, "--durability", "memory");
  expect(forgetful).toContain("could vote twice");
  const small = ["--segment-bytes", String(MEMBER_SEGMENT_BYTES_MIN - 512)];
  const [wrong, segments] = await refusalOf("start", "--join", path, ...small);
  expect([wrong, segments]).toEqual([
    2,
    expect.stringContaining(`give ${MEMBER_SEGMENT_BYTES_MIN} or more`),
  ]);
  const [, blocks] = await refusalOf("inspect", "journal", "--data-dir", stranger);
  expect(blocks).toContain("is a cluster's member: its journal holds blocks");
});
