// Many markets: how many orders rest in each, and how much of the trading each has.

import { assert } from "@rialto/base";

/** Markets of the full test, by rank: the first has the most orders. */
export const MARKETS_FULL = 21_000;
/** Resting orders that the full test has at the least. */
export const RESTING_ORDERS_MIN = 624_000;

/** Ranks up to `last`, from the band before on, and the orders of the first and last market of the band. */
const BANDS = [
  { last: 20, most: 5_000, least: 1_000 },
  { last: 100, most: 1_000, least: 500 },
  { last: 1_000, most: 500, least: 100 },
  { last: 5_000, most: 100, least: 20 },
  { last: MARKETS_FULL, most: 20, least: 5 },
] as const;

/** The fifth of the markets in which 80 % of the volume is to be traded. */
const BUSY_RANKS = MARKETS_FULL / 5;
/** Of all takers, how many go there: so many that it is 80 % of the volume, for in quiet markets they find less. */
const BUSY_TAKERS = 0.694;

/** Markets, each with its rank's share of orders and takers. */
export interface MarketsShape {
  /** Orders that rest in each market. */
  readonly orders: Int32Array;
  /** Parts of the takers of each market. */
  readonly takers: Float64Array;
  /** True for the markets of which the busy fifth consists. */
  readonly isBusy: Uint8Array;
  readonly ordersTotal: number;
}

/**
 * The markets of ranks `first`, `first + step`, ... of the full test: every one with a step of 1, a shard of a node with
 * the number of shards, a few for a smoke run with a hundred.
 */
export function marketsShape(first: number, step: number): MarketsShape {
  assert(first >= 1 && first <= step, "a shard begins in the first step");
  const count = Math.floor((MARKETS_FULL - first) / step) + 1;
  const shape = {
    orders: new Int32Array(count),
    takers: new Float64Array(count),
    isBusy: new Uint8Array(count),
  };
  const [busyTotal, quietTotal] = harmonicTotals();
  let ordersTotal = 0;
  for (let market = 0; market < count; market++) {
    const rank = first + market * step;
    const isBusy = rank <= BUSY_RANKS;
    shape.orders[market] = ordersOf(rank);
    shape.takers[market] =
      (isBusy ? BUSY_TAKERS / busyTotal : (1 - BUSY_TAKERS) / quietTotal) / rank;
    shape.isBusy[market] = isBusy ? 1 : 0;
    ordersTotal += shape.orders[market]!;
  }
  return { ...shape, ordersTotal };
}

/** Falls within its band as rank to the power of minus a quarter: square roots are exact on every machine. */
function ordersOf(rank: number): number {
  const power = (at: number): number => 1 / Math.sqrt(Math.sqrt(at));
  let first = 1;
  for (const { last, most, least } of BANDS) {
    if (rank <= last) {
      const part = (power(rank) - power(last)) / (power(first) - power(last));
      return Math.round(least + (most - least) * part);
    }
    first = last + 1;
  }
  throw new Error("every rank is in a band");
}

function harmonicTotals(): [busy: number, quiet: number] {
  let [busy, quiet] = [0, 0];
  for (let rank = 1; rank <= BUSY_RANKS; rank++) busy += 1 / rank;
  for (let rank = BUSY_RANKS + 1; rank <= MARKETS_FULL; rank++) quiet += 1 / rank;
  return [busy, quiet];
}
