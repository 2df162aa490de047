import { Side } from "@rialto/protocol";
import { expect, test } from "vitest";
import type { MarketSteps } from "./market-steps.ts";
import { ReportedBook } from "./reported-book.ts";

const steps: MarketSteps = { symbol: "BTCUSD", tick: 1_000_000n, lot: 1n };

interface Told {
  readonly id: number;
  readonly order: number;
  readonly side: "BUY" | "SELL";
  readonly price: string;
  readonly quantity?: string;
  readonly last?: string;
  readonly isMaker?: boolean;
}

function event(type: string, told: Told): Record<string, unknown> {
  const { id, order, side, price, quantity = "1", last = "0", isMaker = false } = told;
  const name = `order-${order}`;
  const names = type === "CANCELED" ? { c: "cancel-1", C: name } : { c: name, C: "" };
  const amounts = { p: price, q: quantity, l: last };
  const what = { e: "executionReport", s: "BTCUSD", x: type, I: id, i: order, S: side, m: isMaker };
  return { ...what, ...names, ...amounts };
}

test("reports of two accounts are applied in the order in which they happened", () => {
  const book = new ReportedBook(steps);
  const bid = { order: 1, side: "BUY", price: "10.00" } as const;
  const ask = { order: 2, side: "SELL", price: "10.00", quantity: "3" } as const;
  // As a node sends a batch: all of the seller's first, though the buyer's order came before.
  book.report(event("NEW", { ...ask, id: 2 }));
  book.report(event("TRADE", { ...ask, id: 4, last: "1" }));
  book.report(event("NEW", { ...bid, id: 1 }));
  book.report(event("TRADE", { ...bid, id: 3, last: "1", isMaker: true }));
  expect(book.settle()).toBeUndefined();
  expect(book.lotsOf("order-1")).toBe(0);
  expect(book.lotsOf("order-2")).toBe(200_000_000);
  book.report(event("CANCELED", { ...ask, id: 5 }));
  expect(book.settle()).toBeUndefined();
  expect(book.lotsOf("order-2")).toBe(0);
  const lots = 100_000_000n;
  expect(book.volumes[Side.Buy]).toEqual({ placed: lots, traded: lots, canceled: 0n });
  expect(book.volumes[Side.Sell]).toEqual({
    placed: 3n * lots,
    traded: lots,
    canceled: 2n * lots,
  });
  expect(book).toMatchObject({ trades: 1, crossed: null, checkedCommands: 3 });
});

test("a book that a command leaves crossed is noticed, whatever comes after", () => {
  const book = new ReportedBook(steps);
  book.report(event("NEW", { id: 1, order: 1, side: "BUY", price: "10.00" }));
  book.report(event("NEW", { id: 2, order: 2, side: "SELL", price: "10.00" }));
  book.report(event("CANCELED", { id: 3, order: 2, side: "SELL", price: "10.00" }));
  expect(book.settle()).toBeUndefined();
  expect(book.crossed).toBe("bid 10.00000000, ask 10.00000000 after report 2");
});

test("the best price is found again when its level is gone", () => {
  const book = new ReportedBook(steps);
  book.report(event("NEW", { id: 1, order: 1, side: "BUY", price: "9.00" }));
  book.report(event("NEW", { id: 2, order: 2, side: "BUY", price: "10.00" }));
  book.report(event("CANCELED", { id: 3, order: 2, side: "BUY", price: "10.00" }));
  book.report(event("NEW", { id: 4, order: 3, side: "SELL", price: "9.50" }));
  book.settle();
  expect(book.crossed).toBeNull();
  book.report(event("NEW", { id: 5, order: 4, side: "SELL", price: "9.00" }));
  book.settle();
  expect(book.crossed).toBe("bid 9.00000000, ask 9.00000000 after report 5");
});

test("a report that is missing means that somebody else trades here", () => {
  const book = new ReportedBook(steps);
  book.report(event("NEW", { id: 1, order: 1, side: "BUY", price: "9.00" }));
  book.report(event("NEW", { id: 3, order: 2, side: "BUY", price: "9.00" }));
  expect(book.settle()?.message).toContain("somebody else trades");
});

test("what is no report of this market's orders is passed over", () => {
  const book = new ReportedBook(steps);
  book.report({ e: "outboundAccountPosition" });
  book.report({ ...event("NEW", { id: 1, order: 1, side: "BUY", price: "9" }), s: "ETHUSD" });
  expect(book.settle()).toBeUndefined();
  expect(book.checkedCommands).toBe(0);
});
