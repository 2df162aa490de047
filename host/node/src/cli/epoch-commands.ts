import { Fault } from "@rialto/base";
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { lastWords, LocalCluster, type LocalNode } from "../cluster/local-cluster.ts";
import { type LocalEpoch, LocalEpochs } from "../cluster/local-epochs.ts";
import { reportNode } from "../cluster/node-report.ts";
import type { RosterTerms } from "../cluster/roster-edit.ts";
import { clusterDirectory, killAdvice, parseThreshold, tellToEnd } from "./cluster-commands.ts";
import { type CommandContext, defineCommand, ExitCode, UsageError } from "./command.ts";

// Changes of the members of a cluster on this machine, while it trades. On real machines: change-commands.ts.

const POLL_MS = 100;
/** A new member reads everything that was ever decided. */
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

const TERMS = {
  dataDir: clusterDirectory,
  profile: {
    kind: "choice",
    flag: "profile",
    default: "same",
    choices: ["same", "crash", "byzantine"],
    help: "of the next epoch; byzantine takes 4 members or more",
  },
  voteThreshold: {
    kind: "text",
    flag: "vote-threshold",
    default: "",
    placeholder: "FRACTION",
    help: "of the next epoch: an assertion, as with `cluster start`; default: as before",
  },
} as const;

type TermsContext = CommandContext<typeof TERMS>;

export function termsOf({ profile, voteThreshold }: TermsContext["values"]): RosterTerms {
  return {
    profile: profile === "same" ? undefined : profile,
    voteThreshold: voteThreshold === "" ? undefined : parseThreshold(voteThreshold),
  };
}

function nodeOf(positionals: readonly string[]): number {
  const [text = ""] = positionals;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`"${text}" is no number of a node: 0, 1, 2`);
}

export const clusterAddCommand = defineCommand({
  name: "cluster add",
  summary: "add a member to a cluster on this machine while it trades",
  positionals: "",
  options: TERMS,
  examples: [
    "rialto cluster add",
    "rialto cluster add --profile byzantine",
    "rialto cluster add --json",
  ],
  async run(context: TermsContext) {
    const { cluster, epochs } = open(context);
    const changed = await epochs.add(termsOf(context.values));
    return await finish(context, cluster, changed);
  },
});

export const clusterRemoveCommand = defineCommand({
  name: "cluster remove",
  summary: "let a member of a cluster on this machine leave while it trades",
  positionals: "NODE",
  options: TERMS,
  examples: ["rialto cluster remove 2", "rialto cluster remove 3 --profile crash --json"],
  async run(context: TermsContext) {
    const { cluster, epochs } = open(context);
    const node = nodeOf(context.positionals);
    const changed = await epochs.remove(node, termsOf(context.values));
    return await finish(context, cluster, changed, cluster.nodes[node]);
  },
});

export const clusterReplaceCommand = defineCommand({
  name: "cluster replace",
  summary: "put a new member in the place of one of a cluster on this machine while it trades",
  positionals: "NODE",
  options: TERMS,
  examples: ["rialto cluster replace 1", "rialto cluster replace 1 --json"],
  async run(context: TermsContext) {
    const { cluster, epochs } = open(context);
    const node = nodeOf(context.positionals);
    const changed = await epochs.replace(node, termsOf(context.values));
    return await finish(context, cluster, changed, cluster.nodes[node]);
  },
});

export const clusterRotateCommand = defineCommand({
  name: "cluster rotate-keys",
  summary: "give a member of a cluster on this machine new signing keys while it trades",
  positionals: "NODE",
  options: { dataDir: clusterDirectory },
  examples: ["rialto cluster rotate-keys 0", "rialto cluster rotate-keys 0 --json"],
  async run(context) {
    const cluster = LocalCluster.open(context.values.dataDir);
    const changed = await new LocalEpochs(cluster).rotate(nodeOf(context.positionals));
    return await finish(context, cluster, changed);
  },
});

function open({ values }: TermsContext): { cluster: LocalCluster; epochs: LocalEpochs } {
  const cluster = LocalCluster.open(values.dataDir);
  return { cluster, epochs: new LocalEpochs(cluster) };
}

type Talk = Pick<CommandContext, "print" | "progress" | "signal">;

/** Starts the node that was made and stops the one that left. */
async function finish(
  context: Talk,
  cluster: LocalCluster,
  { epoch, members, made }: LocalEpoch,
  left?: LocalNode,
): Promise<ExitCode> {
  if (made !== undefined) await startNode(context, cluster, made);
  if (left !== undefined) await stopNode(cluster, left);
  const result = { epoch, members, added: made?.index ?? null, removed: left?.index ?? null };
  const lines = [`epoch ${epoch} has begun, of ${members} members`];
  if (made !== undefined) lines.push(`node ${made.index} has joined: ${made.origin}`);
  if (left !== undefined) lines.push(`node ${left.index} has left, and is stopped`);
  context.print(result, lines.join("\n"));
  return ExitCode.Done;
}

/** Starts a node and waits until it has caught up. Errors: it has ended, with its log; too long. */
async function startNode(
  { progress, signal }: Talk,
  cluster: LocalCluster,
  node: LocalNode,
): Promise<void> {
  const child: ChildProcess = cluster.start(node, []);
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const { ready, reason } = await reportNode(cluster, node);
    if (ready) return progress("");
    progress(`node ${node.index}: ${reason}`);
    if (child.exitCode !== null || child.signalCode !== null) {
      const message = `node ${node.index} has ended: ${lastWords(node)}`;
      throw new Fault({ code: "CLUSTER_NODE_ENDED", node: node.index }, "error", message);
    }
    if (signal.aborted) {
      const message = "interrupted: the node goes on catching up";
      throw new Fault({ code: "CLUSTER_INTERRUPTED" }, "error", message);
    }
    if (performance.now() > deadlineMs) {
      const message = `node ${node.index} is a member, and has not caught up yet: ${reason}`;
      throw new Fault({ code: "CLUSTER_LATE" }, "error", message);
    }
    await sleep(POLL_MS);
  }
}

async function stopNode(cluster: LocalCluster, node: LocalNode): Promise<void> {
  const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
  let isTold = false;
  while (cluster.pidOf(node) !== undefined) {
    isTold ||= tellToEnd(cluster, node);
    if (performance.now() > deadlineMs) {
      const advice = killAdvice(cluster.pidOf(node), node.directory);
      const message = `node ${node.index} has left and does not end: ${advice}`;
      throw new Fault({ code: "CLUSTER_NODE_STAYS", node: node.index }, "error", message);
    }
    await sleep(POLL_MS);
  }
}
