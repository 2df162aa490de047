import { fail } from "@rialto/base";
import { Side, type AccountIndex, type MarketIndex, type OrderTerms } from "@rialto/protocol";
import { expect, test } from "vitest";
import {
  ALICE,
  BOB,
  BTC,
  BTC_USD,
  place,
  SMALL_LIMITS,
  SMALL_TERMS,
  USD,
} from "../testing/small-exchange.ts";
import { audit } from "./audit.ts";
import { STEP_BOUNDS } from "./bounds.ts";
import { createExchange, getAccount, getMarket } from "./exchange.ts";
import type { Account, BookSide, Exchange, Level, Market, Order } from "./exchange.ts";
import { addAsset, openAccount } from "./ledger.ts";
import { listMarket } from "./listing.ts";
import { makeRow } from "./money.ts";
import { createOutbox } from "./outbox.ts";
import { placeOrder } from "./place.ts";

/** An exchange with two bids of alice in a level, one below, and an ask of bob. */
function createSound(): Exchange {
  const exchange = createExchange(SMALL_LIMITS, STEP_BOUNDS);
  const outbox = createOutbox(new Uint8Array(4_096), STEP_BOUNDS);
  addAsset(exchange, outbox);
  addAsset(exchange, outbox);
  listMarket(exchange, SMALL_TERMS, outbox);
  openAccount(exchange, 11n, outbox);
  openAccount(exchange, 22n, outbox);
  for (const account of exchange.accounts) {
    makeRow(exchange, account, BTC).availableQuanta = 500n;
    makeRow(exchange, account, USD).availableQuanta = 5_000n;
  }
  for (const asset of exchange.assets)
    asset.issuedQuanta = asset === exchange.assets[0] ? 1_000n : 10_000n;
  const placeTerms = (terms: Partial<OrderTerms>): void => {
    placeOrder(exchange, place(terms) as unknown as OrderTerms, outbox);
  };
  placeTerms({ quantity: 5n, clientOrderId: 7n });
  placeTerms({ quantity: 6n });
  placeTerms({ quantity: 2n, priceTicks: 90 });
  placeTerms({ account: BOB, side: Side.Sell, priceTicks: 200, quantity: 9n });
  return exchange;
}

interface Parts {
  readonly exchange: Exchange;
  readonly market: Market;
  readonly bids: BookSide;
  readonly best: Level;
  readonly alice: Account;
  readonly bob: Account;
  readonly order: Order;
}

function partsOf(exchange: Exchange): Parts {
  const market = getMarket(exchange, BTC_USD);
  const best = market.bids.levels[0] ?? fail("there is a bid");
  return {
    exchange,
    market,
    bids: market.bids,
    best,
    alice: getAccount(exchange, ALICE),
    bob: getAccount(exchange, BOB),
    order: best.orders[0] ?? fail("there is a bid"),
  };
}

test("a sound exchange passes", () => {
  expect(() => audit(createSound())).not.toThrow();
});

const faults: readonly (readonly [string, (parts: Parts) => void])[] = [
  [
    "balances and fees add up to the issue",
    ({ exchange }) => (exchange.assets[0]!.feesQuanta += 1n),
  ],
  ["balances and fees add up", ({ alice }) => (alice.rows.get(USD)!.availableQuanta -= 1n)],
  ["what is reserved is what", ({ alice }) => (alice.rows.get(USD)!.reservedQuanta -= 1n)],
  ["no amount is negative", ({ bob }) => (bob.rows.get(BTC)!.availableQuanta = -1n)],
  ["no amount is negative", ({ exchange }) => (exchange.assets[0]!.feesQuanta = -1n)],
  ["an issue is in range", ({ exchange }) => (exchange.assets[0]!.issuedQuanta = 1n << 62n)],
  ["a level's lots", ({ best }) => (best.lots += 1n)],
  ["an open order has lots", ({ order }) => (order.lots = 0n)],
  ["levels are sorted", ({ bids }) => bids.levels.reverse()],
  ["a level has orders", ({ best }) => best.orders.splice(0)],
  [
    "the best bid is below",
    ({ market }) => {
      const level = market.asks.levels[0]!;
      for (const moved of [level, ...level.orders]) Object.assign(moved, { priceTicks: 96 });
      market.asks.pages.clear();
      market.asks.pages.set(6, 1);
    },
  ],
  ["pages in use are those", ({ bids }) => bids.pages.set(500, 1)],
  ["a page counts its levels", ({ bids }) => bids.pages.set(6, 2)],
  ["the count of pages", ({ exchange }) => (exchange.levelPageCount += 1)],
  ["the count of ladder entries", ({ exchange }) => (exchange.ladderEntryCount += 1)],
  ["the count of balance rows", ({ exchange }) => (exchange.balanceCount += 1)],
  ["is in the order table", ({ exchange, order }) => exchange.orders.delete(order.id)],
  [
    "an order is in one place",
    ({ best, order }) => ((best.lots += order.lots), best.orders.push(order)),
  ],
  [
    "each open order is in its account's",
    ({ alice, order }) => (alice.orders.delete(order.id), alice.clientOrders.clear()),
  ],
  ["a client order id names", ({ alice, order }) => alice.clientOrders.set(8n, order)],
  ["is found by its client order id", ({ alice }) => alice.clientOrders.clear()],
  [
    "an account is found",
    ({ exchange, alice, bob }) => exchange.accountsByNumber.set(bob.number, alice),
  ],
  ["the last trade is within", ({ market }) => (market.lastTradeTicks = 0)],
  ["the reference stands", ({ market }) => (market.lastTradeTicks = 999)],
  ["has the generation of its slot", ({ exchange }) => (exchange.slots.generations[0] = 2)],
  ["a slot is either free", ({ exchange }) => exchange.slots.stack.push(1)],
  ["a slot is either free", ({ exchange }) => exchange.slots.generations.push(1)],
  [
    "a slot is on the stack once",
    ({ exchange }) => (exchange.slots.generations.push(1), exchange.slots.stack.push(5, 5)),
  ],
  [
    "a slot that is used up",
    ({ exchange }) => (exchange.slots.generations.push(0), exchange.slots.stack.push(5)),
  ],
  ["accounts are numbered", ({ exchange }) => exchange.accounts.reverse()],
  [
    "within ordersMax",
    ({ exchange }) => exchange.slots.generations.push(...Array.from({ length: 40_000 }, () => 1)),
  ],
];

test.each(faults)("it names what does not hold: %s", (message, spoil) => {
  const exchange = createSound();
  spoil(partsOf(exchange));
  expect(() => audit(exchange)).toThrow(message);
});

test("helpers refuse what was not checked", () => {
  const exchange = createSound();
  expect(() => getAccount(exchange, 9 as AccountIndex)).toThrow("an account that was checked");
  expect(() => getMarket(exchange, 9 as MarketIndex)).toThrow("a market that was checked");
});
