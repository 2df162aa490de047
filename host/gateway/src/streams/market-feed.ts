import { Side } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import type { Services } from "../api/operation.ts";
import { auctionTexts, AVERAGE_MINUTES, levelPairs } from "../api/market-data.ts";
import { averageText, bestLevel } from "../api/tickers.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { Candle } from "../read-model/candle.ts";
import type { AggregateTrade, MarketListener } from "../read-model/happenings.ts";
import type { IntervalIndex } from "../read-model/intervals.ts";
import type { MarketState } from "../read-model/market-state.ts";
import { DepthTopic } from "./depth-topic.ts";
import { KlineTopic } from "./kline-topic.ts";
import {
  aggregateMessage,
  auctionMessage,
  averageMessage,
  bookTickerMessage,
  type LevelText,
  miniTickerMessage,
  partialDepthMessage,
  rollingMessage,
  tickerMessage,
  type Time,
  tradeMessage,
} from "./stream-messages.ts";
import { EventTopic, StateTopic, type Topic } from "./topic.ts";
import type { TopicSpec } from "./topic-name.ts";

const BEAT_MS = 100;
const TICKER_BEATS = 10;

type MarketTopicSpec = Exclude<TopicSpec, { readonly kind: "allMiniTickers" }>;

/** Turns what happens on one market into messages of its streams. */
export class MarketFeed implements MarketListener {
  readonly topics: Map<string, Topic> = new Map();
  readonly #market: MarketSpec;
  readonly #state: MarketState;
  readonly #services: Services;
  readonly #onChanged: (market: MarketSpec, hasTraded: boolean) => void;
  #hasTraded = false;
  #hasBookChanged = false;
  // The topics by what they want to hear, so that the path of a batch searches nothing.
  #trades: EventTopic | undefined;
  #aggregates: EventTopic | undefined;
  #auction: StateTopic | undefined;
  #depths: DepthTopic[] = [];
  #klines: KlineTopic[] = [];
  /** Of which a message is due when the book, or a trade, has changed something. */
  #onBook: StateTopic[] = [];
  #onTrade: StateTopic[] = [];
  /** That tell of a window of time, which moves on though nothing happens. */
  #onWindow: StateTopic[] = [];
  #hasDay: boolean;

  constructor(
    services: Services,
    market: MarketSpec,
    onChanged: (market: MarketSpec, hasTraded: boolean) => void,
  ) {
    this.#services = services;
    this.#market = market;
    this.#state = services.model.market(market.index);
    this.#onChanged = onChanged;
    this.#hasDay = services.model.day(market.index, this.#nowMs()).tradeCount > 0;
  }

  traded(trade: HistoryTrade): void {
    this.#hasTraded = true;
    this.#hasBookChanged = true;
    this.#trades?.push((time) => tradeMessage(this.#market, trade, this.#nowMs(), time));
  }

  aggregated(aggregate: AggregateTrade): void {
    this.#aggregates?.push((time) =>
      aggregateMessage(this.#market, aggregate, this.#nowMs(), time),
    );
  }

  levelChanged(side: Side, priceTicks: number): void {
    this.#hasBookChanged = true;
    for (const topic of this.#depths) topic.levelChanged(side, priceTicks);
  }

  auctionChanged(): void {
    this.#auction?.markDirty();
  }

  candleClosed(interval: IntervalIndex, candle: Candle): void {
    for (const topic of this.#klines) topic.candleClosed(interval, candle);
  }

  batchEnded(): void {
    if (this.#hasBookChanged) for (const topic of this.#onBook) topic.markDirty();
    if (this.#hasTraded) for (const topic of this.#onTrade) topic.markDirty();
    this.#onChanged(this.#market, this.#hasTraded);
    this.#hasTraded = false;
    this.#hasBookChanged = false;
  }

  /** A minute has passed. Returns whether any of what was traded may have left a window since the last one did. */
  age(nowMs: number): boolean {
    const hadDay = this.#hasDay;
    this.#hasDay = this.#services.model.day(this.#market.index, nowMs).tradeCount > 0;
    const isAging = hadDay || this.#hasDay;
    if (isAging) for (const topic of this.#onWindow) topic.markDirty();
    return isAging;
  }

  #nowMs(): number {
    return this.#services.exchange.nowMs();
  }

  /** The topic of a stream, made if it is not there. */
  open(name: string, spec: MarketTopicSpec): Topic {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const topic = this.#make(name, spec);
    this.topics.set(name, topic);
    return topic;
  }

  /** Forgets a topic that nobody is subscribed to. */
  close(topic: Topic): void {
    this.topics.delete(topic.name);
    const others = <T extends Topic>(list: T[]): T[] => list.filter((each) => each !== topic);
    this.#depths = others(this.#depths);
    this.#klines = others(this.#klines);
    this.#onBook = others(this.#onBook);
    this.#onTrade = others(this.#onTrade);
    this.#onWindow = others(this.#onWindow);
    if (this.#trades === topic) this.#trades = undefined;
    if (this.#aggregates === topic) this.#aggregates = undefined;
    if (this.#auction === topic) this.#auction = undefined;
  }

  #make(name: string, spec: MarketTopicSpec): Topic {
    switch (spec.kind) {
      case "trade":
        return (this.#trades = new EventTopic(name));
      case "aggTrade":
        return (this.#aggregates = new EventTopic(name));
      case "depth": {
        const { book } = this.#state;
        const topic = new DepthTopic(name, this.#market, book, spec.periodMs / BEAT_MS);
        this.#depths.push(topic);
        return topic;
      }
      case "kline": {
        const topic = new KlineTopic(name, this.#market, this.#state, spec.interval);
        this.#klines.push(topic);
        this.#onTrade.push(topic);
        return topic;
      }
      default:
        return this.#makeState(name, spec);
    }
  }

  #makeState(
    name: string,
    spec: Exclude<MarketTopicSpec, { readonly kind: "trade" | "aggTrade" | "depth" | "kline" }>,
  ): StateTopic {
    const market = this.#market;
    const { model } = this.#services;
    const onBook = (beats: number, encode: (nowMs: number, time: Time) => string): StateTopic => {
      const topic = new StateTopic(name, beats, encode);
      this.#onBook.push(topic);
      return topic;
    };
    const onTrade = (encode: (nowMs: number, time: Time) => string): StateTopic => {
      const topic = new StateTopic(name, TICKER_BEATS, encode);
      this.#onTrade.push(topic);
      this.#onWindow.push(topic);
      return topic;
    };
    switch (spec.kind) {
      case "partialDepth":
        return onBook(spec.periodMs / BEAT_MS, () => this.#partialDepth(spec.levels));
      case "bookTicker":
        return this.#makeBookTicker(name);
      case "auction":
        return (this.#auction = new StateTopic(name, 0, (nowMs, time) =>
          auctionMessage(market, auctionTexts(this.#services, market), nowMs, time),
        ));
      case "ticker": {
        const topic = onBook(TICKER_BEATS, (nowMs, time) => this.#ticker(nowMs, time));
        this.#onWindow.push(topic);
        return topic;
      }
      case "miniTicker":
        return onTrade((nowMs, time) =>
          miniTickerMessage(market, model.day(market.index, nowMs), nowMs, time),
        );
      case "rolling":
        return onTrade((nowMs, time) => {
          const window = model.window(market.index, nowMs, spec.minutes);
          return rollingMessage(market, spec.window, window, nowMs, time);
        });
      case "avgPrice":
        return onTrade((nowMs, time) => this.#average(nowMs, time));
    }
  }

  #partialDepth(levels: number): string {
    const side = (which: Side): LevelText[] =>
      levelPairs(this.#services, this.#market, which, levels);
    return partialDepthMessage(this.#state.book.updateId, side(Side.Buy), side(Side.Sell));
  }

  /** Only a change of the best prices or quantities is news. */
  #makeBookTicker(name: string): StateTopic {
    const { model } = this.#services;
    const topic = new BookTickerTopic(name, () => {
      const bid = bestLevel(model, this.#market, Side.Buy);
      const ask = bestLevel(model, this.#market, Side.Sell);
      return bookTickerMessage(this.#market, this.#state.book.updateId, bid, ask);
    });
    this.#onBook.push(topic);
    return topic;
  }

  #ticker(nowMs: number, time: Time): string {
    const { model } = this.#services;
    const market = this.#market;
    const bid = bestLevel(model, market, Side.Buy);
    const ask = bestLevel(model, market, Side.Sell);
    const day = model.day(market.index, nowMs);
    const lastLots = this.#state.lastTrade?.lots;
    return tickerMessage(market, day, { bid, ask }, lastLots, nowMs, time);
  }

  #average(nowMs: number, time: Time): string {
    const market = this.#market;
    const window = this.#services.model.window(market.index, nowMs, AVERAGE_MINUTES);
    const price =
      window.tradeCount > 0 ? averageText(market, window) : market.priceText(window.lastTicks);
    return averageMessage(market, price, this.#state.lastTrade?.timeMs ?? 0, nowMs, time);
  }
}

/** The best prices: told when they, and not merely the book, have changed. */
class BookTickerTopic extends StateTopic {
  #last = "";
  readonly #read: () => string;

  constructor(name: string, read: () => string) {
    super(name, 0, () => this.#last);
    this.#read = read;
  }

  override markDirty(): void {
    // The update id is in the message but is no change of its own.
    const text = this.#read();
    const isSame = withoutId(text) === withoutId(this.#last);
    this.#last = text;
    if (!isSame) super.markDirty();
  }

  override welcome(): void {
    this.#last = this.#read();
    super.welcome();
  }
}

function withoutId(message: string): string {
  return message.slice(message.indexOf(","));
}
