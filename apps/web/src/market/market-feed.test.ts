import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { BTCUSD } from "../testing/markets.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { MarketFeed } from "./market-feed.ts";

const TICKER = { symbol: "BTCUSD", lastPrice: "100.00", priceChange: "1.00" };
const TRADE = { id: 5, price: "100.00", qty: "1", time: 1, isBuyerMaker: true };

async function openExchange(depth: () => unknown): Promise<ScriptedExchange> {
  const exchange = await ScriptedExchange.open();
  exchange.replies.set("/api/v3/depth", depth);
  exchange.replies.set("/api/v3/ticker/24hr", () => TICKER);
  exchange.replies.set("/api/v3/trades", () => [TRADE]);
  return exchange;
}

/** A feed and a way to wait until it is as it should be. */
function openFeed(url: string) {
  const changes = new Changes();
  const feed = new MarketFeed({ url, market: BTCUSD, onChange: changes.tell });
  return { feed, until: (isSo: () => boolean): Promise<void> => changes.until(isSo) };
}

function change(firstId: number, lastId: number, quantity: string): object {
  return { e: "depthUpdate", U: firstId, u: lastId, b: [["100.00", quantity]], a: [] };
}

test("a gap in the updates leads to a new snapshot, and the book is right again", async () => {
  let lastUpdateId = 10;
  await using exchange = await openExchange(() => ({
    lastUpdateId,
    bids: [["100.00", "1"]],
    asks: [],
  }));
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live" && feed.ticker !== undefined);
  exchange.say("btcusd@depth@100ms", change(11, 11, "2"));
  await until(() => feed.book.updateId === 11);
  lastUpdateId = 14;
  exchange.say("btcusd@depth@100ms", change(13, 15, "3"));
  await until(() => feed.book.updateId === 15);
  expect(feed.health).toEqual({ state: "live", gapCount: 1, reconnectCount: 0 });
  expect(feed.book.bids.lots(0)).toBe(300_000n);
  expect(exchange.asked.filter((path) => path === "/api/v3/depth")).toHaveLength(2);
  feed.close();
  await feed.ended;
});

test("a lost connection is made again with a fresh book, and trades are told once", async () => {
  await using exchange = await openExchange(() => ({
    lastUpdateId: 20,
    bids: [["100.00", "1"]],
    asks: [],
  }));
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live" && feed.tape.trades.length === 1);
  exchange.say("btcusd@trade", { t: 6, p: "101.00", q: "2", T: 2, m: false });
  await until(() => feed.tape.trades.length === 2);
  const [missed, told] = [{ id: 7 }, { id: 6, isBuyerMaker: false }];
  exchange.replies.set("/api/v3/trades", () => [
    TRADE,
    { ...TRADE, ...told },
    { ...TRADE, ...missed },
  ]);
  const isBack = exchange.nextClient();
  exchange.dropClients();
  await until(() => feed.health.state === "reconnecting");
  await isBack;
  await until(() => feed.health.state === "live" && feed.tape.trades.length === 3);
  expect(feed.health.reconnectCount).toBe(1);
  expect(feed.tape.trades.map(({ id, isBuy }) => [id, isBuy])).toEqual([
    [7, false],
    [6, true],
    [5, false],
  ]);
  feed.close();
  await feed.ended;
});

test.each([
  ["begun anew, and traded", [{ ...TRADE, id: 2 }], [2]],
  ["begun anew, without a trade so far", [], []],
])("trades of an exchange that has %s meanwhile are not shown any more", async (_, trades, ids) => {
  const depth = (): object => ({ lastUpdateId: 20, bids: [["100.00", "1"]], asks: [] });
  await using exchange = await openExchange(depth);
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live" && feed.tape.trades.length === 1);
  exchange.replies.set("/api/v3/trades", () => trades);
  exchange.dropClients();
  await until(() => feed.health.state === "reconnecting");
  // Until it is known what there is, what was seen last can still be read.
  expect(feed.tape.trades.map(({ id }) => id)).toEqual([5]);
  await until(() => feed.health.reconnectCount === 1);
  await until(() => feed.tape.trades[0]?.id !== 5);
  expect(feed.tape.trades.map(({ id }) => id)).toEqual(ids);
  feed.close();
  await feed.ended;
});

test("attempts that fail are no reconnections", async () => {
  const depth = (): object => ({ lastUpdateId: 20, bids: [["100.00", "1"]], asks: [] });
  await using exchange = await openExchange(depth);
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live");
  const attempts = (): number => exchange.asked.filter((path) => path === "/api/v3/depth").length;
  exchange.replies.delete("/api/v3/depth");
  exchange.dropClients();
  await until(() => attempts() >= 3);
  exchange.replies.set("/api/v3/depth", depth);
  await until(() => feed.health.state === "live");
  expect(feed.health.reconnectCount).toBe(1);
  feed.close();
  await feed.ended;
});

test("a snapshot that comes when the connection is gone does not make the feed live", async () => {
  const late = Promise.withResolvers<object>();
  const book = { lastUpdateId: 10, bids: [["100.00", "1"]], asks: [] };
  let depth: () => unknown = () => book;
  await using exchange = await openExchange(() => depth());
  const states: string[] = [];
  const changes = new Changes();
  const onChange = (): void => {
    const { state } = feed.health;
    if (states.at(-1) !== state) states.push(state);
    changes.tell();
  };
  const feed = new MarketFeed({ url: exchange.url, market: BTCUSD, onChange });
  await changes.until(() => states.at(-1) === "live");
  depth = () => late.promise;
  exchange.say("btcusd@depth@100ms", change(13, 15, "3"));
  await changes.until(() => states.at(-1) === "syncing");
  const isBack = exchange.nextClient();
  exchange.dropClients();
  await changes.until(() => states.at(-1) === "reconnecting");
  depth = () => book;
  late.resolve({ ...book, lastUpdateId: 20 });
  await isBack;
  await changes.until(() => states.at(-1) === "live" && feed.health.reconnectCount === 1);
  expect(states.slice(-3)).toEqual(["reconnecting", "syncing", "live"]);
  feed.close();
  await feed.ended;
});

test("a book that was cut off is fetched anew before it is used up", async () => {
  const levels = Array.from({ length: 1_000 }, (_, index) => [String(2_000 - index), "1"]);
  let snapshot = { lastUpdateId: 10, bids: levels, asks: [] as string[][] };
  await using exchange = await openExchange(() => snapshot);
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live");
  // The best 600 go, and the exchange has more below those that were told.
  snapshot = { lastUpdateId: 11, bids: [["1400", "1"], ...levels.slice(601)], asks: [] };
  const bids = levels.slice(0, 600).map(([price]) => [price, "0"]);
  exchange.say("btcusd@depth@100ms", { U: 11, u: 11, b: bids, a: [] });
  await until(() => exchange.asked.filter((path) => path === "/api/v3/depth").length === 2);
  await until(() => feed.health.state === "live");
  expect([feed.book.bids.priceTicks(0), feed.health.gapCount]).toEqual([140_000, 0]);
  feed.close();
  await feed.ended;
});

test("a market without a trade has no price", async () => {
  await using exchange = await openExchange(() => ({ lastUpdateId: 10, bids: [], asks: [] }));
  const none = { symbol: "BTCUSD", lastPrice: "0.00000000", highPrice: "0.00", lowPrice: "0.00" };
  exchange.replies.set("/api/v3/ticker/24hr", () => none);
  exchange.replies.set("/api/v3/trades", () => []);
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.ticker !== undefined);
  expect(feed.ticker).toMatchObject({ last: "", high: "", low: "" });
  feed.close();
  await feed.ended;
});

test("a ticker that was asked for before one was told does not replace it", async () => {
  const late = Promise.withResolvers<object>();
  await using exchange = await openExchange(() => ({ lastUpdateId: 10, bids: [], asks: [] }));
  exchange.replies.set("/api/v3/ticker/24hr", () => late.promise);
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "live");
  exchange.say("btcusd@ticker", { s: "BTCUSD", c: "105.00" });
  await until(() => feed.ticker !== undefined);
  late.resolve(TICKER);
  await until(() => feed.tape.trades.length === 1);
  expect(feed.ticker?.last).toBe("105.00");
  feed.close();
  await feed.ended;
});

test("a node that has no book to give is asked again", async () => {
  await using exchange = await openExchange(() => ({ lastUpdateId: 1, bids: [], asks: [] }));
  const depth = exchange.replies.get("/api/v3/depth")!;
  exchange.replies.delete("/api/v3/depth");
  const { feed, until } = openFeed(exchange.url);
  await until(() => feed.health.state === "reconnecting");
  exchange.replies.set("/api/v3/depth", depth);
  await until(() => feed.health.state === "live");
  expect(feed.book.isSynced).toBe(true);
  feed.close();
  await feed.ended;
});
