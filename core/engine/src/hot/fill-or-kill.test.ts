import { createPrng, type Prng } from "@rialto/base";
import {
  type AccountIndex,
  type Command,
  decodeEvents,
  EventKind,
  type EngineEvent,
  OrderType,
  SelfTrade,
  Side,
  TOUCHES_PER_COMMAND_MAX,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { deposit } from "../commands.ts";
import type { Engine } from "../engine.ts";
import { createOracle } from "../oracle/oracle.ts";
import {
  ALICE,
  BOB,
  BTC,
  execute,
  place,
  placeSpecial,
  SMALL_LIMITS,
  SMALL_OPENING,
  USD,
} from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

// A fill-or-kill order trades exactly where an immediate-or-cancel one would trade all it wants, up to the last touch.

const limits = { ...SMALL_LIMITS, specialsMax: 5_000 };

const createHot = (): Engine => createHotEngine({ limits, hashKey: 7n });

function openWith(book: readonly Command[], create: () => Engine): Engine {
  const engine = create();
  const money = [deposit(BOB, USD, 1n << 40n), deposit(ALICE, BTC, 1n << 40n)];
  execute(engine, [...SMALL_OPENING, ...money, ...book], 1);
  return engine;
}

function iceberg(account: AccountIndex, priceTicks: number, lots: number, shown: number): Command {
  const [quantity, displayLots] = [BigInt(lots), BigInt(shown)];
  return placeSpecial({ account, side: Side.Sell, priceTicks, quantity, displayLots });
}

/** Lets Bob buy from a book of its own. */
function buy(
  book: readonly Command[],
  lots: number,
  orderType: OrderType,
  create: () => Engine = createHot,
): EngineEvent[] {
  const selfTrade = SelfTrade.ExpireMaker;
  const taker = { account: BOB, priceTicks: 102, quantity: BigInt(lots), orderType, selfTrade };
  return decodeEvents(execute(openWith(book, create), [place(taker)], 1));
}

function countFills(events: readonly EngineEvent[]): number {
  return events.filter(({ kind }) => kind === EventKind.Fill).length;
}

/** True if the taker, the first order of the events, got all it wanted. */
function isFilled([accepted, ...others]: readonly EngineEvent[]): boolean {
  if (accepted?.kind !== EventKind.Accepted) throw new Error("the taker is accepted");
  return !others.some(
    (event) => event.kind === EventKind.Canceled && event.orderId === accepted.orderId,
  );
}

test("icebergs that take turns are counted to the last touch", () => {
  // All show 1,600 lots in a round of 1,501 touches.
  const book = [
    iceberg(ALICE, 100, 20_100, 100),
    ...Array.from({ length: 1_500 }, () => iceberg(ALICE, 100, 100, 1)),
  ];
  for (const create of [createHot, () => createOracle(limits)]) {
    const countFor = (lots: number): number =>
      countFills(buy(book, lots, OrderType.FillOrKill, create));
    expect(countFor(17_473)).toBe(TOUCHES_PER_COMMAND_MAX);
    expect(countFor(17_474)).toBe(0);
  }
});

/** Plain orders and icebergs of both, some with thousands of slices. Returns them and all their lots. */
function drawBook(prng: Prng): { readonly book: Command[]; readonly lots: number } {
  const book: Command[] = [];
  let lots = 0;
  for (let left = 1 + prng.below(12); left > 0; left--) {
    const account = prng.chance(1, 6) ? BOB : ALICE;
    const shown = 1 + prng.below(prng.chance(1, 2) ? 3 : 50);
    const slices = 1 + prng.below(prng.chance(1, 3) ? 9_000 : 9);
    const quantity = shown * slices - prng.below(shown);
    book.push(iceberg(account, 100 + prng.below(3), quantity, shown));
    if (account === ALICE) lots += quantity;
  }
  return { book, lots };
}

test.each([3, 5])("an order of each kind on the same random book: seed %i", (seed) => {
  const prng = createPrng(seed);
  for (let round = 0; round < 8; round++) {
    const { book, lots } = drawBook(prng);
    const wanted = 1 + prng.below(prng.chance(1, 2) ? lots + 1 : Math.min(lots + 1, 18_000));
    const meant = isFilled(buy(book, wanted, OrderType.ImmediateOrCancel));
    const events = buy(book, wanted, OrderType.FillOrKill);
    expect(isFilled(events), `${wanted} of ${lots} lots, round ${round}`).toBe(meant);
    expect(countFills(events) > 0).toBe(meant);
  }
});
