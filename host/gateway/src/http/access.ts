import type { IncomingMessage } from "node:http";
import { type ApiError, apiError } from "../api/api-error.ts";
import { isLoopbackHost, type GatewaySettings } from "../options.ts";

// Who may talk to the gateway through a browser. A page of any origin can make a browser send requests to
// this machine; what protects a gateway on loopback is that such requests carry the page's names.

/** The address of the other side; an IPv4 address inside an IPv6 one is shown as what it is. */
export function addressOf({ socket }: Pick<IncomingMessage, "socket">): string {
  const address = socket.remoteAddress ?? "";
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}

/** Whether an address is of this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** "name:port" or "[address]:port" without the port, in small letters: case says nothing. Source: RFC 9110 §4.2.3. */
function hostName(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.split(":")[0];
  return (name ?? "").toLowerCase();
}

/**
 * A gateway on loopback is called by a name of this machine, or one that its operator allows: a name that
 * somebody else's server has made point here is refused.
 */
export function checkHost(
  request: IncomingMessage,
  settings: GatewaySettings,
): ApiError | undefined {
  if (!settings.isLoopback) return undefined;
  const name = hostName(request.headers.host ?? "");
  const isAllowed = isLoopbackHost(name) || settings.allowedHosts.includes(name);
  return isAllowed ? undefined : apiError("HOST_NOT_ALLOWED");
}

/** What is done without a signature is done only for pages of the gateway itself, and for no page at all. */
export function checkOrigin(request: IncomingMessage): ApiError | undefined {
  const { origin, host } = request.headers;
  if (origin === undefined) return undefined;
  const isOwn = origin === `http://${host}` || origin === `https://${host}`;
  return isOwn ? undefined : apiError("ORIGIN_NOT_ALLOWED");
}

/** The value of Access-Control-Allow-Origin, if a page of that origin may read the answer. */
export function allowedOrigin(
  request: IncomingMessage,
  settings: GatewaySettings,
): string | undefined {
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  const { corsOrigins } = settings;
  return corsOrigins.includes("*") || corsOrigins.includes(origin) ? origin : undefined;
}

/** For pages: nothing but their own scripts runs, and nobody frames them. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; " +
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
