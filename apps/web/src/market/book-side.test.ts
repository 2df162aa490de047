import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { BookSide } from "./book-side.ts";

function levelsOf(side: BookSide): [number, bigint][] {
  return Array.from({ length: side.count }, (_, index) => [
    side.priceTicks(index),
    side.lots(index),
  ]);
}

test("the best price is first: the highest bid, the lowest ask", () => {
  const [bids, asks] = [new BookSide("bids"), new BookSide("asks")];
  for (const side of [bids, asks]) for (const ticks of [20, 10, 30]) side.set(ticks, 1n);
  expect(levelsOf(bids).map(([ticks]) => ticks)).toEqual([30, 20, 10]);
  expect(levelsOf(asks).map(([ticks]) => ticks)).toEqual([10, 20, 30]);
});

test("a level changes in place and goes when nothing is left; one that is not there cannot go", () => {
  const asks = new BookSide("asks");
  asks.set(10, 5n);
  asks.set(10, 7n);
  asks.set(11, 0n);
  expect(levelsOf(asks)).toEqual([[10, 7n]]);
  asks.set(10, 0n);
  expect(asks.count).toBe(0);
});

test("it agrees with a sorted map over many random changes, past its first capacity", () => {
  const prng = createPrng(11);
  const bids = new BookSide("bids");
  const expected = new Map<number, bigint>();
  for (let step = 0; step < 5_000; step++) {
    const ticks = prng.below(900);
    const lots = BigInt(prng.below(4));
    bids.set(ticks, lots);
    if (lots === 0n) expected.delete(ticks);
    else expected.set(ticks, lots);
  }
  expect(bids.count).toBeGreaterThan(256);
  expect(levelsOf(bids)).toEqual([...expected].sort(([left], [right]) => right - left));
});
