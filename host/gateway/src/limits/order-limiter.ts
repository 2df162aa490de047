import { type ApiError, apiError } from "../api/api-error.ts";
import { BoundedMap } from "./bounded-map.ts";

const SHORT_MS = 10_000;
const DAY_MS = 86_400_000;

interface Counts {
  shortWindow: number;
  short: number;
  dayWindow: number;
  day: number;
}

export interface OrderLimiterOptions {
  /** Orders of one account in ten seconds and in a day; 0 for no limit. */
  readonly per10Seconds: number;
  readonly perDay: number;
  /** Accounts that are remembered. */
  readonly accountsMax: number;
}

/** How many orders an account has sent in the running windows. */
export interface OrderCounts {
  readonly short: number;
  readonly day: number;
}

/** Counts the orders that accounts send. Windows are those of the clock: they begin at whole tens. */
export class OrderLimiter {
  readonly options: OrderLimiterOptions;
  readonly #counts: BoundedMap<bigint, Counts>;

  constructor(options: OrderLimiterOptions) {
    this.options = options;
    this.#counts = new BoundedMap(options.accountsMax);
  }

  /** Counts orders that come together, or says why there may be no such more now. */
  use(account: bigint, orderCount: number, nowMs: number): ApiError | undefined {
    const { per10Seconds, perDay } = this.options;
    const counts = this.#countsOf(account, nowMs);
    if (per10Seconds > 0 && counts.short + orderCount > per10Seconds) {
      return tooMany(per10Seconds, "10 SECOND", SHORT_MS, nowMs);
    }
    if (perDay > 0 && counts.day + orderCount > perDay) {
      return tooMany(perDay, "1 DAY", DAY_MS, nowMs);
    }
    counts.short += orderCount;
    counts.day += orderCount;
    return undefined;
  }

  counts(account: bigint, nowMs: number): OrderCounts {
    const { short, day } = this.#countsOf(account, nowMs);
    return { short, day };
  }

  #countsOf(account: bigint, nowMs: number): Counts {
    const shortWindow = Math.floor(nowMs / SHORT_MS);
    const dayWindow = Math.floor(nowMs / DAY_MS);
    let counts = this.#counts.get(account);
    if (counts === undefined) {
      counts = { shortWindow, short: 0, dayWindow, day: 0 };
      this.#counts.set(account, counts);
    }
    if (counts.shortWindow !== shortWindow) {
      counts.shortWindow = shortWindow;
      counts.short = 0;
    }
    if (counts.dayWindow !== dayWindow) {
      counts.dayWindow = dayWindow;
      counts.day = 0;
    }
    return counts;
  }
}

function tooMany(limit: number, window: string, windowMs: number, nowMs: number): ApiError {
  const waitMs = windowMs - (nowMs % windowMs);
  return apiError("TOO_MANY_ORDERS", limit, window).after(Math.ceil(waitMs / 1_000));
}
