import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { apiError } from "../api/api-error.ts";
import { addressOf, checkHost } from "../http/access.ts";
import { refuseConnection } from "../http/errors.ts";
import type { ApiKey } from "../keys/api-key.ts";
import type { GatewaySettings } from "../options.ts";
import { ApiConnection, type ApiConnectionContext } from "../ws-api/api-connection.ts";
import { ConnectionSession } from "../ws-api/api-session.ts";
import type { AccountFeeds } from "./account-feeds.ts";
import { ClientSocket } from "./client-socket.ts";
import { StreamConnection } from "./stream-connection.ts";
import type { StreamHub } from "./stream-hub.ts";
import { parseSocketPath, type SocketPath } from "./stream-path.ts";

export interface SocketServerContext extends ApiConnectionContext {
  readonly settings: GatewaySettings;
  readonly hub: StreamHub;
  readonly feeds: AccountFeeds;
  /** Whether a key still holds. */
  readonly isGood: (key: ApiKey) => boolean;
}

/** One open connection, whatever it is for. */
interface OpenSocket {
  readonly kind: "streams" | "api";
  readonly socket: ClientSocket;
  readonly receive: (text: string) => void;
  /** The text of an event for the whole connection. */
  readonly wrap: (event: string) => string;
  /** Counts a ping. */
  readonly ping: () => void;
  /** Resolves when what was received so far has been answered, and what has happened to accounts was told. */
  readonly settled: () => Promise<void>;
  /** Called now and then. */
  readonly check: () => void;
  readonly end: () => void;
}

/** How often it is looked whether what connections follow may still be followed: keys are revoked by other processes. */
const CHECK_MS = 1_000;
/** How long a client may take to answer the server's closing. */
const CLOSE_MS = 3_000;

/** Accepts WebSocket connections on an HTTP server, and keeps them alive or ends them. */
export class SocketServer {
  readonly #context: SocketServerContext;
  readonly #server: WebSocketServer;
  readonly #open = new Set<OpenSocket>();
  readonly #pinger: NodeJS.Timeout;
  readonly #checker: NodeJS.Timeout;
  #isDraining = false;

  constructor(context: SocketServerContext, http: Server) {
    this.#context = context;
    const { limits } = context.settings;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.socketMessageBytesMax,
      // The types do not know this option of ws 8.23 yet.
      ...({ closeTimeout: CLOSE_MS } as object),
    });
    this.#server.on("wsClientError", (_error, socket) => {
      refuseConnection(socket, apiError("NOT_WEBSOCKET"));
    });
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#pinger = setInterval(() => this.#ping(), limits.pingIntervalMs).unref();
    this.#checker = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  count(kind: OpenSocket["kind"]): number {
    let count = 0;
    for (const open of this.#open) if (open.kind === kind) count += 1;
    return count;
  }

  get bufferedBytes(): number {
    let bytes = 0;
    for (const { socket } of this.#open) bytes += socket.bufferedBytes;
    return bytes;
  }

  #upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    raw.on("error", () => raw.destroy());
    const refusal = checkHost(request, this.#context.settings);
    const path = parseSocketPath(request.url ?? "");
    if (refusal !== undefined) refuseConnection(raw, refusal);
    else if (path === undefined) {
      this.#context.metrics.unknownRoute("socket");
      refuseConnection(raw, apiError("UNKNOWN_ROUTE"));
    } else if (this.#isDraining) refuseConnection(raw, apiError("UNAVAILABLE", "stopping"));
    else {
      this.#server.handleUpgrade(request, raw, head, (socket) => {
        this.#accept(socket, raw, addressOf(request), path);
      });
    }
  }

  #accept(socket: WebSocket, raw: Duplex, address: string, path: SocketPath): void {
    const { settings, metrics } = this.#context;
    const client = new ClientSocket(socket, raw, address, settings.limits, (reason) => {
      metrics.dropped(reason);
      open.end();
    });
    const open =
      path.kind === "api" ? this.#openApi(client, path) : this.#openStreams(client, path);
    this.#open.add(open);
    socket.on("message", (data, isBinary) => {
      if (isBinary) client.drop("binary");
      else if (client.isOpen && !this.#isDraining) open.receive(textOf(data));
    });
    socket.on("ping", () => open.ping());
    // A client that breaks the protocol is no fault of ours.
    socket.on("error", () => client.fail());
    socket.on("close", () => {
      this.#open.delete(open);
      open.end();
    });
  }

  #openStreams(
    client: ClientSocket,
    path: Extract<SocketPath, { readonly kind: "streams" }>,
  ): OpenSocket {
    const { limits } = this.#context.settings;
    const connection = new StreamConnection(client, this.#context, path.form, {
      streamsMax: limits.streamsPerConnectionMax,
      messagesBurst: limits.streamMessagesBurst,
      messagesPerSecond: limits.streamMessagesPerSecond,
    });
    connection.open(path.names);
    return {
      kind: "streams",
      socket: client,
      receive: (text) => connection.receive(text),
      wrap: (event) =>
        connection.form.isCombined ? `{"stream":"serverShutdown","data":${event}}` : event,
      ping: () => void connection.count(),
      settled: () => connection.told(),
      check: () => connection.check(),
      end: () => connection.end(),
    };
  }

  #openApi(client: ClientSocket, path: Extract<SocketPath, { readonly kind: "api" }>): OpenSocket {
    const { services, feeds, isGood, settings } = this.#context;
    const session = new ConnectionSession(services, feeds, client, path.isMicroseconds);
    const connection = new ApiConnection(this.#context, client, session, {
      isMicroseconds: path.isMicroseconds,
      requestsMax: settings.limits.socketRequestsMax,
    });
    return {
      kind: "api",
      socket: client,
      receive: (text) => connection.receive(text),
      wrap: (event) => `{"event":${event}}`,
      // Pongs that a client does not take are bounded by the library.
      ping: () => {},
      settled: async () => {
        await connection.settled();
        await session.told();
      },
      check: () => session.checkKeys(isGood),
      end: () => session.end(),
    };
  }

  #check(): void {
    for (const { check } of this.#open) check();
  }

  /** Asks every client whether it is there, and ends the connections that have lasted too long. */
  #ping(): void {
    const nowMs = performance.now();
    const { pongTimeoutMs, connectionAgeMsMax } = this.#context.settings.limits;
    for (const { socket } of this.#open) {
      if (socket.silentMs(nowMs) > pongTimeoutMs) {
        socket.drop("silent");
        socket.terminate();
      } else if (nowMs - socket.connectedMs > connectionAgeMsMax) socket.drop("expired");
      else socket.ping();
    }
  }

  /** Says goodbye to everybody, takes nobody new, and closes each connection when it is owed no answer. */
  drain(nowMs: number): void {
    this.#isDraining = true;
    const event = `{"e":"serverShutdown","E":${nowMs}}`;
    for (const { socket, wrap, settled } of this.#open) {
      socket.sendText(wrap(event));
      void settled().then(() => socket.drop("shutdown"));
    }
  }

  /** Ends what is still open. */
  close(): void {
    clearInterval(this.#pinger);
    clearInterval(this.#checker);
    for (const { socket } of this.#open) socket.terminate();
    this.#server.close();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
