import { assert } from "@rialto/base";

// Every bound of the protocol, each with its reason.

/** Slots of the order table: 24 bits of an order id. */
export const ORDER_SLOT_BITS = 24;
/** Uses of one slot: the other 29 bits of an order id, so that an id is a safe JavaScript integer. */
export const ORDER_GENERATION_MAX: number = 2 ** 29 - 1;
/** Orders that one engine can hold. Limit: the order region of the engine's linear memory. */
export const ORDERS_MAX: number = 2 ** 22 - 1;
/** Pages of 16 price levels that one engine can hold. Limit: the level region of linear memory. */
export const LEVEL_PAGES_MAX: number = 2 ** 19 - 1;
/** Neighbouring price levels of one side that share a page. */
export const LEVELS_PER_PAGE = 16;
/** Accounts of one engine. Limit: the account region of linear memory. */
export const ACCOUNTS_MAX: number = 2 ** 20 - 1;
/** Balance rows, one for each asset an account has ever held. Limit: three quarters of the table. */
export const BALANCES_MAX: number = 3 * 2 ** 20;
/** Assets of one engine. */
export const ASSETS_MAX: number = 2 ** 20 - 1;
/** Letters of an asset's symbol. */
export const ASSET_SYMBOL_MAX = 20;
/** Decimals of an asset: its quanta are 10^-decimals of a unit. */
export const ASSET_DECIMALS_MAX = 18;
/** Markets of one engine. */
export const MARKETS_MAX: number = 2 ** 20 - 1;
/** Open orders of one account. Bounds cancel-all, whose events must fit the event buffer. */
export const ACCOUNT_ORDERS_MAX = 65_535;

/** Orders with terms beyond a plain one's, of one engine. Limit: their region of linear memory. */
export const SPECIALS_MAX: number = 2 ** 20 - 1;
/** The distance of a trailing stop, of 10,000: a sell of that much waits for ever. */
export const TRAIL_BASIS_POINTS_MAX = 10_000;
/** Trailing stops of one market: each price that is new to them moves them all. */
export const TRAILING_PER_MARKET_MAX = 256;
/** And of these one family's: the others are to have some as well. */
export const TRAILING_PER_FAMILY_MAX = 16;

/** Protections of one engine. Limit: their region of linear memory. */
export const PROTECTIONS_MAX: number = 2 ** 16 - 1;
/** Markets in which one account has a protection: its fills look through them. */
export const PROTECTIONS_PER_ACCOUNT_MAX = 16;

/** Pegged orders of one market: each best price that is new to them moves them all. */
export const PEGS_PER_MARKET_MAX = 64;
/** And of these one family's. */
export const PEGS_PER_FAMILY_MAX = 8;

/** Largest quantity of an order in lots: 40 bits of the order record. */
export const LOTS_MAX: number = 2 ** 40 - 1;
/** Largest price in ticks. Two bits stay free so that band arithmetic fits 64 bits. */
export const PRICE_TICKS_MAX: number = 2 ** 30 - 1;
/** Largest notional, balance or issue of an asset: two of them still add up within an i64. */
export const QUANTA_MAX: bigint = (1n << 62n) - 1n;
/** Parts in a million: the unit of fee rates and price bands. */
export const PPM: bigint = 1_000_000n;
/** Highest fee rate: 10 %. */
export const FEE_PPM_MAX = 100_000;
/** Fee schedules of one engine, and tiers of one. */
export const FEE_SCHEDULES_MAX = 16;
export const FEE_TIERS_MAX = 8;
/** Days that count for an account's tier, today included. */
export const VOLUME_DAYS = 28;
export const DAY_MS = 86_400_000;
/** Most that one day counts: the days of a window still add up within an i64. */
export const DAY_VOLUME_MAX: bigint = (1n << 58n) - 1n;
/** Accounts of one engine whose volume is counted. Limit: their region of linear memory. */
export const VOLUMES_MAX: number = 2 ** 18 - 1;

/** Widest upward price band: 1,000 times the reference price. */
export const BAND_UP_PPM_MAX = 1_000_000_000;

/** Resting orders that one command may touch. Bounds the time and the events of every command. */
export const TOUCHES_PER_COMMAND_MAX = 16_384;
/** Slices of an iceberg: a taker meets them one by one, and may take one order in whole. */
export const ICEBERG_SLICES_MAX: number = TOUCHES_PER_COMMAND_MAX;
/** Orders that one mass cancel ends: an operator repeats it. Bounds the time and the events of a command. */
export const MASS_CANCELS_PER_COMMAND_MAX = 16_384;
/** Waiting orders that come to the book after one command; the others come after the next. */
export const ACTIVATIONS_PER_COMMAND_MAX = 64;
/** Touches that a command must have left for another waiting order to come after it. */
export const ACTIVATION_TOUCHES_MIN = 8_192;
/** Orders and timers that are attended to in one step before a command: all that is due takes as many steps as it needs. */
export const DUE_PER_STEP_MAX = 1_024;
/** Longest time to a deadline: about 35 years. */
export const DEADLINE_MS_MAX: bigint = 2n ** 40n;
/** A market's indicative price is told at most this often. */
export const INDICATIVE_INTERVAL_MS = 1_000;
/**
 * With as many pegged orders moved after one command, those of further markets move before the next, in steps of as many. Those of
 * one market move together.
 */
export const PEG_MOVES_PER_COMMAND_MAX = 4_096;
/** Indicative prices that are told after one command; the others are due at once, before the next. */
export const INDICATIVES_PER_COMMAND_MAX = 1_024;
/** Makers that a step of an uncrossing meets. */
export const UNCROSSING_TOUCHES = 2;
/** Orders that a command's end or beginning of others ends or begins, after one command; the others before the next, in steps of as many. */
export const NEWS_PER_COMMAND_MAX = 1_024;
/** The longest event record. */
export const EVENT_BYTES_MAX = 64;
/** Bytes of the engine's event buffer. */
export const EVENT_BUFFER_BYTES: number = 4 * 1024 * 1024;
/** Bytes of the engine's command buffer. */
export const COMMAND_BUFFER_BYTES: number = 1024 * 1024;
/**
 * Events that one command, or one step before it, can cause, in bytes: what was due, its own cancels, its fills and those after it,
 * each with what an iceberg shows next, the waiting orders that came, pegged orders that moved, indicative prices.
 */
export const COMMAND_EVENT_BYTES_MAX: number =
  DUE_PER_STEP_MAX * 64 +
  ACCOUNT_ORDERS_MAX * 24 +
  TOUCHES_PER_COMMAND_MAX * (EVENT_BYTES_MAX + 24 + 16) +
  ACTIVATIONS_PER_COMMAND_MAX * 128 +
  NEWS_PER_COMMAND_MAX * 24 +
  (PEG_MOVES_PER_COMMAND_MAX + PEGS_PER_MARKET_MAX) * 32 +
  INDICATIVES_PER_COMMAND_MAX * 32 +
  256;

/** Bytes that an entry of the ladders may ever take, of whole tables and of bitmaps at most twice as long as they need be. */
const LADDER_ENTRY_BYTES = 8.25;
/** The same of a market: smaller tables before the whole ones, and what pieces of memory round up. */
const LADDER_MARKET_BYTES = 1_206;
/** What the engine's memory has for ladders: all behind its other tables, to the end of 32 bits. */
const LADDER_BYTES_MAX: number = 2 ** 32 - 0x7020_0000;

/** Entries of ladders that an engine of so many markets has memory for. */
export function ladderEntriesMaxBeside(marketsMax: number): number {
  return Math.floor((LADDER_BYTES_MAX - marketsMax * LADDER_MARKET_BYTES) / LADDER_ENTRY_BYTES);
}

/** Longest client order id in its text form, in characters. */
export const CLIENT_ORDER_TEXT_MAX = 36;

assert(ORDERS_MAX < 2 ** ORDER_SLOT_BITS, "an order slot fits its bits of an order id");
assert(
  ORDER_GENERATION_MAX * 2 ** ORDER_SLOT_BITS + 2 ** ORDER_SLOT_BITS - 1 <= Number.MAX_SAFE_INTEGER,
  "an order id is a safe integer",
);
assert(COMMAND_EVENT_BYTES_MAX <= EVENT_BUFFER_BYTES, "one command's events fit the event buffer");
