import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { type Candle, CandleFeed } from "./candle-feed.ts";

const KLINES = "/api/v3/klines";
const STREAM = "btcusd@kline_1s";

function row(openMs: number): (number | string)[] {
  return [openMs, "1", "2", "1", "2", "5"];
}

function openFeed(url: string) {
  const changes = new Changes();
  const told: { all: (readonly Candle[])[]; candles: Candle[] } = { all: [], candles: [] };
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
  });
  return { feed, told, until: (isSo: () => boolean): Promise<void> => changes.until(isSo) };
}

function sayCandle(exchange: ScriptedExchange, openMs: number): void {
  exchange.say(STREAM, { k: { t: openMs, o: "2", h: "3", l: "2", c: "3", v: "1" } });
}

test("history that comes after the feed was closed is told to nobody", async () => {
  await using exchange = await ScriptedExchange.open();
  const late = Promise.withResolvers<unknown>();
  const isAsked = Promise.withResolvers<void>();
  exchange.replies.set(KLINES, () => {
    isAsked.resolve();
    return late.promise;
  });
  const { feed, told } = openFeed(exchange.url);
  await isAsked.promise;
  // Another market has been chosen: what still comes belongs to none that is shown.
  feed.close();
  late.resolve([row(1_000)]);
  await feed.ended;
  expect(told).toEqual({ all: [], candles: [] });
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
