import {
  COMMAND_BUFFER_BYTES,
  COMMAND_BYTES,
  COMMAND_EVENT_BYTES_MAX,
  CommandKind,
  decodeEvents,
  eventBytes,
  EVENT_BUFFER_BYTES,
  EventKind,
  Side,
  type AccountIndex,
  type MarketIndex,
  type OrderId,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import {
  ALICE,
  BOB,
  BTC,
  BTC_USD,
  execute,
  place,
  SMALL_LIMITS,
  SMALL_OPENING,
  USD,
  write,
} from "../testing/small-exchange.ts";
import { createOracle } from "./oracle.ts";

test("its buffers are as long as the protocol says", () => {
  const engine = createOracle(SMALL_LIMITS);
  expect(engine.commands.length).toBe(COMMAND_BUFFER_BYTES);
  expect(engine.events.length).toBe(EVENT_BUFFER_BYTES);
  expect(engine.eventBytes).toBe(0);
});

test("events carry the count of the commands before theirs", () => {
  const engine = createOracle(SMALL_LIMITS);
  const opening = decodeEvents(execute(engine, SMALL_OPENING, 1));
  expect(opening.map((event) => event.command)).toEqual(SMALL_OPENING.map((_, index) => index));
  const [event] = decodeEvents(execute(engine, [place({})], 2));
  expect(event?.command).toBe(SMALL_OPENING.length);
});

test("execute writes each call's events at the beginning of the buffer", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 1);
  const end = write(engine, [place({}), place({ quantity: 0n })]);
  expect(engine.execute(0, COMMAND_BYTES, 1)).toBe(COMMAND_BYTES);
  const first = decodeEvents(engine.events.slice(0, engine.eventBytes));
  expect(first.map((event) => event.kind)).toEqual([EventKind.Accepted]);
  expect(engine.execute(COMMAND_BYTES, end, 1)).toBe(end);
  const second = decodeEvents(engine.events.slice(0, engine.eventBytes));
  expect(second.map((event) => event.kind)).toEqual([EventKind.Rejected]);
  expect(engine.execute(end, end, 1)).toBe(end);
  expect(engine.eventBytes).toBe(0);
});

test("execute stops for want of event room, and goes on from there", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 1);
  const cheap = { priceTicks: 10 };
  const makers = Array.from({ length: 5_000 }, () => place(cheap));
  execute(engine, makers, 1);
  // The sweep writes 320 kB, the small orders behind it 24 bytes each.
  const sweep = place({ ...cheap, account: BOB, side: Side.Sell, quantity: 5_000n });
  const small = Array.from({ length: 25_000 }, () => place(cheap));
  const end = write(engine, [sweep, ...small]);
  const stop = engine.execute(0, end, 1);
  expect(stop).toBeLessThan(end);
  expect(EVENT_BUFFER_BYTES - engine.eventBytes).toBeLessThan(COMMAND_EVENT_BYTES_MAX);
  const lastBytes = eventBytes(EventKind.Accepted);
  const room = EVENT_BUFFER_BYTES - (engine.eventBytes - lastBytes);
  expect(room).toBeGreaterThanOrEqual(COMMAND_EVENT_BYTES_MAX);
  expect(engine.execute(stop, end, 1)).toBe(end);
  expect(engine.eventBytes).toBe(((end - stop) / COMMAND_BYTES) * lastBytes);
  engine.audit();
});

test("execute refuses bytes that parseCommands would refuse", () => {
  const engine = createOracle(SMALL_LIMITS);
  write(engine, [{ kind: CommandKind.AddAsset }]);
  expect(() => engine.execute(0, COMMAND_BYTES - 1, 1)).toThrow("commands were parsed before");
  engine.commands[31] = 1;
  expect(() => engine.execute(0, COMMAND_BYTES, 1)).toThrow("commands were parsed before");
  engine.commands.fill(0);
  expect(() => engine.execute(0, COMMAND_BYTES, 1)).toThrow("commands were parsed before");
  expect(() => engine.execute(0, COMMAND_BUFFER_BYTES + 1, 1)).toThrow("in their buffer");
  expect(() => engine.execute(32, 0, 1)).toThrow("in their buffer");
  expect(() => engine.execute(0, 0, 0.5)).toThrow("a time is a safe integer");
});

test("limits are within those of the protocol", () => {
  expect(() => createOracle({ ...SMALL_LIMITS, ordersMax: 2 ** 22 })).toThrow("a limit");
  expect(() => createOracle({ ...SMALL_LIMITS, accountOrdersMax: 65_536 })).toThrow("a limit");
  expect(() => createOracle({ ...SMALL_LIMITS, assetsMax: 0 })).toThrow("a limit");
  expect(() => createOracle({ ...SMALL_LIMITS, marketsMax: 1.5 })).toThrow("a limit");
});

test("questions about what does not exist", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 1);
  const nobody = 99 as AccountIndex;
  expect(engine.findAccount(33n)).toBeUndefined();
  expect(engine.balances(nobody)).toEqual([]);
  expect(engine.openOrders(0 as AccountIndex)).toEqual([]);
  expect(engine.findOrder(5 as OrderId)).toBeUndefined();
  expect(engine.findClientOrder(nobody, 1n)).toBeUndefined();
  expect(engine.findClientOrder(ALICE, 0n)).toBeUndefined();
  expect(() => engine.market(7 as MarketIndex)).toThrow("a market that is asked for exists");
  expect(() => engine.depth(7 as MarketIndex, Side.Buy, 1)).toThrow("a market");
});

test("answers are copies of what is so", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 1);
  execute(engine, [place({ quantity: 5n, clientOrderId: 7n }), place({ priceTicks: 99 })], 1);
  const before = engine.findClientOrder(ALICE, 7n);
  const [bitcoin, dollar] = engine.balances(ALICE);
  const takes = place({ account: BOB, side: Side.Sell, quantity: 2n });
  execute(engine, [takes], 1);
  expect(before).toMatchObject({ priceTicks: 100, lots: 5, side: Side.Buy, market: BTC_USD });
  expect(engine.findClientOrder(ALICE, 7n)).toEqual({ ...before, lots: 3 });
  expect(bitcoin).toEqual({ asset: BTC, availableQuanta: 1_000_000n, reservedQuanta: 0n });
  expect(dollar).toEqual({ asset: USD, availableQuanta: 999_401n, reservedQuanta: 599n });
  expect(engine.balances(ALICE)[1]?.reservedQuanta).toBe(399n);
  expect(engine.depth(BTC_USD, Side.Buy, 1)).toEqual([{ priceTicks: 100, lots: 3n }]);
  expect(engine.depth(BTC_USD, Side.Buy, 9)).toHaveLength(2);
  expect(engine.assetTotals(USD)).toEqual({ issuedQuanta: 2_000_000n, feesQuanta: 1n });
  expect(engine.market(BTC_USD)).toMatchObject({ lastTradeTicks: 100, tradeCount: 1 });
});
