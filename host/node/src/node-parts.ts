import {
  createGateway,
  type DemoAccount,
  type ExchangePort,
  type Gateway,
  type GatewayOptions,
  type GatewayReadModel,
  type KeyStore,
} from "@rialto/gateway";
import type { JournalEvent } from "@rialto/storage";
import type { Logger } from "pino";
import type { Network } from "./config/network-file.ts";
import type { NodeSettings } from "./config/node-settings.ts";
import { fundDemoAccounts } from "./demo/demo.ts";
import type { TlsFiles } from "./tls-files.ts";
import { DemoLiquidity } from "./demo/demo-liquidity.ts";

// What a node alone and a member of a cluster are made of alike.

export interface NodeOptions {
  readonly settings: NodeSettings;
  readonly network: Network;
  readonly log: Logger;
  readonly version: string;
  /** Directory of the built web terminal. */
  readonly webRoot?: string;
  /** Without it the node speaks plain HTTP. */
  readonly tls?: TlsFiles;
  /** Told once when the process must end: an invariant broke, or the disk failed. */
  readonly onFatal: (error: unknown) => void;
  readonly nowMs?: () => number;
}

/** An exchange that a node runs, and ends. */
export interface NodeExchange extends ExchangePort {
  drain(): Promise<void>;
}

/** A node that takes orders. */
export interface RunningNode {
  /** "http://127.0.0.1:8080" */
  readonly origin: string;
  readonly nodeId: string;
  readonly exchange: NodeExchange;
  readonly keys: KeyStore;
  readonly demo: DemoAccount | undefined;
  /** Commands to paste; none where it is no demo. */
  readonly examples: readonly string[];
  /** Where everything of it lies. */
  readonly directory: string;
  /** In a cluster: which of its members this is, and what that bears, in words. */
  readonly cluster?: {
    readonly member: number;
    readonly members: number;
    readonly tolerance: string;
  };
  /** Log records that were executed again at the start. */
  readonly recordsReplayed: number;
  /** Answers what has begun, writes everything out and ends. May be called once. */
  stop(): Promise<void>;
}

const DEMO_SEED = 7;
const DEMO_BEAT_MS = 250;

export function logJournalEvent(log: Logger, event: JournalEvent): void {
  const { name, ...fields } = event;
  if ("fault" in fields) log.error({ fault: fields.fault.detail }, name);
  else if (name === "journal.torn") log.warn(fields, name);
  else log.info(fields, name);
}

export function makeGateway(
  options: NodeOptions,
  exchange: ExchangePort,
  stores: { readonly readModel: GatewayReadModel; readonly keys: KeyStore },
  more: Pick<GatewayOptions, "consensus" | "finality" | "epochs" | "moreMetrics"> & {
    readonly demo: DemoAccount | undefined;
  },
): Gateway {
  const { settings, log, version, webRoot, tls } = options;
  const { readModel, keys } = stores;
  const { demo, ...rest } = more;
  return createGateway({
    exchange,
    readModel,
    keys,
    host: settings.host,
    port: settings.port,
    allowedHosts: words(settings.allowedHosts),
    corsOrigins: words(settings.corsOrigins),
    limits: {
      weightPerMinute: settings.requestWeight,
      connectionsPerAddressMax: settings.addressConnections,
      ordersPer10Seconds: settings.orders10s,
      ordersPerDay: settings.orders1d,
    },
    log,
    version,
    ...rest,
    ...(tls === undefined ? {} : { tls: tls.pair }),
    ...(webRoot === undefined ? {} : { webRoot }),
    ...(demo === undefined ? {} : { demo }),
  });
}

/** Has a gateway go over to each new certificate, until the stack is disposed of. */
export function followTls(
  { tls }: Pick<NodeOptions, "tls">,
  gateway: Gateway,
  cleanup: AsyncDisposableStack,
): void {
  if (tls !== undefined) cleanup.use(tls.follow((pair) => gateway.renewTls(pair)));
}

/** The words of a list with commas. */
export function words(list: string): string[] {
  return list.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
}

export async function startDemo(
  options: Pick<NodeOptions, "log">,
  exchange: ExchangePort,
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const { maker, taker } = await fundDemoAccounts(exchange);
  const robots = new DemoLiquidity({
    exchange,
    maker,
    taker,
    seed: DEMO_SEED,
    beatMs: DEMO_BEAT_MS,
    onRefused: (error) => options.log.warn({ err: error }, "demo.refused"),
  });
  cleanup.defer(() => robots.stop());
  await robots.start();
}
