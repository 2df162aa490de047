import { hmacCredentials } from "@rialto/client";
import { expect, test } from "vitest";
import { Changes } from "../testing/changes.ts";
import { ScriptedExchange } from "../testing/scripted-exchange.ts";
import { AccountLink } from "./account-link.ts";

const SUBSCRIBE = "userDataStream.subscribe.signature";
const BALANCES = [{ asset: "USD", free: "100.00000000", locked: "0.00000000" }];

async function openExchange(): Promise<ScriptedExchange> {
  const exchange = await ScriptedExchange.open();
  exchange.answers.set("time", () => ({ result: { serverTime: Date.now() } }));
  exchange.answers.set(SUBSCRIBE, () => ({ result: { subscriptionId: 0 } }));
  exchange.answers.set("account.status", () => ({ result: { updateTime: 1, balances: BALANCES } }));
  exchange.answers.set("openOrders.status", () => ({ result: [] }));
  return exchange;
}

function openLink(url: string, hasKey = true) {
  const changes = new Changes();
  const link = new AccountLink({
    url,
    credentials: async () => (hasKey ? hmacCredentials("key", "secret") : undefined),
    onChange: changes.tell,
  });
  return { link, until: (isSo: () => boolean): Promise<void> => changes.until(isSo) };
}

test("the account is followed before it is read, and its events arrive", async () => {
  await using exchange = await openExchange();
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  expect(exchange.asked.slice(0, 2)).toEqual(["time", SUBSCRIBE]);
  expect(link.state.balances()).toEqual([
    { asset: "USD", available: "100.00000000", reserved: "0.00000000" },
  ]);
  expect(link.health.roundTripMs).toBeGreaterThan(0);
  expect(Math.abs(link.health.clockAheadMs ?? Number.NaN)).toBeLessThan(1_000);
  exchange.sayEvent({ e: "outboundAccountPosition", u: 2, B: [{ a: "USD", f: "90", l: "10" }] });
  await until(() => link.state.balances()[0]?.reserved === "10");
  link.close();
  await link.ended;
});

test("after a lost connection the account is read anew", async () => {
  await using exchange = await openExchange();
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  exchange.dropClients();
  await until(() => link.health.state === "reconnecting");
  // Nobody is told to look for an order that was never sent.
  await expect(link.signed("order.place", {})).rejects.toMatchObject({ isUnsent: true });
  await until(() => link.health.state === "live");
  expect(exchange.asked.filter((method) => method === SUBSCRIBE)).toHaveLength(2);
  link.close();
  await link.ended;
});

test("a key that is refused is said to be, and not tried for ever", async () => {
  await using exchange = await openExchange();
  const error = { code: -2015, msg: "Invalid API-key, IP, or permissions for action." };
  exchange.answers.set(SUBSCRIBE, () => ({ status: 401, error }));
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  expect(link.hasAccount).toBe(false);
  expect(link.health.refusal).toBe(error.msg);
  link.close();
  await link.ended;
});

test("a key that ends while it is used is said to be refused, not shown as it last was", async () => {
  await using exchange = await openExchange();
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  const error = { code: -2015, msg: "Invalid API-key, IP, or permissions for action." };
  exchange.answers.set(SUBSCRIBE, () => ({ status: 401, error }));
  exchange.sayEvent({ e: "eventStreamTerminated", E: 1 });
  await until(() => link.health.refusal === error.msg);
  expect(link.hasAccount).toBe(false);
  link.close();
  await link.ended;
});

test("a clock that is wrong keeps nobody out: requests carry the node's time", async () => {
  await using exchange = await openExchange();
  exchange.answers.set("time", () => ({ result: { serverTime: Date.now() + 60_000 } }));
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  const { timestamp } = exchange.parameters.get(SUBSCRIBE) as { readonly timestamp: number };
  expect(timestamp).toBeGreaterThan(Date.now() + 50_000);
  link.close();
  await link.ended;
});

test("why the account cannot be had is told while it is tried again", async () => {
  await using exchange = await openExchange();
  const error = { code: -1003, msg: "Too much request weight used." };
  exchange.answers.set("account.status", () => ({ status: 429, error }));
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.refusal === error.msg);
  expect(link.health.state).toBe("reconnecting");
  exchange.answers.set("account.status", () => ({ result: { updateTime: 1, balances: BALANCES } }));
  await until(() => link.health.state === "live");
  expect(link.health.refusal).toBe("");
  link.close();
  await link.ended;
});

test("a history that was refused is not known, and is asked for again", async () => {
  await using exchange = await openExchange();
  const error = { code: -1003, msg: "Too much request weight used." };
  exchange.answers.set("allOrders", () => ({ status: 429, error }));
  exchange.answers.set("myTrades", () => ({ result: [] }));
  const { link, until } = openLink(exchange.url);
  await until(() => link.health.state === "live");
  await expect(link.loadHistory("BTCUSD")).rejects.toThrow(error.msg);
  expect(link.knowsHistory("BTCUSD")).toBe(false);
  exchange.answers.set("allOrders", () => ({ result: [] }));
  await link.loadHistory("BTCUSD");
  expect(link.knowsHistory("BTCUSD")).toBe(true);
  link.close();
  await link.ended;
});

test("without a key there is a connection and no account", async () => {
  await using exchange = await openExchange();
  const { link, until } = openLink(exchange.url, false);
  await until(() => link.health.state === "live");
  expect([link.hasAccount, exchange.asked]).toEqual([false, ["time"]]);
  link.close();
  await link.ended;
});
