import { expect, test } from "vitest";
import { readNode } from "./session.ts";
import { ScriptedExchange } from "./testing/scripted-exchange.ts";

async function openExchange(): Promise<ScriptedExchange> {
  const exchange = await ScriptedExchange.open();
  exchange.replies.set("/api/v3/exchangeInfo", () => ({ symbols: [] }));
  exchange.replies.set("/stats", () => ({ network: "main", version: "0.1.0" }));
  return exchange;
}

test("a node without a demo session is no demo", async () => {
  await using exchange = await openExchange();
  expect(await readNode(exchange.url)).toEqual({
    url: exchange.url,
    network: "main",
    version: "0.1.0",
    isDemo: false,
    markets: [],
  });
});

test("a node that hands out a demo session is one", async () => {
  await using exchange = await openExchange();
  exchange.replies.set("/demo", () => ({ apiKey: "key", secret: "secret" }));
  expect(await readNode(exchange.url)).toMatchObject({ isDemo: true });
});
