import { X509Certificate } from "node:crypto";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { ApiError } from "../api/api-error.ts";
import type { ApiRequest } from "../api/dispatcher.ts";
import type { GatewaySettings } from "../options.ts";
import type { Services } from "../api/operation.ts";
import { TYPE_CHOICES } from "../api/order-words.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { DropReason } from "../streams/client-socket.ts";

/** What the connections of a gateway tell its metrics. */
export interface ConnectionCensus {
  readonly streams: number;
  readonly apis: number;
  readonly bufferedBytes: number;
  readonly accountBytes: number;
  readonly topics: number;
}

/** What a request may ask for by a name that there is not. */
const ROUTE_KINDS = ["http", "socket", "method"] as const;
export type RouteKind = (typeof ROUTE_KINDS)[number];

const SECONDS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 10];
/** Markets that have metrics of their own; a scrape must stay short. */
const MARKETS_MAX = 50;

/** The process's own metrics exist once, however many gateways there are. */
let processRegistry: Registry | undefined;

function sharedProcessRegistry(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

/** What operators see of a gateway. Counters move as things happen; gauges are read when asked for. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #services: Services;
  readonly #more: () => string;
  readonly #requests: Histogram<"route" | "method" | "status">;
  readonly #orders: Counter<"side" | "type" | "source">;
  readonly #rejected: Counter<"code">;
  readonly #limited: Counter<"kind">;
  readonly #dropped: Counter<"reason">;
  readonly #unknown: Counter<"kind">;
  readonly #acknowledged: Histogram;
  readonly #imbalance: Gauge;
  readonly #audits: Counter;
  /** Of a gateway that speaks TLS. */
  #notAfter: Gauge | undefined;

  constructor(
    services: Services,
    { version, moreMetrics, tls }: Pick<GatewaySettings, "version" | "moreMetrics" | "tls">,
    census: () => ConnectionCensus,
  ) {
    this.#services = services;
    this.#more = moreMetrics ?? (() => "");
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: "rialto_http_request_duration_seconds",
      help: "Time from a request to its answer, of HTTP and of the WebSocket API.",
      labelNames: ["route", "method", "status"],
      buckets: SECONDS,
      registers,
    });
    this.#orders = new Counter({
      name: "rialto_orders_received_total",
      help: "Orders that clients have sent.",
      labelNames: ["side", "type", "source"],
      registers,
    });
    this.#rejected = new Counter({
      name: "rialto_orders_rejected_total",
      help: "Orders that were refused, by the code of the answer.",
      labelNames: ["code"],
      registers,
    });
    this.#limited = new Counter({
      name: "rialto_rate_limited_total",
      help: "Requests that were refused because there were too many.",
      labelNames: ["kind"],
      registers,
    });
    this.#dropped = new Counter({
      name: "rialto_ws_dropped_clients_total",
      help: "WebSocket clients that the server has disconnected.",
      labelNames: ["reason"],
      registers,
    });
    this.#unknown = new Counter({
      name: "rialto_unknown_routes_total",
      help: "Requests for what there is not: a path, a socket's address, a method of the WebSocket API.",
      labelNames: ["kind"],
      registers,
    });
    for (const kind of ROUTE_KINDS) this.#unknown.inc({ kind }, 0);
    this.#acknowledged = new Histogram({
      name: "rialto_order_ack_seconds",
      help: "Time from an order to its answer, durable in the node's mode.",
      buckets: SECONDS,
      registers,
    });
    this.#imbalance = new Gauge({
      name: "rialto_ledger_imbalance",
      help: "Sum over all assets of what balances and fees differ from what was issued. Must be 0.",
      registers,
    });
    this.#audits = new Counter({
      name: "rialto_ledger_audits_total",
      help: "How often the ledger was summed up.",
      registers,
    });
    this.#addBuild(version);
    if (tls !== undefined) this.renewed(tls.cert);
    this.#addGauges(census);
    this.#addBooks();
  }

  #addBuild(version: string): void {
    new Gauge({
      name: "rialto_build_info",
      help: "Always 1; the labels say what runs.",
      labelNames: ["version", "node"],
      registers: [this.#registry],
    }).set({ version, node: this.#services.exchange.nodeId }, 1);
  }

  /** Another certificate is shown from now on. */
  renewed(cert: string): void {
    this.#notAfter ??= new Gauge({
      name: "rialto_tls_not_after_seconds",
      help: "When the certificate of this port ends, in seconds since 1970.",
      registers: [this.#registry],
    });
    this.#notAfter.set(Date.parse(new X509Certificate(cert).validTo) / 1_000);
  }

  #addGauges(census: () => ConnectionCensus): void {
    const { exchange, model } = this.#services;
    const gauge = (name: string, help: string, read: () => number): void => {
      const registers = [this.#registry];
      const metric: Gauge = new Gauge({
        name,
        help,
        registers,
        collect: () => metric.set(read()),
      });
    };
    const status = () => exchange.status();
    gauge("rialto_ready", "1 while orders are taken.", () => (status().ready ? 1 : 0));
    gauge("rialto_trading_enabled", "0 while the operator has stopped all trading.", () =>
      exchange.engine.isSuspended() ? 0 : 1,
    );
    gauge("rialto_log_sequence", "Of the last log record.", () => status().sequence);
    gauge("rialto_commands_executed", "Commands executed ever.", () => status().commands);
    gauge("rialto_queued_bytes", "Commands waiting.", () => status().queuedBytes);
    gauge("rialto_start_time_seconds", "When the node started.", () => status().startedMs / 1_000);
    gauge("rialto_open_orders", "Orders in all books.", () => exchange.engine.counts().openOrders);
    gauge("rialto_accounts", "Open accounts.", () => exchange.engine.counts().accounts);
    gauge("rialto_markets", "Listed markets.", () => exchange.engine.counts().markets);
    gauge("rialto_trades_applied", "Trades since the start.", () => model.tradesApplied);
    gauge("rialto_read_model_sequence", "Of the last record applied.", () => model.sequence);
    gauge(
      "rialto_read_model_durable_sequence",
      "Of the last record in the history.",
      () => model.durableSequence,
    );
    gauge("rialto_read_model_waiting_rows", "Not yet handed over.", () => model.waitingRows);
    gauge("rialto_ws_send_queue_bytes", "Bytes waiting for clients.", () => census().bufferedBytes);
    gauge(
      "rialto_ws_account_backlog_bytes",
      "Events of accounts that wait for clients, each counted once.",
      () => census().accountBytes,
    );
    gauge("rialto_ws_streams", "Streams with subscribers.", () => census().topics);
    const clients: Gauge<"kind"> = new Gauge({
      name: "rialto_ws_clients",
      help: "Open WebSocket connections.",
      labelNames: ["kind"],
      registers: [this.#registry],
      collect: () => {
        clients.set({ kind: "streams" }, census().streams);
        clients.set({ kind: "api" }, census().apis);
      },
    });
  }

  #addBooks(): void {
    const { exchange, catalog, model } = this.#services;
    const registers = [this.#registry];
    const named = (): readonly MarketSpec[] => catalog.markets.slice(0, MARKETS_MAX);
    const levels: Gauge<"symbol" | "side"> = new Gauge({
      name: "rialto_book_depth_levels",
      help: "Price levels of a side.",
      labelNames: ["symbol", "side"],
      registers,
      collect: () => {
        for (const { index, symbol } of named()) {
          const { book } = model.market(index);
          levels.set({ symbol, side: "bid" }, book.count(0));
          levels.set({ symbol, side: "ask" }, book.count(1));
        }
      },
    });
    const spread: Gauge<"symbol"> = new Gauge({
      name: "rialto_book_spread_ratio",
      help: "Best ask over best bid, less one. Absent while a side is empty.",
      labelNames: ["symbol"],
      registers,
      collect: () => {
        spread.reset();
        for (const { index, symbol } of named()) {
          const bid = exchange.engine.depth(index, 0, 1)[0]?.priceTicks;
          const ask = exchange.engine.depth(index, 1, 1)[0]?.priceTicks;
          if (bid !== undefined && ask !== undefined) spread.set({ symbol }, ask / bid - 1);
        }
      },
    });
    const updates: Gauge<"symbol"> = new Gauge({
      name: "rialto_book_seq",
      help: "Update id of a book.",
      labelNames: ["symbol"],
      registers,
      collect: () => {
        for (const { index, symbol } of named()) {
          updates.set({ symbol }, model.market(index).book.updateId);
        }
      },
    });
  }

  answered(request: ApiRequest, body: unknown, tookMs: number): void {
    const { operation, session, params } = request;
    const method = session === undefined ? (operation.http?.method ?? "WS") : "WS";
    const route = (session === undefined ? operation.http?.path : operation.ws) ?? operation.name;
    const status = body instanceof ApiError ? body.status : 200;
    this.#requests.observe({ route, method, status: String(status) }, tookMs / 1_000);
    if (status === 429 || status === 418) {
      const kind = status === 418 ? "ban" : operation.orderCount > 0 ? "orders" : "weight";
      this.#limited.inc({ kind });
    }
    if (operation.orderCount === 0) return;
    const source = session === undefined ? "http" : "ws";
    const side = BUY_WORDS.has(params.get("side")?.toUpperCase() ?? "") ? "BUY" : "SELL";
    for (const type of orderTypesOf(params)) this.#orders.inc({ side, type, source });
    this.#acknowledged.observe(tookMs / 1_000);
    if (body instanceof ApiError) this.#rejected.inc({ code: String(body.code) });
  }

  dropped(reason: DropReason): void {
    this.#dropped.inc({ reason });
  }

  unknownRoute(kind: RouteKind): void {
    this.#unknown.inc({ kind });
  }

  audited(imbalance: bigint): void {
    this.#audits.inc();
    this.#imbalance.set(Number(imbalance));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const own = await this.#registry.metrics();
    return `${own}\n${await sharedProcessRegistry().metrics()}${this.#more()}`;
  }
}

const BUY_WORDS: ReadonlySet<string> = new Set(["BUY", "0"]);
/** Words of clients that may become labels: whatever else they write must not. */
const ORDER_TYPES: ReadonlySet<string> = new Set(TYPE_CHOICES);
const TYPE_PARAMS = [
  "type",
  "aboveType",
  "belowType",
  "workingType",
  "pendingType",
  "pendingAboveType",
  "pendingBelowType",
];

/** The types of the orders that a request places. */
function orderTypesOf(params: ApiRequest["params"]): readonly string[] {
  const sent = TYPE_PARAMS.flatMap((name) => params.get(name) ?? []);
  if (sent.length === 0) return ["OTHER"];
  return sent.map((type) => (ORDER_TYPES.has(type) ? type : "OTHER"));
}
