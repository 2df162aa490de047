import type { RestClient } from "@rialto/client";
import { type ApiKey, deposit, makeKey, openOperator } from "./accounts.ts";
import { TEST_NETWORK } from "./test-network.ts";
import { startTestNode, type TestNode } from "./test-node.ts";
import { recordTraffic, type Traffic } from "./traffic.ts";

/** What each of the two accounts has at the start. */
export const FUNDS = { USD: "1000000", BTC: "10", ETH: "100", DOGE: "100000" } as const;

const ALICE = 101;
const BOB = 102;

/** A node without robots, and two funded accounts with a key each. */
export interface Venue extends AsyncDisposable {
  readonly node: TestNode;
  readonly operator: RestClient;
  /** An HMAC-SHA256 key. */
  readonly aliceKey: ApiKey;
  /** An Ed25519 key. */
  readonly bobKey: ApiKey;
  /** What the node has answered to this process. */
  readonly traffic: Traffic;
}

/** Opens it; `flags` are further flags of `rialto start`. Disposing of it leaves nothing behind. */
export async function openVenue(flags: readonly string[] = []): Promise<Venue> {
  await using cleanup = new AsyncDisposableStack();
  const node = cleanup.use(await startTestNode({ network: TEST_NETWORK, flags }));
  const traffic = cleanup.use(recordTraffic(node.origin));
  const [operator, aliceKey, bobKey] = await Promise.all([
    openOperator(node),
    makeKey(node, ALICE, "hmac"),
    makeKey(node, BOB, "ed25519"),
  ]);
  for (const account of [ALICE, BOB]) await deposit(operator, account, FUNDS);
  const owned = cleanup.move();
  const dispose = (): Promise<void> => owned.disposeAsync();
  return { node, operator, aliceKey, bobKey, traffic, [Symbol.asyncDispose]: dispose };
}
