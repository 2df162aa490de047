import { type Client, createClient } from "./ccxt-client.ts";
import { openVenue, type Venue } from "./venue.ts";

/** A venue with a ccxt client of each account, whose markets are loaded. */
export interface CcxtVenue extends Venue {
  /** Signs with HMAC-SHA256. */
  readonly alice: Client;
  /** Signs with Ed25519. */
  readonly bob: Client;
}

/** Opens it; `flags` are further flags of `rialto start`. Disposing of it leaves nothing behind. */
export async function openCcxtVenue(flags: readonly string[] = []): Promise<CcxtVenue> {
  await using cleanup = new AsyncDisposableStack();
  const venue = cleanup.use(await openVenue(flags));
  const alice = await createClient(venue.node.origin, { ...venue.aliceKey });
  cleanup.defer(() => alice.close());
  const bob = await createClient(venue.node.origin, { ...venue.bobKey });
  cleanup.defer(() => bob.close());
  await Promise.all([alice.loadMarkets(), bob.loadMarkets()]);
  const owned = cleanup.move();
  return { ...venue, alice, bob, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Cancels what is open in these markets, so that what a failed test leaves is not the next one's. */
export async function clearBooks(
  clients: readonly Client[],
  symbols: readonly string[],
): Promise<void> {
  for (const symbol of symbols) {
    await Promise.all(
      clients.map(async (client) => {
        const open = await client.fetchOpenOrders(symbol);
        if (open.length > 0) await client.cancelAllOrders(symbol);
      }),
    );
  }
}
