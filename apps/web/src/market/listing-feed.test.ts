import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { BTCUSD, symbolInfo } from "../testing/markets.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { ListingFeed } from "./listing-feed.ts";

const STEPS = { tick: "0.01", lot: "0.00001", notionalMin: "5" };
const TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET"];

async function openFeed() {
  const exchange = await ScriptedExchange.open();
  const told = { status: "TRADING", orderTypes: TYPES };
  const steps = { ...STEPS };
  exchange.replies.set("/api/v3/exchangeInfo", () => ({
    symbols: [{ ...symbolInfo("BTCUSD", ["BTC", "USD"], steps), ...told }],
  }));
  const changes = new Changes();
  const { url } = exchange;
  const feed = new ListingFeed({ url, symbol: "BTCUSD", onChange: changes.tell, intervalMs: 10 });
  return { exchange, told, steps, changes, feed };
}

test("what a market takes is asked for again and again, and not known where nobody answers", async () => {
  const { exchange, told, changes, feed } = await openFeed();
  await using _ = exchange;
  expect(feed.status).toBeUndefined();
  await changes.until(() => feed.status === "TRADING");
  told.orderTypes = ["LIMIT_MAKER"];
  await changes.until(() => feed.status === "POST_ONLY");
  told.status = "HALT";
  await changes.until(() => feed.status === "HALT");
  exchange.replies.clear();
  await changes.until(() => feed.status === undefined);
  feed.close();
  await feed.ended;
});

test("its rules are those of now, and the same object while none has changed", async () => {
  const { exchange, told, steps, changes, feed } = await openFeed();
  await using _ = exchange;
  await changes.until(() => feed.market !== undefined);
  const { market } = feed;
  expect(market).toEqual(BTCUSD);
  told.status = "HALT";
  await changes.until(() => feed.status === "HALT");
  expect(feed.market).toBe(market);
  steps.notionalMin = "10";
  await changes.until(() => feed.market !== market);
  expect(feed.market?.rules.notionalMinQuanta).toBe(1_000_000_000n);
  const newer = feed.market;
  exchange.replies.clear();
  await changes.until(() => feed.status === undefined);
  expect(feed.market).toBe(newer);
  feed.close();
  await feed.ended;
});
