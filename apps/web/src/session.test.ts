import { expect, test } from "vitest";
import { demoCredentials, readNode } from "./session.ts";
import { ScriptedExchange } from "./testing/scripted-exchange.ts";

async function openExchange(demo: boolean): Promise<ScriptedExchange> {
  const exchange = await ScriptedExchange.open();
  exchange.replies.set("/api/v3/exchangeInfo", () => ({ symbols: [] }));
  exchange.replies.set("/stats", () => ({ network: "main", version: "0.1.0", demo }));
  return exchange;
}

test("a node that is no demo is not asked for its demo session", async () => {
  await using exchange = await openExchange(false);
  expect(await readNode(exchange.url)).toEqual({
    url: exchange.url,
    network: "main",
    version: "0.1.0",
    isDemo: false,
    markets: [],
  });
  // A browser's console would say of each 404 that something is wrong.
  expect(exchange.asked.toSorted()).toEqual(["/api/v3/exchangeInfo", "/stats"]);
});

test("a demo node's key is asked for when it is needed; one that is no demo any more has none", async () => {
  await using exchange = await openExchange(true);
  exchange.replies.set("/demo", () => ({ apiKey: "key", secret: "secret" }));
  expect(await readNode(exchange.url)).toMatchObject({ isDemo: true });
  expect(await demoCredentials(exchange.url)).toMatchObject({ apiKey: "key" });
  exchange.replies.delete("/demo");
  expect(await demoCredentials(exchange.url)).toBeUndefined();
});
