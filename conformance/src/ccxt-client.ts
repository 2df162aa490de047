import { pro } from "ccxt";

// Unmodified ccxt. Only the origins of its public table of addresses are rewritten; every path, option and default
// is its own.

export type Client = InstanceType<typeof pro.binance>;
export type ClientConfig = ConstructorParameters<typeof pro.binance>[0];

interface Addresses {
  [name: string]: string | Addresses;
}

/** A client of the node at `origin`. To be closed: its sockets keep the process alive. */
export async function createClient(origin: string, config: ClientConfig = {}): Promise<Client> {
  const client = new pro.binance(config);
  const { api } = client.urls as unknown as { api: Addresses };
  rewriteOrigins(api, origin, origin.replace(/^http/, "ws"));
  // Without it ccxt refuses plain ws:// addresses.
  await client.loadHttpProxyAgent();
  return client;
}

function rewriteOrigins(addresses: Addresses, http: string, ws: string): void {
  for (const [name, value] of Object.entries(addresses)) {
    if (typeof value !== "string") rewriteOrigins(value, http, ws);
    else {
      addresses[name] = value.replace(/^https:\/\/[^/]+/, http).replace(/^wss:\/\/[^/]+/, ws);
    }
  }
}
