import { Side } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { LevelBook } from "../read-model/level-book.ts";
import { depthMessage, type LevelText, type Time } from "./stream-messages.ts";
import { Message, type Outgoing, type StreamClient, Topic } from "./topic.ts";

/** Prices whose level has changed since some update. */
class Changes {
  readonly bids: Set<number> = new Set();
  readonly asks: Set<number> = new Set();
  /** The first update that is not yet told. */
  firstId: number;

  constructor(firstId: number) {
    this.firstId = firstId;
  }

  add(side: Side, priceTicks: number): void {
    (side === Side.Buy ? this.bids : this.asks).add(priceTicks);
  }

  addAll(other: Changes): void {
    for (const price of other.bids) this.bids.add(price);
    for (const price of other.asks) this.asks.add(price);
  }

  clear(firstId: number): void {
    this.bids.clear();
    this.asks.clear();
    this.firstId = firstId;
  }
}

/**
 * The changes of a book. Each message says what now waits at every price that has changed since the one
 * before, and begins with the update after that one's last: `U = u + 1`, without a gap, for everyone.
 * A client that is congested gets one message for all it has missed, which keeps to the same rule.
 *
 * Limit: as many prices for a client that is behind as have had orders since.
 */
export class DepthTopic extends Topic {
  readonly #market: MarketSpec;
  readonly #book: LevelBook;
  readonly #beats: number;
  readonly #changes: Changes;
  readonly #behind = new Map<StreamClient, Changes>();

  constructor(name: string, market: MarketSpec, book: LevelBook, beats: number) {
    super(name);
    this.#market = market;
    this.#book = book;
    this.#beats = beats;
    this.#changes = new Changes(book.updateId + 1);
  }

  levelChanged(side: Side, priceTicks: number): void {
    this.#changes.add(side, priceTicks);
  }

  flush(): void {
    // Changes are told at the beat.
  }

  beat(outgoing: Outgoing, beat: number, nowMs: number): void {
    if (beat % this.#beats !== 0) return;
    const changes = this.#changes;
    const lastId = this.#book.updateId;
    const isChanged = lastId >= changes.firstId;
    if (!isChanged && this.#behind.size === 0) return;
    const message = this.#messageOf(changes, nowMs);
    for (const client of this.subscribers) {
      const missed = this.#behind.get(client);
      if (missed === undefined && !isChanged) continue;
      if (client.socket.isCongested) this.#keep(client, changes);
      else if (missed === undefined) outgoing.send(client, message.frame(client.form));
      else this.#catchUp(outgoing, client, missed, nowMs);
    }
    changes.clear(lastId + 1);
  }

  #keep(client: StreamClient, changes: Changes): void {
    let missed = this.#behind.get(client);
    if (missed === undefined) {
      missed = new Changes(changes.firstId);
      this.#behind.set(client, missed);
    }
    missed.addAll(changes);
  }

  #catchUp(outgoing: Outgoing, client: StreamClient, missed: Changes, nowMs: number): void {
    missed.addAll(this.#changes);
    this.#behind.delete(client);
    outgoing.send(client, this.#messageOf(missed, nowMs).frame(client.form));
  }

  /** Encoded at once or not at all: the book goes on. */
  #messageOf(changes: Changes, nowMs: number): Message {
    const ids = { first: changes.firstId, last: this.#book.updateId };
    const encode = (time: Time): string =>
      depthMessage(
        this.#market,
        ids,
        this.#levels(Side.Buy, changes.bids),
        this.#levels(Side.Sell, changes.asks),
        nowMs,
        time,
      );
    return new Message(this.name, encode);
  }

  /** Best price first. */
  #levels(side: Side, prices: ReadonlySet<number>): LevelText[] {
    const sign = side === Side.Buy ? -1 : 1;
    return [...prices]
      .toSorted((left, right) => sign * (left - right))
      .map((ticks) => [
        this.#market.priceText(ticks),
        this.#market.quantityText(this.#book.lotsAt(side, ticks)),
      ]);
  }

  welcome(): void {
    // The client asks for a snapshot, which is at least as new as what is told next.
  }

  override leave(client: StreamClient): void {
    super.leave(client);
    this.#behind.delete(client);
  }
}
