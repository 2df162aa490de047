import { setTimeout as sleep } from "node:timers/promises";
import { type AccountIndex, CommandKind } from "@rialto/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, POOR, type World } from "../testing/gateway-world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function balance(asset: string): Promise<unknown> {
  const { body } = await world.poor.signed("GET", "/api/v3/account");
  return body.balances.find((row: { readonly asset: string }) => row.asset === asset).free;
}

test("the operator credits and debits accounts, and nobody else does", async () => {
  const move = { account: POOR, asset: "USD", amount: "12.5", reference: 77 };
  const credited = await world.operator.signed("POST", "/operator/deposit", move);
  expect([credited.status, credited.body]).toEqual([
    200,
    { account: "1003", asset: "USD", amount: "12.50000000", reference: "77" },
  ]);
  expect(await balance("USD")).toBe("12.50000000");
  const debit = { ...move, amount: "2.5" };
  const debited = await world.operator.signed("POST", "/operator/withdraw", debit);
  expect(debited.body.amount).toBe("2.50000000");
  expect(await balance("USD")).toBe("10.00000000");
  const tooMuch = await world.operator.signed("POST", "/operator/withdraw", move);
  expect([tooMuch.status, tooMuch.body.code]).toEqual([400, -2010]);
  const other = await world.alice.signed("POST", "/operator/deposit", move);
  expect([other.status, other.body.code]).toEqual([400, -1002]);
  expect(await balance("USD")).toBe("10.00000000");
});

test.each([
  [{ amount: "0.0000001" }, -1111, "Parameter 'amount' has too much precision."],
  [{ amount: "0" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ amount: "-1" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ amount: "9223372036854" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ asset: "GOLD" }, -1130, "Data sent for parameter 'asset' is not valid."],
  [{ account: "18446744073709551616" }, -1130, "Data sent for parameter 'account' is not valid."],
  [
    { amount: undefined },
    -1102,
    "Mandatory parameter 'amount' was not sent, was empty/null, or malformed.",
  ],
])("a credit of %o is refused", async (change, code, msg) => {
  const params = { account: POOR, asset: "USD", amount: "1", ...change };
  const { status, body } = await world.operator.signed("POST", "/operator/deposit", params);
  expect([status, body]).toEqual([400, { code, msg }]);
});

test("nothing is withdrawn from an account that is not open, and a deposit opens one", async () => {
  const move = { account: 4_242, asset: "BTC", amount: "1" };
  const none = await world.operator.signed("POST", "/operator/withdraw", move);
  expect(none.body.msg).toBe("Data sent for parameter 'account' is not valid.");
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  expect((await world.operator.signed("POST", "/operator/withdraw", move)).status).toBe(200);
});

/** Alice has an order whose time is over: it ends with the command that comes next, before it. */
async function letAliceExpire(): Promise<void> {
  await world.alice.rest("BTCUSD", "BUY", "90", "1");
  const account = 1 as AccountIndex;
  world.exchange.run([{ kind: CommandKind.SetDeadline, account, timeoutMs: 1n }]);
  await sleep(10);
}

test("a credit is answered as done, and a refusal as one, where somebody's order ended just before", async () => {
  const move = { account: 4_243, asset: "BTC", amount: "1" };
  // Opens the account, which is a command of its own.
  await letAliceExpire();
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  await letAliceExpire();
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  await letAliceExpire();
  const much = { ...move, amount: "3" };
  const refused = await world.operator.signed("POST", "/operator/withdraw", much);
  expect([refused.status, refused.body.code]).toEqual([400, -2010]);
});

test("a market is halted, takes only cancels, and opens again", async () => {
  const set = async (state: string): Promise<unknown> =>
    (await world.operator.signed("POST", "/operator/market-state", { symbol: "BTCUSD", state }))
      .body;
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const order = { symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "1" };
  const cancel = { symbol: "BTCUSD", orderId };
  const closed = { code: -1013, msg: "Market is closed." };
  expect(await set("HALT")).toEqual({ symbol: "BTCUSD", state: "HALT" });
  expect((await world.alice.order(order)).body).toEqual(closed);
  expect((await world.alice.signed("POST", "/api/v3/order/test", order)).body).toEqual(closed);
  expect((await world.alice.signed("DELETE", "/api/v3/order", cancel)).body).toEqual(closed);
  const { body: info } = await world.publicClient.get("/api/v3/exchangeInfo", {
    symbolStatus: "HALT",
  });
  expect(info.symbols.map((row: { readonly symbol: string }) => row.symbol)).toEqual(["BTCUSD"]);
  await set("CANCEL_ONLY");
  expect((await world.alice.order(order)).body).toEqual(closed);
  expect((await world.alice.signed("DELETE", "/api/v3/order", cancel)).body.status).toBe(
    "CANCELED",
  );
  await set("TRADING");
  expect((await world.alice.order(order)).body.status).toBe("EXPIRED");
  const { body } = await world.operator.signed("POST", "/operator/market-state", {
    symbol: "BTCUSD",
    state: "OPEN",
  });
  expect(body.code).toBe(-1130);
});

test("the status says where the node stands, and the state hash what it has come to", async () => {
  const { body } = await world.operator.signed("GET", "/operator/status");
  expect(body).toMatchObject({
    nodeId: "memory",
    ready: true,
    durability: "memory",
    counts: { markets: 3, assets: 3 },
  });
  expect(body.readModel.sequence).toBe(body.sequence);
  const usd = body.assets.find((row: { readonly asset: string }) => row.asset === "USD");
  expect(usd.issued).toBe("2000010.00000000");
  const { body: state } = await world.operator.signed("GET", "/operator/state-hash");
  expect(state).toEqual({
    sequence: body.sequence,
    commands: body.commands,
    stateHash: world.exchange.stateHash(),
  });
});
