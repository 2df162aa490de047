import { Fault } from "@rialto/base";
import { RestClient } from "@rialto/client";
import { MEMBERS_MAX } from "@rialto/consensus";
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { isGenesisFault, LINKS } from "../cluster/genesis.ts";
import {
  lastWords,
  LocalCluster,
  type LocalClusterChoices,
  type LocalNode,
} from "../cluster/local-cluster.ts";
import { isUnfitPorts } from "../cluster/local-ports.ts";
import {
  describeCommon,
  describeNode,
  type NodeReport,
  reportNode,
} from "../cluster/node-report.ts";
import type { IntegerSetting, TextSetting } from "../config/settings.ts";
import { loadNetworkOrThrow } from "../config/network-file.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { type CommandContext, defineCommand, ExitCode, UsageError } from "./command.ts";
import { choiceRefusal } from "./genesis-choices.ts";

const POLL_MS = 100;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
/** In a row that find no node: one that begins again, with a snapshot of the others, has let go of its journal for a moment. */
const EMPTY_LOOKS = 3;

export const clusterDirectory: TextSetting = {
  kind: "text",
  flag: "data-dir",
  default: ".rialto-cluster",
  placeholder: "DIR",
  help: "the cluster: a directory for each node, with its keys, journal and log",
};

const port = (flag: string, value: number, help: string): IntegerSetting => ({
  kind: "integer",
  flag,
  default: value,
  min: 1,
  max: 65_000,
  help,
});

export const voteThresholdSetting: TextSetting = {
  kind: "text",
  flag: "vote-threshold",
  default: "0.65",
  placeholder: "FRACTION",
  help: "an assertion: a start is refused where that part of the weight would be less than the quorum",
};

export const linksSetting = {
  kind: "choice",
  flag: "links",
  default: "tls",
  choices: LINKS,
  help: "how members are linked: over TCP with TLS, or over ZeroMQ with CURVE; their link keys prove both ends",
} as const;

/** Leaders of a round, 0 for as many as fit the committee. */
export function leadersSetting(help: string): IntegerSetting {
  const max = MEMBERS_MAX;
  return { kind: "integer", flag: "leaders", default: 0, min: 0, max, help };
}

/** Parses a fraction. Errors: UsageError. */
export function parseThreshold(text: string): number {
  const value = Number(text);
  if (/^(0?\.\d+|1(\.0*)?)$/.test(text) && value > 0) return value;
  throw new UsageError("--vote-threshold is a fraction above 0 and at most 1: 0.65");
}

const START_SETTINGS = {
  nodes: { kind: "integer", flag: "nodes", default: 3, min: 2, max: 32, help: "how many members" },
  profile: {
    kind: "choice",
    flag: "profile",
    default: "auto",
    choices: ["auto", "crash", "byzantine"],
    help: "crash: a majority must be up, nobody may lie; byzantine (4 or more): less than a third may do anything; auto: byzantine from 4 on",
  },
  dataDir: clusterDirectory,
  network: NODE_SETTINGS.network,
  voteThreshold: voteThresholdSetting,
  port: port("port", 8080, "HTTP of node 0; node i has that + i"),
  links: linksSetting,
  linkPort: port("link-port", 5000, "links to node 0; node i has that + 3i"),
  metricsPort: port("metrics-port", 9464, "metrics of node 0; node i has that + i"),
  durability: {
    kind: "choice",
    flag: "durability",
    default: "group",
    choices: ["strict", "group"],
    help: "when a command counts as done: its own flush, or a shared flush",
  },
  without: {
    kind: "text",
    flag: "without",
    default: "",
    placeholder: "LIST",
    help: "nodes that stay down, with commas between: those that are lost or damaged, so that the others can replace them",
  },
} as const;

type StartContext = CommandContext<typeof START_SETTINGS>;

export const clusterStartCommand = defineCommand({
  name: "cluster start",
  summary: "start a cluster on this machine, which goes on when the command has ended",
  positionals: "",
  options: START_SETTINGS,
  examples: [
    "rialto cluster start --nodes 3",
    "rialto cluster start --nodes 4 --profile byzantine --data-dir four",
    "rialto cluster start --network market.json --port 9000",
    "rialto cluster start --without 1",
  ],
  async run(context: StartContext) {
    const { values, sources, progress, print } = context;
    const without = parseNodes(values.without);
    const given = new Set(Object.keys(sources).filter((name) => sources[name] !== "default"));
    const check = (made: LocalCluster): void => checkWithout(made, without);
    const choices = choicesOf(values);
    const cluster = await LocalCluster.openOrMake(values.dataDir, choices, given, check).catch(
      (error: unknown) => {
        if (isUnfitPorts(error)) throw new UsageError(error.message);
        if (!isGenesisFault(error)) throw error;
        throw choiceRefusal(error, { ...choices, members: choices.nodes }, "--nodes");
      },
    );
    const children = new Map<LocalNode, ChildProcess>();
    using _ = cluster.holdStart();
    try {
      await untilReady(cluster, children, without, context);
      await untilTrading(cluster, wanted(cluster, without), context);
    } catch (error) {
      // A start that fails leaves nothing running that was not before.
      await endAll([...children.values()]);
      throw error;
    }
    progress("");
    const started = wanted(cluster, without);
    const reports = await Promise.all(started.map((node) => reportNode(cluster, node)));
    // Not those that somebody else has started at the same time, and was first.
    const own = [...children].filter(([node, { pid }]) => cluster.pidOf(node) === pid);
    const result = { event: "ready", started: own.length, nodes: reports };
    print(result, await describeCluster(cluster, reports, started[0]!));
    return ExitCode.Done;
  },
});

/** Ends processes and waits for them, but not for ever: `cluster stop` finds who stays. */
async function endAll(children: readonly ChildProcess[]): Promise<void> {
  const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
  const hasEnded = (child: ChildProcess): boolean =>
    child.exitCode !== null || child.signalCode !== null;
  for (const child of children) child.kill("SIGTERM");
  while (!children.every(hasEnded) && performance.now() < deadlineMs) await sleep(POLL_MS);
}

/** Numbers of nodes with commas between. Errors: UsageError. */
function parseNodes(list: string): ReadonlySet<number> {
  if (list === "") return new Set();
  const words = list.split(",");
  if (words.every((word) => /^\d{1,3}$/.test(word))) return new Set(words.map(Number));
  throw new UsageError(`--without: "${list}" is no list of nodes: 1 or 1,2`);
}

/** Errors: a node that is to stay down is not there, or all are; thrown. */
function checkWithout(cluster: LocalCluster, without: ReadonlySet<number>): void {
  const stranger = [...without].find(
    (number) => !cluster.nodes.some(({ index }) => index === number),
  );
  if (stranger !== undefined) throw new UsageError(`--without: there is no node ${stranger}`);
  wanted(cluster, without);
}

/** The nodes of a start: the active ones but those that are to stay down. Errors: none is left, thrown. */
function wanted(cluster: LocalCluster, without: ReadonlySet<number>): readonly LocalNode[] {
  const nodes = cluster.active.filter(({ index }) => !without.has(index));
  if (nodes.length > 0) return nodes;
  throw new UsageError("--without leaves no node to start");
}

function choicesOf(values: StartContext["values"]): LocalClusterChoices {
  const { nodes, profile, network, port: http, linkPort, metricsPort } = values;
  const automatic = nodes < 4 ? "crash" : "byzantine";
  return {
    nodes,
    profile: profile === "auto" ? automatic : profile,
    voteThreshold: parseThreshold(values.voteThreshold),
    links: values.links,
    network,
    port: http,
    linkPort,
    metricsPort,
  };
}

/**
 * Starts the active nodes that do not run, and waits until each of them takes orders. Who they are may change meanwhile: with the
 * quorum comes true what was handed in before.
 *
 * Errors   a node that has ended, with its log; too long; an interruption; those of `LocalCluster.start`; thrown.
 */
async function untilReady(
  cluster: LocalCluster,
  children: Map<LocalNode, ChildProcess>,
  without: ReadonlySet<number>,
  { values, progress, signal }: StartContext,
): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  const seen = new Set<LocalNode>();
  const told = new Set<LocalNode>();
  for (;;) {
    const nodes = wanted(cluster, without);
    for (const node of nodes) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (cluster.pidOf(node) !== undefined) continue;
      children.set(node, cluster.start(node, ["--durability", values.durability]));
    }
    endLeft(cluster, told);
    const reports = await Promise.all(nodes.map((node) => reportNode(cluster, node)));
    const readyCount = reports.filter(({ ready }) => ready).length;
    if (readyCount === reports.length) return;
    progress(`${readyCount} of ${reports.length} nodes are ready`);
    for (const [node, child] of children) {
      if (child.exitCode === null && child.signalCode === null) continue;
      children.delete(node);
      // It has left meanwhile.
      if (!cluster.active.includes(node)) continue;
      // Somebody else has started it at the same time, and was first.
      if (cluster.pidOf(node) !== undefined) continue;
      const advice = `Its log is ${node.log}. Mend it, or leave it down: --without ${node.index}`;
      const message = `node ${node.index} has ended: ${lastWords(node)}\n${advice}`;
      throw new Fault({ code: "CLUSTER_NODE_ENDED", node: node.index }, "error", message);
    }
    checkGoesOn(signal);
    if (performance.now() > deadlineMs) {
      const late = reports.filter(({ ready }) => !ready);
      const lines = late.map((report) => describeNode(report)).join("\n");
      throw new Fault({ code: "CLUSTER_LATE" }, "error", `not ready in time:\n${lines}`);
    }
    await sleep(POLL_MS);
  }
}

function checkGoesOn(signal: AbortSignal): void {
  if (signal.aborted) {
    const message = "interrupted: what was started has been told to stop";
    throw new Fault({ code: "CLUSTER_INTERRUPTED" }, "error", message);
  }
}

/** Tells nodes that run still, and whose members have left, to end: each once. */
function endLeft(cluster: LocalCluster, told: Set<LocalNode>): void {
  const active = new Set(cluster.active);
  for (const node of cluster.nodes) {
    if (!active.has(node) && !told.has(node) && tellToEnd(cluster, node)) told.add(node);
  }
}

/** With the demo's network, waits until every node shows somebody to trade with. Errors: too long. */
async function untilTrading(
  { choices }: LocalCluster,
  nodes: readonly LocalNode[],
  { progress, signal }: StartContext,
): Promise<void> {
  if (choices.network !== "demo") return;
  const [market] = loadNetworkOrThrow("demo").config.markets;
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  for (const { origin, index } of nodes) {
    const client = new RestClient({ url: origin });
    const book = { symbol: market!.symbol, limit: 1 };
    for (let asks = 0; asks === 0;) {
      progress(`node ${index} waits for the demo's robots`);
      const depth = await client.request("GET", "/api/v3/depth", book);
      asks = (depth as { readonly asks: readonly unknown[] }).asks.length;
      checkGoesOn(signal);
      if (performance.now() > deadlineMs) {
        throw new Fault({ code: "CLUSTER_LATE" }, "error", `${origin}: nobody trades`);
      }
      await sleep(POLL_MS);
    }
  }
}

async function describeCluster(
  { directory, choices }: LocalCluster,
  reports: readonly NodeReport[],
  first: LocalNode,
): Promise<string> {
  return [
    ...describeReports(reports),
    "",
    "Try, at any of them:",
    ...(await examplesOf(choices, first.origin)).map((example) => `  ${example}`),
    "",
    `data and logs  ${first.directory} ...`,
    `stop with      rialto cluster stop${directory === clusterDirectory.default ? "" : ` --data-dir ${directory}`}`,
  ].join("\n");
}

function describeReports(reports: readonly NodeReport[]): string[] {
  const lines = reports.map((report) => describeNode(report));
  const common = describeCommon(reports);
  return common === undefined ? lines : [common, "", ...lines];
}

async function examplesOf({ network }: LocalClusterChoices, origin: string): Promise<string[]> {
  const stats = `curl -s ${origin}/stats`;
  if (network !== "demo") return [stats];
  const demo = await new RestClient({ url: origin }).request("GET", "/demo");
  const { examples } = demo as { readonly examples: readonly string[] };
  return [...examples, stats];
}

export const clusterStatusCommand = defineCommand({
  name: "cluster status",
  summary: "say how the nodes of a cluster on this machine stand",
  positionals: "",
  options: { dataDir: clusterDirectory },
  examples: ["rialto cluster status", "rialto cluster status --json"],
  async run({ values, print }) {
    const cluster = LocalCluster.open(values.dataDir);
    const reports = await Promise.all(cluster.active.map((node) => reportNode(cluster, node)));
    const ready = reports.every((report) => report.ready);
    print({ ready, nodes: reports }, describeReports(reports).join("\n"));
    return ready ? ExitCode.Done : ExitCode.Failed;
  },
});

export const clusterStopCommand = defineCommand({
  name: "cluster stop",
  summary: "stop the nodes of a cluster on this machine; a later start goes on",
  positionals: "",
  options: { dataDir: clusterDirectory },
  examples: ["rialto cluster stop"],
  async run({ values, print, progress, note }) {
    const cluster = LocalCluster.open(values.dataDir);
    const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
    await endStart(cluster, deadlineMs);
    const { found, left } = await endNodes(cluster, deadlineMs, progress);
    for (const node of left) {
      const advice = killAdvice(cluster.pidOf(node), node.directory);
      note(`node ${node.index} does not end: ${advice} loses nothing answered`);
    }
    const stopped = found - left.length;
    const text = `${stopped} node${stopped === 1 ? "" : "s"} stopped`;
    print({ stopped, left: left.map(({ index }) => index) }, text);
    return left.length === 0 ? ExitCode.Done : ExitCode.Failed;
  },
});

/** Tells the nodes that run to end, and waits for them. Returns how many it found, and those that are there still. */
async function endNodes(
  cluster: LocalCluster,
  deadlineMs: number,
  progress: (text: string) => void,
): Promise<{ readonly found: number; readonly left: readonly LocalNode[] }> {
  const found = new Set<LocalNode>();
  const told = new Set<LocalNode>();
  let left: readonly LocalNode[] = [];
  for (let emptyLooks = 0; emptyLooks < EMPTY_LOOKS && performance.now() < deadlineMs;) {
    left = cluster.nodes.filter((node) => cluster.pidOf(node) !== undefined);
    emptyLooks = left.length === 0 ? emptyLooks + 1 : 0;
    for (const node of left) {
      found.add(node);
      if (!told.has(node) && tellToEnd(cluster, node)) told.add(node);
    }
    if (left.length > 0) progress(`${left.length} of ${found.size} nodes are ending`);
    await sleep(POLL_MS);
  }
  progress("");
  return { found: found.size, left };
}

/**
 * Interrupts a start that is under way, which then tells the nodes to end that it has started: they are not to be found before
 * they have opened their journals. Errors: too long.
 */
async function endStart(cluster: LocalCluster, deadlineMs: number): Promise<void> {
  let told: number | undefined;
  for (;;) {
    const pid = cluster.starterPid();
    if (pid === undefined) return;
    if (pid !== 0 && pid !== told) {
      signalEnd(pid);
      told = pid;
    }
    if (performance.now() > deadlineMs) {
      const advice = killAdvice(pid, "'cluster start'");
      const message = `the start that is under way does not end: ${advice}, and stop again`;
      throw new Fault({ code: "CLUSTER_START_STAYS" }, "error", message);
    }
    await sleep(POLL_MS);
  }
}

/** How to end a process by force. Of one that began on a full disk the pid may not be known, and 0 would be whoever asks. */
export function killAdvice(pid: number | undefined, words: string): string {
  return (pid ?? 0) > 0 ? `kill -9 ${pid}` : `kill -9 of what \`pgrep -f ${words}\` finds`;
}

/** Tells a node's process to end. Returns false while the pid of one that is just starting is not known. */
export function tellToEnd(cluster: LocalCluster, node: LocalNode): boolean {
  const pid = cluster.pidOf(node);
  if (pid === undefined || pid === 0) return false;
  signalEnd(pid);
  return true;
}

function signalEnd(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
