import {
  BAND_UP_PPM_MAX,
  EventKind,
  MarketState,
  PPM,
  RejectCode,
  Side,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { crosses } from "./book.ts";
import { bestTicks } from "./dark.ts";
import { oppositeSide } from "./exchange.ts";
import type { Exchange, Market } from "./exchange.ts";
import { enterState } from "./market-state.ts";
import { refuse, type Outbox } from "./outbox.ts";
import { showBeforePause } from "./triggers.ts";

// The guard of a market: how far trades may move its price before it pauses. Source: matching.md §3.5.

type SetMarketGuard = Extract<Command, { readonly kind: typeof CommandKind.SetMarketGuard }>;

/** Does SET_MARKET_GUARD: mutates `exchange`, emits to `outbox`. */
export function setMarketGuard(exchange: Exchange, command: SetMarketGuard, outbox: Outbox): void {
  const { upPpm, downPpm, windowMs, auctionMs } = command;
  const isOff = upPpm === 0 && downPpm === 0;
  const isTimed = windowMs !== 0 && auctionMs !== 0;
  const isMeant = isOff ? windowMs === 0 && auctionMs === 0 : isTimed;
  if (upPpm > BAND_UP_PPM_MAX || downPpm > Number(PPM) || !isMeant) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const market = exchange.markets[command.market];
  if (market === undefined) {
    outbox.reject(refuse(RejectCode.UnknownMarket));
    return;
  }
  if (market.state === MarketState.Delisted) {
    outbox.reject(refuse(RejectCode.MarketClosed));
    return;
  }
  market.guard = isOff
    ? undefined
    : {
        upPpm,
        downPpm,
        windowMs,
        auctionMs,
        ticks: market.lastTradeTicks,
        endsMs: exchange.nowMs + windowMs,
      };
  outbox.emit({ kind: EventKind.MarketGuardSet, market: market.index });
}

/** The worst price at which an order limited to `limitTicks` may trade now. */
export function computeReachTicks(
  exchange: Exchange,
  market: Market,
  side: Side,
  limitTicks: number,
): number {
  const { guard } = market;
  const best = bestTicks(oppositeSide(market, side));
  if (guard === undefined || best === undefined) return limitTicks;
  if (!crosses(side, limitTicks, best)) return limitTicks;
  if (exchange.nowMs >= guard.endsMs) {
    guard.ticks = market.lastTradeTicks;
    guard.endsMs = exchange.nowMs + guard.windowMs;
  }
  const ticks = BigInt(guard.ticks);
  if (side === Side.Buy) {
    if (guard.upPpm === 0) return limitTicks;
    const high = Number((ticks * (PPM + BigInt(guard.upPpm))) / PPM);
    return Math.min(limitTicks, high);
  }
  if (guard.downPpm === 0) return limitTicks;
  const low = Number((ticks * (PPM - BigInt(guard.downPpm)) + PPM - 1n) / PPM);
  return Math.max(limitTicks, low);
}

/** True if only the guard keeps an order from the best opposite price. */
export function isHeld(
  market: Market,
  side: Side,
  limitTicks: number,
  reachTicks: number,
): boolean {
  const best = bestTicks(oppositeSide(market, side));
  if (best === undefined) return false;
  return crosses(side, limitTicks, best) && !crosses(side, reachTicks, best);
}

/** Pauses the market in an auction, which ends by itself. */
export function pause(exchange: Exchange, market: Market, outbox: Outbox): void {
  showBeforePause(exchange, market);
  enterState(exchange, market, MarketState.Auction, outbox);
  market.reopenAtMs = exchange.nowMs + (market.guard?.auctionMs ?? 0);
}
