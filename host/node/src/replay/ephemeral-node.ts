import { Fault } from "@rialto/base";
import { type Credentials, ed25519Credentials, hmacCredentials, RestClient } from "@rialto/client";
import { createEd25519Key, createHmacKey } from "@rialto/gateway";
import type { NetworkConfig } from "@rialto/protocol";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Network, networkOf } from "../config/network-file.ts";
import { NODE_SETTINGS, type NodeSettings } from "../config/node-settings.ts";
import { settle } from "../config/settings.ts";
import { startNode } from "../node.ts";
import type { RunningNode } from "../node-parts.ts";
import { type JournalReplay, replayJournal } from "./replay-journal.ts";
import type { ReplayAccounts } from "./replay-desk.ts";
import { REPLAY_FUNDS } from "./replay-network.ts";

export type EphemeralFaultDetail = {
  /** A stopped node's journal does not lead to the state that the node was in. */
  readonly code: "REPLAY_STATE_DIFFERS";
  readonly stateHash: string;
  readonly journalStateHash: string;
};

const FIRST_ACCOUNT = 1n;
const SECOND_ACCOUNT = 2n;
const OPERATOR_ACCOUNT = 3n;

interface EphemeralParts {
  readonly node: RunningNode;
  readonly network: Network;
  readonly dataDir: string;
  readonly accounts: ReplayAccounts;
}

/** A node that lives for one replay, on a directory of its own, with two funded accounts. */
export class EphemeralNode implements AsyncDisposable {
  readonly #parts: EphemeralParts;
  #hasStopped = false;

  constructor(parts: EphemeralParts) {
    this.#parts = parts;
  }

  get origin(): string {
    return this.#parts.node.origin;
  }

  get accounts(): ReplayAccounts {
    return this.#parts.accounts;
  }

  /**
   * Stops the node and executes its whole journal again.
   *
   * Errors   REPLAY_STATE_DIFFERS, and what replaying a journal throws.
   */
  async stopAndVerify(): Promise<JournalReplay> {
    const { node, network, dataDir } = this.#parts;
    const stateHash = node.exchange.stateHash();
    this.#hasStopped = true;
    await node.stop();
    const { signal } = new AbortController(); // it is short, and goes to its end
    const replay = await replayJournal({ dataDir, network, progress: () => {}, signal });
    if (replay.stateHash === stateHash) return replay;
    const journalStateHash = replay.stateHash;
    const detail = { code: "REPLAY_STATE_DIFFERS", stateHash, journalStateHash } as const;
    const message = `the node's state is ${stateHash}, its journal leads to ${journalStateHash}`;
    throw new Fault<EphemeralFaultDetail>(detail, "fatal", message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { node, dataDir } = this.#parts;
    if (!this.#hasStopped) await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/**
 * Starts a node of a network on a directory that goes with it, and funds two accounts as an operator would.
 *
 * Effects  listens on a port of this machine that the system picks; commands are flushed in groups.
 * Errors   what starting a node throws.
 */
export async function startEphemeralNode(config: NetworkConfig): Promise<EphemeralNode> {
  const network = networkOf(config);
  if (network instanceof Fault) throw network;
  const dataDir = await mkdtemp(join(tmpdir(), "rialto-replay-"));
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  try {
    const node = await startNode({
      settings: settingsFor(dataDir),
      network,
      log: pino({ level: "silent" }),
      version: "replay",
      onFatal: (error) => {
        throw error;
      },
    });
    const running = new EphemeralNode({ node, network, dataDir, accounts: openAccounts(node) });
    cleanup.use(running);
    await fundAccounts(node, config);
    return running;
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

/** The defaults, but that nobody limits how fast a replay may be. */
function settingsFor(dataDir: string): NodeSettings {
  const flags = {
    "data-dir": dataDir,
    port: "0",
    durability: "group",
    "request-weight": "0",
    "orders-10s": "0",
    "orders-1d": "0",
  };
  const settled = settle(NODE_SETTINGS, { flags, environment: {}, file: {} });
  if (settled instanceof Fault) throw settled;
  return settled.values;
}

/** The first account logs on, which takes an Ed25519 key; the second signs each of its requests. */
function openAccounts({ keys }: RunningNode): ReplayAccounts {
  const nowMs = Date.now();
  const permissions = ["read", "trade"] as const;
  const first = createEd25519Key(keys, { account: FIRST_ACCOUNT, permissions, nowMs });
  const second = createHmacKey(keys, { account: SECOND_ACCOUNT, permissions, nowMs });
  return {
    first: ed25519Credentials(first.id, first.privateKeyPem!),
    second: promptCredentials(second.id, second.secret),
  };
}

/**
 * Credentials of an HMAC key that sign on the spot. The client's own go through a thread and back, as Web
 * Crypto does, which would tear the commands of one moment apart into many log records.
 */
function promptCredentials(apiKey: string, secret: string): Credentials {
  return {
    apiKey,
    type: "hmac",
    sign: (payload) => Promise.resolve(createHmac("sha256", secret).update(payload).digest("hex")),
  };
}

async function fundAccounts(node: RunningNode, network: NetworkConfig): Promise<void> {
  const operator = createHmacKey(node.keys, {
    account: OPERATOR_ACCOUNT,
    permissions: ["operator"],
    nowMs: Date.now(),
  });
  const credentials = hmacCredentials(operator.id, operator.secret);
  const rest = new RestClient({ url: node.origin, credentials });
  for (const account of [FIRST_ACCOUNT, SECOND_ACCOUNT]) {
    for (const { symbol: asset } of network.assets) {
      const amount = REPLAY_FUNDS;
      await rest.signed("POST", "/operator/deposit", { account: String(account), asset, amount });
    }
  }
}
