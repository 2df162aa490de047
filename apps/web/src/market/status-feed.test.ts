import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { StatusFeed } from "./status-feed.ts";

test("what a market takes is asked for again and again, and not known where nobody answers", async () => {
  await using exchange = await ScriptedExchange.open();
  let status = "TRADING";
  exchange.replies.set("/api/v3/exchangeInfo", () => ({ symbols: [{ symbol: "BTCUSD", status }] }));
  const changes = new Changes();
  const { url } = exchange;
  const feed = new StatusFeed({ url, symbol: "BTCUSD", onChange: changes.tell, intervalMs: 10 });
  expect(feed.status).toBeUndefined();
  await changes.until(() => feed.status === "TRADING");
  status = "HALT";
  await changes.until(() => feed.status === "HALT");
  exchange.replies.clear();
  await changes.until(() => feed.status === undefined);
  feed.close();
  await feed.ended;
});
