import { isIPv6 } from "node:net";
import type { Logger } from "pino";
import type { ExchangePort } from "./exchange-port.ts";
import type { EpochPort } from "./epoch-port.ts";
import type { FinalityPort } from "./finality-port.ts";
import type { KeyStore } from "./keys/key-store.ts";
import type { GatewayReadModel } from "./read-model/read-model.ts";

/** An account that anybody on this machine may trade for. */
export interface DemoAccount {
  readonly account: bigint;
  readonly keyId: string;
  readonly secret: string;
}

/** How a node of a cluster stands; a node alone needs none. */
export interface ConsensusStatistics {
  readonly profile: string;
  /** What the profile bears, in words: "crash-tolerant (1 of 3), not Byzantine-tolerant". */
  readonly tolerance: string;
  /** The configured threshold: an assertion that was checked at the start, never what decides. */
  readonly voteThreshold: number;
  /** From 1; and how many members it has. */
  readonly epoch: number;
  readonly members: number;
  readonly quorum: number;
  readonly round: number;
  readonly vertices: number;
  readonly finalized: number;
  readonly committed: number;
  readonly certificates: number;
  readonly isFpcEnabled: boolean;
  readonly quantumFinality: number;
}

export interface GatewayLimits {
  /** Request weight of one address in a minute; 0 for no limit. */
  readonly weightPerMinute: number;
  /** Addresses whose weight is remembered. */
  readonly addressesMax: number;
  /** Orders of one account; 0 for no limit. */
  readonly ordersPer10Seconds: number;
  readonly ordersPerDay: number;
  /** Accounts whose orders are counted. */
  readonly countedAccountsMax: number;
  /** Connections, of all kinds. */
  readonly connectionsMax: number;
  /** Those of one address, where the gateway does not listen on loopback: nobody keeps all others out; 0 for no limit. */
  readonly connectionsPerAddressMax: number;
  readonly bodyBytesMax: number;
  readonly headBytesMax: number;
  /** For the head of a request to arrive, and for all of it. */
  readonly headTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long an idle connection stays. */
  readonly keepAliveTimeoutMs: number;
  /** Requests of one connection before it is closed; 0 for no limit. */
  readonly requestsPerConnectionMax: number;
  readonly streamsPerConnectionMax: number;
  /** Messages that a stream client may send at once, and each second after that; 0 for no limit. */
  readonly streamMessagesBurst: number;
  readonly streamMessagesPerSecond: number;
  readonly socketMessageBytesMax: number;
  /** Requests of one WebSocket API connection that may wait for their answers. */
  readonly socketRequestsMax: number;
  readonly pingIntervalMs: number;
  /** Without a pong for this long a client is gone. */
  readonly pongTimeoutMs: number;
  readonly connectionAgeMsMax: number;
  /** Bytes waiting for a client beyond which messages that can be joined are joined. */
  readonly congestedBytes: number;
  /** Bytes waiting for a client beyond which it is disconnected. */
  readonly sendBufferBytes: number;
  /**
   * Bytes of account events that wait for clients, each event counted once: beyond them the client that has taken
   * nothing for longest is disconnected. All orders of an account end with some 45 million.
   */
  readonly accountBacklogBytes: number;
}

export const GATEWAY_LIMITS_DEFAULT: GatewayLimits = Object.freeze({
  weightPerMinute: 6_000,
  addressesMax: 20_000,
  ordersPer10Seconds: 100,
  ordersPerDay: 200_000,
  countedAccountsMax: 100_000,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 1_000,
  bodyBytesMax: 65_536,
  headBytesMax: 16_384,
  headTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  requestsPerConnectionMax: 0,
  streamsPerConnectionMax: 1_024,
  streamMessagesBurst: 10,
  streamMessagesPerSecond: 5,
  socketMessageBytesMax: 65_536,
  socketRequestsMax: 256,
  pingIntervalMs: 20_000,
  pongTimeoutMs: 60_000,
  connectionAgeMsMax: 24 * 3_600_000,
  congestedBytes: 262_144,
  sendBufferBytes: 4_194_304,
  accountBacklogBytes: 268_435_456,
});

/** A certificate chain and its private key, in PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export interface GatewayOptions {
  readonly exchange: ExchangePort;
  readonly readModel: GatewayReadModel;
  readonly keys: KeyStore;
  /** Where to listen. Default 127.0.0.1, port 8080. */
  readonly host?: string;
  readonly port?: number;
  /** Without it the gateway speaks plain HTTP. */
  readonly tls?: TlsPair;
  /** Host names besides loopback's by which the gateway may be called while it listens on loopback: `parseHostName` takes them. */
  readonly allowedHosts?: readonly string[];
  /** Origins whose pages may read public data; none by default. `parseOrigin` takes them. */
  readonly corsOrigins?: readonly string[];
  /** Directory of the built web terminal. */
  readonly webRoot?: string;
  /** Only with a loopback host. */
  readonly demo?: DemoAccount;
  readonly limits?: Partial<GatewayLimits>;
  readonly log?: Logger;
  readonly version?: string;
  readonly consensus?: () => ConsensusStatistics;
  /** Who certifies what is done here. Without it nobody does. */
  readonly finality?: FinalityPort;
  /** Who knows the epochs of a cluster and takes changes of them. Without it there are none. */
  readonly epochs?: EpochPort;
  /** Further metrics in the Prometheus text format, to stand behind the gateway's own. */
  readonly moreMetrics?: () => string;
  /** How often what happened is handed to the history. Default 200. */
  readonly handOverIntervalMs?: number;
  /** How often the ledger is summed up. Default 15,000; 0 for never. */
  readonly auditIntervalMs?: number;
  /** Accounts beyond which it is not: all of it happens between two commands. Default 20,000. */
  readonly auditAccountsMax?: number;
}

/** The options with every default filled in. */
export type GatewaySettings = Required<
  Omit<
    GatewayOptions,
    | "tls"
    | "webRoot"
    | "demo"
    | "consensus"
    | "finality"
    | "epochs"
    | "moreMetrics"
    | "log"
    | "limits"
  >
> &
  Pick<
    GatewayOptions,
    "tls" | "webRoot" | "demo" | "consensus" | "finality" | "epochs" | "moreMetrics"
  > & {
    readonly limits: GatewayLimits;
    readonly log: Logger;
    readonly isLoopback: boolean;
  };

/** True for an address that only this machine can reach. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A host's name as requests are judged by it; undefined for what no request has: a URL, a port, a pattern. */
export function parseHostName(text: string): string | undefined {
  const url = `http://${isIPv6(text) ? `[${text}]` : text}`;
  if (text.includes("*") || !URL.canParse(url)) return undefined;
  const { hostname, href } = new URL(url);
  return href === `http://${hostname}/` ? hostname.replaceAll(/[[\]]/g, "") : undefined;
}

/** An origin as browsers say it, or "*" for all; undefined for what none says: a page's address, a pattern. */
export function parseOrigin(text: string): string | undefined {
  if (text === "*" || text === "null") return text;
  if (text.includes("*") || !URL.canParse(text)) return undefined;
  const { protocol, host, href } = new URL(text);
  const origin = `${protocol}//${host}`;
  return host !== "" && (href === origin || href === `${origin}/`) ? origin : undefined;
}
