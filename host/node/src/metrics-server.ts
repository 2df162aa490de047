import { once } from "node:events";
import { createServer } from "node:http";
import type { Gateway } from "@rialto/gateway";

/** Whoever asks here is asked for no weight, and sees it in the clear: that is for this machine alone. */
const HOST = "127.0.0.1";

/**
 * Serves `/metrics` alone, on a port of its own: for a scraper that should reach nothing else.
 *
 * Effects  listens on loopback, until the stack is disposed of.
 * Errors   what the system says of the port, thrown.
 */
export async function serveMetrics(
  gateway: Gateway,
  port: number,
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    gateway.metrics().then(
      ({ contentType, text }) => response.writeHead(200, { "content-type": contentType }).end(text),
      (error: unknown) => response.destroy(error as Error),
    );
  });
  server.listen(port, HOST);
  await once(server, "listening");
  cleanup.defer(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
}
