import { fail } from "@rialto/base";
import { ORDER_GENERATION_MAX, ORDER_SLOT_BITS } from "./limits.ts";

type Brand<Base, Name extends string> = Base & { readonly __unit: Name };

/** Identity of an order, issued by the engine and never issued again: generation and slot. */
export type OrderId = Brand<number, "OrderId">;
/** Row of an account in the engine, issued when the account is opened. 0 names no account. */
export type AccountIndex = Brand<number, "AccountIndex">;
/** Row of an asset in the engine, from 0 in order of listing. */
export type AssetIndex = Brand<number, "AssetIndex">;
/** Row of a market in the engine, from 0 in order of listing. */
export type MarketIndex = Brand<number, "MarketIndex">;
/** Identity of an account outside the engine: any u64. */
export type AccountNumber = Brand<bigint, "AccountNumber">;
/** Identity that a client gives its order: any u64 but 0, unique among its open orders. */
export type ClientOrderId = Brand<bigint, "ClientOrderId">;

/** Names no order. */
export const NO_ORDER: OrderId = 0 as OrderId;
/** In a cancel-all: every market. */
export const ALL_MARKETS = 0xffff_ffff;

const SLOT_SPAN = 2 ** ORDER_SLOT_BITS;

/**
 * Packs an order id: `generation << 24 | slot`.
 *
 * Units    slot in [1, 2^24), generation in [1, 2^29).
 */
export function packOrderId(generation: number, slot: number): OrderId {
  if (slot < 1 || slot >= SLOT_SPAN) fail("an order slot is in range");
  if (generation < 1 || generation > ORDER_GENERATION_MAX) fail("a generation is in range");
  return (generation * SLOT_SPAN + slot) as OrderId;
}

/** The slot of an order id: its row in the order table while the order lives. */
export function orderSlot(id: OrderId): number {
  return id % SLOT_SPAN;
}

/** The generation of an order id: which use of its slot it names. */
export function orderGeneration(id: OrderId): number {
  return Math.floor(id / SLOT_SPAN);
}
