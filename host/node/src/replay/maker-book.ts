import { assert, fail } from "@rialto/base";
import { Side } from "@rialto/protocol";
import type { ReplayCommand } from "./replay-command.ts";

interface RestingOrder {
  readonly clientOrderId: string;
  lots: number;
}

/**
 * The orders of the one account that makes a replayed market, and the commands that change them.
 *
 * Shape    each side maps a price to its orders, oldest first. Commands are appended to `commands`, which
 *          whoever sends them empties.
 */
export class MakerBook {
  readonly commands: ReplayCommand[] = [];
  readonly #sides: readonly [Map<number, RestingOrder[]>, Map<number, RestingOrder[]>] = [
    new Map<number, RestingOrder[]>(),
    new Map<number, RestingOrder[]>(),
  ];
  #lastId = 0;

  lotsAt(side: Side, priceTicks: number): number {
    const orders = this.#sides[side].get(priceTicks) ?? [];
    return orders.reduce((sum, order) => sum + order.lots, 0);
  }

  /** Cancels the newest orders of a price until at most `lots` are left, the last of them by a smaller one. */
  shrink(side: Side, priceTicks: number, lots: number): void {
    const orders = this.#sides[side].get(priceTicks);
    if (orders === undefined) return;
    let left = this.lotsAt(side, priceTicks);
    while (left > lots) {
      const order = orders.pop() ?? fail("a level's lots are those of its orders");
      left -= order.lots;
      const target = order.clientOrderId;
      if (left >= lots) this.commands.push({ kind: "cancel", target });
      else {
        const smaller = this.#newOrder(side, priceTicks, lots - left);
        this.commands.push({ kind: "replace", target, order: smaller });
        orders.push({ clientOrderId: smaller.clientOrderId, lots: smaller.lots });
        left = lots;
      }
    }
    if (orders.length === 0) this.#sides[side].delete(priceTicks);
  }

  /** Adds an order at a price so that at least `lots` are there. */
  grow(side: Side, priceTicks: number, lots: number): void {
    const missing = lots - this.lotsAt(side, priceTicks);
    if (missing <= 0) return;
    const order = this.#newOrder(side, priceTicks, missing);
    this.commands.push({ kind: "place", order });
    const levels = this.#sides[side];
    const orders = levels.get(priceTicks) ?? [];
    orders.push({ clientOrderId: order.clientOrderId, lots: missing });
    levels.set(priceTicks, orders);
  }

  #newOrder(side: Side, priceTicks: number, lots: number) {
    const clientOrderId = `m${++this.#lastId}`;
    return { clientOrderId, side, type: "LIMIT_MAKER", priceTicks, lots } as const;
  }

  /** Prices of a side that are better than `priceTicks`, for whoever trades against it. */
  betterThan(side: Side, priceTicks: number): number[] {
    const better: number[] = [];
    for (const each of this.#sides[side].keys()) {
      if (side === Side.Buy ? each > priceTicks : each < priceTicks) better.push(each);
    }
    return better;
  }

  /** A taker has traded `lots` at a price: the oldest orders first. */
  fill(side: Side, priceTicks: number, lots: number): void {
    const orders = this.#sides[side].get(priceTicks) ?? [];
    let left = lots;
    while (left > 0) {
      const [oldest] = orders;
      assert(oldest !== undefined, "a taker trades what is there");
      const traded = Math.min(left, oldest.lots);
      left -= traded;
      oldest.lots -= traded;
      if (oldest.lots === 0) orders.shift();
    }
    if (orders.length === 0) this.#sides[side].delete(priceTicks);
  }
}
