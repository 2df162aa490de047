import type { Services } from "../api/operation.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { MINUTE_MS } from "../read-model/intervals.ts";
import { MarketFeed } from "./market-feed.ts";
import { miniTickerMessage, type Time } from "./stream-messages.ts";
import { Outgoing, StateTopic, type StreamClient, type Topic } from "./topic.ts";
import { parseTopicName } from "./topic-name.ts";

const BEAT_MS = 100;
const TICKER_BEATS = 10;
const ALL_MINI_TICKERS = "!miniTicker@arr";

interface OpenFeed {
  readonly feed: MarketFeed;
  readonly unfollow: () => void;
}

/** Who is subscribed to what, and the clock that the streams keep. */
export class StreamHub {
  readonly #services: Services;
  readonly #feeds = new Map<MarketSpec, OpenFeed>();
  readonly #topicsOf = new Map<StreamClient, Map<string, Topic>>();
  /** Whose markets have changed since the last flush. */
  readonly #changedFeeds = new Set<MarketFeed>();
  readonly #outgoing = new Outgoing();
  /** The tickers of all markets: of those that have traded since the last message, or are due as a minute has passed. */
  #all: StateTopic | undefined;
  readonly #dueMarkets = new Set<MarketSpec>();
  #timer: NodeJS.Timeout | undefined;
  #beatCount = 0;
  #minute = 0;
  #isFlushPlanned = false;
  #isStopped = false;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Streams that have subscribers. */
  get topicCount(): number {
    let count = this.#all === undefined ? 0 : 1;
    for (const { feed } of this.#feeds.values()) count += feed.topics.size;
    return count;
  }

  isKnown(name: string): boolean {
    return parseTopicName(name, this.#services.catalog) !== undefined;
  }

  /** Subscribes a client, again without effect. Returns false where there is no such stream. */
  subscribe(client: StreamClient, name: string): boolean {
    const topics = this.#topicsOf.get(client) ?? new Map<string, Topic>();
    if (topics.has(name)) return true;
    const topic = this.#open(name);
    if (topic === undefined) return false;
    topics.set(name, topic);
    this.#topicsOf.set(client, topics);
    topic.subscribers.add(client);
    topic.welcome(client);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS);
    return true;
  }

  #open(name: string): Topic | undefined {
    const spec = parseTopicName(name, this.#services.catalog);
    if (spec === undefined) return undefined;
    if (spec.kind === "allMiniTickers") return this.#openAll();
    return this.#feedOf(spec.market).open(name, spec);
  }

  #feedOf(market: MarketSpec): MarketFeed {
    const known = this.#feeds.get(market);
    if (known !== undefined) return known.feed;
    const feed = new MarketFeed(this.#services, market, (changed, hasTraded) => {
      if (hasTraded && this.#all !== undefined) {
        this.#dueMarkets.add(changed);
        this.#all.markDirty();
      }
      this.#changedFeeds.add(feed);
      this.#planFlush();
    });
    const unfollow = this.#services.model.followMarket(market.index, feed);
    this.#feeds.set(market, { feed, unfollow });
    return feed;
  }

  /** Follows all markets, also those that were listed since. */
  #followAll(): void {
    for (const market of this.#services.catalog.markets) {
      if (this.#feeds.has(market)) continue;
      this.#feedOf(market);
      this.#dueMarkets.add(market);
      this.#all?.markDirty();
    }
  }

  #openAll(): StateTopic {
    const { catalog, model } = this.#services;
    for (const market of catalog.markets) this.#dueMarkets.add(market);
    this.#followAll();
    const tickersOf = (markets: readonly MarketSpec[], nowMs: number, time: Time): string => {
      const messages = markets.map((market) =>
        miniTickerMessage(market, model.day(market.index, nowMs), nowMs, time),
      );
      return `[${messages.join(",")}]`;
    };
    this.#all ??= new StateTopic(
      ALL_MINI_TICKERS,
      TICKER_BEATS,
      (nowMs, time) => tickersOf([...this.#dueMarkets], nowMs, time),
      // Who was congested when some were told learns all of them.
      (nowMs, time) => tickersOf(catalog.markets, nowMs, time),
    );
    return this.#all;
  }

  unsubscribe(client: StreamClient, name: string): void {
    const topics = this.#topicsOf.get(client);
    const topic = topics?.get(name);
    if (topics === undefined || topic === undefined) return;
    topics.delete(name);
    if (topics.size === 0) this.#topicsOf.delete(client);
    topic.leave(client);
    if (topic.subscribers.size === 0) this.#close(topic);
    if (this.#topicsOf.size === 0) this.#stopClock();
  }

  #close(topic: Topic): void {
    if (topic === this.#all) this.#all = undefined;
    for (const [market, { feed, unfollow }] of this.#feeds) {
      if (feed.topics.has(topic.name)) feed.close(topic);
      if (feed.topics.size > 0 || this.#all !== undefined) continue;
      unfollow();
      this.#feeds.delete(market);
    }
  }

  subscriptions(client: StreamClient): string[] {
    return [...(this.#topicsOf.get(client)?.keys() ?? [])];
  }

  /** Ends all subscriptions of a client. */
  leave(client: StreamClient): void {
    for (const name of this.subscriptions(client)) this.unsubscribe(client, name);
  }

  /** Batches of one turn of the event loop are told together, after the orders in them were answered. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isStopped) return;
    const nowMs = this.#services.exchange.nowMs();
    for (const feed of this.#changedFeeds) {
      for (const topic of feed.topics.values()) topic.flush(this.#outgoing, nowMs);
    }
    this.#changedFeeds.clear();
    this.#outgoing.end();
  }

  #beat(): void {
    this.#beatCount += 1;
    const beat = this.#beatCount;
    const nowMs = this.#services.exchange.nowMs();
    this.#age(nowMs);
    if (this.#all !== undefined && beat % TICKER_BEATS === 0) this.#followAll();
    for (const { feed } of this.#feeds.values()) {
      for (const topic of feed.topics.values()) topic.beat(this.#outgoing, beat, nowMs);
    }
    this.#all?.beat(this.#outgoing, beat, nowMs);
    this.#outgoing.end();
    if (beat % TICKER_BEATS === 0) this.#dueMarkets.clear();
  }

  /** Windows move on by whole minutes. */
  #age(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    for (const [market, { feed }] of this.#feeds) {
      if (!feed.age(nowMs) || this.#all === undefined) continue;
      this.#dueMarkets.add(market);
      this.#all.markDirty();
    }
  }

  #stopClock(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopClock();
  }
}
