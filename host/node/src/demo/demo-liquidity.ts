import { createPrng, type Prng } from "@rialto/base";
import type { ExchangePort } from "@rialto/gateway";
import {
  type AccountIndex,
  ALL_MARKETS,
  type Command,
  CommandKind,
  EventKind,
  type MarketIndex,
  type MarketTerms,
  OrderType,
  RejectCode,
  SelfTrade,
  Side,
  SideFilter,
} from "@rialto/protocol";

// Play liquidity, labelled as such wherever it shows: a robot that quotes both sides of every market around a price that
// wanders, and one that trades against it. From a seed: the same beats make the same orders.

/** Quoted levels of each side. */
const LEVELS = 25;
/** Levels nearest to the price that are quoted anew at each beat. */
const FRESH_LEVELS = 6;
/** Distance between quoted levels, in parts in a million of the price. */
const STEP_PPM = 60;
/** A taker trades in one market of this many at a beat. */
const TAKER_ODDS = 2;
/** How far a beat moves a price at most, in parts in a million. */
const MOVE_PPM = 120;
/** How much quote one level offers, in whole units of a dollar market; sizes vary around it. */
const LEVEL_NOTIONAL = 4_000;
const PPM = 1_000_000;

export interface DemoLiquidityOptions {
  readonly exchange: ExchangePort;
  readonly maker: AccountIndex;
  readonly taker: AccountIndex;
  readonly seed: number;
  readonly beatMs: number;
  /** Told when a beat was refused, and the one before was not: the node is stopping, its disk is full, or a robot has no money left. */
  readonly onRefused: (error: unknown) => void;
}

/** Two robots that trade until they are stopped. */
export class DemoLiquidity {
  readonly #options: DemoLiquidityOptions;
  readonly #prng: Prng;
  readonly #markets: readonly Quoted[];
  #timer: NodeJS.Timeout | undefined;
  #beat: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isRefused = false;

  constructor(options: DemoLiquidityOptions) {
    this.#options = options;
    this.#prng = createPrng(options.seed);
    const { markets } = options.exchange.network;
    this.#markets = markets.map((_, index) => quotedMarket(options.exchange, index as MarketIndex));
  }

  /** Clears what an earlier run has left in the books, then trades at every beat. */
  async start(): Promise<void> {
    const { exchange, maker, taker, beatMs } = this.#options;
    const clear = (account: AccountIndex): Command => ({
      kind: CommandKind.CancelAll,
      account,
      market: ALL_MARKETS,
      sides: SideFilter.Both,
      withFamily: 0,
    });
    await exchange.submit({ commands: [clear(maker), clear(taker)] });
    await exchange.submit({ commands: this.#markets.flatMap((market) => this.#quote(market, 0)) });
    this.#timer = setInterval(() => this.#onBeat(), beatMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beat;
  }

  #onBeat(): void {
    if (this.#isBusy) return; // a slow disk: this beat is left out
    this.#isBusy = true;
    this.#beat = this.#trade()
      .then(
        (problem) => this.#note(problem),
        (error: unknown) => this.#note(error),
      )
      .finally(() => {
        this.#isBusy = false;
      });
  }

  /** Whoever is told writes it down: what lasts for hours must not fill a log. */
  #note(problem: unknown): void {
    const isRefused = problem !== undefined;
    if (isRefused && !this.#isRefused) this.#options.onRefused(problem);
    this.#isRefused = isRefused;
  }

  /** Returns what else than the market has kept a robot from trading. */
  async #trade(): Promise<Error | undefined> {
    const commands: Command[] = [];
    for (const market of this.#markets) {
      this.#move(market);
      if (this.#prng.below(TAKER_ODDS) === 0) commands.push(this.#take(market));
      // All quotes are renewed now and then, so that those left behind by the price do not pile up.
      const isRenewal = this.#prng.below(12) === 0;
      if (isRenewal) commands.push(this.#cancel(market));
      commands.push(...this.#quote(market, isRenewal ? 0 : LEVELS - FRESH_LEVELS));
    }
    const events = await this.#options.exchange.submit({ commands });
    // A quote that would trade, or a market that is shut, is the market's doing. A robot without money is not.
    const isPoor = events.some(
      (event) => event.kind === EventKind.Rejected && event.code === RejectCode.InsufficientBalance,
    );
    return isPoor ? new Error("a demo robot has no money left to trade with") : undefined;
  }

  /** Moves a market's price, pulled back towards where it began. */
  #move(market: Quoted): void {
    const drift = this.#prng.below(2 * MOVE_PPM + 1) - MOVE_PPM;
    const pull = Math.round(((market.startTicks - market.midTicks) / market.startTicks) * 2_000);
    market.midTicks += Math.round((market.midTicks * (drift + pull)) / PPM);
  }

  #cancel(market: Quoted): Command {
    const { maker } = this.#options;
    return {
      kind: CommandKind.CancelAll,
      account: maker,
      market: market.index,
      sides: SideFilter.Both,
      withFamily: 0,
    };
  }

  /** Quotes all levels but the `skipped` outermost ones. */
  #quote(market: Quoted, skipped: number): Command[] {
    const commands: Command[] = [];
    for (let level = 1; level <= LEVELS - skipped; level++) {
      const distance = Math.max(level, Math.round((market.midTicks * STEP_PPM * level) / PPM));
      for (const side of [Side.Buy, Side.Sell]) {
        const ticks = market.midTicks + (side === Side.Buy ? -distance : distance);
        commands.push(this.#order(market, this.#options.maker, side, ticks, OrderType.PostOnly));
      }
    }
    return commands;
  }

  #take(market: Quoted): Command {
    const side = this.#prng.below(2) === 0 ? Side.Buy : Side.Sell;
    const reach = Math.max(2, Math.round((market.midTicks * STEP_PPM * 4) / PPM));
    const ticks = market.midTicks + (side === Side.Buy ? reach : -reach);
    return this.#order(market, this.#options.taker, side, ticks, OrderType.ImmediateOrCancel);
  }

  #order(
    market: Quoted,
    account: AccountIndex,
    side: Side,
    ticks: number,
    orderType: OrderType,
  ): Command {
    const lots = (market.lotsPerLevel * (50 + this.#prng.below(100))) / 100;
    return {
      kind: CommandKind.Place,
      market: market.index,
      account,
      side,
      orderType,
      selfTrade: SelfTrade.ExpireTaker,
      priceTicks: ticks,
      quantity: BigInt(Math.max(1, Math.round(lots))),
      clientOrderId: 0n,
    };
  }
}

interface Quoted {
  readonly index: MarketIndex;
  readonly startTicks: number;
  readonly lotsPerLevel: number;
  midTicks: number;
}

function quotedMarket(exchange: ExchangePort, index: MarketIndex): Quoted {
  const { terms, lastTradeTicks } = exchange.engine.market(index);
  const startTicks = terms.referenceTicks;
  return { index, startTicks, lotsPerLevel: lotsPerLevel(terms), midTicks: lastTradeTicks };
}

/** Lots that are worth about LEVEL_NOTIONAL at the reference price, or a thousandth of it where the quote is a coin. */
function lotsPerLevel(terms: MarketTerms): number {
  const lotCost = Number(terms.tickLotQuanta) * terms.referenceTicks;
  const dollars =
    terms.notionalMinQuanta >= 100_000_000n ? LEVEL_NOTIONAL : LEVEL_NOTIONAL / 50_000;
  return Math.max(1, (dollars * 1e8) / lotCost);
}
