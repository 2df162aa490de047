import { equalBytes } from "@rialto/base";
import {
  ALL_MARKETS,
  type Command,
  CommandKind,
  COMMAND_EVENT_BYTES_MAX,
  decodeEvents,
  EventKind,
  INDICATIVES_PER_COMMAND_MAX,
  MarketState,
  OrderType,
  PegKind,
  PEG_MOVES_PER_COMMAND_MAX,
  PEGS_PER_MARKET_MAX,
  Side,
  SideFilter,
  type AccountIndex,
  type MarketIndex,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import type { Engine, EngineLimits } from "../engine.ts";
import { createOracle } from "../oracle/oracle.ts";
import { deposit, openAccount, setMarketState } from "../commands.ts";
import { stateBytes } from "../library.ts";
import {
  ALICE,
  BOB,
  execute,
  place,
  placeSpecial,
  SMALL_LIMITS,
  SMALL_OPENING,
  SMALL_TERMS,
  USD,
  write,
} from "../testing/small-exchange.ts";
import { createHotEngine, type SnapshotEngine } from "./hot-engine.ts";

// What one command causes in thousands of markets at once: matching.md §3.2 and §3.4 put most of it off.

const BATCH = 1_000;
const DAVE = 3 as AccountIndex;
/** As many as fill a market with pegged orders: bob and others that have the same. */
const PEGGERS = [BOB, 4, 5, 6, 7, 8, 9, 10] as AccountIndex[];
const CANCEL_ALL: Command = {
  kind: CommandKind.CancelAll,
  account: ALICE,
  market: ALL_MARKETS,
  sides: SideFilter.Both,
  withFamily: 0,
};
/** Of an account without orders: what follows is of the commands before. */
const NOTHING: Command = { ...CANCEL_ALL, account: DAVE };

function limitsFor(markets: number, specials: number): EngineLimits {
  const ordersMax = specials + 2 * markets + 1;
  return {
    ...SMALL_LIMITS,
    ordersMax,
    accountOrdersMax: 65_535,
    marketsMax: markets,
    levelPagesMax: 2 * markets,
    ladderEntriesMax: markets * 14,
    specialsMax: specials,
  };
}

/** Opens `count` markets and lets `fill` say what comes to each. */
function open(
  engines: readonly Engine[],
  count: number,
  state: MarketState,
  fill: (market: MarketIndex) => Command[],
): void {
  const terms = { ...SMALL_TERMS, priceTicksMax: 100, referenceTicks: 50, state };
  const markets = Array.from({ length: count }, (_, index) => index as MarketIndex);
  const commands: Command[] = [
    ...SMALL_OPENING.map((command) =>
      command.kind === CommandKind.ListMarket ? { ...command, ...terms } : command,
    ),
    ...[33n, 44n, 55n, 66n, 77n, 88n, 99n, 110n].map(openAccount),
    ...PEGGERS.slice(1).map((account) => deposit(account, USD, 1_000_000n)),
    ...markets.slice(1).map((): Command => ({ kind: CommandKind.ListMarket, ...terms })),
    ...markets.flatMap(fill),
    // Pegged orders begin to stand at last: until then they cost the oracle nothing.
    ...[MarketState.Auction, MarketState.Trading]
      .filter(() => state === MarketState.PreOpen)
      .flatMap((next) => markets.map((market) => setMarketState(market, next))),
  ];
  for (const engine of engines) {
    for (let from = 0; from < commands.length; from += BATCH)
      execute(engine, commands.slice(from, from + BATCH), 1);
  }
}

function pegged(market: MarketIndex, account: AccountIndex): Command {
  const orderType = OrderType.PostOnly;
  return placeSpecial({ market, account, priceTicks: 90, orderType, peg: PegKind.Primary });
}

/** What pegged orders follow, and as many of these as may be. */
function pegsOf(market: MarketIndex): Command[] {
  return [
    place({ market, priceTicks: 3 }),
    ...Array.from({ length: PEGS_PER_MARKET_MAX }, (_, nth) =>
      pegged(market, PEGGERS[nth % PEGGERS.length]!),
    ),
  ];
}

/** Executes one command on each engine. Returns the events, which are the same. */
function agree(engines: readonly Engine[], command: Command, nowMs: number): Uint8Array {
  const [expected, ...others] = engines.map((engine) => execute(engine, [command], nowMs));
  for (const actual of others) expect(equalBytes(actual, expected!)).toBe(true);
  return expected!;
}

function countOf(events: Uint8Array, kind: EventKind): number {
  return decodeEvents(events).filter((event) => event.kind === kind).length;
}

function pairOf(limits: EngineLimits): [Engine, SnapshotEngine] {
  return [createOracle(limits), createHotEngine({ limits, hashKey: 7n })];
}

test("pegged orders of many markets: those of one command fit the event buffer, the others move before the next", () => {
  const markets = 2_000;
  const engine = createHotEngine({
    limits: limitsFor(markets, markets * PEGS_PER_MARKET_MAX),
    hashKey: 7n,
  });
  open([engine], markets, MarketState.PreOpen, pegsOf);
  const moved = (events: Uint8Array): number => countOf(events, EventKind.Pegged);
  const first = execute(engine, [CANCEL_ALL], 1);
  expect(first.length).toBeLessThanOrEqual(COMMAND_EVENT_BYTES_MAX);
  expect(moved(first)).toBe(PEG_MOVES_PER_COMMAND_MAX);
  const all = markets * PEGS_PER_MARKET_MAX;
  expect(moved(execute(engine, [NOTHING], 1))).toBe(all - PEG_MOVES_PER_COMMAND_MAX);
  expect(moved(execute(engine, [NOTHING], 1))).toBe(0);
  engine.audit();
});

test("pegged orders of many markets: both engines move the same ones after each command", () => {
  const markets = PEG_MOVES_PER_COMMAND_MAX / PEGS_PER_MARKET_MAX + 2;
  const engines = pairOf(limitsFor(markets, markets * PEGS_PER_MARKET_MAX));
  open(engines, markets, MarketState.PreOpen, pegsOf);
  const moved = (command: Command): number => countOf(agree(engines, command, 1), EventKind.Pegged);
  expect(moved(CANCEL_ALL)).toBe(PEG_MOVES_PER_COMMAND_MAX);
  const [oracle, hot] = engines;
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
  expect(moved(NOTHING)).toBe(2 * PEGS_PER_MARKET_MAX);
  expect(moved(NOTHING)).toBe(0);
  hot.audit();
});

test("pegged orders of many markets: nobody trades with one that has still to move", () => {
  const markets = PEG_MOVES_PER_COMMAND_MAX / PEGS_PER_MARKET_MAX + 2;
  const engines = pairOf(limitsFor(markets, markets * PEGS_PER_MARKET_MAX));
  open(engines, markets, MarketState.PreOpen, pegsOf);
  agree(engines, CANCEL_ALL, 1);
  const market = (markets - 1) as MarketIndex;
  // What they follow is gone: they stand nowhere when it comes.
  const sell = place({ market, side: Side.Sell, priceTicks: 3 });
  const events = agree(engines, sell, 1);
  const late = 2 * PEGS_PER_MARKET_MAX;
  const { Accepted, Pegged } = EventKind;
  expect(decodeEvents(events).map(({ kind }) => kind)).toEqual([
    ...Array<EventKind>(late).fill(Pegged),
    Accepted,
  ]);
  const [oracle, hot] = engines;
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
});

test("what is due before a command is told in as many calls as its events need, and the command comes last", () => {
  const orders = 30_000;
  const engines = pairOf({ ...SMALL_LIMITS, ordersMax: 2 * orders + 1 });
  const opening = [
    ...SMALL_OPENING,
    ...[ALICE, BOB].flatMap((account) => [
      deposit(account, USD, 100n * BigInt(orders)),
      ...Array.from({ length: orders }, () => place({ account })),
      { kind: CommandKind.SetDeadline, account, timeoutMs: 500n } as const,
    ]),
  ];
  for (const engine of engines) {
    for (let from = 0; from < opening.length; from += BATCH)
      execute(engine, opening.slice(from, from + BATCH), 1);
  }
  const [oracle, hot] = engines;
  const sell = place({ side: Side.Sell });
  const end = write(oracle, [sell]);
  write(hot, [sell]);
  const told: EventKind[] = [];
  let calls = 0;
  for (let at = 0; at < end; calls++) {
    at = oracle.execute(at, end, 1_000);
    expect(hot.execute(0, end, 1_000)).toBe(at);
    const events = oracle.events.subarray(0, oracle.eventBytes);
    expect(equalBytes(hot.events.subarray(0, hot.eventBytes), events)).toBe(true);
    for (const { kind } of decodeEvents(events)) told.push(kind);
  }
  expect(calls).toBe(3);
  const { Canceled, DeadlinePassed, Accepted } = EventKind;
  expect(told.length).toBe(2 * orders + 3);
  expect(told.filter((kind) => kind === Canceled).length).toBe(2 * orders);
  expect(told[orders]).toBe(DeadlinePassed);
  expect(told.slice(-2)).toEqual([DeadlinePassed, Accepted]);
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
});

test("indicative prices of many markets: most are due at once", () => {
  const markets = INDICATIVES_PER_COMMAND_MAX + 2;
  const engines = pairOf(limitsFor(markets, 1));
  open(engines, markets, MarketState.Auction, (market) => [place({ market, priceTicks: 3 })]);
  // All have been told when their orders came; those that the cancel changes may be told again from here on.
  const told = (command: Command): number =>
    countOf(agree(engines, command, 10_000), EventKind.Indicative);
  expect(told(CANCEL_ALL)).toBe(INDICATIVES_PER_COMMAND_MAX);
  const [oracle, hot] = engines;
  expect(equalBytes(stateBytes(hot), stateBytes(oracle))).toBe(true);
  hot.audit();
  expect(told(NOTHING)).toBe(2);
  expect(told(NOTHING)).toBe(0);
});
