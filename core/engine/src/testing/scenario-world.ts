import {
  orderGeneration,
  orderSlot,
  packOrderId,
  type AccountIndex,
  type AssetIndex,
  type MarketIndex,
  type OrderId,
} from "@rialto/protocol";
import type { Engine } from "../engine.ts";
import { parseNumber } from "./scenario-text.ts";

/** An engine and the names that a scenario gives to what is in it. */
export interface World {
  readonly engine: Engine;
  nowMs: number;
  readonly assets: Map<string, AssetIndex>;
  readonly markets: Map<string, MarketIndex>;
  readonly accounts: Map<string, AccountIndex>;
  /** "alice#1" is alice's first accepted order. */
  readonly orders: Map<string, OrderId>;
  readonly acceptedCounts: Map<string, number>;
}

export function createWorld(engine: Engine): World {
  return {
    engine,
    nowMs: 0,
    assets: new Map(),
    markets: new Map(),
    accounts: new Map(),
    orders: new Map(),
    acceptedCounts: new Map(),
  };
}

export function assetNamed(world: World, name: string): AssetIndex {
  return world.assets.get(name) ?? (parseNumber(name) as AssetIndex);
}

export function accountNamed(world: World, name: string): AccountIndex {
  return world.accounts.get(name) ?? (parseNumber(name) as AccountIndex);
}

/** The market of that name, or the first one without a name. */
export function marketNamed(world: World, name?: string): MarketIndex {
  if (name === undefined) return 0 as MarketIndex;
  return world.markets.get(name) ?? (parseNumber(name) as MarketIndex);
}

/** Reads alice#1, or generation:slot, or a bare id. */
export function orderNamed(world: World, name: string): OrderId {
  const known = world.orders.get(name);
  if (known !== undefined) return known;
  const [generation, slot] = name.split(":");
  if (slot === undefined) return parseNumber(generation) as OrderId;
  return packOrderId(parseNumber(generation), parseNumber(slot));
}

/** Remembers an accepted order under the next name of its account. */
export function nameOrder(world: World, accountName: string, orderId: OrderId): void {
  const count = (world.acceptedCounts.get(accountName) ?? 0) + 1;
  world.acceptedCounts.set(accountName, count);
  world.orders.set(`${accountName}#${count}`, orderId);
}

/** How a scenario would name the order. */
export function describeOrder(world: World, orderId: OrderId): string {
  for (const [name, id] of world.orders) if (id === orderId) return name;
  return `${orderGeneration(orderId)}:${orderSlot(orderId)}`;
}
