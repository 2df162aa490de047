import { Fault } from "@rialto/base";
import { type Credentials, RestClient } from "@rialto/client";
import type { NetworkConfig } from "@rialto/protocol";
import { UsageError } from "./command.ts";
import { credentialsFrom } from "./connection.ts";
import { readText, SMALL_TEXT_BYTES_MAX } from "../read-text.ts";
import { startEphemeralNode } from "../replay/ephemeral-node.ts";
import { type MarketSteps, readMarketSteps } from "../replay/market-steps.ts";
import type { ReplayAccounts } from "../replay/replay-desk.ts";

// The node that a replay goes into: one of its own, or one that runs somewhere.

/** The state at the end: of how many log records, and its hash in hexadecimal. */
export interface FinalState {
  readonly records: number;
  readonly stateHash: string;
  /** The journal was executed again, from nothing, and led to the same state. */
  readonly isVerified: boolean;
}

export interface ReplayTarget extends AsyncDisposable {
  readonly url: string;
  readonly accounts: ReplayAccounts;
  readonly steps: MarketSteps;
  /** The state at the end; null where nobody may ask for it. May be called once. */
  finish(): Promise<FinalState | null>;
}

/** Names of files, as options give them; empty for none. */
export interface ReplayTargetOptions {
  readonly url: string;
  readonly firstKey: string;
  readonly secondKey: string;
  readonly operatorKey: string;
}

/**
 * Finds the node to replay into: the one at `options.url`, or else a new one of `network`, which ends with
 * the replay.
 *
 * Errors   thrown: `UsageError` for missing keys, REPLAY_MARKET_UNFIT, and what starting a node throws.
 */
export async function openReplayTarget(
  options: ReplayTargetOptions,
  network: NetworkConfig,
): Promise<ReplayTarget> {
  const { symbol } = network.markets[0]!;
  return options.url === ""
    ? await openOwnNode(network, symbol)
    : await openRunningNode(options, symbol);
}

async function openOwnNode(network: NetworkConfig, symbol: string): Promise<ReplayTarget> {
  const node = await startEphemeralNode(network);
  return {
    url: node.origin,
    accounts: node.accounts,
    steps: await stepsOf(node.origin, symbol),
    async finish() {
      const { records, stateHash } = await node.stopAndVerify();
      return { records, stateHash, isVerified: true };
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

async function openRunningNode(
  { url, firstKey, secondKey, operatorKey }: ReplayTargetOptions,
  symbol: string,
): Promise<ReplayTarget> {
  if (firstKey === "" || secondKey === "") {
    throw new UsageError("--url needs the keys of two funded accounts: see --help");
  }
  const accounts = { first: await readKey(firstKey), second: await readKey(secondKey) };
  if (accounts.first.type !== "ed25519") {
    throw new UsageError(`${firstKey}: the account that logs on needs an Ed25519 key`);
  }
  const operator = operatorKey === "" ? undefined : await readKey(operatorKey);
  return {
    url,
    accounts,
    steps: await stepsOf(url, symbol),
    async finish() {
      if (operator === undefined) return null;
      const rest = new RestClient({ url, credentials: operator });
      const { sequence, stateHash } = (await rest.signed("GET", "/operator/state-hash")) as {
        readonly sequence: number;
        readonly stateHash: string;
      };
      return { records: sequence, stateHash, isVerified: false };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function stepsOf(url: string, symbol: string): Promise<MarketSteps> {
  const steps = await readMarketSteps(new RestClient({ url }), symbol);
  if (steps instanceof Fault) throw steps;
  return steps;
}

/** Reads what `rialto keys new --json` has printed. */
async function readKey(path: string): Promise<Credentials> {
  let key: {
    readonly apiKey?: unknown;
    readonly secret?: unknown;
    readonly privateKeyPem?: unknown;
  } | null;
  try {
    key = JSON.parse(readText(path, SMALL_TEXT_BYTES_MAX)) as typeof key;
  } catch (error) {
    throw new UsageError(`the key file ${path} cannot be read: ${(error as Error).message}`);
  }
  const secret = key?.secret ?? key?.privateKeyPem;
  if (typeof key?.apiKey !== "string" || typeof secret !== "string") {
    throw new UsageError(`the key file ${path} is not what \`rialto keys new --json\` prints`);
  }
  return await credentialsFrom(key.apiKey, secret);
}
