import {
  CommandKind,
  ListKind,
  OrderType,
  PegKind,
  Side,
  TriggerKind,
  TriggerSource,
  type Command,
  type OrderTerms,
  type SpecialTerms,
  type Switch,
  NOTHING_SPECIAL,
  type SpecialExtras,
} from "@rialto/protocol";
import type { Prng } from "@rialto/base";
import { belowBig, between, pick, pickWeighted } from "./random-draws.ts";
import { drawDueMs } from "./random-due.ts";
import type { DrawState, KnownMarket } from "./random-model.ts";
import { drawOrder } from "./random-orders.ts";

/** An order with some of the terms that plain ones do not have. */
export function drawSpecial(state: DrawState): Command {
  return { kind: CommandKind.PlaceSpecial, ...drawSpecialTerms(state) };
}

/** An order whose price follows the best of its side. */
function drawPegged(state: DrawState): SpecialTerms {
  const { prng, options, model } = state;
  const drawn = drawOrder(prng, options, model, state.serial);
  const market = model.markets[drawn.market];
  const { priceTicksMin, priceTicksMax } = market?.terms ?? { priceTicksMin: 1, priceTicksMax: 1 };
  const isFree = prng.chance(2, 3);
  const free = drawn.side === Side.Buy ? priceTicksMax : priceTicksMin;
  const isHostile = options.hasHostileFields && prng.chance(1, 30);
  const pegged = {
    ...drawn,
    ...NOTHING_SPECIAL,
    orderType: OrderType.PostOnly,
    priceTicks: isFree || drawn.priceTicks === 0 ? free : drawn.priceTicks,
    expiresMs: prng.chance(1, 5) ? drawDueMs(state) : 0,
    peg: pick(prng, [PegKind.Primary, PegKind.Primary, PegKind.Market, PegKind.Midpoint]),
    pegTicks: pick(prng, [1, 1, 0, 2, 5, isHostile ? 0xffff_ffff : 3]),
  };
  return isHostile ? { ...pegged, ...spoil(state, pegged) } : pegged;
}

function drawSpecialTerms(state: DrawState): SpecialTerms {
  const { prng, options, model } = state;
  if (options.hasPegs && prng.chance(1, 3)) return drawPegged(state);
  const drawn = drawOrder(prng, options, model, state.serial);
  const isByQuote = drawn.orderType === OrderType.MarketByQuote;
  const terms =
    isByQuote && prng.chance(19, 20) ? { ...drawn, orderType: OrderType.Market } : drawn;
  const market = model.markets[terms.market];
  const mayRest = terms.orderType === OrderType.Limit || terms.orderType === OrderType.PostOnly;
  const waits = prng.chance(1, 2);
  const trigger = waits && market !== undefined ? drawTrigger(state, market, terms) : {};
  const isIceberg = mayRest && prng.chance(1, waits ? 4 : 2);
  const ends = (mayRest || waits) && prng.chance(1, 3);
  const extras: SpecialExtras = {
    ...NOTHING_SPECIAL,
    ...trigger,
    displayLots: isIceberg ? drawDisplay(state, terms) : 0n,
    isHidden: options.hasHidden && mayRest && !isIceberg && prng.chance(1, 2) ? 1 : 0,
    isProtected: options.hasProtections && mayRest && !waits && prng.chance(1, 2) ? 1 : 0,
    expiresMs: ends ? Math.max(0, drawDueMs(state) - (prng.chance(1, 100) ? 300 : 0)) : 0,
  };
  const isHostile = options.hasHostileFields && prng.chance(1, 30);
  return { ...terms, ...(isHostile ? spoil(state, extras) : extras) };
}

/** Two or three orders that hang together. */
export function drawList(state: DrawState): Command {
  const { prng, options, model } = state;
  const listKind = pick(prng, Object.values(ListKind));
  const legCount = listKind === ListKind.OneTriggersPair ? 3 : 2;
  const first = drawSpecialTerms(state);
  const market = model.markets[first.market];
  const isOco = listKind === ListKind.OneCancelsOther;
  const legs = Array.from({ length: legCount }, (_, index) => {
    const drawn = index === 0 ? first : drawSpecialTerms(state);
    const isPairLeg = isOco || index > 0;
    const pairSide = isOco ? first.side : first.side === Side.Buy ? Side.Sell : Side.Buy;
    const terms = {
      ...drawn,
      market: first.market,
      account: first.account,
      side: isPairLeg ? pairSide : drawn.side,
      clientOrderId: index === 0 || prng.chance(3, 4) ? 0n : drawn.clientOrderId,
    };
    return market === undefined
      ? terms
      : fitLeg(state, terms, market, isOco ? index === 1 : index === 2);
  });
  const isHostile = options.hasHostileFields && prng.chance(1, 25);
  return { kind: CommandKind.PlaceList, listKind, legs: isHostile ? spoilLegs(state, legs) : legs };
}

/** Mostly what a leg may be: the second of a pair waits for a price. */
function fitLeg(
  state: DrawState,
  terms: SpecialTerms,
  market: KnownMarket,
  mustWait: boolean,
): SpecialTerms {
  const isResting = terms.orderType === OrderType.Limit || terms.orderType === OrderType.PostOnly;
  const waits = mustWait || !isResting;
  const trigger = waits ? drawTrigger(state, market, terms) : {};
  return {
    ...terms,
    ...NOTHING_SPECIAL,
    displayLots: terms.displayLots,
    isHidden: terms.isHidden,
    ...trigger,
  };
}

function spoilLegs({ prng }: DrawState, legs: readonly SpecialTerms[]): SpecialTerms[] {
  const spoilt = prng.below(legs.length);
  return legs.map((leg, index) => {
    if (index !== spoilt) return leg;
    return pick<() => SpecialTerms>(prng, [
      () => ({ ...leg, side: 1 - leg.side === 0 ? Side.Buy : Side.Sell }),
      () => ({ ...leg, account: ((leg.account + 1) % 64) as SpecialTerms["account"] }),
      () => ({ ...leg, ...NOTHING_SPECIAL }),
      () => ({ ...leg, orderType: OrderType.ImmediateOrCancel }),
    ])();
  });
}

function drawDisplay({ prng }: DrawState, terms: OrderTerms): bigint {
  const part = terms.quantity / BigInt(between(prng, 2, 6));
  return part > 0n && prng.chance(5, 6) ? part : 1n + belowBig(prng, terms.quantity);
}

function drawTrigger(
  state: DrawState,
  market: KnownMarket,
  terms: OrderTerms,
): Partial<SpecialExtras> {
  const { prng, options } = state;
  const trigger = pickWeighted(prng, [
    [4, TriggerKind.Stop],
    [3, TriggerKind.TakeProfit],
    [2, TriggerKind.TrailingStop],
    [2, TriggerKind.TrailingTakeProfit],
  ]);
  const distance = 1 + prng.below(options.spreadTicks);
  const isTrailing = trigger >= TriggerKind.TrailingStop;
  const trail = isTrailing ? { trailBasisPoints: drawTrail(prng) } : {};
  if (isTrailing && prng.chance(1, 2)) return { trigger, ...trail };
  const isStop = trigger === TriggerKind.Stop || trigger === TriggerKind.TrailingStop;
  const isUp = (terms.side === Side.Buy) === isStop;
  const away = prng.chance(9, 10) ? distance : -distance;
  const ticks = market.lastTradeTicks + (isUp ? away : -away);
  const { priceTicksMin, priceTicksMax } = market.terms;
  return {
    trigger,
    ...trail,
    triggerSource: isTrailing ? TriggerSource.LastTrade : pick(prng, Object.values(TriggerSource)),
    triggerTicks: Math.max(priceTicksMin, Math.min(priceTicksMax, ticks)),
  };
}

/** Mostly so short that prices get there. */
function drawTrail(prng: Prng): number {
  return prng.chance(9, 10) ? 1 + prng.below(500) : 1 + prng.below(10_000);
}

function spoil({ prng, nowMs }: DrawState, extras: SpecialExtras): SpecialExtras {
  const u32 = pick(prng, [0, 1, 0x3fff_ffff, 0x4000_0000, 0xffff_ffff]);
  return pick<() => SpecialExtras>(prng, [
    () => ({ ...extras, trigger: pick(prng, [0, 1, 2, 3, 4, 5, 255]) as TriggerKind }),
    () => ({ ...extras, triggerSource: pick(prng, [1, 2, 255]) as TriggerSource }),
    () => ({ ...extras, triggerTicks: u32 }),
    () => ({ ...extras, trailBasisPoints: u32 }),
    () => ({ ...extras, trailBasisPoints: pick(prng, [10_000, 10_001]) }),
    () => ({ ...extras, peg: pick(prng, [1, 2, 3, 4, 255]) as PegKind }),
    () => ({ ...extras, pegTicks: 1 }),
    () => ({ ...extras, isProtected: pick(prng, [1, 2, 255]) as Switch }),
    () => ({ ...extras, isHidden: pick(prng, [1, 2, 255]) as Switch }),
    () => ({ ...extras, displayLots: pick(prng, [1n, 1n << 40n, (1n << 64n) - 1n]) }),
    () => ({ ...extras, expiresMs: pick(prng, [nowMs, 1, Number.MAX_SAFE_INTEGER]) }),
  ])();
}
