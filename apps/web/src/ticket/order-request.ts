import { type Market, priceText, quantityText } from "../market/market.ts";
import type { OrderDraft, PairDraft, PlainDraft } from "./order-draft.ts";
import type { StopTerms } from "./stop-terms.ts";

/** What becomes of an order that would meet another one of its account. */
export type SelfTradeWord = "EXPIRE_TAKER" | "EXPIRE_MAKER" | "EXPIRE_BOTH" | "DECREMENT" | "NONE";

/** A method of the WebSocket API, and with what it is asked for. */
export interface OrderRequest {
  readonly method: "order.place" | "orderList.place.oco";
  readonly parameters: Readonly<Record<string, string>>;
}

type Fields = Record<string, string>;

/** How an order is placed by the API. By `clientOrderId` it can be asked for; of a pair that is the order above. */
export function orderRequest(
  market: Market,
  draft: OrderDraft,
  selfTrade: SelfTradeWord,
  clientOrderId: string,
): OrderRequest {
  const common = {
    symbol: market.symbol,
    side: draft.side,
    quantity: quantityText(market, draft.lots),
    newOrderRespType: "FULL",
    selfTradePreventionMode: selfTrade,
  };
  if (draft.kind === "oco") {
    const parameters = {
      ...common,
      ...pairFields(market, draft),
      aboveClientOrderId: clientOrderId,
    };
    return { method: "orderList.place.oco", parameters };
  }
  const own = draft.kind === "stop" ? stopFields(market, draft.stop) : plainFields(market, draft);
  return {
    method: "order.place",
    parameters: { ...common, ...own, newClientOrderId: clientOrderId },
  };
}

function plainFields(
  market: Market,
  { kind, priceTicks, timeInForce, isPostOnly, shownLots }: PlainDraft,
): Fields {
  if (kind === "market") return { type: "MARKET" };
  const price = priceText(market, priceTicks);
  const hidden = shownLots === 0n ? {} : { icebergQty: quantityText(market, shownLots) };
  if (isPostOnly) return { type: "LIMIT_MAKER", price, ...hidden };
  return { type: "LIMIT", price, timeInForce, ...hidden };
}

function stopFields(market: Market, stop: StopTerms): Fields {
  const { type, triggerTicks, trailBasisPoints, limitTicks, timeInForce } = stop;
  return {
    type: limitTicks === 0 ? type : `${type}_LIMIT`,
    ...(triggerTicks === 0 ? {} : { stopPrice: priceText(market, triggerTicks) }),
    ...(trailBasisPoints === 0 ? {} : { trailingDelta: String(trailBasisPoints) }),
    ...(limitTicks === 0 ? {} : { price: priceText(market, limitTicks), timeInForce }),
  };
}

/** Of a pair the API names the orders by where they stand: who sells stops below, who buys above. */
function pairFields(market: Market, { side, priceTicks, stop }: PairDraft): Fields {
  const rests = { type: "LIMIT_MAKER", price: priceText(market, priceTicks) };
  const waits = stopFields(market, stop);
  const [above, below] = side === "BUY" ? [waits, rests] : [rests, waits];
  return { ...prefixed("above", above), ...prefixed("below", below) };
}

function prefixed(prefix: string, fields: Fields): Fields {
  const named = Object.entries(fields).map(([name, value]) => [
    prefix + name[0]!.toUpperCase() + name.slice(1),
    value,
  ]);
  return Object.fromEntries(named) as Fields;
}
