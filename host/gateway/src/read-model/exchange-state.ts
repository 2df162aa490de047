import { fail } from "@rialto/base";
import type { OpenOrder } from "@rialto/engine";
import { type MarketIndex, MarketState as TradingState } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import type { EngineReader } from "../exchange-port.ts";
import type { AccountListener, AccountReport } from "./happenings.ts";
import { type ClosedCandle, MarketState } from "./market-state.ts";
import type { OrderRecord, OrderTable } from "./order-record.ts";

interface AccountNews {
  readonly reports: AccountReport[];
  readonly assets: Set<number>;
}

/** Everything that the read model keeps in memory, and what of it is not yet written out. */
export class ExchangeState {
  readonly orders: OrderTable;
  readonly markets: MarketState[] = [];
  orderSerial = 0;
  executionId = 0;
  /** Trades applied by this process. */
  tradeCount = 0;
  /** Not yet written out. */
  trades: HistoryTrade[] = [];
  dirtyOrders: OrderRecord[] = [];
  dirtyMarkets: MarketState[] = [];
  closedCandles: ClosedCandle[] = [];
  readonly dirtyAccounts: Set<number> = new Set();
  #accountUpdatedMs = new Float64Array(64);
  #engine: EngineReader | undefined;
  /** Open lists that their clients have named, by account and name; of several of one name, the newest. */
  readonly #namedLists = new Map<string, readonly OrderRecord[]>();
  readonly #watched = new Map<number, AccountListener[]>();
  /** Whose listeners have been called in this batch. */
  readonly #toldMarkets: MarketState[] = [];
  readonly #news = new Map<number, AccountNews>();

  constructor(orders: OrderTable) {
    this.orders = orders;
  }

  set engine(engine: EngineReader) {
    this.#engine = engine;
  }

  get engine(): EngineReader {
    return this.#engine ?? fail("the read model is loaded before it is used");
  }

  /** Rows that wait to be written out. */
  get dirtyCount(): number {
    return (
      this.dirtyOrders.length +
      this.trades.length +
      this.closedCandles.length +
      this.dirtyMarkets.length +
      this.dirtyAccounts.size
    );
  }

  market(index: number): MarketState {
    return this.markets[index] ?? fail("a market of an event is listed");
  }

  /** Update ids begin at 1: clients may take 0 for none. */
  addMarket(index: number, updateId = 1, aggregateId = 0): MarketState {
    if (index !== this.markets.length) fail("markets are listed in the order of their rows");
    const { terms } = this.engine.market(index as MarketIndex);
    const { baseAsset, quoteAsset, tickLotQuanta, state } = terms;
    const facts = { index: index as MarketIndex, baseAsset, quoteAsset, tickLotQuanta };
    const market = new MarketState(facts, updateId, aggregateId, (candle) => {
      this.closedCandles.push(candle);
    });
    // It is told again only when the book changes.
    if (state === TradingState.Auction) market.auction = this.engine.auction(facts.index);
    this.markets.push(market);
    return market;
  }

  /** An order as the engine has it: the history knows neither whether it rests nor what of it is shown. */
  restoreOrder(order: OrderRecord, open: OpenOrder): void {
    this.orders.add(order);
    if (open.waits) return;
    order.isResting = true;
    order.shownTicks = open.priceTicks;
    order.shownLots = open.lots;
    if (open.lots === 0) return;
    const { book } = this.market(order.market);
    book.put(
      open.side,
      open.priceTicks,
      book.lotsAt(open.side, open.priceTicks) + BigInt(open.lots),
    );
  }

  /** A list is open. `orders` is the array that all of them share. */
  openList(orders: readonly OrderRecord[]): void {
    const { account, listText } = orders[0]!;
    if (listText !== "") this.#namedLists.set(nameOf(account, listText), orders);
  }

  /** None of its orders is open any more. */
  closeList(orders: readonly OrderRecord[]): void {
    const { account, listText } = orders[0]!;
    const name = nameOf(account, listText);
    if (this.#namedLists.get(name) === orders) this.#namedLists.delete(name);
  }

  /** The open list that an account calls so. */
  findOpenList(account: number, text: string): readonly OrderRecord[] | undefined {
    return this.#namedLists.get(nameOf(account, text));
  }

  touchOrder(order: OrderRecord): void {
    if (order.isDirty) return;
    order.isDirty = true;
    this.dirtyOrders.push(order);
  }

  /** Something of the market is told, of which nothing is written out. */
  tellMarket(market: MarketState): void {
    if (market.isTold || market.listeners.length === 0) return;
    market.isTold = true;
    this.#toldMarkets.push(market);
  }

  touchMarket(market: MarketState): void {
    this.tellMarket(market);
    if (market.isDirty) return;
    market.isDirty = true;
    this.dirtyMarkets.push(market);
  }

  touchAccount(account: number, nowMs: number): void {
    if (account >= this.#accountUpdatedMs.length) this.#growAccounts(account);
    // Within one millisecond it is marked already, or written with the same time.
    if (this.#accountUpdatedMs[account] === nowMs) return;
    this.#accountUpdatedMs[account] = nowMs;
    this.dirtyAccounts.add(account);
  }

  #growAccounts(account: number): void {
    const grown = new Float64Array(Math.max(account + 1, this.#accountUpdatedMs.length * 2));
    grown.set(this.#accountUpdatedMs);
    this.#accountUpdatedMs = grown;
  }

  /** When anything of the account last changed, 0 for never. */
  accountUpdatedMs(account: number): number {
    return this.#accountUpdatedMs[account] ?? 0;
  }

  restoreAccount(account: number, updatedMs: number): void {
    if (account >= this.#accountUpdatedMs.length) this.#growAccounts(account);
    this.#accountUpdatedMs[account] = updatedMs;
  }

  isWatched(account: number): boolean {
    return this.#watched.size > 0 && this.#watched.has(account);
  }

  /** Follows an account until the function that is returned is called. */
  watch(account: number, listener: AccountListener): () => void {
    const others = this.#watched.get(account) ?? [];
    this.#watched.set(account, [...others, listener]);
    return () => {
      const left = (this.#watched.get(account) ?? []).filter((each) => each !== listener);
      if (left.length === 0) this.#watched.delete(account);
      else this.#watched.set(account, left);
    };
  }

  report(account: number, report: AccountReport, assets: readonly number[]): void {
    this.#newsOf(account, assets).reports.push(report);
  }

  /** Balances have changed of which there is no report. */
  noteAssets(account: number, assets: readonly number[]): void {
    this.#newsOf(account, assets);
  }

  #newsOf(account: number, assets: readonly number[]): AccountNews {
    let news = this.#news.get(account);
    if (news === undefined) {
      news = { reports: [], assets: new Set() };
      this.#news.set(account, news);
    }
    for (const asset of assets) news.assets.add(asset);
    return news;
  }

  /** Tells the listeners what the batch was. */
  endBatch(nowMs: number): void {
    for (const market of this.#toldMarkets) {
      market.isTold = false;
      for (const listener of market.listeners) listener.batchEnded();
    }
    this.#toldMarkets.length = 0;
    if (this.#news.size === 0) return;
    for (const [account, { reports, assets }] of this.#news) {
      for (const listener of this.#watched.get(account) ?? []) {
        listener.reported(reports, [...assets], nowMs);
      }
    }
    this.#news.clear();
  }
}

function nameOf(account: number, listText: string): string {
  return `${account} ${listText}`;
}
