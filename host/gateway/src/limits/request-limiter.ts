import { ApiError, apiError } from "../api/api-error.ts";
import { BoundedMap } from "./bounded-map.ts";
import { clientOf } from "./client-of.ts";

const MINUTE_MS = 60_000;
/** Requests beyond the limit that an address may send in one minute before it is banned. */
const REFUSALS_MAX = 100;
/** The first ban; each further one is twice as long as the one before. */
const BAN_MS_MIN = 2 * MINUTE_MS;
const BAN_MS_MAX: number = 3 * 24 * 3_600_000;

interface Usage {
  minute: number;
  weight: number;
  refusals: number;
  bannedUntilMs: number;
  banMs: number;
}

export interface RequestLimiterOptions {
  /** Weight that one address may use in a minute; 0 for no limit. */
  readonly weightPerMinute: number;
  /** Addresses that are remembered. */
  readonly addressesMax: number;
}

/** Counts the weight of requests by address, and bans addresses that go on when told to stop. */
export class RequestLimiter {
  readonly #options: RequestLimiterOptions;
  readonly #usages: BoundedMap<string, Usage>;

  constructor(options: RequestLimiterOptions) {
    this.#options = options;
    this.#usages = new BoundedMap(options.addressesMax);
  }

  get weightPerMinute(): number {
    return this.#options.weightPerMinute;
  }

  /** Counts a request. Returns the weight used in this minute, or why it is refused. */
  use(address: string, weight: number, nowMs: number): number | ApiError {
    const { weightPerMinute } = this.#options;
    if (weightPerMinute === 0) return 0;
    const usage = this.#usageOf(address, nowMs);
    if (usage.bannedUntilMs > nowMs) return banned(usage, nowMs);
    if (usage.weight + weight <= weightPerMinute) {
      usage.weight += weight;
      return usage.weight;
    }
    usage.refusals += 1;
    if (usage.refusals > REFUSALS_MAX) {
      usage.banMs = Math.min(Math.max(usage.banMs * 2, BAN_MS_MIN), BAN_MS_MAX);
      usage.bannedUntilMs = nowMs + usage.banMs;
      usage.refusals = 0;
      return banned(usage, nowMs);
    }
    const waitMs = MINUTE_MS - (nowMs % MINUTE_MS);
    return apiError("TOO_MUCH_WEIGHT", weightPerMinute).after(Math.ceil(waitMs / 1_000));
  }

  /** Counts what a request that was let through has cost beyond what it was counted for. Returns the weight used in this minute. */
  add(address: string, weight: number, nowMs: number): number {
    if (this.#options.weightPerMinute === 0) return 0;
    const usage = this.#usageOf(address, nowMs);
    usage.weight += weight;
    return usage.weight;
  }

  used(address: string, nowMs: number): number {
    return this.#options.weightPerMinute === 0 ? 0 : this.#usageOf(address, nowMs).weight;
  }

  #usageOf(address: string, nowMs: number): Usage {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const client = clientOf(address);
    let usage = this.#usages.get(client);
    if (usage === undefined) {
      usage = { minute, weight: 0, refusals: 0, bannedUntilMs: 0, banMs: 0 };
      this.#usages.set(client, usage);
    }
    if (usage.minute !== minute) {
      usage.minute = minute;
      usage.weight = 0;
      usage.refusals = 0;
    }
    return usage;
  }
}

function banned(usage: Usage, nowMs: number): ApiError {
  const seconds = Math.ceil((usage.bannedUntilMs - nowMs) / 1_000);
  return apiError("IP_BANNED", usage.bannedUntilMs).after(seconds);
}
