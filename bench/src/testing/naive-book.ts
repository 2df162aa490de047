// The plainest LOB1 book there is, to check the reference book against: for tests only.

import { Lob1Op } from "../lob1.ts";

interface Resting {
  readonly id: number;
  readonly word: number;
  readonly price: number;
  /** When it came to rest. */
  readonly sequence: number;
  lots: number;
}

/** Keeps all orders in one array and sorts it whenever something wants to trade. */
export class NaiveBook {
  /** Orders at rest, unsorted. */
  resting: Resting[] = [];
  #sequence = 0;

  /** Carries out one record; returns its trades as rows of taker, maker, price, lots. */
  apply(word: number, id: number, price: number, lots: number): number[][] {
    const op = word & 15;
    if (op === Lob1Op.Cancel || op === Lob1Op.Move) {
      const isLive = this.resting.some((order) => order.id === id);
      this.resting = this.resting.filter((order) => order.id !== id);
      if (!isLive || op === Lob1Op.Cancel) return [];
    }
    const buys = (word & 16) === 0;
    const makers = this.resting
      .filter((order) => order.word >>> 8 === word >>> 8 && (order.word & 16) !== (word & 16))
      .filter((order) => (buys ? order.price <= price : order.price >= price))
      .sort((a, b) => (buys ? a.price - b.price : b.price - a.price) || a.sequence - b.sequence);
    const trades: number[][] = [];
    let left = lots;
    for (const maker of makers) {
      if (left === 0) break;
      const traded = Math.min(left, maker.lots);
      trades.push([id, maker.id, maker.price, traded]);
      maker.lots -= traded;
      left -= traded;
    }
    this.resting = this.resting.filter((order) => order.lots > 0);
    if (left > 0 && op !== Lob1Op.Ioc) {
      this.resting.push({ id, word, price, sequence: this.#sequence++, lots: left });
    }
    return trades;
  }

  levels(): number {
    return new Set(this.resting.map((order) => `${order.word >>> 8}:${order.price}`)).size;
  }
}
