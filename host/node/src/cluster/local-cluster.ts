import { Fault } from "@rialto/base";
import { acquireWriterLock, findWriter, isStorageFault } from "@rialto/storage";
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import { loadNetworkOrThrow } from "../config/network-file.ts";
import { dataDirectory } from "../data-directory.ts";
import {
  type Genesis,
  LINKS,
  type LinksName,
  makeGenesis,
  type MemberCard,
  openGenesis,
  PROFILES,
  type ProfileName,
} from "./genesis.ts";
import { checkPortsApart, checkPortsFree, PORT_MAX } from "./local-ports.ts";
import { LocalRosters } from "./local-rosters.ts";
import { clusterFilePath, createMember, memberPaths } from "./member-directory.ts";
import { writeWhole } from "../write-whole.ts";
import { withTableSecret } from "./table-secret.ts";

// A cluster whose members are processes of this machine, in one directory: for trying out, tests and development.

const RIALTO = join(import.meta.dirname, "../../bin/rialto.js");
/** Lines of a node's log that are shown when it does not come up. */
const LOG_LINES = 12;
/** Of a log, which may have been written to for years, as much as is looked at. */
const LOG_END_BYTES = 64 * 1024;

/** What is chosen when a local cluster is made, and holds as long as it lives. */
export interface LocalClusterChoices {
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly voteThreshold: number;
  readonly links: LinksName;
  /** "demo", or the path of a network file. */
  readonly network: string;
  /** Node i listens on `port + i`, for other members on `linkPort + 3 i`, for its metrics on `metricsPort + i`. */
  readonly port: number;
  readonly linkPort: number;
  readonly metricsPort: number;
}

export type LocalClusterFaultDetail =
  | { readonly code: "CLUSTER_ABSENT" | "CLUSTER_NO_GENESIS"; readonly directory: string }
  | { readonly code: "CLUSTER_HALF_MADE"; readonly directory: string }
  | { readonly code: "CLUSTER_FILE_INVALID"; readonly path: string }
  | { readonly code: "CLUSTER_NODE_ABSENT"; readonly node: number }
  | { readonly code: "CLUSTER_OTHER"; readonly directory: string; readonly problems: string[] }
  | { readonly code: "CLUSTER_NODE_ENDED"; readonly node: number };

export interface LocalNode {
  readonly index: number;
  readonly directory: string;
  readonly origin: string;
  readonly log: string;
}

/** A local cluster as it lies on disk, running or not. */
export class LocalCluster {
  readonly directory: string;
  readonly choices: LocalClusterChoices;
  readonly nodes: readonly LocalNode[];
  readonly #rosters = new LocalRosters();

  private constructor(directory: string, choices: LocalClusterChoices) {
    this.directory = directory;
    this.choices = choices;
    this.nodes = Array.from({ length: choices.nodes }, (_, index) => this.#nodeAt(index));
  }

  #nodeAt(index: number): LocalNode {
    const path = join(this.directory, `node-${index}`);
    const origin = `http://127.0.0.1:${this.choices.port + index}`;
    return { index, directory: path, origin, log: join(path, "node.log") };
  }

  /** Where a node listens for other members. */
  linkAddressOf({ index }: LocalNode): string {
    return `tcp://127.0.0.1:${this.choices.linkPort + 3 * index}`;
  }

  /** The node that would come next, where nothing lies of a change that was given up. `keepNode` makes it one of the cluster's. */
  nextNode(): LocalNode {
    let index = this.nodes.length;
    while (existsSync(this.#nodeAt(index).directory)) index++;
    return this.#nodeAt(index);
  }

  /** Looks at the ports of a node that is to be made. Errors: those of ports; what the system says; thrown. */
  async checkPorts({ index }: LocalNode): Promise<void> {
    const choices = { ...this.choices, nodes: index + 1 };
    checkPortsApart(choices);
    await checkPortsFree(choices, index);
  }

  keepNode(node: LocalNode): void {
    this.#keep({ nodes: node.index + 1 });
  }

  /** What has been kept meanwhile by others is not lost. */
  #keep(change: Partial<LocalClusterChoices>): void {
    const { choices } = LocalCluster.open(this.directory);
    writeChoices(this.directory, { ...choices, ...change });
  }

  /**
   * The nodes of the members of the newest epoch that is known here: those that are to run. It is asked for anew each time: a
   * change that was handed in may come true later than anybody waited for it.
   */
  get active(): readonly LocalNode[] {
    const newest = this.#rosters.newest(this.nodes);
    if (newest === undefined) return this.nodes;
    const addresses = new Set(newest.roster.members.map(({ address }) => address));
    return this.nodes.filter((node) => addresses.has(this.linkAddressOf(node)));
  }

  /** What all of its nodes have. Errors: CLUSTER_NO_GENESIS where none has it; those of `loadGenesis`; thrown. */
  genesis(): Genesis {
    const genesis = this.#rosters.genesisOf(this.nodes);
    if (genesis !== undefined && !(genesis instanceof Fault)) return genesis;
    if (genesis !== undefined) throw genesis;
    const { directory } = this;
    const message = `no node of ${directory} has its genesis.json: restore one of them`;
    const detail = { code: "CLUSTER_NO_GENESIS", directory } as const;
    throw new Fault<LocalClusterFaultDetail>(detail, "error", message);
  }

  /** The cluster in a directory. Errors: CLUSTER_ABSENT, CLUSTER_HALF_MADE, CLUSTER_FILE_INVALID, thrown. */
  static open(directory: string): LocalCluster {
    const path = clusterFilePath(directory);
    if (existsSync(path)) return new LocalCluster(directory, readChoices(path));
    const isHalf = !isUnused(directory);
    const message = isHalf
      ? `${directory} holds no whole cluster: give another --data-dir, or remove it if no other start is just making it`
      : `there is no cluster in ${directory}: make one with \`rialto cluster start\``;
    const code = isHalf ? "CLUSTER_HALF_MADE" : "CLUSTER_ABSENT";
    throw new Fault<LocalClusterFaultDetail>({ code, directory }, "error", message);
  }

  /**
   * Opens the cluster of a directory, or makes it: keys, guards and genesis of all members.
   *
   * Effects  ports of HTTP and metrics are moved to what `given` says, where no node runs. `check` sees the cluster before anything
   *          is made or moved, and may throw.
   * Errors   CLUSTER_OTHER where it is there and `given` says otherwise; those of `openGenesis` where no genesis bears the choices,
   *          CLUSTER_PORTS_UNFIT and CLUSTER_PORTS, before anything is made; thrown.
   */
  static async openOrMake(
    directory: string,
    choices: LocalClusterChoices,
    given: ReadonlySet<string>,
    check: (cluster: LocalCluster) => void = () => undefined,
  ): Promise<LocalCluster> {
    if (!isUnused(directory)) {
      const cluster = LocalCluster.open(directory);
      checkSame(cluster, choices, given);
      check(cluster);
      return cluster.#movePorts(choices, given);
    }
    const cluster = new LocalCluster(directory, choices);
    check(cluster);
    await cluster.#make();
    return cluster;
  }

  #movePorts(wanted: LocalClusterChoices, given: ReadonlySet<string>): LocalCluster {
    const { port, metricsPort } = this.choices;
    const moved = {
      port: given.has("port") ? wanted.port : port,
      metricsPort: given.has("metricsPort") ? wanted.metricsPort : metricsPort,
    };
    if (moved.port === port && moved.metricsPort === metricsPort) return this;
    if (this.nodes.some((node) => this.pidOf(node) !== undefined)) {
      const problem = `it runs with port ${port} and metrics port ${metricsPort}: stop it first`;
      throw otherFault(this.directory, [problem]);
    }
    checkPortsApart({ ...this.choices, ...moved });
    this.#keep(moved);
    return LocalCluster.open(this.directory);
  }

  async #make(): Promise<void> {
    const { nodes, profile, voteThreshold, links, network } = this.choices;
    const { config } = loadNetworkOrThrow(network);
    const file = (members: readonly MemberCard[]) =>
      makeGenesis({ network: config, profile, voteThreshold, links, members });
    // With keys of nobody first: what is wrong is said before there is a directory.
    const dry = openGenesis(file(this.nodes.map(({ index }) => cardOfNobody(index))));
    if (dry instanceof Fault) throw dry;
    checkPortsApart(this.choices);
    await checkPortsFree(this.choices);
    if (!existsSync(this.directory)) mkdirSync(this.directory, { mode: 0o700 });
    const members: MemberCard[] = [];
    for (let index = 0; index < nodes; index++) {
      const node = this.nodes[index]!;
      const address = this.linkAddressOf(node);
      members.push(await createMember(node.directory, { address, weight: 1 }));
    }
    const text = `${JSON.stringify(withTableSecret(file(members)), undefined, 2)}\n`;
    for (const { directory } of this.nodes) {
      writeWhole(memberPaths(directory).genesis, Buffer.from(text));
    }
    writeChoices(this.directory, this.choices);
  }

  /** The pid of a node's process, or undefined where none runs. 0 where it is just starting. */
  pidOf(node: LocalNode): number | undefined {
    return findWriter(dataDirectory(node.directory).journal);
  }

  /**
   * Says that a start is under way, until it is disposed of. Where another one is already, that one is known alone.
   *
   * Errors   STORAGE_IO, thrown.
   */
  holdStart(): Disposable {
    const path = startPath(this.directory);
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    try {
      const lock = acquireWriterLock(path);
      return { [Symbol.dispose]: () => lock.release() };
    } catch (error) {
      if (!isStorageFault(error) || error.detail.code !== "JOURNAL_LOCKED") throw error;
      return { [Symbol.dispose]: () => undefined };
    }
  }

  /** The pid of a start that is under way; undefined where none is. 0 where it is just beginning. */
  starterPid(): number | undefined {
    return findWriter(startPath(this.directory));
  }

  /** Starts a node that lives on when this process ends. Errors: CLUSTER_NODE_ABSENT, and those of its log file, thrown. */
  start(node: LocalNode, more: readonly string[]): ChildProcess {
    if (!existsSync(node.directory)) throw absentNode(node);
    this.#rosters.equip(node, this.nodes);
    const { network, port, metricsPort } = this.choices;
    const args = ["start", "--join", node.directory, "--json"];
    args.push("--port", String(port + node.index));
    args.push("--metrics-port", String(metricsPort + node.index));
    // With play money comes play liquidity, and orders by a line of JSON.
    if (network === "demo") args.push("--demo");
    const log = openSync(node.log, "a", 0o600);
    try {
      const stdio = ["ignore", log, log] as const;
      const child = spawn(process.execPath, [RIALTO, ...args, ...more], {
        detached: true,
        stdio: [...stdio],
      });
      child.unref();
      return child;
    } finally {
      closeSync(log);
    }
  }
}

/** Why a node has ended, as it says itself; where it does not, the end of its log. */
export function lastWords(node: LocalNode): string {
  if (!existsSync(node.log)) return "";
  const lines = readEnd(node.log).trimEnd().split("\n").slice(-LOG_LINES);
  return failureIn(lines.at(-1)!) ?? `\n${lines.join("\n")}`;
}

/** The last LOG_END_BYTES of a file of any length. */
function readEnd(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(Math.min(size, LOG_END_BYTES));
    const count = readSync(file, end, 0, end.length, size - end.length);
    return end.toString("utf8", 0, count);
  } finally {
    closeSync(file);
  }
}

/** The message of the line by which a command says that it has failed. */
function failureIn(line: string): string | undefined {
  try {
    const { event, message } = JSON.parse(line) as { readonly event?: string; message?: string };
    return event === "failed" ? message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True where there is nothing yet, so that a cluster may be made there. */
function isUnused(directory: string): boolean {
  return !existsSync(directory) || readdirSync(directory).length === 0;
}

function absentNode({ index, directory }: LocalNode): Fault<LocalClusterFaultDetail> {
  const message =
    `${directory} is gone, and with it what its member may not sign again: restore it from a backup, ` +
    `or start the others and give it up: \`rialto cluster start --without ${index}\`, \`rialto cluster replace ${index}\``;
  return new Fault({ code: "CLUSTER_NODE_ABSENT", node: index }, "error", message);
}

/** As they were written before there was a choice of links. */
type UnlinkedChoices = Omit<LocalClusterChoices, "links"> & { readonly links?: LinksName };

function readChoices(path: string): LocalClusterChoices {
  const value = parseChoices(readFileSync(path, "utf8"));
  const problems = choiceProblems(value);
  if (problems.length === 0) {
    const { links = "zeromq", ...others } = value as UnlinkedChoices;
    return { ...others, links };
  }
  const message = `${path} does not hold what \`rialto cluster start\` wrote (${problems.join("; ")}): restore it, or give another --data-dir`;
  throw new Fault<LocalClusterFaultDetail>(
    { code: "CLUSTER_FILE_INVALID", path },
    "error",
    message,
  );
}

/** Others read it at any time, and without it there is no cluster. */
function writeChoices(directory: string, choices: LocalClusterChoices): void {
  writeWhole(clusterFilePath(directory), Buffer.from(`${JSON.stringify(choices)}\n`));
}

/** What the file holds; undefined where that is no JSON. */
function parseChoices(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The greatest of each number; the least is 1. Each node has three ports for its links. */
const NUMBERS_MAX = {
  nodes: PORT_MAX / 3,
  port: PORT_MAX,
  linkPort: PORT_MAX,
  metricsPort: PORT_MAX,
} as const;

function choiceProblems(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return ["it is no JSON object"];
  const choices = value as Partial<LocalClusterChoices>;
  const { voteThreshold, profile, links = "zeromq", network } = choices;
  const numbers = Object.entries(NUMBERS_MAX).filter(([name, max]) => {
    const number = choices[name as keyof typeof NUMBERS_MAX];
    return !(Number.isInteger(number) && number! >= 1 && number! <= max);
  });
  const problems = numbers.map(([name, max]) => `${name} is not an integer from 1 to ${max}`);
  if (typeof voteThreshold !== "number" || !(voteThreshold > 0 && voteThreshold <= 1)) {
    problems.push("voteThreshold is not above 0 and at most 1");
  }
  const names = Object.keys(PROFILES);
  if (!names.some((each) => each === profile))
    problems.push(`profile is none of ${names.join(", ")}`);
  if (!LINKS.includes(links)) problems.push(`links is none of ${LINKS.join(", ")}`);
  if (typeof network !== "string") problems.push("network is no text");
  return problems;
}

/** Held by the process that starts the nodes. */
function startPath(directory: string): string {
  return join(directory, "start");
}

function cardOfNobody(index: number): MemberCard {
  const publicKey = (index + 1).toString(16).padStart(64, "0");
  return { publicKey, linkKey: publicKey, address: "tcp://127.0.0.1:1", weight: 1 };
}

/** What a later start may have otherwise. */
const MOVABLE: ReadonlySet<string> = new Set(["port", "metricsPort"]);

function checkSame(
  { directory, choices }: LocalCluster,
  wanted: LocalClusterChoices,
  given: ReadonlySet<string>,
): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const known = choices[name as keyof LocalClusterChoices];
    if (given.has(name) && !MOVABLE.has(name) && known !== value)
      problems.push(`${name} is ${String(known)}, not ${value}`);
  }
  if (problems.length > 0) throw otherFault(directory, problems);
}

function otherFault(directory: string, problems: string[]): Fault<LocalClusterFaultDetail> {
  const message = `the cluster in ${directory} is another one (${problems.join("; ")}): leave that out to start it as it is, or give another --data-dir`;
  const detail = { code: "CLUSTER_OTHER", directory, problems } as const;
  return new Fault<LocalClusterFaultDetail>(detail, "error", message);
}
