import { createPrng, viewOf } from "@rialto/base";
import {
  ALL_MARKETS,
  type AccountIndex,
  type Command,
  CommandKind,
  encodeCommand,
  MarketState,
  Side,
  SideFilter,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import type { AuctionView, Engine } from "../engine.ts";
import { createOracle } from "../oracle/oracle.ts";
import {
  BTC_USD,
  place,
  SMALL_LIMITS,
  SMALL_OPENING,
  SMALL_TERMS,
} from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

// matching.md §3.4, against the rules tried at every price there is.

const TICKS_MAX = 40;

interface RandomOrder {
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
}

function tryEveryPrice(orders: readonly RandomOrder[], reference: number): AuctionView | undefined {
  const sum = (side: Side, counts: (ticks: number) => boolean): number =>
    orders.reduce((lots, order) => {
      return order.side === side && counts(order.priceTicks) ? lots + order.lots : lots;
    }, 0);
  const prices = Array.from({ length: TICKS_MAX }, (_, index) => {
    const priceTicks = index + 1;
    const wanted = sum(Side.Buy, (ticks) => ticks >= priceTicks);
    const offered = sum(Side.Sell, (ticks) => ticks <= priceTicks);
    return { priceTicks, lots: Math.min(wanted, offered), surplus: wanted - offered };
  });
  const most = Math.max(...prices.map((price) => price.lots));
  if (most === 0) return undefined;
  const heavy = prices.filter((price) => price.lots === most);
  const least = Math.min(...heavy.map((price) => Math.abs(price.surplus)));
  const even = heavy.filter((price) => Math.abs(price.surplus) === least);
  const distance = (ticks: number): number => Math.abs(ticks - reference);
  const nearest = even.toSorted((a, b) => distance(a.priceTicks) - distance(b.priceTicks))[0]!;
  const isUp = even.every((price) => price.surplus > 0);
  const isDown = even.every((price) => price.surplus < 0);
  const chosen = isUp ? even.at(-1)! : isDown ? even[0]! : nearest;
  return {
    priceTicks: chosen.priceTicks,
    lots: BigInt(chosen.lots),
    surplusSide: chosen.surplus < 0 ? Side.Sell : Side.Buy,
    surplusLots: BigInt(Math.abs(chosen.surplus)),
  };
}

/** Lets `engine` find the prices of random books. Returns how many of them were crossed. */
function checkBooks(engine: Engine, bookCount: number): number {
  const prng = createPrng(7);
  const run = (commands: readonly Command[]): void => {
    let end = 0;
    for (const command of commands) end = encodeCommand(viewOf(engine.commands), end, command);
    expect(engine.execute(0, end, 1)).toBe(end);
  };
  const referenceTicks = 20;
  run(
    SMALL_OPENING.map((command) =>
      command.kind === CommandKind.ListMarket
        ? { ...command, ...SMALL_TERMS, referenceTicks, state: MarketState.PreOpen }
        : command,
    ),
  );
  const clear: Command = {
    kind: CommandKind.MassCancel,
    account: 0 as AccountIndex,
    market: ALL_MARKETS,
    sides: SideFilter.Both,
  };
  let crossedCount = 0;
  const wrong: object[] = [];
  for (let book = 0; book < bookCount; book++) {
    const orders = Array.from({ length: 2 + prng.below(9) }, (): RandomOrder => ({
      side: prng.below(2) as Side,
      priceTicks: 1 + prng.below(TICKS_MAX),
      lots: 1 + prng.below(prng.chance(1, 2) ? 3 : 50),
    }));
    run(orders.map(({ lots, ...terms }) => place({ ...terms, quantity: BigInt(lots) })));
    const expected = tryEveryPrice(orders, referenceTicks);
    const found = engine.auction(BTC_USD);
    if (!isSame(found, expected)) wrong.push({ orders, found, expected });
    if (found !== undefined) crossedCount += 1;
    run([clear]);
  }
  expect(wrong).toEqual([]);
  return crossedCount;
}

function isSame(left: AuctionView | undefined, right: AuctionView | undefined): boolean {
  return (
    left?.priceTicks === right?.priceTicks &&
    left?.lots === right?.lots &&
    left?.surplusSide === right?.surplusSide &&
    left?.surplusLots === right?.surplusLots
  );
}

test("the hot core finds the price of 100,000 random books", { timeout: 60_000 }, () => {
  const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: 3n });
  expect(checkBooks(engine, 100_000)).toBeGreaterThan(50_000);
});

test("the oracle finds the price of 5,000 random books", { timeout: 60_000 }, () => {
  expect(checkBooks(createOracle(SMALL_LIMITS), 5_000)).toBeGreaterThan(2_500);
});
