import { setTimeout as sleep } from "node:timers/promises";
import { networkFault } from "./network-fault.ts";

/** How long an address may stay in use after it was closed here; and how often it is tried again. */
const BIND_PATIENCE_MS = 1_000;
const BIND_RETRY_MS = 10;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Of an address such as tcp://127.0.0.1:5000 or tcp://[::1]:5000; undefined of what is none. Pure. */
export function parseAddress(address: string): HostPort | undefined {
  const [, ipv6, name, digits] =
    /^tcp:\/\/(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  return host === undefined || port > 0xffff ? undefined : { host, port };
}

/**
 * Binds, again and again for a moment where the address is in use: another life of this process may have it still.
 *
 * Errors   NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID.
 */
export async function bindPatiently(address: string, bind: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + BIND_PATIENCE_MS;
  for (;;) {
    try {
      return await bind();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE") {
        throw networkFault({ code: "NETWORK_ADDRESS_INVALID", address, reason: message }, error);
      }
      if (performance.now() > endMs) {
        throw networkFault({ code: "NETWORK_ADDRESS_IN_USE", address }, error);
      }
    }
    await sleep(BIND_RETRY_MS);
  }
}
