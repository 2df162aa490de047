import { assert, createPrng, Fault, type Prng, viewOf } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { clientOrderIdOf } from "@rialto/gateway";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  CommandKind,
  decodeEvents,
  encodeCommand,
  type EngineEvent,
  EventKind,
  genesisCommands,
  type MarketIndex,
  NO_ORDER,
  OrderType,
  ReplaceMode,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import type { CapturedLevel } from "./capture-line.ts";
import { CapturePlanner } from "./capture-planner.ts";
import type { ReplayCommand, ReplayOrder } from "./replay-command.ts";
import { CAPTURE_NETWORK } from "./replay-network.ts";

const MARKET = 0 as MarketIndex;

/** An engine of the replay's network, with two rich accounts, that executes what a replay plans. */
class PlannedExchange {
  readonly engine: SnapshotEngine;
  readonly #maker: AccountIndex;
  readonly #taker: AccountIndex;

  constructor() {
    const genesis = genesisCommands(CAPTURE_NETWORK);
    if (genesis instanceof Fault) throw genesis;
    this.engine = createHotEngine({ limits: CAPTURE_NETWORK.capacities, hashKey: 1n });
    for (const command of genesis) this.execute(command);
    this.#maker = this.#openAccount(1n);
    this.#taker = this.#openAccount(2n);
  }

  #openAccount(number: bigint): AccountIndex {
    const [event] = this.execute({ kind: CommandKind.OpenAccount, number });
    assert(event?.kind === EventKind.AccountOpened, "an account is opened");
    const { account } = event;
    for (const asset of [0, 1]) {
      const deposit = { account, asset: asset as AssetIndex, quanta: 10n ** 16n, reference: 0n };
      this.execute({ kind: CommandKind.Deposit, ...deposit });
    }
    return account;
  }

  /** Executes one command. Fails if it is refused. */
  execute(command: Command): EngineEvent[] {
    const { engine } = this;
    const end = encodeCommand(viewOf(engine.commands), 0, command);
    assert(engine.execute(0, end, 1) === end, "a command is executed whole");
    const events = decodeEvents(engine.events.subarray(0, engine.eventBytes));
    const isRefused = events.some((event) => event.kind === EventKind.Rejected);
    assert(!isRefused, "no planned command is refused");
    return events;
  }

  make(commands: readonly ReplayCommand[]): void {
    for (const command of commands) {
      const events = this.execute(commandOf(command, this.#maker));
      const hasTraded = events.some((event) => event.kind === EventKind.Fill);
      assert(!hasTraded, "the maker does not trade by itself");
    }
  }

  /** Returns "price x lots" of every fill. */
  take(order: ReplayOrder): string[] {
    const events = this.execute(commandOf({ kind: "place", order }, this.#taker));
    return events.flatMap((event) =>
      event.kind === EventKind.Fill ? [`${event.priceTicks} x ${event.lots}`] : [],
    );
  }

  levels(side: Side): string[] {
    const levels = this.engine.depth(MARKET, side, 1_000);
    return levels.map(({ priceTicks, lots }) => `${priceTicks} x ${lots}`);
  }
}

const TYPES = {
  LIMIT_MAKER: OrderType.PostOnly,
  GTC: OrderType.Limit,
  IOC: OrderType.ImmediateOrCancel,
} as const;

function commandOf(command: ReplayCommand, account: AccountIndex): Command {
  const targetOf = (text: string) => ({ orderId: NO_ORDER, clientOrderId: clientOrderIdOf(text) });
  if (command.kind === "cancel") {
    return { kind: CommandKind.Cancel, account, target: targetOf(command.target) };
  }
  const { side, type, priceTicks, lots, clientOrderId } = command.order;
  const terms = {
    account,
    market: MARKET,
    side,
    orderType: TYPES[type],
    selfTrade: SelfTrade.ExpireTaker,
    priceTicks,
    quantity: BigInt(lots),
    clientOrderId: clientOrderIdOf(clientOrderId),
  };
  if (command.kind === "place") return { kind: CommandKind.Place, ...terms };
  const target = targetOf(command.target);
  return { kind: CommandKind.Replace, ...terms, target, mode: ReplaceMode.StopOnFailure };
}

type Book = readonly [Map<number, number>, Map<number, number>];

const PRICES = 24;
const LOTS_MAX = 9;

/** Levels of a random uncrossed book: a few of each side, and zeros where there were some before. */
function randomBook(prng: Prng, before: Book): Book {
  const middle = 1 + prng.below(PRICES - 1);
  const next: Book = [new Map<number, number>(), new Map<number, number>()];
  for (let price = 1; price <= PRICES; price++) {
    const side = price <= middle ? Side.Buy : Side.Sell;
    const old = before[side].get(price) ?? 0;
    const draw = prng.below(4);
    const lots = draw === 0 ? 0 : draw === 1 ? 1 + prng.below(LOTS_MAX) : old;
    if (lots > 0) next[side].set(price, lots);
  }
  return next;
}

function changes(side: Side, before: Book, after: Book): CapturedLevel[] {
  const prices = new Set([...before[side].keys(), ...after[side].keys()]);
  return [...prices]
    .map((priceTicks) => ({ priceTicks, lots: after[side].get(priceTicks) ?? 0 }))
    .filter(({ priceTicks, lots }) => lots !== (before[side].get(priceTicks) ?? 0));
}

function expectedLevels(side: Side, book: Book): string[] {
  const prices = [...book[side].keys()].sort((left, right) =>
    side === Side.Buy ? right - left : left - right,
  );
  return prices.map((price) => `${price} x ${book[side].get(price)}`);
}

/** Trades of any price and size, whether or not the book of the moment could have made them. */
function tradeRandomly(prng: Prng, planner: CapturePlanner, exchange: PlannedExchange): void {
  const priceTicks = 1 + prng.below(PRICES);
  const lots = 1 + prng.below(LOTS_MAX);
  const isBuyerMaker = prng.below(2) === 0;
  const trade = { kind: "trade", line: 1, tradeId: 1, priceTicks, lots, isBuyerMaker } as const;
  const { room, taker } = planner.trade(trade);
  exchange.make(room);
  const fills = exchange.take(taker);
  const sum = fills.reduce((total, fill) => total + Number(fill.split(" x ")[1]), 0);
  const isAtPrice = fills.every((fill) => fill.startsWith(`${priceTicks} x `));
  assert(sum === lots && isAtPrice, "a trade is of the recorded size, at the recorded price");
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "books and trades of seed %i happen exactly, and the maker never trades by itself",
  (seed) => {
    const prng = createPrng(seed);
    const planner = new CapturePlanner();
    const exchange = new PlannedExchange();
    const empty: Book = [new Map<number, number>(), new Map<number, number>()];
    let book = randomBook(prng, empty);
    const levels = { bids: changes(Side.Buy, empty, book), asks: changes(Side.Sell, empty, book) };
    exchange.make(planner.open({ line: 1, update: 1, changes: [levels] }));
    for (let round = 0; round < 60; round++) {
      for (let count = prng.below(4); count > 0; count--) tradeRandomly(prng, planner, exchange);
      const next = randomBook(prng, book);
      const change = { kind: "depth", line: 1, firstUpdate: 1, lastUpdate: 1 } as const;
      const bids = changes(Side.Buy, book, next);
      const asks = changes(Side.Sell, book, next);
      exchange.make(planner.depth({ ...change, bids, asks }));
      book = next;
      for (const side of [Side.Buy, Side.Sell]) {
        expect(exchange.levels(side)).toEqual(expectedLevels(side, book));
      }
    }
    exchange.engine.audit();
  },
);
