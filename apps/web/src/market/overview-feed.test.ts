import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { OverviewFeed } from "./overview-feed.ts";

test("a connection that has died without a word is made again, and the prices are current", async () => {
  await using exchange = await ScriptedExchange.open();
  let lastPrice = "100.00";
  exchange.replies.set("/api/v3/ticker/24hr", () => [
    { symbol: "BTCUSD", openPrice: "80.00", lastPrice, quoteVolume: "5" },
  ]);
  const changes = new Changes();
  // The scripted exchange answers no question of a stream: to the feed it is dead.
  const feed = new OverviewFeed({ url: exchange.url, onChange: changes.tell, silenceMs: 20 });
  await changes.until(() => feed.glances.size === 1);
  lastPrice = "120.00";
  await changes.until(() => feed.glances.get("BTCUSD")?.last === "120.00");
  expect(feed.glances.get("BTCUSD")?.changePercent).toBe("50.00");
  feed.close();
  await feed.ended;
});
