import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { type Candle, CandleFeed, type Past } from "./candle-feed.ts";

const KLINES = "/api/v3/klines";
const STREAM = "btcusd@kline_1s";

function row(openMs: number): (number | string)[] {
  return [openMs, "1", "2", "1", "2", "5"];
}

function openFeed(url: string) {
  const changes = new Changes();
  const told: { all: (readonly Candle[])[]; candles: Candle[]; past: Past[] } = {
    all: [],
    candles: [],
    past: [],
  };
  const feed = new CandleFeed({
    url,
    symbol: "BTCUSD",
    interval: "1s",
    onAll: (candles) => {
      told.all.push(candles);
      changes.tell();
    },
    onCandle: (candle) => {
      told.candles.push(candle);
      changes.tell();
    },
    onPast: (past) => {
      told.past.push(past);
      changes.tell();
    },
    retryMs: 20,
  });
  return { feed, told, until: (isSo: () => boolean): Promise<void> => changes.until(isSo) };
}

/** Lets who asks for history wait for it. */
function holdHistory(exchange: ScriptedExchange) {
  const late = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  exchange.replies.set(KLINES, () => {
    asked.resolve();
    return late.promise;
  });
  return { late, isAsked: asked.promise };
}

function sayCandle(exchange: ScriptedExchange, openMs: number, close = "3"): void {
  exchange.say(STREAM, { k: { t: openMs, o: "2", h: "3", l: "2", c: close, v: "1" } });
}

test("history that comes after the feed was closed is told to nobody", async () => {
  await using exchange = await ScriptedExchange.open();
  const { late, isAsked } = holdHistory(exchange);
  const { feed, told } = openFeed(exchange.url);
  await isAsked;
  // Another market has been chosen: what still comes belongs to none that is shown.
  feed.close();
  late.resolve([row(1_000)]);
  await feed.ended;
  expect(told).toEqual({ all: [], candles: [], past: ["unknown"] });
});

test("a feed that is open for long keeps to its number of candles", async () => {
  await using exchange = await ScriptedExchange.open();
  exchange.replies.set(KLINES, () => Array.from({ length: 1_000 }, (_, at) => row(at * 1_000)));
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.all.length === 1);
  for (let at = 999; at < 2_001; at++) sayCandle(exchange, at * 1_000);
  await until(() => told.all.length === 2);
  const [first, last] = [told.all[1]!.at(0), told.all[1]!.at(-1)];
  expect([told.all[1]!.length, first?.openMs, last?.openMs]).toEqual([1_000, 1_001_000, 2_000_000]);
  // The newest that was told before the history is the one that replaced its last.
  expect(told.candles.slice(0, 2).map(({ openMs }) => openMs)).toEqual([999_000, 1_000_000]);
  feed.close();
  await feed.ended;
});

const END_MS = 20_000_000;

/** A history of a candle each second from `beginMs` on, as the exchange tells of it. Returns the questions. */
function tellHistory(exchange: ScriptedExchange, beginMs: number, endMs: number = END_MS) {
  const asked: string[] = [];
  exchange.replies.set(KLINES, (query) => {
    const from = query.get("startTime");
    asked.push(
      `${from === null ? "" : `${from}-`}${query.get("endTime") ?? "now"} ${query.get("limit")}`,
    );
    const lastMs = Math.floor(Number(query.get("endTime") ?? endMs) / 1_000) * 1_000;
    const firstMs = Math.max(beginMs, Number(from ?? 0));
    const count = Math.min(Number(query.get("limit")), (lastMs - firstMs) / 1_000 + 1);
    const oldestMs = from === null ? lastMs - (count - 1) * 1_000 : firstMs;
    return Array.from({ length: count }, (_, at) => row(oldestMs + at * 1_000));
  });
  return asked;
}

const secondsOf = (candles: readonly Candle[]): number[] => candles.map(({ openMs }) => openMs);
const range = (beginMs: number, endMs: number): number[] =>
  Array.from({ length: (endMs - beginMs) / 1_000 + 1 }, (_, at) => beginMs + at * 1_000);

test("after a reconnection what is missing is asked for, and nothing else", async () => {
  await using exchange = await ScriptedExchange.open();
  const beginMs = END_MS - 1_299_000;
  tellHistory(exchange, beginMs);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  await feed.loadOlder();
  const asked = tellHistory(exchange, beginMs, END_MS + 30_000);
  exchange.dropClients();
  await until(() => told.all.length === 3);
  expect(asked).toEqual([`${END_MS}-now 1000`]);
  expect(secondsOf(told.all[2]!)).toEqual(range(beginMs, END_MS + 30_000));
  // What is known of the past stays known.
  expect(told.past).toEqual(["unknown", "more", "loading", "beginning"]);
  sayCandle(exchange, END_MS + 31_000);
  await until(() => told.candles.length === 1);
  feed.close();
  await feed.ended;
});

test("a candle that is told before those that are missing comes after them", async () => {
  await using exchange = await ScriptedExchange.open();
  tellHistory(exchange, 0);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  exchange.replies.set(KLINES, async () => {
    sayCandle(exchange, END_MS + 3_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return range(END_MS, END_MS + 2_000).map(row);
  });
  exchange.dropClients();
  await until(() => told.candles.length === 1);
  expect(secondsOf(told.all[1]!).slice(-3)).toEqual(range(END_MS, END_MS + 2_000));
  expect(told.candles[0]!.openMs).toBe(END_MS + 3_000);
  feed.close();
  await feed.ended;
});

test("a candle that is corrected when the next has begun is told with it", async () => {
  await using exchange = await ScriptedExchange.open();
  tellHistory(exchange, 0);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  sayCandle(exchange, END_MS + 1_000);
  sayCandle(exchange, END_MS + 2_000);
  // A trade in it came late. What has gone, or was never there, is not begun by it.
  sayCandle(exchange, END_MS + 1_000, "2.5");
  sayCandle(exchange, END_MS - 5_000_500, "2.5");
  await until(() => told.all.length === 2);
  sayCandle(exchange, END_MS + 3_000);
  await until(() => told.candles.length === 3);
  const closes = told.all[1]!.slice(-2).map(({ openMs, close }) => [openMs, close]);
  expect(closes).toEqual([
    [END_MS + 1_000, "2.5"],
    [END_MS + 2_000, "3"],
  ]);
  expect(told.all).toHaveLength(2);
  feed.close();
  await feed.ended;
});

test.each([
  ["so much is missing that there would be a hole", END_MS + 5_000_000],
  ["the exchange has lost what was told", END_MS - 5_000_000],
])("all begins anew where %s", async (_, endMs) => {
  await using exchange = await ScriptedExchange.open();
  tellHistory(exchange, 0);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  tellHistory(exchange, 0, endMs);
  exchange.dropClients();
  await until(() => told.all.length === 2);
  expect(secondsOf(told.all[1]!)).toEqual(range(endMs - 999_000, endMs));
  feed.close();
  await feed.ended;
});

test("older candles come before the others, until the history begins", async () => {
  await using exchange = await ScriptedExchange.open();
  const asked = tellHistory(exchange, END_MS - 1_299_000);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  await Promise.all([feed.loadOlder(), feed.loadOlder()]);
  const all = told.all.at(-1)!;
  expect(all.map(({ openMs }) => openMs)).toEqual(
    Array.from({ length: 1_300 }, (_, at) => END_MS - (1_299 - at) * 1_000),
  );
  expect(told.past).toEqual(["unknown", "more", "loading", "beginning"]);
  await feed.loadOlder();
  // One at a time, and none beyond the beginning.
  expect(asked).toEqual(["now 1000", `${END_MS - 999_001} 1000`]);
  sayCandle(exchange, END_MS + 1_000);
  await until(() => told.candles.length === 1);
  expect(told.all).toHaveLength(2);
  feed.close();
  await feed.ended;
});

test("no more candles are kept than are bounded, whatever is asked for", async () => {
  await using exchange = await ScriptedExchange.open();
  const asked = tellHistory(exchange, 0);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  sayCandle(exchange, END_MS + 1_000);
  await until(() => told.candles.length === 1);
  for (let load = 0; load < 20; load++) await feed.loadOlder();
  expect(told.past.at(-1)).toBe("full");
  expect([asked.length, told.all.at(-1)!.length]).toEqual([10, 10_001]);
  // In time the oldest go, and can be asked for again.
  for (let at = 2; at <= 1_001; at++) sayCandle(exchange, END_MS + at * 1_000);
  await until(() => told.all.length === 11);
  expect(told.all.at(-1)).toHaveLength(10_000);
  expect(told.past.at(-1)).toBe("full");
  feed.close();
  await feed.ended;
});

test("older candles that cannot be had are asked for again after a while, and not before", async () => {
  await using exchange = await ScriptedExchange.open();
  tellHistory(exchange, 0);
  const { feed, told, until } = openFeed(exchange.url);
  await until(() => told.past.at(-1) === "more");
  exchange.replies.delete(KLINES);
  await feed.loadOlder();
  expect(told.past.at(-1)).toBe("failed");
  const asked = exchange.asked.length;
  await feed.loadOlder();
  expect(exchange.asked).toHaveLength(asked);
  tellHistory(exchange, 0);
  await until(() => told.past.at(-1) === "more");
  await feed.loadOlder();
  expect(told.all.at(-1)).toHaveLength(2_000);
  feed.close();
  await feed.ended;
});

/** A feed that has asked for older candles and waits for them. */
async function openLoadingFeed(exchange: ScriptedExchange) {
  tellHistory(exchange, 0);
  const opened = openFeed(exchange.url);
  await opened.until(() => opened.told.past.at(-1) === "more");
  const { late, isAsked } = holdHistory(exchange);
  const loading = opened.feed.loadOlder();
  await isAsked;
  return { ...opened, late, loading };
}

test("older candles that come after all has begun anew, or was closed, are told to nobody", async () => {
  await using exchange = await ScriptedExchange.open();
  const { feed, told, until, late, loading } = await openLoadingFeed(exchange);
  tellHistory(exchange, 0, END_MS + 5_000_000);
  exchange.dropClients();
  await until(() => told.all.length === 2);
  late.resolve([row(END_MS - 1_000_000)]);
  await loading;
  expect(told.all).toHaveLength(2);
  expect(told.past).toEqual(["unknown", "more", "loading", "more"]);
  feed.close();
  await feed.ended;
  await feed.loadOlder();
  expect(told.past).toHaveLength(4);
});

test("older candles that were asked for before a reconnection come before what there was", async () => {
  await using exchange = await ScriptedExchange.open();
  const { feed, told, until, late, loading } = await openLoadingFeed(exchange);
  tellHistory(exchange, 0, END_MS + 2_000);
  exchange.dropClients();
  await until(() => told.all.length === 2);
  late.resolve([row(END_MS - 1_000_000)]);
  await loading;
  expect(secondsOf(told.all[2]!)).toEqual(range(END_MS - 1_000_000, END_MS + 2_000));
  expect(told.past.at(-1)).toBe("beginning");
  feed.close();
  await feed.ended;
});
