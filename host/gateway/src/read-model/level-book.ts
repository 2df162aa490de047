import { fail } from "@rialto/base";
import { Side } from "@rialto/protocol";

/**
 * How much waits at each price of a market, without order: the engine knows the best prices, this knows
 * what changed.
 *
 * Units    lots as bigint: of many orders, they may pass the safe integers.
 */
export class LevelBook {
  readonly #bids = new Map<number, bigint>();
  readonly #asks = new Map<number, bigint>();
  /** Counts the changes of levels. Gapless, and never taken back. */
  updateId: number;

  constructor(updateId: number) {
    this.updateId = updateId;
  }

  /** Sets a level without counting it as a change: how a book is filled at a start. */
  put(side: Side, priceTicks: number, lots: bigint): void {
    (side === Side.Buy ? this.#bids : this.#asks).set(priceTicks, lots);
  }

  /** Adds to a level, or takes from it where `lots` is negative, and returns what is there now. */
  change(side: Side, priceTicks: number, lots: bigint): bigint {
    const levels = side === Side.Buy ? this.#bids : this.#asks;
    const now = (levels.get(priceTicks) ?? 0n) + lots;
    if (now > 0n) levels.set(priceTicks, now);
    else if (now === 0n) levels.delete(priceTicks);
    else fail("a price level never holds less than nothing");
    this.updateId += 1;
    return now;
  }

  lotsAt(side: Side, priceTicks: number): bigint {
    return (side === Side.Buy ? this.#bids : this.#asks).get(priceTicks) ?? 0n;
  }

  /** How many levels a side has. */
  count(side: Side): number {
    return (side === Side.Buy ? this.#bids : this.#asks).size;
  }
}
