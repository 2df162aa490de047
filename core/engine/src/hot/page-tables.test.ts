import { createPrng } from "@rialto/base";
import { type Command, CommandKind, Side } from "@rialto/protocol";
import { expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import {
  ALICE,
  BTC_USD,
  cancelClient,
  execute,
  place,
  SMALL_LIMITS,
  SMALL_OPENING,
  SMALL_TERMS,
} from "../testing/small-exchange.ts";
import { createHotEngine, restoreHotEngine, type SnapshotEngine } from "./hot-engine.ts";

// Page tables (assembly/tables.ts) follow the prices at which orders rest.

const options = { limits: { ...SMALL_LIMITS, ladderEntriesMax: 1 << 18 }, hashKey: 1n };

function openBook(priceTicksMax: number): SnapshotEngine {
  const engine = createHotEngine(options);
  const terms = { ...SMALL_TERMS, priceTicksMax, referenceTicks: 1 };
  const listing: Command = { kind: CommandKind.ListMarket, ...terms };
  const isListing = ({ kind }: Command): boolean => kind === CommandKind.ListMarket;
  execute(
    engine,
    SMALL_OPENING.map((command) => (isListing(command) ? listing : command)),
    1,
  );
  return engine;
}

function sell(priceTicks: number, clientOrderId = 0n): Command {
  return place({ side: Side.Sell, priceTicks, clientOrderId });
}

function pricesOf(engine: Engine): number[] {
  return engine.depth(BTC_USD, Side.Sell, 1_000).map((level) => level.priceTicks);
}

// Around where one page more needs a larger table, and where tables cover all pages from their beginning.
test.each([1, 15, 16, 79, 80, 207, 208, 1_999, 2_000, 2_016, 65_535, 1 << 20])(
  "a book with prices up to %i has its orders wherever they come",
  (priceTicksMax) => {
    const engine = openBook(priceTicksMax);
    const prng = createPrng(priceTicksMax);
    const prices = new Set([priceTicksMax, 1]);
    while (prices.size < Math.min(100, priceTicksMax)) prices.add(1 + prng.below(priceTicksMax));
    for (const ticks of prices) {
      execute(engine, [sell(ticks)], 1);
      engine.audit();
    }
    const sorted = [...prices].toSorted((left, right) => left - right);
    expect(pricesOf(engine)).toEqual(sorted);
    const again = restoreHotEngine(options, Buffer.concat(engine.snapshot()));
    again.audit();
    execute(again, [sell(1), sell(priceTicksMax)], 1);
    again.audit();
    expect(pricesOf(again)).toEqual(sorted);
  },
);

test("an order that moves on takes its table with it, not another one", () => {
  const engine = openBook(1_999);
  const tableBytes: (number | undefined)[] = [];
  for (let ticks = 1; ticks <= 1_999; ticks += 7) {
    execute(engine, [sell(ticks, 1n)], 1);
    engine.audit();
    expect(pricesOf(engine)).toEqual([ticks]);
    execute(engine, [cancelClient(ALICE, 1n)], 1);
    tableBytes.push(engine.stateRegions().get("pageTables"));
  }
  expect(pricesOf(engine)).toEqual([]);
  expect(new Set(tableBytes).size).toBe(1);
});
