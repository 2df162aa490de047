import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { assert, Fault } from "@rialto/base";
import { type AccountIndex, CommandKind, NO_ORDER } from "@rialto/protocol";
import type { Logger } from "pino";
import { ApiError } from "./api/api-error.ts";
import { type ApiRequest, Dispatcher } from "./api/dispatcher.ts";
import type { Services } from "./api/operation.ts";
import { OPERATIONS } from "./api/operations.ts";
import { OrderDesk } from "./api/order-desk.ts";
import { examplesOf } from "./api/seed-operations.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { ListenKeys } from "./auth/listen-keys.ts";
import { createHttpServer, secureContext } from "./http/server.ts";
import { ApiKey } from "./keys/api-key.ts";
import { OrderLimiter } from "./limits/order-limiter.ts";
import { RequestLimiter } from "./limits/request-limiter.ts";
import { MarketCatalog } from "./markets/market-catalog.ts";
import { GatewayMetrics } from "./metrics/gateway-metrics.ts";
import { computeImbalance } from "./metrics/ledger-audit.ts";
import type { GatewayOptions, GatewaySettings, TlsPair } from "./options.ts";
import type { GatewayReadModel } from "./read-model/read-model.ts";
import { settingsOf } from "./settings.ts";
import { AccountFeeds } from "./streams/account-feeds.ts";
import { SocketServer } from "./streams/socket-server.ts";
import { StreamHub } from "./streams/stream-hub.ts";

/** The exchange as the outside sees it: one port for HTTP, streams and the WebSocket API. */
export interface Gateway extends AsyncDisposable {
  readonly readModel: GatewayReadModel;
  /** Where it is reached, once it listens: "http://127.0.0.1:8080". */
  readonly origin: string;

  /**
   * Begins to answer.
   *
   * Errors   what the system says of the address: EADDRINUSE, EACCES.
   */
  listen(): Promise<void>;

  /**
   * Stops answering: is no longer ready, tells stream clients, finishes what has begun, closes. What is
   * not done after `timeoutMs` is cut off. May be repeated.
   */
  drain(timeoutMs?: number): Promise<void>;

  /** Commands to paste, that ask it and trade with it as a demo's: what `GET /demo` tells. */
  examples(): readonly string[];

  /** Shows another certificate to whoever connects from now on. Only where it has had one. Errors: what TLS says of it, thrown. */
  renewTls(pair: TlsPair): void;

  /** What `/metrics` answers. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const DRAIN_TIMEOUT_MS = 5_000;
/** How often it is asked whether something is due. */
const WAKE_INTERVAL_MS = 500;
/** How often connections that have become idle are closed while draining. */
const IDLE_CHECK_MS = 20;

/** Makes a gateway, which answers nobody until it listens. */
export function createGateway(options: GatewayOptions): Gateway {
  const settings = settingsOf(options);
  // What is made below of the services, and asked by them once it is there.
  const open: { sockets: SocketServer | undefined; app: FastifyInstance | undefined } = {
    sockets: undefined,
    app: undefined,
  };
  const isGood = keyCheckOf(settings);
  const services = servicesOf(settings, isGood, () => originOf(settings, open.app?.server));
  const hub = new StreamHub(services);
  const feeds = new AccountFeeds(services, settings.limits.accountBacklogBytes);
  let isDraining = false;
  const metrics = new GatewayMetrics(services, settings, () => ({
    streams: open.sockets?.count("streams") ?? 0,
    apis: open.sockets?.count("api") ?? 0,
    bufferedBytes: open.sockets?.bufferedBytes ?? 0,
    accountBytes: feeds.waitingBytes,
    topics: hub.topicCount,
  }));
  const { log } = settings;
  const authenticator = new Authenticator(settings.keys, () => settings.exchange.nowMs());
  const dispatcher = new Dispatcher(services, authenticator, {
    answered: (request, body, tookMs) => metrics.answered(request, body, tookMs),
    commanded: (request, key, body) => logCommand(log, request, key, body),
    faulted: (request, fault) =>
      log.error({ operation: request.operation.name, fault: fault.detail }, "request.fault"),
  });
  const app = createHttpServer({
    services,
    dispatcher,
    settings,
    metrics,
    isDraining: () => isDraining,
  });
  open.app = app;
  const operations = new Map(
    OPERATIONS.flatMap((operation) =>
      operation.ws === undefined ? [] : [[operation.ws, operation] as const],
    ),
  );
  const shared = { services, dispatcher, operations, settings, hub, feeds, metrics };
  const sockets = new SocketServer({ ...shared, isGood }, app.server);
  open.sockets = sockets;
  return new RunningGateway(settings, app, sockets, hub, metrics, {
    beginDraining: () => (isDraining = true),
    examplesAt: (origin) => examplesOf(services, origin),
    wake: () => wakeEngine(services),
  });
}

/** Enough to tell a key by. With the whole of an id one could follow its account. */
const KEY_CHARACTERS = 8;

/** Writes down who has commanded what, and the code of the answer: 0 for done. */
function logCommand(
  log: Logger,
  { operation, params, address }: ApiRequest,
  { id, label }: ApiKey,
  body: unknown,
): void {
  const names = Object.keys(operation.params).filter((name) => params.has(name));
  const said = Object.fromEntries(names.map((name) => [name, params.get(name)]));
  const code = body instanceof ApiError ? body.code : 0;
  const key = id.slice(0, KEY_CHARACTERS);
  log.info(
    { operation: operation.name, params: said, key, label, address, code },
    "operator.command",
  );
}

/** Where a gateway is reached: by the port it listens on, or before that by the one it was told. */
function originOf({ host, port, tls }: GatewaySettings, server: Server | undefined): string {
  const address = server?.address() as AddressInfo | null | undefined;
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${name}:${address?.port ?? port}`;
}

/**
 * Says whether a key that was good is so still. Where keys cannot be read just now nobody can know: nothing that a
 * key has begun ends by that, and it is asked again.
 */
function keyCheckOf({ keys, log }: GatewaySettings): (key: ApiKey) => boolean {
  return ({ id }) => {
    try {
      return keys.find(id) !== undefined;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      log.error({ fault: error.detail }, "keys.fault");
      return true;
    }
  };
}

function servicesOf(
  settings: GatewaySettings,
  isGood: (key: ApiKey) => boolean,
  origin: () => string,
): Services {
  const { exchange, readModel, limits, demo } = settings;
  return {
    exchange,
    model: readModel,
    catalog: new MarketCatalog(exchange.network, exchange),
    desk: new OrderDesk(exchange),
    requestLimiter: new RequestLimiter({
      weightPerMinute: limits.weightPerMinute,
      addressesMax: limits.addressesMax,
    }),
    orderLimiter: new OrderLimiter({
      per10Seconds: limits.ordersPer10Seconds,
      perDay: limits.ordersPerDay,
      accountsMax: limits.countedAccountsMax,
    }),
    listenKeys: new ListenKeys(isGood),
    demo: demo && {
      key: new ApiKey(
        {
          id: demo.keyId,
          type: "hmac",
          account: demo.account,
          permissions: ["read", "trade"],
          addresses: [],
          label: "demo",
          createdMs: 0,
        },
        demo.secret,
      ),
      secret: demo.secret,
      origin,
    },
  };
}

/** What of its services a gateway needs by itself. */
interface Reach {
  readonly beginDraining: () => void;
  readonly examplesAt: (origin: string) => readonly string[];
  /** Has what is due done, if nobody else does. */
  readonly wake: () => Promise<void>;
}

/** A cancel of nobody's order: refused, and so it changes nothing but the time. */
const NOTHING = {
  kind: CommandKind.Cancel,
  account: 0 as AccountIndex,
  target: { orderId: NO_ORDER, clientOrderId: 1n },
} as const;

/** Time passes for the engine with commands only: where something is due, or left over, and none comes, one is sent that does nothing else. */
async function wakeEngine({ exchange, desk }: Services): Promise<void> {
  const dueMs = exchange.engine.nextDueMs();
  if (dueMs !== undefined && dueMs <= exchange.nowMs()) await desk.submit(NOTHING);
}

class RunningGateway implements Gateway {
  readonly #settings: GatewaySettings;
  readonly #app: FastifyInstance;
  readonly #sockets: SocketServer;
  readonly #hub: StreamHub;
  readonly #metrics: GatewayMetrics;
  readonly #reach: Reach;
  readonly #connections = new Set<Socket>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** One such command at a time: a cluster without a quorum answers none for long. */
  #isWaking = false;
  #drained: Promise<void> | undefined;

  constructor(
    settings: GatewaySettings,
    app: FastifyInstance,
    sockets: SocketServer,
    hub: StreamHub,
    metrics: GatewayMetrics,
    reach: Reach,
  ) {
    this.#settings = settings;
    this.#app = app;
    this.#sockets = sockets;
    this.#hub = hub;
    this.#metrics = metrics;
    this.#reach = reach;
    app.server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
    });
  }

  get readModel(): GatewayReadModel {
    return this.#settings.readModel;
  }

  get origin(): string {
    return originOf(this.#settings, this.#app.server);
  }

  examples(): readonly string[] {
    return this.#reach.examplesAt(this.origin);
  }

  renewTls(pair: TlsPair): void {
    const { server } = this.#app;
    assert(server instanceof TlsServer, "only a gateway that speaks TLS gets a certificate");
    server.setSecureContext(secureContext(pair));
    this.#metrics.renewed(pair.cert);
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#metrics.contentType, text: await this.#metrics.text() };
  }

  async listen(): Promise<void> {
    const { host, port, handOverIntervalMs, auditIntervalMs, log } = this.#settings;
    assert(this.#drained === undefined, "a gateway that was drained does not listen again");
    await this.#app.listen({ host, port });
    const { readModel } = this.#settings;
    this.#timers.push(setInterval(() => readModel.handOver(), handOverIntervalMs).unref());
    this.#timers.push(setInterval(() => void this.#wake(), WAKE_INTERVAL_MS).unref());
    if (auditIntervalMs > 0) {
      this.#audit();
      this.#timers.push(setInterval(() => this.#audit(), auditIntervalMs).unref());
    }
    log.info({ origin: this.origin }, "gateway.listening");
  }

  async #wake(): Promise<void> {
    if (this.#isWaking) return;
    this.#isWaking = true;
    await this.#reach.wake();
    this.#isWaking = false;
  }

  /** All of it at once, for between two commands nothing moves. */
  #audit(): void {
    const { exchange, auditAccountsMax, log } = this.#settings;
    if (exchange.engine.counts().accounts > auditAccountsMax) return;
    const imbalance = computeImbalance(exchange.engine);
    this.#metrics.audited(imbalance);
    if (imbalance !== 0n) log.fatal({ imbalance: String(imbalance) }, "ledger.imbalance");
  }

  drain(timeoutMs: number = DRAIN_TIMEOUT_MS): Promise<void> {
    this.#drained ??= this.#drain(timeoutMs);
    return this.#drained;
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#reach.beginDraining();
    this.#sockets.drain(this.#settings.exchange.nowMs());
    this.#hub.stop();
    for (const timer of this.#timers) clearInterval(timer);
    const cutOff = setTimeout(() => {
      this.#sockets.close();
      for (const socket of this.#connections) socket.destroy();
    }, timeoutMs);
    // Idle connections end at once; those with a request in it soon after its answer.
    this.#app.server.closeIdleConnections();
    const idleCheck = setInterval(() => this.#app.server.closeIdleConnections(), IDLE_CHECK_MS);
    await this.#app.close();
    clearInterval(idleCheck);
    while (this.#connections.size > 0) {
      const [socket] = this.#connections;
      await once(socket!, "close");
    }
    clearTimeout(cutOff);
    this.#sockets.close();
    this.#settings.log.info("gateway.stopped");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }
}
