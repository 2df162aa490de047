import { assert, encodeHex } from "@rialto/base";
import {
  accountIndex,
  addAsset,
  assetIndex,
  cancelOrder,
  deposit,
  type EngineLimits,
  limitOrder,
  listMarket,
  marketIndex,
  openAccount,
  setMarketState,
  stateHash,
} from "@rialto/engine";
import {
  type Command,
  CommandKind,
  type EngineEvent,
  EventKind,
  MarketState,
  type OrderId,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { createHash } from "node:crypto";
import { LotAccount, type SideLots } from "./lot-account.ts";
import type { MarketSteps } from "./market-steps.ts";
import type { OrderEvent } from "./order-line.ts";
import { checkWanted, incompleteFault } from "./replay-fault.ts";
import { TwinEngines } from "./twin-engines.ts";

// Replays an order-by-order file on both engines through a day's phases: orders gather, an opening auction, trading, a fall
// in price that is provoked and pauses the market, its re-opening auction, trading, a closing auction.

/** One uncrossing, and what the engine had said that it would be. */
export interface Uncrossing {
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly trades: number;
  /** Where in the file it was. */
  readonly line: number;
}

export interface EngineReplay {
  readonly events: number;
  readonly commands: number;
  readonly trades: number;
  /** Indicative prices that were told in the auctions. */
  readonly indications: number;
  readonly opening: Uncrossing;
  /** The line before which an order was placed that the guard has stopped. */
  readonly haltedBeforeLine: number;
  readonly reopening: Uncrossing;
  readonly closing: Uncrossing;
  /** Other pauses that the flow itself has caused. */
  readonly otherHalts: number;
  readonly buy: SideLots & { readonly resting: bigint };
  readonly sell: SideLots & { readonly resting: bigint };
  readonly stateHash: string;
  readonly seconds: number;
}

/** A tick is a cent, a lot 10^-8: those of the recorded venue. Units: integers of 10^-8. */
export const ENGINE_STEPS: MarketSteps = { symbol: "BTCUSD", tick: 1_000_000n, lot: 1n };

const [BTC, USD] = [assetIndex(0), assetIndex(1)];
const MARKET = marketIndex(0);
/** Bids are one account's, asks another's; a third one provokes. */
const ACCOUNTS = { [Side.Buy]: accountIndex(1), [Side.Sell]: accountIndex(2) } as const;
const PROVOKER = accountIndex(3);
const FUNDS_QUANTA = 1n << 58n;
const LIMITS: EngineLimits = {
  ordersMax: 262_143,
  levelPagesMax: 65_535,
  accountsMax: 3,
  balancesMax: 16,
  assetsMax: 2,
  marketsMax: 1,
  ladderEntriesMax: 200_000,
  accountOrdersMax: 65_535,
  specialsMax: 16,
  volumesMax: 16,
};
const TERMS = {
  baseAsset: BTC,
  quoteAsset: USD,
  priceTicksMax: 1_000_000,
  makerFeePpm: 100,
  takerFeePpm: 200,
} as const;
const GUARD_PPM = 20_000;
const PPM = 1_000_000;
const GUARD_WINDOW_MS = 60_000;
const GUARD_AUCTION_MS = 60_000;
/** What is sold at the best bid in the closing auction: one bitcoin. */
const CLOSING_LOTS = 100_000_000n;
/** Parts of the file: orders gather in the first, the price falls after the second. */
const OPENING_PART = 0.05;
const HALT_PART = 0.5;
const EVENTS_PER_AUDIT = 5_000;
const LEVELS_MAX = 60_000;

/**
 * Replays `events` on the hot core and the oracle, which must agree on every event, and accounts for every lot.
 *
 * Errors   REPLAY_FILE_INCOMPLETE where nothing crosses when the market is to open, or no bid is deep enough to provoke a
 *          pause; an `InvariantError` where the engines differ, a lot or a quantum is lost, or the book is crossed.
 */
export function replayEngine(events: readonly OrderEvent[], signal: AbortSignal): EngineReplay {
  const startMs = performance.now();
  const day = new TradingDay();
  const opensAt = Math.max(1, Math.floor(events.length * OPENING_PART));
  const haltsAt = Math.max(opensAt + 1, Math.floor(events.length * HALT_PART));
  day.begin(events[0]!.timeMs);
  let haltedBeforeLine = 0;
  for (const [index, event] of events.entries()) {
    checkWanted(signal);
    if (index === opensAt) day.open(event);
    if (index === haltsAt) {
      day.provoke(event);
      haltedBeforeLine = event.line;
    }
    day.replay(event);
    if (index % EVENTS_PER_AUDIT === 0) day.twins.audit();
  }
  day.close(events.at(-1)!);
  day.twins.audit();
  const [opening, reopening, closing] = day.uncrossingsOf();
  const { twins, account } = day;
  return {
    events: events.length,
    commands: twins.commandCount,
    trades: account.trades,
    indications: day.indications,
    opening,
    haltedBeforeLine,
    reopening,
    closing,
    otherHalts: day.halts - 1,
    buy: sideOf(day, Side.Buy),
    sell: sideOf(day, Side.Sell),
    stateHash: encodeHex(stateHash(twins.hot, createHash("sha256"))),
    seconds: (performance.now() - startMs) / 1_000,
  };
}

/** Checks that nothing of a side is lost, against what the engine's own list of open orders has left. */
function sideOf({ account, twins }: TradingDay, side: Side): EngineReplay["buy"] {
  const { placed, traded, canceled } = account.sides[side];
  const resting = account.resting(side);
  const listed = [...Object.values(ACCOUNTS), PROVOKER]
    .flatMap((owner) => twins.hot.openOrders(owner))
    .filter((order) => order.side === side)
    .reduce((lots, order) => lots + BigInt(order.lots), 0n);
  assert(resting === listed, "what is left is what the engine lists as open");
  assert(placed === traded + canceled + resting, "every lot that was placed is accounted for");
  assert(traded === account.sides[Side.Sell].traded, "as many lots are sold as are bought");
  return { placed, traded, canceled, resting };
}

class TradingDay {
  readonly twins = new TwinEngines(LIMITS);
  readonly account = new LotAccount();
  indications = 0;
  halts = 0;
  readonly #uncrossings: { priceTicks: number; lots: bigint; trades: number; line: number }[] = [];
  /** Orders of the file by their ids there. */
  readonly #orders = new Map<string, OrderId>();
  /**
   * Changes and deletions from before the opening, which come after it: at the venue many of them were trades, and without
   * them the orders that gather cross.
   */
  readonly #held: OrderEvent[] = [];
  #state: MarketState = MarketState.PreOpen;
  #isUncrossing = false;
  #line = 1;

  begin(nowMs: number): void {
    const opening = [
      addAsset(),
      addAsset(),
      listMarket({ ...TERMS, state: MarketState.PreOpen }),
      ...[1n, 2n, 3n].map(openAccount),
      ...[...Object.values(ACCOUNTS), PROVOKER].flatMap((owner) => [
        deposit(owner, BTC, FUNDS_QUANTA),
        deposit(owner, USD, FUNDS_QUANTA),
      ]),
    ];
    for (const command of opening) this.#send(command, nowMs);
  }

  /** The opening auction: what it is said to trade is what it trades. */
  open({ line, timeMs }: OrderEvent): void {
    this.#line = line;
    this.#send(setMarketState(MARKET, MarketState.Auction), timeMs);
    this.#uncross(MarketState.Trading, timeMs, "the market is to open");
    for (const held of this.#held.splice(0)) this.#end({ ...held, timeMs });
  }

  /** The closing auction. What has traded all day does not cross: an order of ours does. */
  close({ line, timeMs }: OrderEvent): void {
    this.#line = line;
    this.#send(setMarketState(MARKET, MarketState.Auction), timeMs);
    const bid = this.twins.hot.bestTicks(MARKET, Side.Buy);
    if (bid > 0) this.#place(PROVOKER, Side.Sell, bid, CLOSING_LOTS, timeMs);
    this.#uncross(MarketState.Closed, timeMs, "the market is to close");
  }

  #uncross(state: MarketState, nowMs: number, when: string): void {
    const expected = this.twins.hot.auction(MARKET);
    if (expected === undefined) throw incompleteFault(`nothing crosses when ${when}`);
    this.#send(setMarketState(MARKET, state), nowMs);
    const { priceTicks, lots } = this.#uncrossings.at(-1)!;
    assert(priceTicks === expected.priceTicks, "the auction's price is the one that was told");
    assert(lots === expected.lots, "the auction trades what was told");
    assert(this.#state === state, "the auction is over");
  }

  /** Sells through all bids that the guard lets trades reach, and one level more. */
  provoke({ line, timeMs }: OrderEvent): void {
    this.#line = line;
    const { hot } = this.twins;
    this.#send(
      {
        kind: CommandKind.SetMarketGuard,
        market: MARKET,
        upPpm: GUARD_PPM,
        downPpm: GUARD_PPM,
        windowMs: GUARD_WINDOW_MS,
        auctionMs: GUARD_AUCTION_MS,
      },
      timeMs,
    );
    const bound = Math.ceil((hot.market(MARKET).lastTradeTicks * (PPM - GUARD_PPM)) / PPM);
    const bids = hot.depth(MARKET, Side.Buy, LEVELS_MAX);
    const beyond = bids.findIndex((level) => level.priceTicks < bound);
    if (beyond < 0) throw incompleteFault("no bid is deep enough for a fall to be stopped");
    const reached = bids.slice(0, beyond + 1);
    const lots = reached.reduce((sum, level) => sum + level.lots, 0n);
    const halts = this.halts;
    this.#place(PROVOKER, Side.Sell, reached.at(-1)!.priceTicks, lots, timeMs);
    assert(this.halts === halts + 1, "the guard pauses the market");
  }

  replay(event: OrderEvent): void {
    this.#line = event.line;
    const { orderId, action, side, priceTicks, lots, timeMs } = event;
    if (action === "created") {
      const placed = this.#place(ACCOUNTS[side], side, priceTicks, BigInt(lots), timeMs);
      this.#orders.set(orderId, placed);
    } else if (this.#state === MarketState.PreOpen) this.#held.push(event);
    else this.#end(event);
  }

  /** Reduces or cancels an order, unless it has traded as much here. */
  #end({ orderId, action, side, lots, timeMs }: OrderEvent): void {
    const owner = ACCOUNTS[side];
    const known = this.#orders.get(orderId);
    const left = known === undefined ? 0n : this.account.lotsOf(known);
    if (known === undefined || left === 0n) return;
    if (action === "deleted" || lots === 0) {
      this.#send(cancelOrder(owner, known), timeMs);
    } else if (BigInt(lots) < left) {
      const target = { orderId: known, clientOrderId: 0n };
      const price = this.twins.hot.findOrder(known)!.priceTicks;
      const terms = { orderType: OrderType.Limit, selfTrade: SelfTrade.Allow, priceTicks: price };
      const sizes = { quantity: BigInt(lots), expectedLots: 0n };
      this.#send({ kind: CommandKind.Amend, account: owner, target, ...terms, ...sizes }, timeMs);
    }
  }

  #place(
    owner: (typeof ACCOUNTS)[Side],
    side: Side,
    priceTicks: number,
    lots: bigint,
    nowMs: number,
  ): OrderId {
    const selfTrade = SelfTrade.Allow;
    const order = { market: MARKET, account: owner, side, lots, priceTicks, selfTrade };
    let placed: OrderId | undefined;
    this.#send(limitOrder(order), nowMs, (orderId) => {
      placed = orderId;
      this.account.place(orderId, side, lots);
    });
    assert(placed !== undefined, "every order of the flow is accepted");
    return placed;
  }

  #send(command: Command, nowMs: number, onAccepted?: (orderId: OrderId) => void): void {
    const isOurs = command.kind === CommandKind.SetMarketState;
    for (const event of this.twins.execute(command, nowMs)) {
      if (event.kind === EventKind.Accepted) onAccepted?.(event.orderId);
      this.account.take(event);
      this.#observe(event, isOurs);
    }
    this.#checkBook();
  }

  /** `isOurs`: the command has set the market's state, so that no guard did. */
  #observe(event: EngineEvent, isOurs: boolean): void {
    assert(event.kind !== EventKind.Rejected, "no command of the day is refused");
    if (event.kind === EventKind.Indicative) this.indications += 1;
    if (event.kind === EventKind.Auctioned) {
      if (!this.#isUncrossing) {
        const { priceTicks } = event;
        this.#uncrossings.push({ priceTicks, lots: 0n, trades: 0, line: this.#line });
      }
      this.#isUncrossing = true;
      const uncrossing = this.#uncrossings.at(-1)!;
      assert(uncrossing.priceTicks === event.priceTicks, "an uncrossing has one price");
      uncrossing.lots += BigInt(event.lots);
      uncrossing.trades += 1;
    }
    if (event.kind !== EventKind.MarketStateSet) return;
    if (event.state === MarketState.Auction && !isOurs) this.halts += 1;
    this.#state = event.state;
    this.#isUncrossing = false;
  }

  #checkBook(): void {
    if (this.#state !== MarketState.Trading) return;
    const { hot } = this.twins;
    const [bid, ask] = [hot.bestTicks(MARKET, Side.Buy), hot.bestTicks(MARKET, Side.Sell)];
    assert(bid === 0 || ask === 0 || bid < ask, "the book is never crossed outside an auction");
  }

  /** The first uncrossing, the one after the provoked pause, and the last. */
  uncrossingsOf(): readonly [Uncrossing, Uncrossing, Uncrossing] {
    const [opening, reopening] = this.#uncrossings;
    const closing = this.#uncrossings.at(-1);
    if (opening === undefined || reopening === undefined || closing === undefined) {
      throw incompleteFault("the file ends before the market has opened again");
    }
    if (closing === reopening) throw incompleteFault("the file ends before the market opens again");
    return [opening, reopening, closing];
  }
}
