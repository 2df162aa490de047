import { fail } from "@rialto/base";
import { Side, type AssetIndex } from "@rialto/protocol";
import { getAsset } from "./exchange.ts";
import type { Account, BalanceRow, Exchange, Market, Order } from "./exchange.ts";
import { computeFee, computeRebate, countTrade, ratesOf } from "./fees.ts";

// Balances and what moves between them.
//
// Source: matching.md §2.2 (paying) and §3 (money).

/** An amount of one asset. */
export interface Amount {
  readonly asset: AssetIndex;
  readonly quanta: bigint;
}

/** Quote for `lots` at `priceTicks`. */
export function quoteQuanta(market: Market, priceTicks: number, lots: bigint): bigint {
  return BigInt(priceTicks) * lots * market.terms.tickLotQuanta;
}

/** Base in `lots`. */
export function baseQuanta(market: Market, lots: bigint): bigint {
  return lots * market.terms.lotQuanta;
}

/** What a resting order of `lots` at `priceTicks` reserves. */
export function reserveOf(market: Market, side: Side, priceTicks: number, lots: bigint): Amount {
  return side === Side.Buy
    ? { asset: market.terms.quoteAsset, quanta: quoteQuanta(market, priceTicks, lots) }
    : { asset: market.terms.baseAsset, quanta: baseQuanta(market, lots) };
}

/** What `account` can spend of `asset`. */
export function availableQuanta(account: Account, asset: AssetIndex): bigint {
  return account.rows.get(asset)?.availableQuanta ?? 0n;
}

/** The account's row for `asset`, made if it has none yet. */
export function makeRow(exchange: Exchange, account: Account, asset: AssetIndex): BalanceRow {
  const existing = account.rows.get(asset);
  if (existing !== undefined) return existing;
  const row: BalanceRow = { asset, availableQuanta: 0n, reservedQuanta: 0n };
  account.rows.set(asset, row);
  exchange.balanceCount += 1;
  return row;
}

/** Moves `amount` from available to reserved. */
export function reserve(account: Account, amount: Amount): void {
  const row = getRow(account, amount.asset);
  row.availableQuanta -= amount.quanta;
  row.reservedQuanta += amount.quanta;
  checkRow(row);
}

/** Moves `amount` from reserved back to available. */
export function release(account: Account, amount: Amount): void {
  const row = getRow(account, amount.asset);
  row.reservedQuanta -= amount.quanta;
  row.availableQuanta += amount.quanta;
  checkRow(row);
}

export interface FillFees {
  readonly makerRebate: boolean;
  readonly makerFeeQuanta: bigint;
  readonly takerFeeQuanta: bigint;
}

/**
 * Pays for a fill of `lots` at the maker's price: the maker out of its reserve, the taker out of
 * what it has available; each receives less its fee, the maker perhaps a rebate out of the taker's.
 */
export function settleFill(
  exchange: Exchange,
  taker: Account,
  maker: Order,
  lots: bigint,
): FillFees {
  const market = maker.market;
  const makerPays = reserveOf(market, maker.side, maker.priceTicks, lots);
  const takerSide = maker.side === Side.Buy ? Side.Sell : Side.Buy;
  const takerPays = reserveOf(market, takerSide, maker.priceTicks, lots);
  const { makerPpm } = ratesOf(exchange, maker.account, market);
  const { takerPpm } = ratesOf(exchange, taker, market);

  spend(maker.account, makerPays);
  const takerRow = getRow(taker, takerPays.asset);
  takerRow.availableQuanta -= takerPays.quanta;
  checkRow(takerRow);
  const takerFeeQuanta = receive(exchange, taker, makerPays, takerPpm);
  let makerFeeQuanta = receive(exchange, maker.account, takerPays, Math.max(0, makerPpm));
  if (makerPpm < 0) {
    makerFeeQuanta = computeRebate(makerPays.quanta, makerPpm, takerFeeQuanta);
    getAsset(exchange, makerPays.asset).feesQuanta -= makerFeeQuanta;
    getRow(maker.account, makerPays.asset).availableQuanta += makerFeeQuanta;
  }
  const quote = quoteQuanta(market, maker.priceTicks, lots);
  countTrade(exchange, [maker.account, taker], market, quote);
  return { makerRebate: makerPpm < 0, makerFeeQuanta, takerFeeQuanta };
}

export interface AuctionFees {
  readonly buyFeeQuanta: bigint;
  readonly sellFeeQuanta: bigint;
}

/**
 * Pays for `lots` that two resting orders trade at `priceTicks`: both out of their reserves, the buyer getting back
 * what it had reserved beyond the price; each receives less the market's maker fee.
 */
export function settleAuctioned(
  exchange: Exchange,
  buy: Order,
  sell: Order,
  lots: bigint,
  priceTicks: number,
): AuctionFees {
  const { market } = buy;
  const buyRates = ratesOf(exchange, buy.account, market);
  const sellRates = ratesOf(exchange, sell.account, market);
  const price = reserveOf(market, Side.Buy, priceTicks, lots);
  const reserved = reserveOf(market, Side.Buy, buy.priceTicks, lots);
  const base = reserveOf(market, Side.Sell, sell.priceTicks, lots);
  release(buy.account, { asset: price.asset, quanta: reserved.quanta - price.quanta });
  spend(buy.account, price);
  spend(sell.account, base);
  const buyFeeQuanta = receive(exchange, buy.account, base, Math.max(0, buyRates.makerPpm));
  const sellFeeQuanta = receive(exchange, sell.account, price, Math.max(0, sellRates.makerPpm));
  countTrade(exchange, [buy.account, sell.account], market, price.quanta);
  return { buyFeeQuanta, sellFeeQuanta };
}

/** Takes `amount` out of what is reserved. */
function spend(account: Account, amount: Amount): void {
  const row = getRow(account, amount.asset);
  row.reservedQuanta -= amount.quanta;
  checkRow(row);
}

/** Credits `amount` less the fee. Returns the fee. */
function receive(exchange: Exchange, account: Account, amount: Amount, feePpm: number): bigint {
  const feeQuanta = computeFee(amount.quanta, feePpm);
  getRow(account, amount.asset).availableQuanta += amount.quanta - feeQuanta;
  getAsset(exchange, amount.asset).feesQuanta += feeQuanta;
  return feeQuanta;
}

function getRow(account: Account, asset: AssetIndex): BalanceRow {
  return account.rows.get(asset) ?? fail("an account that trades an asset has a row for it");
}

function checkRow(row: BalanceRow): void {
  if (row.availableQuanta < 0n || row.reservedQuanta < 0n) fail("no amount is negative");
}
