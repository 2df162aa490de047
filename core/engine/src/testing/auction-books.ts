import { assert, createPrng, fail, type Prng } from "@rialto/base";
import {
  type AccountIndex,
  ALL_MARKETS,
  BAND_UP_PPM_MAX,
  type Command,
  CommandKind,
  EventKind,
  MarketState,
  OrderType,
  SelfTrade,
  Side,
  SideFilter,
} from "@rialto/protocol";
import { deposit, setMarketState } from "../commands.ts";
import type { AuctionView, Engine } from "../engine.ts";
import { sendCommands } from "../library.ts";
import { ALICE, BOB, BTC, BTC_USD, USD, SMALL_OPENING, SMALL_TERMS } from "./small-exchange.ts";

// Random books that are uncrossed, against the rules of matching.md §3.4 tried at every price there is.

/** Books of a few orders at a few prices meet every tie there is; the others are deeper and wider. */
const SMALL_BOOKS = { of: 10, small: 9 };
const SMALL = { ticksMax: 40, ordersMax: 10 };
const LARGE = { ticksMax: 400, ordersMax: 120 };
const REFERENCE_TICKS = 20;
/** The band reaches every price: market orders are there at each. */
const TERMS = {
  referenceTicks: REFERENCE_TICKS,
  state: MarketState.Auction,
  bandUpPpm: BAND_UP_PPM_MAX,
};
/** Enough for any number of books. */
const FUNDS = 1n << 58n;
const EVERYBODY = 0 as AccountIndex;

interface RandomOrder {
  readonly side: Side;
  /** 0 for a market order. */
  readonly priceTicks: number;
  /** Shown and hidden together. */
  readonly lots: number;
  /** 0 shows all. */
  readonly displayLots: number;
  readonly isHidden: boolean;
}

/**
 * Lets `engine`, which is new, find the prices of random books, and uncross them: each must trade what the rules say, at
 * the price that they say.
 *
 * Returns  how many of the books were crossed.
 * Errors   the first book that is uncrossed otherwise, thrown, with its orders.
 */
export function checkAuctions(engine: Engine, seed: number, bookCount: number): number {
  const prng = createPrng(seed);
  const listed = SMALL_OPENING.map((command) =>
    command.kind === CommandKind.ListMarket ? { ...command, ...SMALL_TERMS, ...TERMS } : command,
  );
  send(engine, listed);
  send(
    engine,
    [ALICE, BOB].flatMap((account) => [BTC, USD].map((asset) => deposit(account, asset, FUNDS))),
  );
  const clear: Command = {
    kind: CommandKind.MassCancel,
    account: EVERYBODY,
    market: ALL_MARKETS,
    sides: SideFilter.Both,
    withFamily: 0,
  };
  let crossedCount = 0;
  for (let book = 0; book < bookCount; book++) {
    const size = prng.chance(SMALL_BOOKS.small, SMALL_BOOKS.of) ? SMALL : LARGE;
    const orders = randomBook(prng, size);
    send(engine, orders.map(placed));
    const { lastTradeTicks } = engine.market(BTC_USD);
    const expected = tryEveryPrice(orders, lastTradeTicks);
    checkBook(engine, orders, expected);
    if (expected !== undefined) crossedCount += 1;
    send(engine, [clear, setMarketState(BTC_USD, MarketState.Auction)]);
  }
  engine.audit();
  return crossedCount;
}

function randomBook(prng: Prng, { ticksMax, ordersMax }: typeof SMALL): RandomOrder[] {
  const lotsMax = prng.chance(1, 2) ? 3 : 50;
  const hasMarketOrders = prng.chance(1, 3);
  return Array.from({ length: 2 + prng.below(ordersMax - 1) }, () => {
    const lots = 1 + prng.below(lotsMax);
    if (hasMarketOrders && prng.chance(1, 4)) {
      return { side: prng.below(2) as Side, priceTicks: 0, lots, displayLots: 0, isHidden: false };
    }
    return {
      side: prng.below(2) as Side,
      priceTicks: 1 + prng.below(ticksMax),
      lots,
      ...drawShow(prng, lots),
    };
  });
}

/** Most show all they have, some a part, some nothing. */
function drawShow(prng: Prng, lots: number): Pick<RandomOrder, "displayLots" | "isHidden"> {
  const isHidden = prng.chance(1, 5);
  return { isHidden, displayLots: !isHidden && prng.chance(1, 5) ? 1 + prng.below(lots) : 0 };
}

/** Buyers are Alice's, sellers Bob's. */
function placed({ side, priceTicks, lots, displayLots, isHidden }: RandomOrder): Command {
  const terms = {
    market: BTC_USD,
    account: side === Side.Buy ? ALICE : BOB,
    side,
    orderType: priceTicks === 0 ? OrderType.Market : OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks,
    quantity: BigInt(lots),
    clientOrderId: 0n,
  };
  if (displayLots === 0 && !isHidden) return { kind: CommandKind.Place, ...terms };
  return {
    kind: CommandKind.PlaceSpecial,
    ...terms,
    displayLots: BigInt(displayLots),
    expiresMs: 0,
    isHidden: isHidden ? 1 : 0,
    isProtected: 0,
    trigger: 0,
    triggerSource: 0,
    triggerTicks: 0,
    trailBasisPoints: 0,
    peg: 0,
    pegTicks: 0,
  };
}

function tryEveryPrice(orders: readonly RandomOrder[], reference: number): AuctionView | undefined {
  const limits = orders.filter((order) => order.priceTicks !== 0).map((order) => order.priceTicks);
  const low = Math.min(reference, ...limits);
  const high = Math.max(reference, ...limits);
  const bids = lotsByTick(orders, Side.Buy, high);
  const asks = lotsByTick(orders, Side.Sell, high);
  // Lots wanted at the price or a higher one, offered at the price or a lower one; market orders at any.
  let wanted = bids.reduce((sum, lots) => sum + lots, 0);
  let offered = asks[0]!;
  const marketBids = bids[0]!;
  bids[0] = 0;
  wanted -= bids.slice(0, low - 1).reduce((sum, lots) => sum + lots, 0);
  const prices = Array.from({ length: high - low + 1 }, (_, index) => {
    const priceTicks = low + index;
    wanted -= bids[priceTicks - 1]!;
    offered += asks[priceTicks]!;
    return { priceTicks, lots: Math.min(wanted, offered), surplus: wanted - offered };
  });
  const left = wanted - bids[high]!;
  assert(left === marketBids, "above all limits only market orders buy");
  const most = Math.max(...prices.map((price) => price.lots));
  if (most === 0) return undefined;
  const heavy = prices.filter((price) => price.lots === most);
  const least = Math.min(...heavy.map((price) => Math.abs(price.surplus)));
  const even = heavy.filter((price) => Math.abs(price.surplus) === least);
  const distance = (ticks: number): number => Math.abs(ticks - reference);
  const nearest = even.toSorted((a, b) => distance(a.priceTicks) - distance(b.priceTicks))[0]!;
  const isUp = even.every((price) => price.surplus > 0);
  const isDown = even.every((price) => price.surplus < 0);
  const chosen = isUp ? even.at(-1)! : isDown ? even[0]! : nearest;
  return {
    priceTicks: chosen.priceTicks,
    lots: BigInt(chosen.lots),
    surplusSide: chosen.surplus < 0 ? Side.Sell : Side.Buy,
    surplusLots: BigInt(Math.abs(chosen.surplus)),
  };
}

/** Lots of a side at each tick, market orders at 0. */
function lotsByTick(orders: readonly RandomOrder[], side: Side, ticksMax: number): number[] {
  const lots = Array.from({ length: ticksMax + 1 }, () => 0);
  for (const order of orders) if (order.side === side) lots[order.priceTicks]! += order.lots;
  return lots;
}

function checkBook(
  engine: Engine,
  orders: readonly RandomOrder[],
  expected: AuctionView | undefined,
): void {
  const found = engine.auction(BTC_USD);
  const traded = uncross(engine);
  const isTold =
    found?.priceTicks === expected?.priceTicks &&
    found?.lots === expected?.lots &&
    found?.surplusSide === expected?.surplusSide &&
    found?.surplusLots === expected?.surplusLots;
  const isTraded =
    traded.lots === (expected?.lots ?? 0n) &&
    traded.prices.every((at) => at === expected?.priceTicks);
  if (isTold && isTraded) return;
  const text = JSON.stringify({ orders, expected, found, traded }, (_, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  fail(`a book is uncrossed by the rules: ${text}`);
}

/**
 * Opens the market. Returns what has traded, and the prices at which it did. All has before the next command, however many steps
 * that takes.
 */
function uncross(engine: Engine): { readonly lots: bigint; readonly prices: readonly number[] } {
  let lots = 0n;
  const prices = new Set<number>();
  const commands = [setMarketState(BTC_USD, MarketState.Trading), deposit(ALICE, USD, 1n)];
  for (const event of sendCommands(engine, commands, 1)) {
    assert(event.kind !== EventKind.Rejected, "the market opens");
    if (event.kind !== EventKind.Auctioned) continue;
    lots += BigInt(event.lots);
    prices.add(event.priceTicks);
  }
  return { lots, prices: [...prices] };
}

function send(engine: Engine, commands: readonly Command[]): void {
  for (const event of sendCommands(engine, commands, 1)) {
    assert(event.kind !== EventKind.Rejected, "every order of a book is accepted");
  }
}
