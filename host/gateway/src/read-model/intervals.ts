// The lengths of candles. Each longer one is made of whole shorter ones, so that a trade need only touch
// the two shortest.

export const INTERVALS = [
  "1s",
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M",
] as const;
export type IntervalName = (typeof INTERVALS)[number];

/** Place in `INTERVALS`. Stored with every candle: names are only ever added at the end. */
export type IntervalIndex = number;

const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** 0 for the month, whose length is its own. */
const LENGTHS_MS: readonly number[] = [
  SECOND_MS,
  MINUTE_MS,
  3 * MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  6 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  3 * DAY_MS,
  7 * DAY_MS,
  0,
];

export const INTERVAL_1S = 0;
export const INTERVAL_1M = 1;
const INTERVAL_1H = 6;
const INTERVAL_1D = 12;
const INTERVAL_1W = 14;

/** Weeks begin on Mondays, and the epoch was a Thursday. */
const WEEK_OFFSET_MS = 4 * DAY_MS;

export function findInterval(name: string): IntervalIndex | undefined {
  const index = INTERVALS.indexOf(name as IntervalName);
  return index < 0 ? undefined : index;
}

/** The interval whose finished candles this one is made of; undefined where trades are added directly. */
export function sourceOf(interval: IntervalIndex): IntervalIndex | undefined {
  if (interval <= INTERVAL_1M) return undefined;
  if (interval <= INTERVAL_1H) return INTERVAL_1M;
  return interval <= INTERVAL_1D ? INTERVAL_1H : INTERVAL_1D;
}

/** Where the candle that holds `timeMs` begins. */
export function openOf(interval: IntervalIndex, timeMs: number): number {
  const lengthMs = LENGTHS_MS[interval]!;
  if (lengthMs === 0) {
    const date = new Date(timeMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const offsetMs = interval === INTERVAL_1W ? WEEK_OFFSET_MS : 0;
  return Math.floor((timeMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
}

/** Where the candle after the one that begins at `openMs` begins. */
export function nextOpen(interval: IntervalIndex, openMs: number): number {
  const lengthMs = LENGTHS_MS[interval]!;
  if (lengthMs > 0) return openMs + lengthMs;
  const date = new Date(openMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Where the candle `count` before the one that begins at `openMs` begins. */
export function openBefore(interval: IntervalIndex, openMs: number, count: number): number {
  const lengthMs = LENGTHS_MS[interval]!;
  if (lengthMs > 0) return openMs - count * lengthMs;
  const date = new Date(openMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - count, 1);
}
