import { createPrng, type Prng } from "@rialto/base";
import { ApiError, type Credentials, type RestClient } from "@rialto/client";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProfileName } from "../cluster/genesis.ts";
import { openOrderLoad, type OrderLoad } from "./order-load.ts";
import { SmallCluster } from "./small-cluster.ts";

// Members of a cluster as processes, under orders, with faults that a seed chooses: killed, stopped for a while, ended, killed
// while they start, all at once. Which moments they meet is the machine's: a seed repeats the faults, not what comes of them.

const TRADERS = [
  { account: 1_001n, side: "BUY" },
  { account: 1_002n, side: "SELL" },
] as const;
const WINDOW = 4;
const REST_MS = 40;
const RETRY_MS = 100;
const QUIET_MS_MAX = 1_500;
const PAUSE_MS_MAX = 4_000;
const START_MS_MAX = 1_200;
const ROWS_MAX = 1_000;

/** What a load may be told: the order is not open any more; unknown; overloaded; no quorum. */
const EXPECTED_REFUSALS: readonly number[] = [-2011, -1007, -1008, -1016];

/** A fault, and how often it comes among others. */
const FAULTS = [
  ["kill", 5],
  ["pause", 4],
  ["start", 6],
  ["stop", 2],
  ["killWhileStarting", 3],
  ["killAll", 1],
] as const;
export type FaultName = (typeof FAULTS)[number][0];

export interface ChaosOptions {
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly seed: number;
  /** Each with so many faults, after which all is healed and held against what was acknowledged. */
  readonly episodes: number;
  readonly faultsPerEpisode: number;
  readonly onEpisode?: (report: ChaosReport) => void;
}

export interface ChaosReport {
  readonly episodes: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  /** Orders and cancels that were acknowledged. */
  readonly placed: number;
  readonly cancelled: number;
  /** Requests whose connection ended before their answer. */
  readonly unanswered: number;
}

/**
 * Runs a cluster through faults under load.
 *
 * Effects  processes, loopback sockets, a directory that is removed in the end.
 * Errors   what was acknowledged is not in the exchange, members do not say the same, one does not come up again, or a client was told
 *          what no fault excuses.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  await using cluster = await SmallCluster.create(options.nodes, options.profile);
  const chaos = new Chaos(cluster, options);
  await chaos.begin();
  for (let episode = 0; episode < options.episodes; episode++) {
    await chaos.episode(episode);
    options.onEpisode?.(chaos.report());
  }
  return chaos.report();
}

interface Trader {
  readonly account: bigint;
  readonly side: "BUY" | "SELL";
  /** A key for each member's gateway. */
  readonly keys: readonly Credentials[];
}

class Chaos {
  readonly #cluster: SmallCluster;
  readonly #members: readonly number[];
  readonly #prng: Prng;
  readonly #faultsPerEpisode: number;
  readonly #traders: readonly Trader[];
  readonly #faults = new Map<FaultName, number>();
  #episodes = 0;
  #placed = 0;
  #cancelled = 0;
  #unanswered = 0;
  #loads = 0;

  constructor(cluster: SmallCluster, { nodes, seed, faultsPerEpisode }: ChaosOptions) {
    this.#cluster = cluster;
    this.#members = Array.from({ length: nodes }, (_, member) => member);
    this.#prng = createPrng(seed);
    this.#faultsPerEpisode = faultsPerEpisode;
    this.#traders = TRADERS.map(({ account, side }) => ({
      account,
      side,
      keys: this.#members.map((member) => cluster.makeKey(member, account, ["read", "trade"])),
    }));
  }

  async begin(): Promise<void> {
    await this.#cluster.startAll(this.#members);
    for (const { account } of this.#traders) await this.#cluster.fund(0, account);
  }

  report(): ChaosReport {
    return {
      episodes: this.#episodes,
      faults: this.#faults,
      placed: this.#placed,
      cancelled: this.#cancelled,
      unanswered: this.#unanswered,
    };
  }

  /** Faults under load, then none; and then nothing acknowledged is missing, and all members say the same. */
  async episode(number: number): Promise<void> {
    const end = new AbortController();
    const running = this.#traders.map((trader) => this.#trade(trader, end.signal));
    for (let fault = 0; fault < this.#faultsPerEpisode; fault++) {
      await sleep(this.#prng.below(QUIET_MS_MAX));
      await this.#harm();
    }
    await this.#heal();
    end.abort();
    const loads = await Promise.all(running);
    await this.#cluster.untilReady(this.#members);
    await this.#cluster.untilLevel(this.#members);
    await this.#compareMembers(number);
    for (const [index, trader] of this.#traders.entries()) {
      await this.#checkLoads(trader, loads[index]!);
    }
    this.#episodes += 1;
  }

  /** Trades with whichever member is there, one after the other, until the end. */
  async #trade(trader: Trader, signal: AbortSignal): Promise<OrderLoad[]> {
    const loads: OrderLoad[] = [];
    while (!signal.aborted) {
      const member = this.#loads++ % this.#members.length;
      const load = await this.#openLoad(trader, member, signal);
      if (load === undefined) {
        await sleep(RETRY_MS);
        continue;
      }
      loads.push(load);
      await load.run();
    }
    return loads;
  }

  /** Undefined where nobody is there. */
  async #openLoad(
    { side, keys }: Trader,
    member: number,
    signal: AbortSignal,
  ): Promise<OrderLoad | undefined> {
    if (!this.#cluster.isRunning(member)) return undefined;
    const url = this.#cluster.url(member);
    const prefix = `${side[0]}${this.#loads}`;
    const common = { url, credentials: keys[member]!, side, prefix, seed: this.#loads };
    try {
      return await openOrderLoad({ ...common, window: WINDOW, restMs: REST_MS, signal });
    } catch (error) {
      // A member that is just ending, or stands still.
      if (error instanceof ApiError) throw error;
      return undefined;
    }
  }

  async #harm(): Promise<void> {
    const name = this.#drawFault();
    const up = this.#members.filter((member) => this.#cluster.isRunning(member));
    const down = this.#members.filter((member) => !this.#cluster.isRunning(member));
    const isFit = name.toLowerCase().includes("start") ? down.length > 0 : up.length > 0;
    if (!isFit) return;
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
    const one = (members: readonly number[]): number => members[this.#prng.below(members.length)]!;
    switch (name) {
      case "kill":
        return await this.#cluster.kill(one(up));
      case "stop":
        return await this.#cluster.stop(one(up));
      case "start":
        return void (await this.#cluster.start(one(down)));
      case "killWhileStarting":
        return void (await this.#cluster.startOrKill(one(down), this.#prng.below(START_MS_MAX)));
      case "pause":
        return await this.#pause(one(up));
      case "killAll":
        return void (await Promise.all(up.map((member) => this.#cluster.kill(member))));
    }
  }

  #drawFault(): FaultName {
    const total = FAULTS.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.#prng.below(total);
    const drawn = FAULTS.find(([, weight]) => (left -= weight) < 0);
    return drawn![0];
  }

  /** A process that the system does not let run, and that finds out of nothing. */
  async #pause(member: number): Promise<void> {
    const { pid } = this.#cluster.node(member);
    process.kill(pid, "SIGSTOP");
    await sleep(this.#prng.below(PAUSE_MS_MAX));
    process.kill(pid, "SIGCONT");
  }

  async #heal(): Promise<void> {
    const down = this.#members.filter((member) => !this.#cluster.isRunning(member));
    await Promise.all(down.map((member) => this.#cluster.start(member)));
    await this.#cluster.untilReady(this.#members);
  }

  /** All members are at one batch: whatever they are asked, they say the same. */
  async #compareMembers(episode: number): Promise<void> {
    const said = await Promise.all(this.#members.map((member) => this.#whatIsSaid(member)));
    for (const [member, each] of said.entries()) {
      for (const [what, answer] of each) {
        if (isDeepStrictEqual(answer, said[0]!.get(what))) continue;
        throw new Error(
          `after episode ${episode} member ${member} answers ${what} otherwise than member 0`,
        );
      }
    }
  }

  async #whatIsSaid(member: number): Promise<Map<string, unknown>> {
    const { stateHash } = await this.#cluster.state(member);
    const said = new Map<string, unknown>([["the state hash", stateHash]]);
    for (const { account, keys } of this.#traders) {
      const client = this.#cluster.client(member, keys[member]!);
      for (const path of ["account", "openOrders", "allOrders", "myTrades"]) {
        const params = path === "account" ? {} : { symbol: "BTCUSD" };
        const limit = path === "allOrders" || path === "myTrades" ? { limit: ROWS_MAX } : {};
        const answer = await client.signed("GET", `/api/v3/${path}`, { ...params, ...limit });
        said.set(`${path} of ${account}`, answer);
      }
    }
    return said;
  }

  /** Everything that was acknowledged has happened, and clients were told nothing else than that it is not known or was not done. */
  async #checkLoads({ keys }: Trader, loads: readonly OrderLoad[]): Promise<void> {
    const member = this.#prng.below(this.#members.length);
    const client = this.#cluster.client(member, keys[member]!);
    for (const load of loads) {
      this.#unanswered += load.unanswered;
      const odd = [...load.refusals].filter(([code]) => !EXPECTED_REFUSALS.includes(code));
      if (odd.length > 0) throw new Error(`refused: ${odd.map(String).join("; ")}`);
      for (const [name, { orderId }] of load.placed) {
        const order = await readOrder(client, name);
        this.#placed += 1;
        if (order.orderId !== orderId) {
          throw new Error(`order ${name} was acknowledged as ${orderId}, and is ${order.orderId}`);
        }
        if (!load.cancelled.has(name)) continue;
        this.#cancelled += 1;
        if (order.status === "CANCELED") continue;
        throw new Error(`order ${name} was cancelled, and is ${order.status}`);
      }
    }
  }
}

interface OrderRow {
  readonly orderId: number;
  readonly status: string;
}

async function readOrder(client: RestClient, name: string): Promise<OrderRow> {
  const params = { symbol: "BTCUSD", origClientOrderId: name };
  return (await client.signed("GET", "/api/v3/order", params)) as OrderRow;
}
