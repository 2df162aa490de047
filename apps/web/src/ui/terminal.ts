import { ApiError, type Credentials, NetworkError } from "@rialto/client";
import {
  type Accessor,
  createContext,
  createEffect,
  createMemo,
  createSignal,
  on,
  onCleanup,
  untrack,
  useContext,
} from "solid-js";
import { fail } from "@rialto/base";
import { AccountLink, type LinkHealth } from "../account/account-link.ts";
import { type Market, amountOf, isSameMarket } from "../market/market.ts";
import { ListingFeed, type MarketStatus } from "../market/listing-feed.ts";
import { MarketFeed } from "../market/market-feed.ts";
import { OverviewFeed } from "../market/overview-feed.ts";
import { demoCredentials, isSameNode, type NodeInfo, readNode } from "../session.ts";
import type { FeeRates } from "../ticket/preview.ts";
import { keep, readKept } from "./browser-storage.ts";
import { createFrameFlush } from "./frame-flush.ts";

/** What the parts of the page share. Reading it inside an effect follows it; it changes at most once a frame. */
export interface Terminal {
  readonly node: NodeInfo;
  /** The one that is shown, with the rules that it had when the page asked its node what it is. */
  readonly market: Accessor<Market>;
  /** The same with its rules of now. */
  readonly listing: Accessor<Market>;
  readonly selectMarket: (symbol: string) => void;
  /** The market's feed as it is in this frame. */
  readonly feed: Accessor<MarketFeed>;
  /** What the market takes; undefined while that is not known. */
  readonly marketStatus: Accessor<MarketStatus | undefined>;
  readonly overview: Accessor<OverviewFeed>;
  readonly account: Accessor<AccountLink>;
  readonly linkHealth: Accessor<LinkHealth>;
  /** The account's fees in the market; undefined while they are not known. */
  readonly feeRates: Accessor<FeeRates | undefined>;
  /** Trades with another key than the demo's. The secret is kept in memory only. */
  readonly useCredentials: (credentials: Credentials) => void;
  /** The price that was clicked last. A new object for each click. */
  readonly pickedPrice: Accessor<{ readonly priceTicks: number } | undefined>;
  readonly pickPrice: (priceTicks: number) => void;
}

export const TerminalContext = createContext<Terminal>();

export function useTerminal(): Terminal {
  return useContext(TerminalContext) ?? fail("inside the terminal");
}

const MARKET_KEY = "rialto.market";

/**
 * Makes the state of the page: connections that live as long as the part of the page that owns it. `onOther` is called when the node
 * is not any more what it was, which it can only become while it is not there.
 */
export function createTerminal(node: NodeInfo, onOther: (node: NodeInfo) => void): Terminal {
  const [market, selectMarket] = createSelectedMarket(node);
  const [pickedPrice, setPickedPrice] = createSignal<{ readonly priceTicks: number }>();
  const feed = createLive(
    (onChange) => new MarketFeed({ url: node.url, market: market(), onChange }),
  );
  const listed = createLive(
    (onChange) => new ListingFeed({ url: node.url, symbol: market().symbol, onChange }),
  );
  const overview = createLive((onChange) => new OverviewFeed({ url: node.url, onChange }));
  const [credentials, setCredentials] = createSignal<Credentials>();
  const account = createLive((onChange) => {
    const own = credentials();
    return new AccountLink({
      url: node.url,
      credentials: async () => own ?? (node.isDemo ? await demoCredentials(node.url) : undefined),
      onChange,
    });
  });
  const linkHealth = createMemo(() => account().health);
  createEffect(() => {
    const { symbol } = market();
    if (linkHealth().state !== "live") return;
    // What fails here fails with the connection, and is asked again over the next one.
    untrack(account).loadHistory(symbol).catch(throwUnlessLost);
  });
  createEffect(
    on(
      () => linkHealth().state,
      (state, before) => {
        if (state === "live" && before === "reconnecting") lookAgain(node, onOther);
      },
    ),
  );
  return {
    node,
    market,
    selectMarket,
    feed,
    listing: createMemo(() => listed().market ?? market(), undefined, { equals: isSameMarket }),
    marketStatus: () => listed().status,
    overview,
    account,
    linkHealth,
    feeRates: createFeeRates(account, linkHealth, market),
    useCredentials: (chosen) => void setCredentials(() => chosen),
    pickedPrice,
    pickPrice: (priceTicks) => setPickedPrice({ priceTicks }),
  };
}

function lookAgain(node: NodeInfo, onOther: (node: NodeInfo) => void): void {
  readNode(node.url)
    .then((now) => isSameNode(node, now) || onOther(now))
    .catch(throwUnlessLost);
}

function createSelectedMarket(node: NodeInfo): [Accessor<Market>, (symbol: string) => void] {
  const find = (symbol: string | null): Market | undefined =>
    node.markets.find((each) => each.symbol === symbol);
  const first = node.markets[0] ?? fail("a network has a market");
  const [market, setMarket] = createSignal(find(readKept(MARKET_KEY)) ?? first);
  const select = (symbol: string): void => {
    keep(MARKET_KEY, symbol);
    setMarket(find(symbol) ?? first);
  };
  return [market, select];
}

/**
 * Keeps something that changes all the time, and tells of it once a frame. It is made anew when a signal
 * that `make` reads has changed.
 */
function createLive<T extends { close(): void; readonly ended: Promise<void> }>(
  make: (onChange: () => void) => T,
): Accessor<T> {
  const [beat, setBeat] = createSignal(0);
  const onChange = createFrameFlush(() => setBeat((count) => count + 1));
  const live = createMemo(() => {
    const made = make(onChange);
    onCleanup(() => made.close());
    return made;
  });
  return () => {
    beat();
    return live();
  };
}

/** How often fees are asked for: they follow what an account has traded, and what its operator sets. */
const FEES_INTERVAL_MS = 60_000;

function createFeeRates(
  account: Accessor<AccountLink>,
  health: Accessor<LinkHealth>,
  market: Accessor<Market>,
): Accessor<FeeRates | undefined> {
  const [rates, setRates] = createSignal<FeeRates>();
  const isLive = createMemo(() => health().state === "live" && account().hasAccount);
  createEffect(() => {
    const { symbol } = market();
    setRates(undefined);
    if (!isLive()) return;
    let isWanted = true;
    const ask = (): void =>
      void untrack(account)
        .signed("account.commission", { symbol })
        .then((reply) => isWanted && setRates(ratesOf(reply)))
        .catch(throwUnlessLost);
    ask();
    const timer = setInterval(ask, FEES_INTERVAL_MS);
    onCleanup(() => {
      isWanted = false;
      clearInterval(timer);
    });
  });
  return rates;
}

/** A fraction of one in parts in a million. */
function ratesOf(reply: unknown): FeeRates {
  const { standardCommission } = reply as {
    readonly standardCommission: { readonly maker: string; readonly taker: string };
  };
  const { maker, taker } = standardCommission;
  const isRebate = maker.startsWith("-");
  return {
    makerPpm: isRebate ? -ppmOf(maker.slice(1)) : ppmOf(maker),
    takerPpm: ppmOf(taker),
  };
}

function ppmOf(rate: string): bigint {
  return amountOf(rate, 8) / 100n;
}

/** For answers that come again with the next connection. Anything else is a bug, and seen as one. */
function throwUnlessLost(error: unknown): void {
  if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
}
