import { windowMinutes } from "../api/ticker-operations.ts";
import type { MarketCatalog, MarketSpec } from "../markets/market-catalog.ts";
import { findInterval, type IntervalIndex } from "../read-model/intervals.ts";

/** What a stream is of, from its name. */
export type TopicSpec =
  | { readonly kind: "trade" | "aggTrade"; readonly market: MarketSpec }
  | {
      readonly kind: "ticker" | "miniTicker" | "bookTicker" | "avgPrice" | "auction";
      readonly market: MarketSpec;
    }
  | { readonly kind: "depth"; readonly market: MarketSpec; readonly periodMs: number }
  | {
      readonly kind: "partialDepth";
      readonly market: MarketSpec;
      readonly periodMs: number;
      readonly levels: number;
    }
  | { readonly kind: "kline"; readonly market: MarketSpec; readonly interval: IntervalIndex }
  | {
      readonly kind: "rolling";
      readonly market: MarketSpec;
      readonly minutes: number;
      readonly window: string;
    }
  | { readonly kind: "allMiniTickers" };

const FAST_MS = 100;
const SLOW_MS = 1_000;
const NAME = /^([a-z0-9]{1,20})@([a-zA-Z]+)([0-9]{0,2})(?:_([0-9a-zA-Z]{2,3}))?(?:@(100ms))?$/;
const ROLLING_WINDOWS: readonly string[] = ["1h", "4h", "1d"];

/** Reads a stream's name; undefined for one that there is not. */
export function parseTopicName(name: string, catalog: MarketCatalog): TopicSpec | undefined {
  if (name === "!miniTicker@arr") return { kind: "allMiniTickers" };
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, symbol = "", kind = "", levels = "", detail, speed] = match;
  const market = catalog.findStreamMarket(symbol);
  if (market === undefined) return undefined;
  const periodMs = speed === undefined ? SLOW_MS : FAST_MS;
  if (kind === "depth" && detail === undefined) return depthSpec(market, levels, periodMs);
  if (levels !== "" || speed !== undefined) return undefined;
  switch (kind) {
    case "trade":
    case "aggTrade":
      return detail === undefined ? { kind, market } : undefined;
    case "miniTicker":
    case "bookTicker":
    case "avgPrice":
    case "auction":
      return detail === undefined ? { kind, market } : undefined;
    case "ticker":
      return detail === undefined ? { kind, market } : rollingSpec(market, detail);
    case "kline": {
      const interval = findInterval(detail ?? "");
      return interval === undefined ? undefined : { kind, market, interval };
    }
    default:
      return undefined;
  }
}

function depthSpec(market: MarketSpec, levels: string, periodMs: number): TopicSpec | undefined {
  if (levels === "") return { kind: "depth", market, periodMs };
  const isKnown = levels === "5" || levels === "10" || levels === "20";
  return isKnown ? { kind: "partialDepth", market, periodMs, levels: Number(levels) } : undefined;
}

function rollingSpec(market: MarketSpec, window: string): TopicSpec | undefined {
  const minutes = ROLLING_WINDOWS.includes(window) ? windowMinutes(window) : undefined;
  return minutes === undefined ? undefined : { kind: "rolling", market, minutes, window };
}
