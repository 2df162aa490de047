import { createPrng, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import { Lob1Op, packLob1Word } from "./lob1.ts";
import { ReferenceBook, TRADE_WORDS } from "./reference-book.ts";
import { NaiveBook } from "./testing/naive-book.ts";

const { New, Ioc, Cancel, Move } = Lob1Op;

function drive(
  book: ReferenceBook,
  command: readonly [number, number, number, number],
): number[][] {
  book.apply(...command);
  const trades: number[][] = [];
  for (let trade = 0; trade < book.tradeCount; trade++) {
    trades.push([...book.trades.subarray(trade * TRADE_WORDS, (trade + 1) * TRADE_WORDS)]);
  }
  return trades;
}

function createBook(): ReferenceBook {
  return new ReferenceBook({ symbols: 2, pricesMax: 100, ids: 20 });
}

test("orders trade by price, then by time, at the maker's price", () => {
  const book = createBook();
  drive(book, [packLob1Word(New, 1, 0), 0, 52, 5]);
  drive(book, [packLob1Word(New, 1, 0), 1, 51, 5]);
  drive(book, [packLob1Word(New, 1, 0), 2, 51, 5]);
  expect(drive(book, [packLob1Word(New, 0, 0), 3, 52, 12])).toEqual([
    [3, 1, 51, 5],
    [3, 2, 51, 5],
    [3, 0, 52, 2],
  ]);
  expect(book.restingLots(0)).toBe(3);
  expect([book.bestBid(0), book.bestAsk(0)]).toEqual([0, 52]);
  expect([book.liveOrders, book.liveOrdersMax, book.levels]).toEqual([1, 3, 1]);
});

test("what is left of a limit order rests, of an immediate one not", () => {
  const book = createBook();
  drive(book, [packLob1Word(New, 0, 1), 0, 40, 5]);
  expect(drive(book, [packLob1Word(Ioc, 1, 1), 1, 40, 9])).toEqual([[1, 0, 40, 5]]);
  expect(book.liveOrders).toBe(0);
  drive(book, [packLob1Word(New, 0, 1), 2, 40, 5]);
  expect(drive(book, [packLob1Word(New, 1, 1), 3, 40, 9])).toEqual([[3, 2, 40, 5]]);
  expect([book.restingLots(3), book.restingPrice(3), book.bestAsk(1)]).toEqual([4, 40, 40]);
  expect(book.bestAsk(0)).toBe(100);
});

test("a cancel of a dead id does nothing, nor does a move of one", () => {
  const book = createBook();
  drive(book, [packLob1Word(New, 0, 0), 0, 40, 5]);
  drive(book, [packLob1Word(Cancel, 0, 0), 0, 0, 0]);
  drive(book, [packLob1Word(Cancel, 0, 0), 0, 0, 0]);
  drive(book, [packLob1Word(Cancel, 0, 0), 17, 0, 0]);
  drive(book, [packLob1Word(Move, 0, 0), 0, 41, 5]);
  expect([book.liveOrders, book.levels]).toEqual([0, 0]);
});

test("a move loses priority even at its own price, and may cross", () => {
  const book = createBook();
  drive(book, [packLob1Word(New, 0, 0), 0, 40, 5]);
  drive(book, [packLob1Word(New, 0, 0), 1, 40, 5]);
  drive(book, [packLob1Word(Move, 0, 0), 0, 40, 5]);
  expect(drive(book, [packLob1Word(Ioc, 1, 0), 2, 40, 6])).toEqual([
    [2, 1, 40, 5],
    [2, 0, 40, 1],
  ]);
  drive(book, [packLob1Word(New, 1, 0), 3, 60, 5]);
  expect(drive(book, [packLob1Word(Move, 0, 0), 0, 60, 7])).toEqual([[0, 3, 60, 5]]);
  expect([book.bestBid(0), book.restingLots(0)]).toEqual([60, 2]);
});

interface Mess {
  readonly symbols: number;
  readonly pricesMax: number;
  readonly centreShare: number;
}

/** Commands without any sense: crossings, deep sweeps, dead ids, moves everywhere. */
function drawCommand(prng: Prng, mess: Mess, nextId: number): [number, number, number, number] {
  const op = nextId === 0 ? New : prng.below(4);
  const isOld = op === Cancel || op === Move;
  const id = isOld ? prng.below(nextId) : nextId;
  // Side and symbol follow from the id, so that a MOVE keeps them.
  const word = ((op as number) | ((id & 1) << 4) | (((id >>> 1) % mess.symbols) << 8)) >>> 0;
  const width = prng.chance(mess.centreShare, 10) ? 6 : mess.pricesMax - 1;
  const price = Math.max(1, ((mess.pricesMax - width) >>> 1) + prng.below(width));
  return [word, id, Math.min(price, mess.pricesMax - 1), 1 + prng.below(30)];
}

test("the reference book makes the trades of the naive one", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const prng = createPrng(seed);
    const mess = {
      symbols: 1 + prng.below(3),
      pricesMax: 2 + prng.below(prng.chance(1, 2) ? 12 : 300),
      centreShare: prng.below(11),
    };
    const book = new ReferenceBook({ ...mess, ids: 400 });
    const naive = new NaiveBook();
    let nextId = 0;
    while (nextId < 400) {
      const command = drawCommand(prng, mess, nextId);
      if (command[1] === nextId) nextId++;
      expect(drive(book, command), `seed ${seed}`).toEqual(naive.apply(...command));
      expect(book.liveOrders).toBe(naive.resting.length);
      expect(book.levels).toBe(naive.levels());
    }
  }
});
