import { Side } from "@rialto/protocol";
import type { CapturedDepth, CapturedLevel, CapturedTrade } from "./capture-line.ts";
import type { OpeningBook } from "./capture.ts";
import { MakerBook } from "./maker-book.ts";
import type { ReplayCommand, ReplayOrder } from "./replay-command.ts";

const SIDES = [Side.Buy, Side.Sell] as const;

/** How a captured trade is made to happen: what the maker does before, and the taker's order. */
export interface PlannedTrade {
  readonly room: readonly ReplayCommand[];
  readonly taker: ReplayOrder;
}

/**
 * Turns a capture's book and trades into the orders of two accounts: a maker, whose orders are the book, and
 * a taker, whose orders are the trades.
 *
 * Invariant: when what it has planned is done, the maker's orders at each price add up to the captured book.
 * Invariant: at no moment between do they cross, so the maker's orders may refuse to trade on arrival.
 */
export class CapturePlanner {
  readonly #maker = new MakerBook();
  /** Lots that the captured book has at each price, by side. */
  readonly #target: readonly [Map<number, number>, Map<number, number>] = [
    new Map<number, number>(),
    new Map<number, number>(),
  ];
  /** Prices at which the maker's orders may differ from the target. */
  readonly #dirty: readonly [Set<number>, Set<number>] = [new Set<number>(), new Set<number>()];
  #takerCount = 0;

  open(book: OpeningBook): readonly ReplayCommand[] {
    for (const change of book.changes) this.#note(change);
    return this.#reconcile();
  }

  depth(change: CapturedDepth): readonly ReplayCommand[] {
    this.#note(change);
    return this.#reconcile();
  }

  trade(trade: CapturedTrade): PlannedTrade {
    const { priceTicks, lots } = trade;
    const makerSide = trade.isBuyerMaker ? Side.Buy : Side.Sell;
    const takerSide = trade.isBuyerMaker ? Side.Sell : Side.Buy;
    // Nothing may trade before this price, and what the maker adds at it must not meet its own orders.
    for (const better of this.#maker.betterThan(makerSide, priceTicks)) {
      this.#shrink(makerSide, better, 0);
    }
    const opposite = this.#maker.betterThan(takerSide, priceTicks);
    for (const crossing of [...opposite, priceTicks]) this.#shrink(takerSide, crossing, 0);
    this.#maker.grow(makerSide, priceTicks, lots);
    const room = this.#maker.commands.splice(0);
    this.#maker.fill(makerSide, priceTicks, lots);
    this.#dirty[makerSide].add(priceTicks);
    const clientOrderId = `t${++this.#takerCount}`;
    return { room, taker: { clientOrderId, side: takerSide, type: "IOC", priceTicks, lots } };
  }

  #shrink(side: Side, priceTicks: number, lots: number): void {
    this.#maker.shrink(side, priceTicks, lots);
    this.#dirty[side].add(priceTicks);
  }

  #note(change: Pick<CapturedDepth, "bids" | "asks">): void {
    const note = (side: Side, levels: readonly CapturedLevel[]): void => {
      for (const { priceTicks, lots } of levels) {
        if (lots === 0) this.#target[side].delete(priceTicks);
        else this.#target[side].set(priceTicks, lots);
        this.#dirty[side].add(priceTicks);
      }
    };
    note(Side.Buy, change.bids);
    note(Side.Sell, change.asks);
  }

  /** First whatever shrinks, on both sides, and only then what grows: else the sides could meet. */
  #reconcile(): readonly ReplayCommand[] {
    const lotsOf = (side: Side, price: number): number => this.#target[side].get(price) ?? 0;
    for (const side of SIDES) {
      for (const price of this.#dirty[side]) this.#maker.shrink(side, price, lotsOf(side, price));
    }
    for (const side of SIDES) {
      for (const price of this.#dirty[side]) this.#maker.grow(side, price, lotsOf(side, price));
      this.#dirty[side].clear();
    }
    return this.#maker.commands.splice(0);
  }
}
