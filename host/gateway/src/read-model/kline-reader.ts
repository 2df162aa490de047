import type { HistoryReader } from "@rialto/storage";
import { Candle } from "./candle.ts";
import { type IntervalIndex, nextOpen, openBefore, openOf } from "./intervals.ts";

export interface KlinesRange {
  readonly market: number;
  readonly interval: IntervalIndex;
  /** Of candles' beginnings, both inclusive. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  readonly limit: number;
  readonly nowMs: number;
}

/**
 * Reads candles without gaps: those that were traded in, and flat ones between them and up to now.
 *
 * Shape    `live` is the candle of the newest trade, which the history may not have whole. With a
 *          beginning the first `limit` candles from there, else the last before the end. None lies before
 *          the first trade that is kept.
 */
export async function readKlines(
  history: Pick<HistoryReader, "klines">,
  range: KlinesRange,
  live: Candle | undefined,
): Promise<Candle[]> {
  if (live === undefined) return [];
  const { market, interval, limit } = range;
  const lastMs = openOf(interval, Math.min(range.endMs ?? range.nowMs, range.nowMs));
  let firstMs = firstOpen(range, lastMs);
  if (firstMs > lastMs) return [];
  const one = { market, interval, limit: 1 };
  const [before] = await history.klines({ ...one, endMs: firstMs - 1 });
  if (before === undefined && live.openMs >= firstMs) {
    const [first] = await history.klines({ ...one, startMs: firstMs });
    firstMs = Math.min(first?.openMs ?? live.openMs, live.openMs);
  }
  const known = await history.klines({ market, interval, startMs: firstMs, endMs: lastMs, limit });
  const byOpen = new Map(known.map((row) => [row.openMs, new Candle(row)]));
  byOpen.set(live.openMs, live);
  const previous = live.openMs < firstMs ? live : before;
  const candles: Candle[] = [];
  let closeTicks = previous?.closeTicks ?? 0;
  for (let openMs = firstMs; openMs <= lastMs && candles.length < limit;) {
    const candle = byOpen.get(openMs) ?? Candle.flat(openMs, closeTicks);
    closeTicks = candle.closeTicks;
    candles.push(candle);
    openMs = nextOpen(interval, openMs);
  }
  return candles;
}

/** Where the first candle begins that may be in the answer. */
function firstOpen({ interval, startMs, limit }: KlinesRange, lastMs: number): number {
  if (startMs === undefined) return openBefore(interval, lastMs, limit - 1);
  const openMs = openOf(interval, startMs);
  return openMs < startMs ? nextOpen(interval, openMs) : openMs;
}
