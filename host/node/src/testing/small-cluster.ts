import { fail } from "@rialto/base";
import { type Credentials, credentialsOf, RestClient } from "@rialto/client";
import { createEd25519Key, openFileKeyStore, type Permission } from "@rialto/gateway";
import { createSigningGuard, readKeyFile } from "@rialto/signing";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type GenesisFile,
  makeGenesis,
  type MemberCard,
  type ProfileName,
} from "../cluster/genesis.ts";
import { createMember, guardScope, memberPaths } from "../cluster/member-directory.ts";
import { withTableSecret } from "../cluster/table-secret.ts";
import { dataDirectory, makeDataDirectory } from "../data-directory.ts";
import { findTestPort } from "./free-port.ts";
import { type NodeProcess, StartRefused, startNodeProcess } from "./node-process.ts";
import { Patience } from "./patience.ts";
import { SMALL_NETWORK } from "./small-exchange.ts";

const POLL_MS = 20;
const UNTIL_MS = 30_000;
/**
 * Of the beginning of a test file: more than all that it waits for, each of which has a bound of its own and says what was late. It
 * is of the clock's time; theirs is of the time that this process has lived.
 */
export const BEGIN_TIMEOUT_MS = 300_000;
/** A member that has no time to answer is asked again. */
const ANSWER_TIMEOUT_MS = 5_000;

/** What `/stats` says of a member, as far as tests look at it. */
export interface Stats {
  readonly profile: string;
  readonly tolerance: string;
  readonly quorum: number;
  readonly round: number;
  readonly vertices: number;
  readonly finalized: number;
  readonly committed: number;
}

/** Where a member's state stands. */
export interface StateAt {
  readonly sequence: number;
  readonly stateHash: string;
}

/** Members of a cluster, each a process of its own on loopback, in a directory that is removed in the end. */
export class SmallCluster implements AsyncDisposable {
  readonly root: string;
  readonly directories: string[];
  readonly #args: readonly string[];
  readonly #running = new Map<number, NodeProcess>();
  readonly #starting = new Set<Promise<NodeProcess>>();
  readonly #operators: Credentials[];

  private constructor(root: string, directories: string[], args: readonly string[]) {
    this.root = root;
    this.directories = directories;
    this.#args = args;
    this.#operators = directories.map((_, member) => this.makeKey(member, 1n, ["operator"]));
  }

  /** Makes the members and their genesis; starts nothing. `args` are for every node. */
  static async create(
    count: number,
    profile: ProfileName,
    args: readonly string[] = [],
    choices: Pick<GenesisFile, "links" | "snapshotCommits" | "signers"> = {},
  ): Promise<SmallCluster> {
    const root = mkdtempSync(join(tmpdir(), "rialto-cluster-"));
    const directories = Array.from({ length: count }, (_, member) => join(root, `node-${member}`));
    const members: MemberCard[] = [];
    for (const directory of directories) {
      const address = `tcp://127.0.0.1:${await findTestPort()}`;
      members.push(await createMember(directory, { address, weight: 1 }));
    }
    const network = SMALL_NETWORK;
    const made = makeGenesis({ network, profile, voteThreshold: 0.65, members, ...choices });
    const file = withTableSecret(made);
    for (const directory of directories) {
      writeFileSync(memberPaths(directory).genesis, JSON.stringify(file));
    }
    return new SmallCluster(root, directories, args);
  }

  async start(member: number, ...more: readonly string[]): Promise<NodeProcess> {
    return await this.#start(member, more);
  }

  /** Starts a member by another program, which takes the arguments of `rialto`. */
  async startProgram(
    member: number,
    program: string,
    ...more: readonly string[]
  ): Promise<NodeProcess> {
    return await this.#start(member, more, program);
  }

  /** Begins to start a member, and kills it so long after. Returns whether it had come up by then, and runs. */
  async startOrKill(member: number, afterMs: number): Promise<boolean> {
    try {
      await this.#start(member, [], undefined, AbortSignal.timeout(afterMs));
      return true;
    } catch (error) {
      if (error instanceof StartRefused && error.exit === "SIGKILL") return false;
      throw error;
    }
  }

  async #start(
    member: number,
    more: readonly string[],
    program?: string,
    signal?: AbortSignal,
  ): Promise<NodeProcess> {
    const limits = ["--request-weight", "0", "--orders-10s", "0", "--orders-1d", "0"];
    const args = ["--join", this.directories[member]!, ...limits, ...this.#args, ...more];
    const starting = startNodeProcess(args, program, signal);
    this.#starting.add(starting);
    try {
      const node = await starting;
      this.#running.set(member, node);
      return node;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** Makes a directory with keys and the genesis for somebody who is no member yet. Returns its number. */
  async makeNewcomer(): Promise<number> {
    const member = this.directories.length;
    const directory = join(this.root, `node-${member}`);
    await createMember(directory, {
      address: `tcp://127.0.0.1:${await findTestPort()}`,
      weight: 1,
    });
    copyFileSync(memberPaths(this.directories[0]!).genesis, memberPaths(directory).genesis);
    this.directories.push(directory);
    this.#operators.push(this.makeKey(member, 1n, ["operator"]));
    return member;
  }

  /**
   * Starts those members and waits until each takes orders.
   *
   * Errors   the first of those that did not come up, once it is known of all: whoever disposes of the cluster then finds them.
   */
  async startAll(members: readonly number[]): Promise<void> {
    await allOf(members.map((member) => this.start(member)));
    await this.untilReady(members);
  }

  async kill(member: number): Promise<void> {
    await this.node(member).end("SIGKILL");
    this.#running.delete(member);
  }

  /** As an operator would. Errors: it does not end as asked, with its log. */
  async stop(member: number): Promise<void> {
    const node = this.node(member);
    this.#running.delete(member);
    await node.stop();
  }

  isRunning(member: number): boolean {
    return this.#running.has(member);
  }

  /** Takes everything from a member that is down but its keys and its genesis; `keepsGuard` leaves that as well. */
  wipe(member: number, keepsGuard = false): void {
    const directory = this.directories[member]!;
    const { journal, snapshots, history, proofs } = dataDirectory(directory);
    const { guard } = memberPaths(directory);
    const databases = [history, proofs].flatMap((path) => [path, `${path}-wal`, `${path}-shm`]);
    const paths = [journal, snapshots, ...databases];
    for (const path of keepsGuard ? paths : [...paths, guard]) {
      rmSync(path, { recursive: true, force: true });
    }
  }

  /** Puts a guard as the key ceremony makes it in the place of the one that was used, of a member that is down. */
  async restoreCeremony(member: number): Promise<void> {
    const { signingKey, guard } = memberPaths(this.directories[member]!);
    rmSync(guard, { force: true });
    const { publicKey } = readKeyFile(signingKey);
    await createSigningGuard({ path: guard, scope: guardScope(publicKey) });
  }

  node(member: number): NodeProcess {
    return this.#running.get(member) ?? fail("the member runs");
  }

  url(member: number): string {
    return this.node(member).ready.origin;
  }

  /** Makes an API key of a member's gateway. */
  makeKey(member: number, account: bigint, permissions: readonly Permission[]): Credentials {
    using store = openFileKeyStore(makeDataDirectory(this.directories[member]!).keys);
    const { id, privateKeyPem } = createEd25519Key(store, {
      account,
      permissions,
      nowMs: Date.now(),
    });
    return credentialsOf(id, privateKeyPem ?? fail("a pair made here has a private half"));
  }

  client(member: number, credentials: Credentials): RestClient {
    return new RestClient({ url: this.url(member), credentials });
  }

  operator(member: number): RestClient {
    return this.client(member, this.#operators[member]!);
  }

  /** Gives an account of the small network money, through one member. */
  async fund(member: number, account: bigint): Promise<void> {
    for (const asset of ["USD", "BTC"]) {
      const deposit = { account: String(account), asset, amount: 1_000_000 };
      await this.operator(member).signed("POST", "/operator/deposit", deposit);
    }
  }

  /** Whether it takes orders. Where nobody is there it does not: a member that got a snapshot begins again at its port. */
  async isReady(member: number): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const response = await fetch(`${this.url(member)}/ready`, { signal });
      await response.body?.cancel();
      return response.ok;
    } catch (error) {
      if (error instanceof TypeError) return false;
      if (error instanceof DOMException && error.name === "TimeoutError") return false;
      throw error;
    }
  }

  async untilReady(members: readonly number[]): Promise<void> {
    for (const member of members) {
      await until(`member ${member} is ready`, () => this.isReady(member));
    }
  }

  async stats(member: number): Promise<Stats> {
    const response = await fetch(`${this.url(member)}/stats`);
    return (await response.json()) as Stats;
  }

  async state(member: number): Promise<StateAt> {
    return (await this.operator(member).signed("GET", "/operator/state-hash")) as StateAt;
  }

  /** Waits until those members stand at the same batch. Returns where, by member. */
  async untilLevel(members: readonly number[]): Promise<readonly StateAt[]> {
    let states: readonly StateAt[] = [];
    await until(`members ${members.join(", ")} stand at one batch`, async () => {
      states = await Promise.all(members.map((member) => this.state(member)));
      const [first] = states;
      return states.every(({ sequence }) => sequence === first!.sequence);
    });
    return states;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Who is just starting is to be ended too, and is known to run only when it has come up.
    await Promise.allSettled(this.#starting);
    try {
      await allOf([...this.#running.values()].map((node) => node[Symbol.asyncDispose]()));
    } finally {
      rmSync(this.root, { recursive: true, force: true });
    }
  }
}

/** Waits for all, also where some fail. Errors: the first of theirs. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

/** Waits until something holds. Errors: half a minute, as this process lives it, was not enough. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const patience = new Patience(UNTIL_MS);
  while (!(await holds())) {
    if (patience.isOver()) throw new Error(`not in time: ${what}`);
    await sleep(POLL_MS);
  }
}
