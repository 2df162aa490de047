import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Reply } from "../testing/test-client.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const PATH = "/api/v3/userDataStream";

function ask(method: string, query = "", who = world.alice): Promise<Reply> {
  const headers = { "x-mbx-apikey": who.credentials.id };
  return who.raw({ method, path: `${PATH}${query}`, headers });
}

async function listenKey(): Promise<string> {
  const { status, body } = await ask("POST");
  expect([status, Object.keys(body)]).toEqual([200, ["listenKey"]]);
  return body.listenKey as string;
}

test("older clients follow an account by a listen key, on each kind of connection", async () => {
  const name = await listenKey();
  expect(await listenKey()).toBe(name);
  const bare = await world.connect(`/ws/${name}`);
  const combined = await world.connect(`/stream?streams=${name}`);
  const asking = await world.connect("/ws");
  expect(await asking.subscribe(name, "btcusd@trade")).toMatchObject({ result: null });
  expect((await asking.ask({ method: "LIST_SUBSCRIPTIONS" })).result).toEqual([
    "btcusd@trade",
    name,
  ]);
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  expect(await bare.event("executionReport")).toMatchObject({ x: "NEW", p: "99.00000000" });
  expect(await bare.event("outboundAccountPosition")).toBeDefined();
  const wrapped = await combined.event("executionReport");
  expect(wrapped).toMatchObject({ stream: name, data: { x: "NEW" } });
  expect(await asking.event("executionReport")).toMatchObject({ x: "NEW" });
  await asking.ask({ method: "UNSUBSCRIBE", params: [name] });
  asking.messages.length = 0;
  await world.alice.rest("BTCUSD", "BUY", "98", "1");
  await bare.event("executionReport");
  expect((await asking.ask({ method: "LIST_SUBSCRIPTIONS" })).result).toEqual(["btcusd@trade"]);
  expect(asking.messages).toEqual([]);
});

test("a listen key ends by request, by time, and with its API key", async () => {
  const first = await listenKey();
  const socket = await world.connect(`/ws/${first}`);
  expect((await ask("DELETE", `?listenKey=${first}`)).body).toEqual({});
  expect(await socket.event("listenKeyExpired")).toMatchObject({ listenKey: first });
  const second = await listenKey();
  expect(second).not.toBe(first);
  world.clock.aheadMs = 3_500_000;
  expect((await ask("PUT", `?listenKey=${second}`)).body).toEqual({});
  world.clock.aheadMs = 7_000_000;
  const timed = await world.connect(`/ws/${second}`);
  world.clock.aheadMs = 7_200_000;
  expect(await timed.event("listenKeyExpired")).toMatchObject({ listenKey: second });
  const third = await listenKey();
  const revoked = await world.connect(`/ws/${third}`);
  world.keys.revoke(world.alice.credentials.id, Date.now());
  expect(await revoked.event("listenKeyExpired")).toMatchObject({ listenKey: third });
  await world.bob.rest("BTCUSD", "BUY", "99", "1");
  expect(revoked.messages).toEqual([]);
});

test("a listen key that is no one's, or another's, is refused", async () => {
  const missing = [400, { code: -1125, msg: "This listenKey does not exist." }];
  const name = await listenKey();
  for (const [query, who] of [
    [`?listenKey=${name}`, world.bob],
    [`?listenKey=${"a".repeat(60)}`, world.alice],
  ] as const) {
    const { status, body } = await ask("PUT", query, who);
    expect([status, body]).toEqual(missing);
  }
  expect((await ask("PUT")).body.code).toBe(-1102);
  const unknown = await world.publicClient.raw({ method: "POST", path: PATH });
  expect([unknown.status, unknown.body.code]).toEqual([401, -2014]);
  expect((await ask("POST", "", world.operator)).body.code).toBe(-1002);
  const socket = await world.connect(`/ws/${"a".repeat(60)}`);
  expect((await socket.ask({ method: "LIST_SUBSCRIPTIONS" })).result).toEqual([]);
  expect((await socket.subscribe("a".repeat(60))).error.code).toBe(2);
});
