import { createPrng, equalBytes, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  decodeEvents,
  EventKind,
  ORDER_GENERATION_MAX,
  type OrderId,
  packOrderId,
  RejectCode,
  Side,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { addAsset, cancelOrder, deposit, openAccount } from "../commands.ts";
import type { EngineLimits } from "../engine.ts";
import { sendCommands, stateBytes } from "../library.ts";
import { createOracle } from "../oracle/oracle.ts";
import {
  ALICE,
  BTC,
  cancelClient,
  execute,
  place,
  placeSpecial,
  SMALL_LIMITS,
  SMALL_OPENING,
  USD,
} from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";
import { invariantText } from "./invariants.ts";

// Tables as full as they get, and answers longer than the buffer that they come in.

const ROWS = 21;
const OPEN_ORDERS = 63;
/** So few places that those of many keys are taken by others. */
const tight: EngineLimits = {
  ...SMALL_LIMITS,
  ordersMax: OPEN_ORDERS,
  accountsMax: ROWS,
  balancesMax: ROWS + 2,
  assetsMax: ROWS,
};

/** An account of all assets, and all its orders with ids of its own, which come and go. */
function fillTables(): Command[] {
  const prng = createPrng(1);
  const commands = [...SMALL_OPENING];
  for (let row = 2; row < ROWS; row++) {
    commands.push(addAsset(), openAccount(BigInt(100 + row)));
    commands.push(deposit(ALICE, row as AssetIndex, BigInt(row)));
  }
  for (let left = 1_500; left > 0; left--) {
    const clientOrderId = BigInt(1 + prng.below(90));
    const priceTicks = 1 + prng.below(50);
    const isPlace = prng.chance(3, 5);
    commands.push(
      isPlace ? place({ clientOrderId, priceTicks }) : cancelClient(ALICE, clientOrderId),
    );
  }
  return commands;
}

test("full hash tables answer as the oracle does, whatever their key", () => {
  const commands = fillTables();
  const oracle = createOracle(tight);
  const expected = execute(oracle, commands, 1);
  const codes = decodeEvents(expected).map((event) =>
    event.kind === EventKind.Rejected ? event.code : 0,
  );
  expect(codes).toContain(RejectCode.OrdersFull);
  expect(codes).toContain(RejectCode.DuplicateClientOrderId);
  for (let key = 1n; key <= 24n; key++) {
    const engine = createHotEngine({ limits: tight, hashKey: key * 0x9e37_79b9_7f4a_7c15n });
    expect(equalBytes(execute(engine, commands, 1), expected), `key ${key}`).toBe(true);
    engine.audit();
    expect(equalBytes(stateBytes(engine), stateBytes(oracle))).toBe(true);
    expect(engine.balances(ALICE)).toEqual(oracle.balances(ALICE));
  }
});

/** Addresses of assembly/memory.ts. */
const STAMPS_AT = 0x0100_0000 + 20;
const STAMP_FREE = 0x8000_0000;
const ASSETS_AT = 0x2208_1000;

test.each([0n, 77n])(
  "a slot that has had its last generation is never used again, client order id %i",
  (clientOrderId) => {
    const engine = createHotEngine({ limits: { ...SMALL_LIMITS, ordersMax: 2 }, hashKey: 7n });
    const placed = (): number => {
      const [event] = sendCommands(engine, [place({ clientOrderId })], 1);
      return event?.kind === EventKind.Accepted ? event.orderId : 0;
    };
    const cancel = (orderId: OrderId): Command =>
      clientOrderId === 0n ? cancelOrder(ALICE, orderId) : cancelClient(ALICE, clientOrderId);
    sendCommands(engine, SMALL_OPENING, 1);
    sendCommands(engine, [cancel(packOrderId(1, 1))], 1);
    placed();
    sendCommands(engine, [cancel(packOrderId(1, 1))], 1);
    // As if it had been used half a thousand million times.
    const stamp = (STAMP_FREE | ORDER_GENERATION_MAX) >>> 0;
    new DataView(engine.memory.buffer).setUint32(STAMPS_AT + 32, stamp, true);
    const last = packOrderId(ORDER_GENERATION_MAX, 1);
    expect(placed()).toBe(last);
    const [canceled] = sendCommands(engine, [cancel(last)], 1);
    expect(canceled).toMatchObject({ kind: EventKind.Canceled, orderId: last });
    expect(engine.counts().openOrders).toBe(0);
    engine.audit();
    expect(placed()).toBe(packOrderId(1, 2));
    const [refused] = sendCommands(engine, [place({})], 1);
    expect(refused).toMatchObject({ kind: EventKind.Rejected, code: RejectCode.OrdersFull });
    engine.audit();
  },
);

function iceberg(clientOrderId: bigint): Command {
  return placeSpecial({ quantity: 5n, displayLots: 1n, clientOrderId });
}

test("an account that there is not cancels nothing, whatever its number has in common with a special order", () => {
  // As the hot core marks the accounts of such orders.
  const nobody = (ALICE + 0x80_0000) as AccountIndex;
  const oracle = createOracle(SMALL_LIMITS);
  const hot = createHotEngine({ limits: SMALL_LIMITS, hashKey: 7n });
  for (const engine of [oracle, hot]) {
    sendCommands(engine, [...SMALL_OPENING, iceberg(0n), iceberg(9n)], 1);
    expect(engine.counts().openOrders).toBe(2);
    const cancels = [
      cancelOrder(nobody, packOrderId(1, 1)),
      cancelOrder(nobody, packOrderId(1, 2)),
      cancelClient(nobody, 9n),
    ];
    const codes = sendCommands(engine, cancels, 1).map(
      (event) => event.kind === EventKind.Rejected && event.code,
    );
    expect(codes).toEqual(cancels.map(() => RejectCode.UnknownAccount));
  }
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
});

/** More than are counted at a time. */
const ASSETS = 131_080;
/** More than one answer holds. */
const ALICES_ASSETS = 43_700;

test("balances of more assets than one answer holds are told and counted", () => {
  const limits = { ...SMALL_LIMITS, assetsMax: ASSETS, balancesMax: ALICES_ASSETS + 10 };
  const engine = createHotEngine({ limits, hashKey: 7n });
  sendCommands(engine, SMALL_OPENING, 1);
  sendCommands(engine, Array.from({ length: ASSETS - 2 }, addAsset), 1);
  const last = (ASSETS - 1) as AssetIndex;
  const others = Array.from({ length: ALICES_ASSETS - 2 }, (_, index) => (index + 2) as AssetIndex);
  const deposits = [...others, last].map((asset) => deposit(ALICE, asset, BigInt(asset)));
  sendCommands(engine, deposits, 1);
  const told = engine.balances(ALICE).map(({ asset, availableQuanta }) => [asset, availableQuanta]);
  const given = [...others, last].map((asset) => [asset, BigInt(asset)]);
  expect(told).toEqual([[BTC, 1_000_000n], [USD, 1_000_000n], ...given]);
  engine.audit();
  viewOf(new Uint8Array(engine.memory.buffer)).setUint8(ASSETS_AT + 16 * last, 1);
  expect(() => engine.auditBalances()).toThrow(invariantText(101));
});

/** More than one answer, and with their slots more than one piece of the state, holds. */
const ORDERS = 30_000;

test("open orders and states that are longer than one answer", () => {
  const limits = { ...SMALL_LIMITS, accountOrdersMax: ORDERS, ordersMax: ORDERS };
  const engine = createHotEngine({ limits, hashKey: 7n });
  const oracle = createOracle(limits);
  const orders = Array.from({ length: ORDERS }, (_, index) =>
    place({ side: Side.Sell, priceTicks: 1 + (index % 7_000) }),
  );
  for (const each of [engine, oracle]) sendCommands(each, [...SMALL_OPENING, ...orders], 1);
  expect(engine.openOrders(ALICE)).toEqual(oracle.openOrders(ALICE));
  expect(engine.openOrders(ALICE)).toHaveLength(ORDERS);
  expect(equalBytes(stateBytes(engine), stateBytes(oracle))).toBe(true);
});

test("an exchange of accounts and assets alone has the oracle's state", () => {
  const commands = [addAsset(), openAccount(5n), deposit(1 as AccountIndex, BTC, 3n)];
  const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: 7n });
  const oracle = createOracle(SMALL_LIMITS);
  const empty = stateBytes(engine);
  expect(equalBytes(empty, stateBytes(oracle))).toBe(true);
  for (const each of [engine, oracle]) sendCommands(each, commands, 1);
  expect(equalBytes(stateBytes(engine), stateBytes(oracle))).toBe(true);
  expect(equalBytes(stateBytes(engine), empty)).toBe(false);
});
