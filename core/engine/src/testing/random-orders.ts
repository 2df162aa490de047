import type { Prng } from "@rialto/base";
import {
  MarketState,
  NO_ORDER,
  ORDER_GENERATION_MAX,
  ORDERS_MAX,
  OrderType,
  packOrderId,
  QUANTA_MAX,
  Side,
  type AccountIndex,
  type MarketIndex,
  type OrderId,
  type OrderTarget,
  type OrderTerms,
  type SelfTrade,
} from "@rialto/protocol";
import { belowBig, pick, pickWeighted, popularIndex } from "./random-draws.ts";
import type { KnownMarket, KnownOrder, Model } from "./random-model.ts";
import type { SwarmOptions } from "./random-options.ts";

const HOSTILE_ODDS = 60;

/** Draws order terms that the engine will most likely accept. */
export function drawOrder(
  prng: Prng,
  options: SwarmOptions,
  model: Model,
  clientOrderSerial: number,
): OrderTerms {
  const market = drawMarket(prng, model);
  // A thin book is left to fill, so that there is something to trade with.
  const isThin = model.openOrders.length < options.openOrdersAimed;
  const isPassive = isThin && prng.chance(1, 4);
  const drawnType = isPassive ? OrderType.Limit : pickWeighted(prng, options.orderTypes);
  const orderType = prng.chance(1, 8) ? drawnType : fitType(market.state, drawnType);
  const side = prng.chance(1, 2) ? Side.Buy : Side.Sell;
  const aggressivePercent = isPassive ? 2 : aggressivePercentOf(options, orderType);
  const isLimit = orderType !== OrderType.Market && orderType !== OrderType.MarketByQuote;
  const priceTicks = isLimit ? drawPrice(prng, options, market, { side, aggressivePercent }) : 0;
  const named = prng.below(100) < options.clientIdPercent;
  const terms: OrderTerms = {
    market: market.index,
    account: drawPayer(prng, model, market, side),
    side,
    orderType,
    selfTrade: pick(prng, options.selfTrades),
    priceTicks,
    quantity:
      orderType === OrderType.MarketByQuote
        ? drawQuanta(prng, options, market)
        : drawLots(prng, options, market, priceTicks),
    clientOrderId: named ? options.clientIds(prng, clientOrderSerial) : 0n,
  };
  return options.hasHostileFields && prng.chance(1, HOSTILE_ODDS)
    ? spoilOrder(prng, market, terms)
    : terms;
}

/** A type that the market's state lets in, if there is one. */
function fitType(state: MarketState, orderType: OrderType): OrderType {
  switch (state) {
    case MarketState.PreOpen:
    case MarketState.Auction:
      return OrderType.Limit;
    case MarketState.PostOnly:
      return OrderType.PostOnly;
    default:
      return orderType;
  }
}

export function drawAccount(prng: Prng, model: Model): AccountIndex {
  return (1 + prng.below(Math.max(1, model.accountCount))) as AccountIndex;
}

/** Mostly an account that was given what the order pays with. */
function drawPayer(prng: Prng, model: Model, market: KnownMarket, side: Side): AccountIndex {
  const { baseAsset, quoteAsset } = market.terms;
  const funded = model.fundedAccounts.get(side === Side.Buy ? quoteAsset : baseAsset);
  const isAny = funded === undefined || prng.chance(1, 12);
  return isAny ? drawAccount(prng, model) : pick(prng, funded);
}

function aggressivePercentOf(options: SwarmOptions, orderType: OrderType): number {
  if (orderType === OrderType.PostOnly) return 5;
  return orderType === OrderType.Limit ? options.aggressivePercent : 80;
}

function drawMarket(prng: Prng, model: Model): KnownMarket {
  const market = model.markets[popularIndex(prng, model.markets.length)];
  if (market === undefined) throw new Error("orders are drawn once there is a market");
  return market;
}

function drawPrice(
  prng: Prng,
  options: SwarmOptions,
  market: KnownMarket,
  aim: { readonly side: Side; readonly aggressivePercent: number },
): number {
  const { priceTicksMin, priceTicksMax } = market.terms;
  const isAggressive = prng.below(100) < aim.aggressivePercent;
  const distance = prng.below(options.spreadTicks + 1) + (isAggressive ? 0 : prng.below(2));
  const isUp = isAggressive === (aim.side === Side.Buy);
  const drawn = market.lastTradeTicks + (isUp ? distance : -distance);
  const banded = clampToBand(market, drawn);
  return Math.max(priceTicksMin, Math.min(priceTicksMax, banded));
}

/** Nearly the band of matching.md §5: a tick more or less is welcome here. */
function clampToBand(market: KnownMarket, priceTicks: number): number {
  const { bandUpPpm, bandDownPpm } = market.terms;
  const last = market.lastTradeTicks;
  const high = bandUpPpm === 0 ? priceTicks : Math.floor(last * (1 + bandUpPpm / 1e6));
  const low = bandDownPpm === 0 ? priceTicks : Math.ceil(last * (1 - bandDownPpm / 1e6));
  return Math.max(low, Math.min(high, priceTicks));
}

function drawLots(
  prng: Prng,
  options: SwarmOptions,
  market: KnownMarket,
  priceTicks: number,
): bigint {
  const { lotsMin, lotsMax, tickLotQuanta, notionalMinQuanta, notionalMaxQuanta } = market.terms;
  const typical = BigInt(options.typicalLots);
  const drawn = pickWeighted(prng, [
    [12, 1n + belowBig(prng, typical * 2n)],
    [6, 1n + belowBig(prng, typical / 4n + 1n)],
    [4, typical],
    [2, typical * BigInt(1 + prng.below(12))],
    [1, lotsMin],
    [1, lotsMax],
  ]);
  const unit = tickLotQuanta * BigInt(priceTicks === 0 ? market.lastTradeTicks : priceTicks);
  const low = max(lotsMin, (notionalMinQuanta + unit - 1n) / unit);
  const high = min(lotsMax, notionalMaxQuanta / unit);
  return max(1n, max(low, min(high, drawn)));
}

function drawQuanta(prng: Prng, options: SwarmOptions, market: KnownMarket): bigint {
  const { notionalMinQuanta, notionalMaxQuanta, tickLotQuanta } = market.terms;
  const lot = tickLotQuanta * BigInt(market.lastTradeTicks);
  const typical = max(lot, options.typicalQuanta);
  const drawn = pickWeighted(prng, [
    [8, 1n + belowBig(prng, typical * 2n)],
    [4, lot * BigInt(1 + prng.below(5))],
    [2, lot * BigInt(1 + prng.below(5)) - 1n],
    [2, typical * BigInt(1 + prng.below(12))],
    [1, notionalMinQuanta],
    [1, notionalMaxQuanta],
  ]);
  return max(notionalMinQuanta, min(notionalMaxQuanta, drawn));
}

/** Puts a value from the edge of its range, or beyond, into a field. */
function spoilOrder(prng: Prng, market: KnownMarket, terms: OrderTerms): OrderTerms {
  const bounds = market.terms;
  const index = pick(prng, [0, 1_000_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]);
  return pick<() => OrderTerms>(prng, [
    () => ({ ...terms, side: pick(prng, [2, 128, 255]) as Side }),
    () => ({ ...terms, orderType: pick(prng, [6, 255]) as OrderType }),
    () => ({ ...terms, selfTrade: pick(prng, [5, 255]) as SelfTrade }),
    () => ({ ...terms, market: index as MarketIndex }),
    () => ({ ...terms, account: index as AccountIndex }),
    () => ({ ...terms, priceTicks: drawEdgePrice(prng, market) }),
    () => ({ ...terms, priceTicks: drawEdgePrice(prng, market) }),
    () => ({ ...terms, quantity: drawEdgeQuantity(prng, market) }),
    () => ({ ...terms, quantity: drawEdgeQuantity(prng, market) }),
    () => ({ ...terms, quantity: bounds.lotsMax, priceTicks: bounds.priceTicksMax }),
  ])();
}

function drawEdgePrice(prng: Prng, market: KnownMarket): number {
  const { priceTicksMin, priceTicksMax } = market.terms;
  const edges = [0, 1, priceTicksMin - 1, priceTicksMin, priceTicksMax, priceTicksMax + 1];
  return pick(prng, [...edges, 0x3fff_ffff, 0x4000_0000, 0x8000_0000, 0xffff_ffff]);
}

function drawEdgeQuantity(prng: Prng, market: KnownMarket): bigint {
  const { lotsMin, lotsMax, notionalMaxQuanta } = market.terms;
  const powers = [1n << 31n, 1n << 32n, 1n << 40n, 1n << 53n, 1n << 62n, 1n << 63n];
  const edges = [0n, 1n, lotsMin - 1n, lotsMin, lotsMax, lotsMax + 1n, notionalMaxQuanta + 1n];
  return pick(prng, [...edges, ...powers, QUANTA_MAX, (1n << 64n) - 1n]);
}

export interface DrawnTarget {
  readonly account: AccountIndex;
  readonly target: OrderTarget;
  /** What the target was made from. */
  readonly order: KnownOrder;
}

/** Draws an account and an order for it to cancel: mostly its own, open, by one of its ids. */
export function drawTarget(
  prng: Prng,
  options: SwarmOptions,
  model: Model,
): DrawnTarget | undefined {
  const isDead = prng.chance(1, 25);
  const order = isDead ? model.deadOrders.at(-1) : drawOpenOrder(prng, model);
  if (order === undefined) return undefined;
  const isForeign = options.hasHostileFields && prng.chance(1, 40);
  const account = isForeign ? drawForeign(prng, model, order) : order.terms.account;
  const { clientOrderId } = order.terms;
  if (options.hasHostileFields && prng.chance(1, 40)) {
    return { account, target: drawHostileTarget(prng, order), order };
  }
  const isByClientId = clientOrderId !== 0n && prng.chance(1, 2);
  return {
    account,
    order,
    target: isByClientId
      ? { orderId: NO_ORDER, clientOrderId }
      : { orderId: order.id, clientOrderId: 0n },
  };
}

/** Another account, or one that there is not: with the bit that marks special orders beside their accounts in the hot core. */
function drawForeign(prng: Prng, model: Model, order: KnownOrder): AccountIndex {
  const marked = (order.terms.account + 0x80_0000) as AccountIndex;
  return prng.chance(1, 4) ? marked : drawAccount(prng, model);
}

const TARGET_DRAWS_MAX = 4;

/** An open order that no other command of this batch is about, if one is found soon. */
function drawOpenOrder(prng: Prng, model: Model): KnownOrder | undefined {
  if (model.openOrders.length === 0) return undefined;
  for (let left = TARGET_DRAWS_MAX; left > 0; left--) {
    const order = pick(prng, model.openOrders);
    if (model.targetedOrders.has(order.id)) continue;
    model.targetedOrders.add(order.id);
    return order;
  }
  return undefined;
}

function drawHostileTarget(prng: Prng, order: KnownOrder): OrderTarget {
  const slotSpan = 2 ** 24;
  const forgedIds = [
    packOrderId(1 + prng.below(5), 1 + prng.below(200)),
    packOrderId(ORDER_GENERATION_MAX, ORDERS_MAX),
    order.id + slotSpan,
    Math.max(1, order.id - slotSpan),
    order.id % slotSpan,
    Math.floor(order.id / slotSpan) * slotSpan,
    Number.MAX_SAFE_INTEGER,
  ];
  return pick<() => OrderTarget>(prng, [
    () => ({ orderId: NO_ORDER, clientOrderId: 0n }),
    () => ({ orderId: order.id, clientOrderId: order.terms.clientOrderId + 1n }),
    () => ({ orderId: NO_ORDER, clientOrderId: BigInt(prng.nextU32()) << 32n }),
    () => ({ orderId: pick(prng, forgedIds) as OrderId, clientOrderId: 0n }),
    () => ({ orderId: pick(prng, forgedIds) as OrderId, clientOrderId: 0n }),
  ])();
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function max(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
