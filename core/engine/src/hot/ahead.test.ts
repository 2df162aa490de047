import { createPrng, equalBytes, type Prng, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  commandBytes,
  CommandKind,
  EventKind,
  parseCommands,
  Side,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { deposit } from "../commands.ts";
import type { Engine } from "../engine.ts";
import { sendCommands, stateBytes } from "../library.ts";
import { createOracle } from "../oracle/oracle.ts";
import {
  ALICE,
  cancelClient,
  execute,
  place,
  SMALL_LIMITS,
  SMALL_OPENING,
  SMALL_TERMS,
} from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

// Memory that the next commands need is touched before they run. What a command does not name, or what there is not, must not
// lead astray: any bytes that the parser lets through are answered as the oracle answers them.

// Addresses of assembly/memory.ts.
const ORDERS_AT = 0x0100_0000;
const PAGES_AT = 0x0b02_0400;
const PAGE_HEADS_AT = 0x1303_0600;
const ACCOUNTS_AT = 0x1384_0800;
/** Where ahead.ts looks for the page head of level 0, which is none. */
const HEAD_OF_NONE_AT = PAGE_HEADS_AT + (((2 ** 32 - PAGES_AT) >>> 6) << 3);
/** As if it were a slot: the balances of an account. As addresses they are beyond the end of memory. */
const SLOT_OF_ROWS = (ACCOUNTS_AT + 64 + 32 - ORDERS_AT) / 32;

/** More slots than the hot core looks ahead for. */
const ORDERS = 8_200;
/** As a client order id. */
const UNUSED = 1_000_000n;
const MARKETS = 4;
const ACCOUNTS = 6;
const ASSETS = 7;
const BATCH_COMMANDS = 300;
const BATCHES = 30;

/** Many orders, and accounts with more rows than lie beside them: exactly as many as there may be. */
function createOpening(): Command[] {
  const commands: Command[] = [...SMALL_OPENING];
  for (let asset = 2; asset < ASSETS; asset++) commands.push({ kind: CommandKind.AddAsset });
  for (let market = 1; market < MARKETS; market++) {
    const [baseAsset, quoteAsset] = [market as AssetIndex, ((market + 2) % ASSETS) as AssetIndex];
    commands.push({ kind: CommandKind.ListMarket, ...SMALL_TERMS, baseAsset, quoteAsset });
  }
  for (let account = 3; account <= ACCOUNTS; account++) {
    commands.push({ kind: CommandKind.OpenAccount, number: BigInt(account) });
  }
  for (let account = 1; account <= ACCOUNTS; account++) {
    for (let asset = 0; asset < ASSETS; asset++) {
      commands.push(deposit(account as AccountIndex, asset as AssetIndex, (1n << 40n) - 1n));
    }
  }
  for (let order = 0; order < ORDERS; order++) {
    const side = order % 2 === 0 ? Side.Buy : Side.Sell;
    const priceTicks = side === Side.Buy ? 1 + (order % 400) : 500 + (order % 400);
    const account = (1 + (order % ACCOUNTS)) as AccountIndex;
    // Some have client order ids, each of which several accounts use.
    const clientOrderId = order % 4 === 0 ? BigInt(1 + Math.floor(order / ACCOUNTS)) : 0n;
    commands.push(place({ side, priceTicks, account, clientOrderId }));
  }
  return commands;
}

/** Often a number of what there is, else from an edge or from anywhere. */
function drawWord(prng: Prng): number {
  if (prng.chance(1, 2)) return prng.below(ACCOUNTS + 2);
  if (prng.chance(1, 2)) return prng.below(ORDERS + 1_000);
  if (prng.chance(1, 2)) return prng.nextU32();
  if (prng.chance(1, 4)) return SLOT_OF_ROWS + 2 * prng.below(ACCOUNTS);
  const edges = [1 << 20, 2 ** 22, 2 ** 24 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  return edges[prng.below(edges.length)]! + prng.below(2);
}

const USUAL = [CommandKind.Place, CommandKind.Cancel, CommandKind.Replace, CommandKind.Amend];
const OTHERS = Object.values(CommandKind);

/** Writes a command of random words, but those that the parser refuses. Returns where it ends. */
function writeHostile(prng: Prng, bytes: Uint8Array, start: number): number {
  const kinds = prng.chance(19, 20) ? USUAL : OTHERS;
  const kind = kinds[prng.below(kinds.length)]!;
  const end = start + commandBytes(kind);
  const command = bytes.subarray(start, end).fill(0);
  const view = viewOf(command);
  command[0] = kind;
  // Of a list, all legs are orders.
  for (let at = 64; at < command.length; at += 64) command[at] = 0;
  for (let at = 0; at < command.length; at += 4) {
    const before = view.getUint32(at, true);
    const drawn = at === 0 ? kind + 256 * (prng.below(2) + 256 * prng.below(6)) : drawWord(prng);
    view.setUint32(at, drawn, true);
    if (typeof parseCommands(command) !== "number") view.setUint32(at, before, true);
  }
  return end;
}

function executeAll(engine: Engine, end: number, nowMs: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < end;) {
    at = engine.execute(at, end, nowMs);
    all.push(engine.events.slice(0, engine.eventBytes));
  }
  return all;
}

test.each([1, 2, 3])("commands of any bytes, touched ahead: seed %i", (seed) => {
  const prng = createPrng(seed);
  const limits = { ...SMALL_LIMITS, balancesMax: ACCOUNTS * ASSETS };
  const oracle = createOracle(limits);
  const hot = createHotEngine({ limits, hashKey: BigInt(prng.nextU32()) });
  const opening = createOpening();
  for (const engine of [oracle, hot]) execute(engine, opening, 1);
  expect(oracle.counts().openOrders).toBe(ORDERS);
  expect(oracle.counts().balances).toBe(limits.balancesMax);
  for (let batch = 0; batch < BATCHES; batch++) {
    let end = 0;
    for (let left = BATCH_COMMANDS; left > 0; left--)
      end = writeHostile(prng, oracle.commands, end);
    hot.commands.set(oracle.commands.subarray(0, end));
    const expected = executeAll(oracle, end, 2 + batch);
    const actual = executeAll(hot, end, 2 + batch);
    expect(actual.length).toBe(expected.length);
    expect(actual.every((events, index) => equalBytes(events, expected[index]!))).toBe(true);
  }
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
});

test("an order in no level has a market of its own, whatever stands where its page head would be", () => {
  const hot = createHotEngine({ limits: SMALL_LIMITS, hashKey: 7n });
  execute(hot, createOpening(), 1);
  // As the number of a market it is beyond the end of memory.
  viewOf(new Uint8Array(hot.memory.buffer)).setUint32(HEAD_OF_NONE_AT, 0x00ff_ffff, true);
  const [order] = sendCommands(hot, [place({ clientOrderId: UNUSED })], 2);
  expect(order).toMatchObject({ kind: EventKind.Accepted });
  const [event] = sendCommands(hot, [cancelClient(ALICE, UNUSED)], 2);
  expect(event).toMatchObject({ kind: EventKind.Canceled, remaining: 1n });
});
