import { grouped } from "./amount-text.ts";
import type { BookSide } from "./book-side.ts";
import { type Market, priceText, quantityText } from "./market.ts";

/** One line of the book as it is shown. */
export interface BookRow {
  readonly priceTicks: number;
  /** Lots of this level and all better ones. */
  readonly totalLots: bigint;
  readonly price: string;
  readonly quantity: string;
  readonly total: string;
  /** The total as a part of the largest one that is shown, 0 to 1. */
  readonly share: number;
  /** What of it is the viewer's own; empty if nothing is. */
  readonly own: string;
}

export interface BookView {
  /** Best first. */
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
  /** Best ask less best bid, and that in percent of the ask; "" where a side is empty, or both cross before an auction. */
  readonly spread: string;
  readonly spreadPercent: string;
}

export interface BookViewOptions {
  readonly market: Market;
  /** Rows of each side. */
  readonly rowsMax: number;
  /** Ticks that are shown as one level: bids at its lower end, asks at its upper. */
  readonly groupTicks: number;
  /** The viewer's open orders: lots by price in ticks. */
  readonly ownBids: ReadonlyMap<number, bigint>;
  readonly ownAsks: ReadonlyMap<number, bigint>;
}

interface Level {
  readonly priceTicks: number;
  lots: bigint;
  totalLots: bigint;
  ownLots: bigint;
}

/** Makes the rows of a book. Pure. */
export function viewBook(bids: BookSide, asks: BookSide, options: BookViewOptions): BookView {
  const bidLevels = levelsOf(bids, Math.floor, options.ownBids, options);
  const askLevels = levelsOf(asks, Math.ceil, options.ownAsks, options);
  const deepest = [bidLevels.at(-1)?.totalLots ?? 0n, askLevels.at(-1)?.totalLots ?? 0n];
  const totalMax = deepest[0]! > deepest[1]! ? deepest[0]! : deepest[1]!;
  const { market } = options;
  return {
    bids: bidLevels.map((level) => rowOf(market, level, totalMax)),
    asks: askLevels.map((level) => rowOf(market, level, totalMax)),
    ...spreadOf(bids, asks, market),
  };
}

function levelsOf(
  side: BookSide,
  round: (value: number) => number,
  own: ReadonlyMap<number, bigint>,
  { rowsMax, groupTicks }: BookViewOptions,
): readonly Level[] {
  const levels: Level[] = [];
  let totalLots = 0n;
  for (let index = 0; index < side.count; index++) {
    const ticks = side.priceTicks(index);
    const priceTicks = round(ticks / groupTicks) * groupTicks;
    let level = levels.at(-1);
    if (level?.priceTicks !== priceTicks) {
      if (levels.length === rowsMax) break;
      level = { priceTicks, lots: 0n, totalLots: 0n, ownLots: 0n };
      levels.push(level);
    }
    totalLots += side.lots(index);
    level.lots += side.lots(index);
    level.totalLots = totalLots;
    level.ownLots += own.get(ticks) ?? 0n;
  }
  return levels;
}

function rowOf(market: Market, level: Level, totalMax: bigint): BookRow {
  const { priceTicks, lots, totalLots, ownLots } = level;
  return {
    priceTicks,
    totalLots,
    price: grouped(priceText(market, priceTicks)),
    quantity: quantityText(market, lots),
    total: quantityText(market, totalLots),
    share: totalMax === 0n ? 0 : Number(totalLots) / Number(totalMax),
    own: ownLots === 0n ? "" : quantityText(market, ownLots),
  };
}

function spreadOf(
  bids: BookSide,
  asks: BookSide,
  market: Market,
): Pick<BookView, "spread" | "spreadPercent"> {
  if (bids.count === 0 || asks.count === 0) return { spread: "", spreadPercent: "" };
  const [bid, ask] = [bids.priceTicks(0), asks.priceTicks(0)];
  if (bid >= ask) return { spread: "", spreadPercent: "" };
  const percent = (((ask - bid) / ask) * 100).toFixed(3);
  return { spread: grouped(priceText(market, ask - bid)), spreadPercent: `${percent}%` };
}
