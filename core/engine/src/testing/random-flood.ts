import {
  CommandKind,
  OrderType,
  SelfTrade,
  Side,
  type AccountIndex,
  type Command,
  type OrderTerms,
} from "@rialto/protocol";
import { pick, pickWeighted } from "./random-draws.ts";
import type { DrawState } from "./random-model.ts";
import { drawAccount } from "./random-orders.ts";

// More orders in a level than one command may touch.

const FLOOD_STARTS_AT = 3_000;
const FLOOD_ODDS = 20_000;
const FLOOD_ORDERS_MIN = 16_300;
const FLOOD_ORDERS_SPAN = 400;

/** One of the many small orders at one price, or the large one that takes them all. */
export function drawFlood(state: DrawState, commandCount: number): Command | undefined {
  const { prng, options, model } = state;
  if (!options.hasFloods) return undefined;
  if (state.flood === undefined) {
    const starts = commandCount === FLOOD_STARTS_AT || prng.chance(1, FLOOD_ODDS);
    const market = model.markets[0];
    if (!starts || commandCount < FLOOD_STARTS_AT || market === undefined) return undefined;
    const left = FLOOD_ORDERS_MIN + prng.below(FLOOD_ORDERS_SPAN);
    const { priceTicksMax, lotsMin } = market.terms;
    const terms: OrderTerms = {
      market: market.index,
      account: drawAccount(prng, model),
      side: Side.Sell,
      orderType: OrderType.Limit,
      selfTrade: SelfTrade.Allow,
      // Behind what stands in the book, so that the flood is there to be taken.
      priceTicks: Math.min(priceTicksMax, market.lastTradeTicks + 2 * options.spreadTicks),
      quantity: lotsMin,
      clientOrderId: 0n,
    };
    state.flood = { left, terms };
  }
  const { flood } = state;
  if (flood.left > 0) {
    flood.left -= 1;
    return {
      kind: CommandKind.Place,
      ...flood.terms,
      account: drawFloodAccount(state, flood.terms),
    };
  }
  state.flood = undefined;
  return { kind: CommandKind.Place, ...drawSweep(state, flood.terms) };
}

/** The order that takes the flood, and larger ones before it: of just enough lots, or too many. */
function drawSweep(state: DrawState, flood: OrderTerms): OrderTerms {
  const { prng, options } = state;
  const types = options.orderTypes.filter(([, type]) => type <= OrderType.FillOrKill);
  const makers = pick(prng, [1, 2, 4]) * (FLOOD_ORDERS_MIN + prng.below(FLOOD_ORDERS_SPAN));
  const side = Side.Buy;
  return {
    ...flood,
    account: drawFloodAccount(state, { ...flood, side }),
    side,
    orderType: pickWeighted(prng, types),
    // Not one that ends at the taker's first own order.
    selfTrade: pick(prng, [SelfTrade.Allow, SelfTrade.ExpireMaker, SelfTrade.Decrement]),
    quantity: flood.quantity * BigInt(makers),
  };
}

/** One that can pay: what is refused does not flood. */
function drawFloodAccount({ prng, model }: DrawState, terms: OrderTerms): AccountIndex {
  const { baseAsset, quoteAsset } = model.markets[terms.market]!.terms;
  const funded = model.fundedAccounts.get(terms.side === Side.Buy ? quoteAsset : baseAsset);
  return funded === undefined ? drawAccount(prng, model) : pick(prng, funded);
}
