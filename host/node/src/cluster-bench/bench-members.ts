import { encodeHex, fail, Fault } from "@rialto/base";
import { type EntryAnswer, EntryOutcome, entryOutcomeName } from "@rialto/gateway";
import { SecretSeed, selectBackend, type Signer } from "@rialto/signing";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Genesis,
  makeGenesis,
  type MemberCard,
  openGenesis,
  type ProfileName,
} from "../cluster/genesis.ts";
import { createMember, memberPaths } from "../cluster/member-directory.ts";
import { findTestPort } from "../testing/free-port.ts";
import { type NodeProcess, startNodeProcess } from "../testing/node-process.ts";
import { BENCH_NETWORK } from "./bench-network.ts";
import type { Carrier, Told } from "./carrier.ts";
import { EntryClient } from "./entry-client.ts";
import { TRADERS } from "./frame-maker.ts";
import { cpuSecondsOf } from "./process-cpu.ts";
import { ScratchDirectory } from "./scratch-directory.ts";

// The members of a cluster under load, each a process of its own, and the connections of the load to them.

const LIAR_PROGRAM = join(import.meta.dirname, "../testing/lying-member.ts");
const UNTIL_MS = 60_000;
const POLL_MS = 50;

/** What a member says of itself. */
export interface MemberStatus {
  readonly member: number;
  readonly restriction: string;
  readonly commits: number;
  readonly batches: number;
  readonly commands: number;
  readonly stateRoot: string;
  readonly leaderTimeouts: number;
  readonly rounds: number;
  readonly durability: string;
}

export interface BenchMembersOptions {
  readonly profile: ProfileName;
  readonly members: number;
  readonly durability: "group" | "strict";
  /** Bytes of frames that one member holds before it refuses. */
  readonly queueBytes: number;
  /** Frames that a closed loop has under way. */
  readonly window: number;
  readonly isLastLying: boolean;
}

export class BenchMembers implements Carrier {
  readonly name: string;
  readonly durability: string;
  readonly processes: number;
  readonly genesis: Genesis;
  /** The operator's and the traders'. */
  readonly signers: readonly Signer[];
  readonly directories: readonly string[];
  /** Told of every commit up to which a quorum has signed the state, as the first member reached says. */
  onCertified: (commitIndex: number) => void = () => undefined;
  /** Told of every frame that was executed, and in which commit. */
  onExecuted: (frame: Uint8Array, commitIndex: number) => void = () => undefined;
  window: number;
  readonly #root: ScratchDirectory;
  readonly #options: BenchMembersOptions;
  readonly #nodes = new Map<number, NodeProcess>();
  readonly #clients = new Map<number, EntryClient>();
  /** Members that the load goes to. */
  #targets: number[] = [];
  #turn = 0;
  #endedCpuSeconds = 0;

  private constructor(
    options: BenchMembersOptions,
    root: ScratchDirectory,
    directories: readonly string[],
    made: { readonly genesis: Genesis; readonly signers: readonly Signer[] },
  ) {
    this.#options = options;
    this.#root = root;
    const liar = options.isLastLying ? " with a liar" : "";
    this.name = `rialto ${options.profile} n=${options.members}${liar}`;
    this.durability = `${options.durability}: journal synced before anything is signed or told`;
    this.processes = options.members;
    this.window = options.window;
    this.directories = directories;
    this.genesis = made.genesis;
    this.signers = made.signers;
  }

  /** Makes the members, starts them, and waits until they take frames. */
  static async start(options: BenchMembersOptions): Promise<BenchMembers> {
    const root = new ScratchDirectory("rialto-bench-");
    const directories = Array.from({ length: options.members }, (_, at) =>
      join(root.path, `node-${at}`),
    );
    const members: MemberCard[] = [];
    for (const directory of directories) {
      const address = `tcp://127.0.0.1:${await findTestPort()}`;
      members.push(await createMember(directory, { address, weight: 1 }));
    }
    const { profile } = options;
    const backend = selectBackend("ed25519");
    const signers = Array.from({ length: 1 + TRADERS }, () =>
      backend.createSigner(SecretSeed.random()),
    );
    const cards = signers.map(({ publicKey }, account) => ({
      publicKey: encodeHex(publicKey),
      account,
    }));
    const choices = { network: BENCH_NETWORK, profile, voteThreshold: 0.65, members };
    // The check at the end reads the journal from its beginning.
    const file = makeGenesis({ ...choices, signers: cards, snapshotCommits: 0 });
    for (const directory of directories) {
      writeFileSync(memberPaths(directory).genesis, JSON.stringify(file));
    }
    const genesis = openGenesis(file);
    if (genesis instanceof Fault) throw genesis;
    const cluster = new BenchMembers(options, root, directories, { genesis, signers });
    try {
      await cluster.#startAll();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  async #startAll(): Promise<void> {
    const members = this.directories.map((_, member) => member);
    await Promise.all(members.map((member) => this.#startMember(member)));
    this.#targets = this.honest;
    for (const member of this.honest) {
      await until(`member ${member} takes frames`, async () => {
        const { restriction } = await this.status(member);
        return restriction === "";
      });
    }
  }

  async #startMember(member: number): Promise<void> {
    const { durability, queueBytes, isLastLying, members } = this.#options;
    const isLiar = isLastLying && member === members - 1;
    const entryPort = await findTestPort();
    const args = ["--join", this.directories[member]!, "--entry-port", String(entryPort)];
    args.push("--no-gateway", "--durability", durability, "--queue-bytes", String(queueBytes));
    args.push("--log-level", "warn");
    const node = await startNodeProcess(args, isLiar ? LIAR_PROGRAM : undefined);
    this.#nodes.set(member, node);
    const { client } = await EntryClient.open(entryPort, (commitIndex) => {
      if (member === this.#targets[0]) this.onCertified(commitIndex);
    });
    this.#clients.set(member, client);
  }

  /** Members that run and do not lie. */
  get honest(): number[] {
    const { isLastLying, members } = this.#options;
    return [...this.#nodes.keys()]
      .filter((member) => !isLastLying || member !== members - 1)
      .sort((left, right) => left - right);
  }

  /** Sends the load to these members only. */
  aimAt(members: readonly number[]): void {
    this.#targets = [...members];
  }

  send(frame: Uint8Array, told: (told: Told) => void): void {
    const member =
      this.#targets[this.#turn++ % this.#targets.length] ?? fail("a member is aimed at");
    this.#clients.get(member)!.submit(frame, (answer) => {
      if (answer?.outcome === EntryOutcome.Executed) this.onExecuted(frame, answer.commitIndex);
      told(toldOf(answer));
    });
  }

  async status(member: number): Promise<MemberStatus> {
    return (await this.#clients.get(member)!.status()) as MemberStatus;
  }

  async statuses(): Promise<MemberStatus[]> {
    return await Promise.all(this.honest.map((member) => this.status(member)));
  }

  /** Waits until all honest members have executed the same. Returns what they say then. */
  async untilLevel(): Promise<MemberStatus[]> {
    let last: MemberStatus[] = [];
    await until("all members have executed the same", async () => {
      await sleep(150); // a member hashes its state at most ten times a second
      last = await this.statuses();
      return new Set(last.map(({ batches }) => batches)).size === 1;
    });
    return last;
  }

  /** Ends a member at once, as a power cut would. */
  async kill(member: number): Promise<void> {
    const node = this.#nodes.get(member) ?? fail("the member runs");
    this.#endedCpuSeconds += cpuSecondsOf(node.pid);
    this.#nodes.delete(member);
    this.#clients.get(member)?.close();
    this.#clients.delete(member);
    await node.end("SIGKILL");
  }

  cpuSeconds(): number {
    const running = [...this.#nodes.values()].map(({ pid }) => cpuSecondsOf(pid));
    return running.reduce((sum, seconds) => sum + seconds, this.#endedCpuSeconds);
  }

  /** The end of each running member's log. */
  logs(): string {
    return [...this.#nodes.values()].map((node) => node.log().slice(-2_000)).join("\n");
  }

  /** Stops all members; their directories stay until this is disposed of. */
  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    await Promise.all(nodes.map((node) => node.end("SIGTERM")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#root[Symbol.dispose]();
  }
}

function toldOf(answer: EntryAnswer | undefined): Told {
  if (answer === undefined) return { fate: "unknown", reason: "connection ended" };
  const { outcome } = answer;
  const reason = entryOutcomeName(outcome);
  if (outcome === EntryOutcome.Executed) return { fate: "done", reason };
  return { fate: outcome === EntryOutcome.Unknown ? "unknown" : "refused", reason };
}

/** Waits until something holds. Errors: a minute was not enough. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + UNTIL_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`);
    await sleep(POLL_MS);
  }
}
