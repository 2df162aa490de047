import { ApiError, type Credentials, credentialsOf, RestClient } from "@rialto/client";
import { isSameListing, type Market, marketsOf } from "./market/market.ts";

/** What the page must know of its node before it can show anything. */
export interface NodeInfo {
  readonly url: string;
  readonly network: string;
  readonly version: string;
  /** Play money, and robots that trade it. */
  readonly isDemo: boolean;
  readonly markets: readonly Market[];
}

/** Of the answer of /stats what is shown here. */
interface NodeStats {
  readonly network: string;
  readonly version: string;
  readonly demo: boolean;
}

interface DemoSession {
  readonly apiKey: string;
  readonly secret: string;
}

/** Asks the node of this page what it is. Errors: of `RestClient`. */
export async function readNode(url: string): Promise<NodeInfo> {
  const rest = new RestClient({ url });
  const [exchangeInfo, stats] = await Promise.all([
    rest.request("GET", "/api/v3/exchangeInfo"),
    rest.request("GET", "/stats"),
  ]);
  const { network, version, demo: isDemo } = stats as NodeStats;
  return { url, network, version, isDemo, markets: marketsOf(exchangeInfo) };
}

/** True where a page of the one is good for the other: rules of markets that may change are asked for while one is shown. */
export function isSameNode(left: NodeInfo, right: NodeInfo): boolean {
  const namesOf = ({ network, version, isDemo }: NodeInfo): string =>
    JSON.stringify([network, version, isDemo]);
  return (
    namesOf(left) === namesOf(right) &&
    left.markets.length === right.markets.length &&
    left.markets.every((market, index) => isSameListing(market, right.markets[index]!))
  );
}

/** The key that a demo node gives to a page on its own machine; undefined where it is none any more. */
async function readDemoSession(rest: RestClient): Promise<DemoSession | undefined> {
  try {
    return (await rest.request("GET", "/demo")) as DemoSession;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Browsers sign only for pages that came over HTTPS or from this machine. */
export function canSign(): boolean {
  return "subtle" in crypto;
}

/** The demo account's credentials as they are now, of a node that is a demo. Errors: of `RestClient`. */
export async function demoCredentials(url: string): Promise<Credentials | undefined> {
  if (!canSign()) return undefined;
  const session = await readDemoSession(new RestClient({ url }));
  return session && credentialsOf(session.apiKey, session.secret);
}
