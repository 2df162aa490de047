import { createHash } from "node:crypto";
import { encodeHex, viewOf } from "@rialto/base";
import {
  type Command,
  CommandKind,
  decodeEvents,
  LIST_MARKET_BYTES,
  MarketState,
  Side,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { createHotEngine } from "../hot/hot-engine.ts";
import { stateHash } from "../state-hash.ts";
import {
  ALICE,
  BOB,
  BTC_USD,
  cancelClient,
  execute,
  place,
  placeSpecial,
  SMALL_LIMITS,
  SMALL_OPENING,
} from "../testing/small-exchange.ts";
import { createOracle } from "./oracle.ts";

function readState(engine: Engine): Uint8Array {
  const bytes: number[] = [];
  engine.writeState((piece) => {
    for (const byte of piece) bytes.push(byte);
  });
  return Uint8Array.from(bytes);
}

function hashOf(engine: Engine): string {
  return encodeHex(stateHash(engine, createHash("sha256")));
}

test("the stream of an exchange in which nothing has happened is its head", () => {
  const state = readState(createOracle(SMALL_LIMITS));
  expect(encodeHex(state)).toBe(`5253544154453034${"00".repeat(80 + 16 * 8 + 8)}`);
});

/** Reads a stream field by field, as the table of matching.md §6 lists them. */
function readFields(state: Uint8Array): {
  u32(): number;
  u64(): bigint;
  skip(bytes: number): void;
  left(): number;
} {
  const view = viewOf(state);
  let offset = 0;
  const advance = (bytes: number): number => {
    offset += bytes;
    return offset - bytes;
  };
  return {
    u32: () => view.getUint32(advance(4), true),
    u64: () => view.getBigUint64(advance(8), true),
    skip: (bytes) => void advance(bytes),
    left: () => state.length - offset,
  };
}

test("the stream has every part in its place", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 5_000_000_000);
  const orders = [
    place({ quantity: 5n, clientOrderId: 7n }),
    place({ quantity: 6n, priceTicks: 101, clientOrderId: 8n }),
    place({ account: BOB, side: Side.Sell, priceTicks: 200, quantity: 9n }),
    place({ account: BOB, side: Side.Sell, priceTicks: 101, quantity: 2n }),
    place({ quantity: 1n, clientOrderId: 9n }),
    cancelClient(ALICE, 7n),
  ];
  const state_ = { kind: CommandKind.SetMarketState, market: BTC_USD } as const;
  const events = decodeEvents(
    execute(engine, [...orders, { ...state_, state: MarketState.CancelOnly }], 17),
  );
  expect(events).toHaveLength(8);
  const state = readState(engine);
  const fields = readFields(state);
  // The head: time, commands, assets, accounts, markets, slots used, slots on the stack.
  fields.skip(8);
  expect([fields.u64(), fields.u64()]).toEqual([5_000_000_000n, 16n]);
  expect(Array.from({ length: 6 }, () => fields.u32())).toEqual([2, 2, 1, 4, 1, 0]);
  // Two lots at 101: the buyer's fee is a quantum of base, the seller's of quote.
  expect([fields.u64(), fields.u64()]).toEqual([2_000_000n, 1n]);
  expect([fields.u64(), fields.u64()]).toEqual([2_000_000n, 1n]);
  const readAccount = (): unknown => ({
    number: fields.u64(),
    counts: [fields.u32(), fields.u32()],
    flags: [fields.u32(), fields.u32(), fields.u64(), fields.u64()],
    btc: [fields.u32(), fields.u32(), fields.u64(), fields.u64()],
    usd: [fields.u32(), fields.u32(), fields.u64(), fields.u64()],
  });
  const slot = (generation: bigint, number: bigint): bigint => (generation << 24n) + number;
  expect(readAccount()).toEqual({
    number: 11n,
    counts: [2, 2],
    flags: [0, 0, 0n, 0xffff_ffff_ffff_ffffn],
    btc: [0, 0, 1_000_001n, 0n],
    usd: [1, 0, 999_294n, 504n],
  });
  expect(readAccount()).toEqual({
    number: 22n,
    counts: [1, 2],
    flags: [0, 0, 0n, 0xffff_ffff_ffff_ffffn],
    btc: [0, 0, 999_989n, 9n],
    usd: [1, 0, 1_000_201n, 0n],
  });
  // Sixteen schedules that nobody follows.
  expect(Array.from({ length: 17 }, () => fields.u64())).toEqual(
    Array.from({ length: 17 }, () => 0n),
  );
  expect(state[state.length - fields.left() + 1]).toBe(MarketState.CancelOnly);
  fields.skip(LIST_MARKET_BYTES);
  expect([fields.u32(), fields.u32(), fields.u64()]).toEqual([101, 0, 1n]);
  // No auction, no guard.
  expect(Array.from({ length: 7 }, () => fields.u64())).toEqual(
    Array.from({ length: 7 }, () => 0n),
  );
  const readOrder = (): unknown => [
    fields.u64(),
    fields.u32(),
    fields.u32(),
    fields.u64(),
    fields.u64(),
  ];
  expect(readOrder()).toEqual([slot(1n, 2n), 1, 101, 4n, 8n]);
  expect(readOrder()).toEqual([slot(2n, 4n), 1, 100, 1n, 9n]);
  expect(readOrder()).toEqual([0n, 0, 0, 0n, 0n]);
  expect(readOrder()).toEqual([slot(1n, 3n), 2, 200, 9n, 0n]);
  expect(readOrder()).toEqual([0n, 0, 0, 0n, 0n]);
  // The stack, then the generations: slot 1 is free for its second use.
  expect(Array.from({ length: 5 }, () => fields.u32())).toEqual([1, 2, 1, 1, 2]);
  // No special orders; nobody waits for any of six prices, none is pegged or rests unseen; nothing expires, is ripe, or has news.
  expect(Array.from({ length: 14 }, () => fields.u64())).toEqual(
    Array.from({ length: 14 }, () => 0n),
  );
  expect(fields.left()).toBe(0);
});

test("equal histories have equal hashes; time and commands count, even those refused", () => {
  const [left, right] = [createOracle(SMALL_LIMITS), createOracle(SMALL_LIMITS)];
  for (const engine of [left, right]) execute(engine, SMALL_OPENING, 7);
  expect(hashOf(left)).toBe(hashOf(right));
  execute(left, [place({ quantity: 0n })], 7);
  expect(hashOf(left)).not.toBe(hashOf(right));
  execute(right, [place({ priceTicks: 0 })], 7);
  expect(hashOf(left)).toBe(hashOf(right));
  execute(left, [place({ quantity: 0n })], 6);
  execute(right, [place({ quantity: 0n })], 7);
  expect(hashOf(left)).toBe(hashOf(right));
  left.execute(0, 0, 8);
  expect(hashOf(left)).not.toBe(hashOf(right));
});

test("the stream of a large state comes in pieces that make up the whole", () => {
  const engine = createOracle(SMALL_LIMITS);
  execute(engine, SMALL_OPENING, 7);
  execute(
    engine,
    Array.from({ length: 5_000 }, () => place({})),
    7,
  );
  let pieces = 0;
  let bytes = 0;
  engine.writeState((piece) => {
    pieces += 1;
    bytes += piece.length;
  });
  expect(pieces).toBeGreaterThan(1);
  const accountBytes = 2 * (40 + 2 * 24);
  const marketBytes = LIST_MARKET_BYTES + 72 + 2 * 32 + 5_000 * 32;
  expect(bytes).toBe(48 + 2 * 16 + accountBytes + marketBytes + 5_000 * 4 + 31 * 8);
});

test("the stream says of an iceberg whether it has shown another part in the uncrossing that goes on", () => {
  for (const engine of [
    createOracle(SMALL_LIMITS),
    createHotEngine({ limits: SMALL_LIMITS, hashKey: 7n }),
  ]) {
    const set = (state: MarketState): Command => {
      return { kind: CommandKind.SetMarketState, market: BTC_USD, state };
    };
    execute(engine, [...SMALL_OPENING, set(MarketState.Auction)], 1);
    execute(engine, [placeSpecial({ quantity: 50n, displayLots: 1n, clientOrderId: 8n })], 1);
    const buys = Array.from({ length: 9_000 }, () => place({}));
    for (let at = 0; at < buys.length; at += 1_000) execute(engine, buys.slice(at, at + 1_000), 1);
    execute(engine, [place({ account: BOB, side: Side.Sell, quantity: 9_020n })], 1);
    const flags = (): number => {
      const state = Buffer.from(readState(engine));
      const iceberg = engine.findClientOrder(ALICE, 8n)!;
      // It is found by its id, what it hides, and how much it shows at a time.
      const head = Buffer.alloc(24);
      head.writeBigUInt64LE(BigInt(iceberg.orderId), 0);
      head.writeBigUInt64LE(BigInt(iceberg.hiddenLots), 8);
      head.writeBigUInt64LE(1n, 16);
      return state.readUInt32LE(state.indexOf(head) + 56);
    };
    expect(flags()).toBe(0);
    execute(engine, [set(MarketState.Trading)], 1);
    expect(flags()).toBe(1_024);
    execute(engine, [cancelClient(ALICE, 7n)], 1);
    expect(flags()).toBe(0);
  }
});
