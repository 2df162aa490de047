import { assert, fail } from "@rialto/base";
import { pino } from "pino";
import {
  GATEWAY_LIMITS_DEFAULT,
  type GatewayOptions,
  type GatewaySettings,
  isLoopbackHost,
  parseHostName,
  parseOrigin,
} from "./options.ts";

/** Fills in the defaults, once. */
export function settingsOf(options: GatewayOptions): GatewaySettings {
  const host = options.host ?? "127.0.0.1";
  const isLoopback = isLoopbackHost(host);
  assert(options.demo === undefined || isLoopback, "a demo account is only for this machine");
  return Object.freeze({
    ...options,
    host,
    port: options.port ?? 8080,
    isLoopback,
    allowedHosts: (options.allowedHosts ?? []).map(
      (text) => parseHostName(text) ?? fail("an allowed host is the name of one"),
    ),
    corsOrigins: (options.corsOrigins ?? []).map(
      (text) => parseOrigin(text) ?? fail("an origin of other pages is one"),
    ),
    limits: Object.freeze({ ...GATEWAY_LIMITS_DEFAULT, ...options.limits }),
    log: options.log ?? pino({ level: "silent" }),
    version: options.version ?? "0.0.0",
    handOverIntervalMs: options.handOverIntervalMs ?? 200,
    auditIntervalMs: options.auditIntervalMs ?? 15_000,
    auditAccountsMax: options.auditAccountsMax ?? 20_000,
  });
}
