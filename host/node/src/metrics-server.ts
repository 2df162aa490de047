import { once } from "node:events";
import { createServer } from "node:http";
import type { Gateway } from "@rialto/gateway";

/**
 * Serves `/metrics` alone, on a port of its own: for a scraper that should reach nothing else.
 *
 * Effects  listens until the stack is disposed of.
 * Errors   what the system says of the address, thrown.
 */
export async function serveMetrics(
  gateway: Gateway,
  address: { readonly host: string; readonly port: number },
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
  server.listen(address.port, address.host);
  await once(server, "listening");
  cleanup.defer(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
}
