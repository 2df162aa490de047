import { existsSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { apiError } from "../api/api-error.ts";
import { OPERATIONS } from "../api/operations.ts";
import { ConnectionLimiter } from "../limits/connection-limiter.ts";
import type { GatewaySettings, TlsPair } from "../options.ts";
import { addressOf, allowedOrigin, checkHost, PAGE_HEADERS } from "./access.ts";
import { frameworkError, onClientError } from "./errors.ts";
import { addEpochRoutes } from "./epoch-routes.ts";
import { addFinalityRoutes } from "./finality-routes.ts";
import { addNodeRoutes, type NodeRoutesContext } from "./node-routes.ts";
import { addOperationRoutes, type RestContext, sendError } from "./rest.ts";

/** How exactly timeouts of slow clients are kept. */
const TIMEOUT_CHECK_MS = 500;

/** Those that clients try; OPTIONS is answered for every path. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

const NO_TERMINAL =
  "<!doctype html><meta charset=utf-8><title>Rialto</title>" +
  "<h1>Rialto is running</h1><p>The web terminal has not been built: run <code>npm start</code>, " +
  "or <code>npm run build -w apps/web</code>. The API is at <a href=/api/v3/exchangeInfo>/api/v3</a>.";

/** Makes the HTTP side of the gateway, not yet listening. */
export function createHttpServer(context: RestContext & NodeRoutesContext): FastifyInstance {
  const { settings } = context;
  const app = makeApp(settings);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request, reply) => {
    // Bodies are taken as text whatever they say they are: clients name a type even where there is no body.
    delete request.raw.headers["content-type"];
    const refusal = checkHost(request.raw, settings);
    if (refusal !== undefined) return sendError(reply, refusal);
    return undefined;
  });
  app.setNotFoundHandler((_request, reply) => {
    context.metrics.unknownRoute("http");
    return sendError(reply, apiError("UNKNOWN_ROUTE"));
  });
  app.setErrorHandler((error: Error, _request, reply) => {
    const known = frameworkError(error, settings.limits.bodyBytesMax);
    if (known !== undefined) return sendError(reply, known);
    // A bug. The client hears of it, and then the process does.
    setImmediate(() => {
      throw error;
    });
    return sendError(reply, apiError("UNKNOWN"));
  });
  app.options("*", (request, reply) => answerPreflight(settings, request, reply));
  const methodsByPath = gatherMethods(app);
  addOperationRoutes(app, context, OPERATIONS);
  addNodeRoutes(app, context);
  addFinalityRoutes(app, context);
  addEpochRoutes(app, context);
  refuseOtherMethods(app, context, methodsByPath);
  addTerminal(app, settings);
  return app;
}

/** The methods of each path, of routes that are added from now on. */
function gatherMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methodsByPath = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methodsByPath.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methodsByPath.set(url, known);
  });
  return methodsByPath;
}

/** A path that there is, with a method that it has not: 405, and which it has. Source: RFC 9110 §15.5.6. */
function refuseOtherMethods(
  app: FastifyInstance,
  { metrics }: NodeRoutesContext,
  methodsByPath: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  // Adding a route changes what has been gathered.
  for (const [url, methods] of [...methodsByPath].map(
    ([path, each]) => [path, new Set(each)] as const,
  )) {
    const allowed = METHODS.filter((each) => methods.has(each)).join(", ");
    app.route({
      method: METHODS.filter((each) => !methods.has(each)),
      url,
      exposeHeadRoute: false,
      handler: (_request, reply) => {
        metrics.unknownRoute("http");
        return sendError(reply.header("allow", allowed), apiError("WRONG_METHOD"));
      },
    });
  }
}

function makeApp(settings: GatewaySettings): FastifyInstance {
  const { limits, tls } = settings;
  const options = {
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    // One who does not take the answer keeps its connection no longer than one who asks for nothing.
    connectionTimeout: limits.keepAliveTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxRequestsPerSocket: limits.requestsPerConnectionMax,
    return503OnClosing: false,
    clientErrorHandler: onClientError,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      void sendError(
        reply,
        frameworkError(error, limits.bodyBytesMax) ?? apiError("UNKNOWN_ROUTE"),
      );
    },
    routerOptions: {
      // Handlers read the query themselves, as it was sent.
      querystringParser: () => ({}),
      maxParamLength: 200,
    },
  };
  const server = {
    headersTimeout: limits.headTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: limits.headBytesMax,
    // A request without a host is refused like one with a wrong host, in words.
    requireHostHeader: false,
    // Who offers another protocol, as Java's client does with HTTP/2, is answered as if it had not. Source:
    // RFC 9110 §7.8. Node knows this option from 24.9 on.
    shouldUpgradeCallback: ({ headers }: IncomingMessage): boolean =>
      headers.upgrade?.toLowerCase() === "websocket",
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  // Until it is done there is no request whose head could be late.
  const handshakeTimeout = limits.headTimeoutMs;
  const app =
    tls === undefined
      ? fastify({ ...options, http: server })
      : (fastify({
          ...options,
          https: { ...server, handshakeTimeout, ...secureContext(tls) },
        }) as unknown as FastifyInstance);
  app.server.maxConnections = limits.connectionsMax;
  // Who calls a gateway on loopback is of this machine, or a proxy that speaks for everybody.
  const { connectionsPerAddressMax } = limits;
  if (!settings.isLoopback && connectionsPerAddressMax > 0) {
    limitEachAddress(app.server, connectionsPerAddressMax);
  }
  return app;
}

/** What a server's handshakes go by, at its start and with each new certificate: it keeps nothing of the one before. */
export function secureContext(pair: TlsPair): TlsPair & { readonly ecdhCurve: string } {
  return { ...pair, ecdhCurve: handshakeCurves() };
}

/**
 * What keys of a handshake may be agreed on with. Strangers choose: P-521 and the fields cost several times as much, and nobody
 * speaks them alone.
 */
function handshakeCurves(): string {
  const [major = 0, minor = 0] = process.versions.openssl!.split(".").map(Number);
  // The hybrid that stands against quantum computers, as browsers ask for it.
  const hasHybrid = major > 3 || (major === 3 && minor >= 5);
  return `${hasHybrid ? "X25519MLKEM768:" : ""}X25519:P-256:P-384`;
}

/** Lets a connection go at once whose address has as many as it may. */
function limitEachAddress(server: Server, connectionsMax: number): void {
  const limiter = new ConnectionLimiter(connectionsMax);
  // Of a server that speaks TLS these are the connections beneath it.
  server.prependListener("connection", (socket: Socket) => {
    const close = limiter.open(addressOf({ socket }));
    if (close === undefined) socket.destroy();
    else socket.once("close", close);
  });
}

/** A page of a named origin asks what it may ask. */
function answerPreflight(
  settings: GatewaySettings,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const origin = allowedOrigin(request.raw, settings);
  if (origin === undefined) return sendError(reply, apiError("ORIGIN_NOT_ALLOWED"));
  return reply
    .code(204)
    .header("access-control-allow-origin", origin)
    .header("access-control-allow-methods", "GET")
    .header("access-control-max-age", "600")
    .header("vary", "origin")
    .send();
}

/** Serves the web terminal, or says that it has not been built. */
function addTerminal(app: FastifyInstance, settings: GatewaySettings): void {
  const root = settings.webRoot;
  if (root !== undefined && existsSync(join(root, "index.html"))) {
    // Takes effect before the first request.
    void app.register(fastifyStatic, {
      root,
      setHeaders: (reply) => void reply.headers(PAGE_HEADERS),
    });
    return;
  }
  app.get("/", (_request, reply) =>
    reply.headers(PAGE_HEADERS).header("content-type", "text/html").send(NO_TERMINAL),
  );
}
