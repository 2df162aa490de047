import { fail, U64_MAX } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  CommandKind,
  LOTS_MAX,
  type MarketIndex,
  MarketState,
  type MarketTerms,
  NO_ORDER,
  type OrderId,
  type OrderTerms,
  OrderType,
  PRICE_TICKS_MAX,
  QUANTA_MAX,
  SelfTrade,
} from "@rialto/protocol";

// The commands that most programs begin with, in a few words. All others are objects of the type `Command`.

/** ADD_ASSET: the next row of assets, from 0. */
export function addAsset(): Command {
  return { kind: CommandKind.AddAsset };
}

/** OPEN_ACCOUNT: the next row of accounts, from 1, for the account that is called `number` outside. */
export function openAccount(number: bigint): Command {
  return { kind: CommandKind.OpenAccount, number };
}

/** DEPOSIT. Units: quanta of the asset. */
export function deposit(account: AccountIndex, asset: AssetIndex, quanta: bigint): Command {
  return { kind: CommandKind.Deposit, account, asset, quanta, reference: 0n };
}

export type ListingTerms = Pick<MarketTerms, "baseAsset" | "quoteAsset" | "priceTicksMax"> &
  Partial<MarketTerms>;

/**
 * LIST_MARKET: the next row of markets, from 0. What `terms` leaves open: the market trades at once, without fees or bands;
 * one lot is one quantum of base, and costs as many quanta of quote as its price has ticks; orders of any size.
 */
export function listMarket(terms: ListingTerms): Command {
  const { priceTicksMin = 1, priceTicksMax } = terms;
  return {
    kind: CommandKind.ListMarket,
    state: MarketState.Trading,
    priceTicksMin,
    lotQuanta: 1n,
    tickLotQuanta: 1n,
    lotsMin: 1n,
    lotsMax: BigInt(LOTS_MAX),
    notionalMinQuanta: 1n,
    notionalMaxQuanta: QUANTA_MAX,
    makerFeePpm: 0,
    takerFeePpm: 0,
    bandUpPpm: 0,
    bandDownPpm: 0,
    referenceTicks: Math.floor((priceTicksMin + Math.min(priceTicksMax, PRICE_TICKS_MAX)) / 2),
    ...terms,
  };
}

export type NewOrder = Pick<OrderTerms, "market" | "account" | "side"> & {
  /** Lots of base. */
  readonly lots: bigint;
} & Partial<Pick<OrderTerms, "orderType" | "selfTrade" | "clientOrderId">>;

/**
 * PLACE of an order with a limit, which rests with what it cannot trade unless `orderType` says otherwise.
 *
 * Errors   an `InvariantError` for lots that are no bigint of 64 bits. The other fields are looked at when the command is sent.
 */
export function limitOrder(order: NewOrder & { readonly priceTicks: number }): Command {
  return place(order, OrderType.Limit, order.priceTicks);
}

/** PLACE of an order that trades its lots at the best prices there are. Errors: as of `limitOrder`. */
export function marketOrder(order: NewOrder): Command {
  return place(order, OrderType.Market, 0);
}

function place(order: NewOrder, orderType: OrderType, priceTicks: number): Command {
  const { market, account, side, lots } = order;
  // The command calls them its quantity: who wrote `lots` is told of `lots`.
  if (typeof lots !== "bigint" || lots < 0n || lots > U64_MAX) {
    fail(`lots of an order is a bigint from 0n to 2n ** 64n - 1n, not ${shown(lots)}`);
  }
  return {
    kind: CommandKind.Place,
    market,
    account,
    side,
    orderType: order.orderType ?? orderType,
    selfTrade: order.selfTrade ?? SelfTrade.ExpireTaker,
    priceTicks,
    quantity: lots,
    clientOrderId: order.clientOrderId ?? 0n,
  };
}

/** As it would be written. */
function shown(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** CANCEL of an order by the id that the engine has issued. */
export function cancelOrder(account: AccountIndex, orderId: OrderId): Command {
  return { kind: CommandKind.Cancel, account, target: { orderId, clientOrderId: 0n } };
}

/** CANCEL of an order by its client's id. */
export function cancelClientOrder(account: AccountIndex, clientOrderId: bigint): Command {
  return { kind: CommandKind.Cancel, account, target: { orderId: NO_ORDER, clientOrderId } };
}

/** SET_MARKET_STATE. */
export function setMarketState(market: MarketIndex, state: MarketState): Command {
  return { kind: CommandKind.SetMarketState, market, state };
}
