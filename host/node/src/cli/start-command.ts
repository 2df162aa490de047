import { Fault } from "@rialto/base";
import {
  type DemoAccount,
  isLoopbackHost,
  MarketCatalog,
  parseHostName,
  parseOrigin,
} from "@rialto/gateway";
import { existsSync, statSync } from "node:fs";
import { join as joinPath } from "node:path";
import type { Logger } from "pino";
import { BLOCKED_PORTS } from "../cluster/local-ports.ts";
import { loadNetworkOrThrow } from "../config/network-file.ts";
import { NODE_SETTINGS, type NodeSettings } from "../config/node-settings.ts";
import type { Source } from "../config/settings.ts";
import { startNode } from "../node.ts";
import { type NodeOptions, type RunningNode, words } from "../node-parts.ts";
import { keepAwake } from "../keep-awake.ts";
import { checkOpenFiles } from "../open-files.ts";
import { VERSION } from "../version.ts";
import { readTlsPair, TlsFiles } from "../tls-files.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { refuseIdle } from "./conflicts.ts";
import { createLog } from "./node-log.ts";

/** The built web terminal, beside this package. */
const WEB_ROOT = joinPath(import.meta.dirname, "../../../../apps/web/dist");
/** For the answers of those who wait to leave the process that has failed. */
const FATAL_LINGER_MS = 200;

export const startCommand = defineCommand({
  name: "start",
  summary: "run a node until it is told to stop",
  positionals: "",
  options: NODE_SETTINGS,
  // That it is ready is seen at its port too.
  outlivesOutput: true,
  examples: [
    "rialto start --demo",
    "rialto start --network market.json --data-dir /var/lib/rialto --durability strict",
    "RIALTO_PORT=9000 rialto start --config node.json",
    "rialto start --join /var/lib/rialto --host 0.0.0.0 --tls-cert node.pem --tls-key node.key",
  ],
  async run({ values, sources, print, signal, fail }) {
    checkSettings(values);
    checkNames(values);
    refuseIdleOptions(values, sources);
    checkOpenFiles();
    using _ = values.keepAwake ? keepAwakeOrThrow() : undefined;
    const log = createLog(values.logLevel);
    using tls = openTls(values, log);
    const onFatal = (error: unknown): void => {
      log.fatal({ err: error }, "node.failed");
      endProcess(fail(error));
    };
    process.on("uncaughtException", onFatal);
    const leave = (): void => leaveStart(log);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave);
    const node = await openNode(values, {
      log,
      version: VERSION,
      ...(existsSync(WEB_ROOT) ? { webRoot: WEB_ROOT } : {}),
      ...(tls === undefined ? {} : { tls }),
      onFatal,
    });
    signal.removeEventListener("abort", leave);
    try {
      // From the start of the process, its loading included.
      const readyMs = Math.round(performance.now());
      print(describeJson(node, values, readyMs), describe(node, values, readyMs));
      await untilAborted(signal);
      log.info("node.stopping");
    } finally {
      // Whatever goes wrong: one that runs on hears no signal any more.
      await node.stop();
    }
    log.info("node.stopped");
    process.off("uncaughtException", onFatal);
    return ExitCode.Done;
  },
});

function keepAwakeOrThrow(): Disposable {
  const held = keepAwake();
  if (held instanceof Fault) throw held;
  return held;
}

/** A node alone, or with --join a member of a cluster. */
async function openNode(
  values: NodeSettings,
  parts: Omit<NodeOptions, "settings" | "network">,
): Promise<RunningNode> {
  if (values.join === "") {
    const network = loadNetworkOrThrow(values.network);
    return await startNode({ settings: values, network, ...parts });
  }
  // Only a member loads what members are made of: a node alone is up sooner.
  const { loadGenesis } = await import("../cluster/genesis.ts");
  const { resolveJoin } = await import("../cluster/member-directory.ts");
  const { startMemberNode } = await import("../cluster/member-node.ts");
  const { MEMBER_SEGMENT_BYTES_MIN } = await import("../cluster/member-journal.ts");
  if (values.segmentBytes < MEMBER_SEGMENT_BYTES_MIN) {
    throw new UsageError(
      `--segment-bytes ${values.segmentBytes}: a member's journal takes blocks that are longer than that; give ${MEMBER_SEGMENT_BYTES_MIN} or more`,
    );
  }
  const { genesis: path, directory } = resolveJoin(values.join, values.dataDir);
  const genesis = loadGenesis(path);
  if (genesis instanceof Fault) throw genesis;
  const settings = { ...values, dataDir: directory };
  const open = async (port: number, onBeginAgain: () => void): Promise<RunningNode> => {
    const given = { settings: { ...settings, port }, genesis, network: genesis.network };
    return await startMemberNode({ ...given, ...parts, onBeginAgain });
  };
  return await keepRunning(open, settings.port, parts.onFatal);
}

/**
 * A member that has got a snapshot of the others begins again with it, in the same process and at the same port.
 *
 * Returns  the member as it began first; stopping that stops whichever runs.
 */
async function keepRunning(
  open: (port: number, onBeginAgain: () => void) => Promise<RunningNode>,
  firstPort: number,
  onFatal: (error: unknown) => void,
): Promise<RunningNode> {
  let isStopping = false;
  const beginAgain = (): void => {
    running = running.then(async (node) => {
      if (isStopping) return node;
      await node.stop();
      const port = node.origin === "" ? firstPort : Number(new URL(node.origin).port);
      return await open(port, beginAgain);
    });
    running.catch(onFatal);
  };
  let running = open(firstPort, beginAgain);
  const first = await running;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await (await running).stop();
  };
  return { ...first, stop };
}

/** What the genesis says for all members, or none does. */
const FOR_NODES_ALONE = ["network", "snapshotCommands", "checkpointMs", "verifyBytes"] as const;
const FOR_MEMBERS = ["linkAddress", "keepJournal"] as const;

/** Whoever gives what does nothing here means another node than the one that would start. Errors: UsageError. */
function refuseIdleOptions(
  { join, host }: NodeSettings,
  sources: Readonly<Record<string, Source>>,
): void {
  const given = { options: NODE_SETTINGS, sources };
  if (!isLoopbackHost(host)) {
    refuseIdle(`--host ${host}, where any name will do`, given, ["allowedHosts"]);
  }
  if (join === "") return refuseIdle("a node alone, without --join", given, FOR_MEMBERS);
  refuseIdle("--join", given, FOR_NODES_ALONE);
  const isDirectory = statSync(join, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isDirectory) refuseIdle("--join of a directory", given, ["dataDir"]);
}

/** Errors: UsageError for names that nobody who asks could ever have. */
function checkNames({ allowedHosts, corsOrigins }: NodeSettings): void {
  const host = words(allowedHosts).find((word) => parseHostName(word) === undefined);
  if (host !== undefined) {
    throw new UsageError(
      `--allowed-hosts: "${host}" is no name of a host: give it as rialto.example`,
    );
  }
  const origin = words(corsOrigins).find((word) => parseOrigin(word) === undefined);
  if (origin !== undefined) {
    throw new UsageError(
      `--cors-origins: "${origin}" is no origin: give it as https://app.example, or * for all`,
    );
  }
}

function checkSettings(settings: NodeSettings): void {
  const { demo, host, port, segmentBytes, join, durability, entryPort, noGateway } = settings;
  if (!noGateway && BLOCKED_PORTS.has(port)) {
    throw new UsageError(`--port ${port}: no browser asks for anything there; give another`);
  }
  if (join === "" && (entryPort > 0 || noGateway)) {
    throw new UsageError("--entry-port and --no-gateway are for members of a cluster: --join");
  }
  if (noGateway && (entryPort === 0 || demo)) {
    throw new UsageError("--no-gateway goes with --entry-port, and without --demo");
  }
  if (join !== "" && durability === "memory") {
    throw new UsageError(
      "--durability memory is not for members of a cluster: one that forgets its votes in a crash could vote twice",
    );
  }
  if (segmentBytes % 512 !== 0) throw new UsageError("--segment-bytes is a multiple of 512");
  if (!demo || isLoopbackHost(host)) return;
  throw new UsageError(
    `--demo takes unsigned orders from whoever reaches it: it listens on loopback only, not on ${host}`,
  );
}

/** Errors: UsageError. */
function openTls(paths: NodeSettings, log: Logger): TlsFiles | undefined {
  const { tlsCert, tlsKey } = paths;
  if (tlsCert === "" && tlsKey === "") return undefined;
  if (tlsCert === "" || tlsKey === "") {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  const pair = readTlsPair(paths);
  if (pair instanceof Fault) throw new UsageError(pair.message);
  return new TlsFiles({ paths, pair, log });
}

function endProcess(code: ExitCode): void {
  setTimeout(() => process.exit(code), FATAL_LINGER_MS);
}

/**
 * Ends the process of a node that is told to end before it is up. It has answered nobody, and what it was about to do on the
 * disk the next start does, as after a crash: recovering a long journal is nothing to wait for.
 */
function leaveStart(log: Logger): void {
  log.info("node.left-starting");
  process.exit(ExitCode.Done);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function describeJson(node: RunningNode, settings: NodeSettings, readyMs: number): object {
  const { origin, nodeId, demo, exchange, recordsReplayed, cluster } = node;
  return {
    event: "ready",
    origin,
    nodeId,
    network: exchange.network.name,
    networkHash: exchange.networkHash,
    durability: settings.durability,
    readyMs,
    recordsReplayed,
    ...(cluster === undefined ? {} : { cluster }),
    ...(demo === undefined ? {} : { demo: { apiKey: demo.keyId, secret: demo.secret } }),
  };
}

function describe(node: RunningNode, settings: NodeSettings, readyMs: number): string {
  const { origin, nodeId, exchange, recordsReplayed, demo, examples, directory, cluster } = node;
  const symbols = new MarketCatalog(exchange.network, exchange).markets.map(({ symbol }) => symbol);
  const { commands } = exchange.status();
  const lines = [
    `Rialto ${VERSION}: node ${nodeId} on network "${exchange.network.name}", up in ${readyMs} ms`,
    "",
    `  terminal  ${origin}`,
    `  API       ${origin}/api/v3/exchangeInfo`,
    `  markets   ${symbols.slice(0, 8).join(" ")}${symbols.length > 8 ? ` and ${symbols.length - 8} more` : ""}`,
    `  data      ${directory}: ${commands} commands, replayed log records: ${recordsReplayed} (${settings.durability})`,
  ];
  if (cluster !== undefined) {
    const { member, members, tolerance } = cluster;
    lines.push(`  cluster   member ${member} of ${members}: ${tolerance}`);
  }
  if (demo !== undefined) lines.push(...describeDemo(demo, examples));
  return [...lines, "", "Stop with Ctrl-C."].join("\n");
}

function describeDemo({ keyId, secret }: DemoAccount, examples: readonly string[]): string[] {
  return [
    "",
    "DEMO: play money, and robots that trade. Anybody on this machine may trade for the demo account.",
    `  API key   ${keyId}`,
    `  secret    ${secret}`,
    "",
    "Try:",
    ...examples.map((example) => `  ${example}`),
  ];
}
