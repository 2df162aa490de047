import { ApiError, apiError } from "../api/api-error.ts";
import type { ApiSession, Services } from "../api/operation.ts";
import type { ApiKey } from "../keys/api-key.ts";
import type { AccountFeeds } from "../streams/account-feeds.ts";
import type { ClientSocket } from "../streams/client-socket.ts";
import type { EventReader } from "../streams/event-log.ts";
import { timeIn } from "../streams/stream-messages.ts";

/** Limit: subscriptions of one connection. */
const SUBSCRIPTIONS_MAX = 100;

interface Subscription {
  readonly key: ApiKey;
  /** Made by being logged on, and not by a request of its own signature. */
  readonly isOfSession: boolean;
  readonly reader: EventReader;
}

/** Who a WebSocket API connection belongs to, and what it follows. */
export class ConnectionSession implements ApiSession {
  readonly connectedMs: number;
  readonly #services: Services;
  readonly #feeds: AccountFeeds;
  readonly #socket: ClientSocket;
  readonly #isMicroseconds: boolean;
  readonly #subscriptions = new Map<number, Subscription>();
  #subscriptionCount = 0;
  #key: ApiKey | undefined;
  #authorizedMs = 0;
  #isEnded = false;

  constructor(
    services: Services,
    feeds: AccountFeeds,
    socket: ClientSocket,
    isMicroseconds: boolean,
  ) {
    this.#services = services;
    this.#feeds = feeds;
    this.#socket = socket;
    this.#isMicroseconds = isMicroseconds;
    this.connectedMs = services.exchange.nowMs();
  }

  get key(): ApiKey | undefined {
    return this.#key;
  }

  get authorizedMs(): number {
    return this.#authorizedMs;
  }

  logOn(key: ApiKey, nowMs: number): void {
    this.#key = key;
    this.#authorizedMs = nowMs;
  }

  logOff(): void {
    this.#key = undefined;
    for (const [id, { isOfSession }] of this.#subscriptions) if (isOfSession) this.#terminate(id);
  }

  async subscribe(key: ApiKey, isOfSession: boolean): Promise<number | ApiError> {
    const account = await this.#services.desk.account(key.account);
    if (account instanceof ApiError) return account;
    // It may have logged out while its account was being opened.
    if (isOfSession && this.#key?.id !== key.id) return apiError("NOT_AUTHORIZED");
    // Twice the same would be told twice, and cost as much each time that something happens to the account.
    for (const { key: known } of this.#subscriptions.values()) {
      if (known.account === key.account) return apiError("SUBSCRIPTION_ACTIVE");
    }
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      return apiError("TOO_MANY_PARAMETERS", SUBSCRIPTIONS_MAX);
    }
    const id = this.#subscriptionCount++;
    if (this.#isEnded) return id;
    const reader = this.#feeds.follow(account, {
      socket: this.#socket,
      isMicroseconds: this.#isMicroseconds,
      wrap: (event) => messageOf(id, event),
    });
    this.#subscriptions.set(id, { key, isOfSession, reader });
    return id;
  }

  unsubscribe(subscriptionId: number | undefined): boolean {
    if (subscriptionId === undefined) {
      for (const id of this.subscriptions()) this.#terminate(id);
      return true;
    }
    if (!this.#subscriptions.has(subscriptionId)) return false;
    this.#terminate(subscriptionId);
    return true;
  }

  subscriptions(): readonly number[] {
    return [...this.#subscriptions.keys()];
  }

  /** Ends what a key that no longer holds has begun. */
  checkKeys(isValid: (key: ApiKey) => boolean): void {
    if (this.#key !== undefined && !isValid(this.#key)) this.logOff();
    for (const [id, { key }] of this.#subscriptions) if (!isValid(key)) this.#terminate(id);
  }

  #terminate(id: number): void {
    this.#subscriptions.get(id)?.reader.end();
    this.#subscriptions.delete(id);
    const eventMs = timeIn(this.#isMicroseconds)(this.#services.exchange.nowMs());
    this.#socket.sendText(messageOf(id, `{"e":"eventStreamTerminated","E":${eventMs}}`));
  }

  /** Resolves when the client has been given what has happened to the accounts that it follows. */
  async told(): Promise<void> {
    for (const { reader } of this.#subscriptions.values()) await reader.told();
  }

  /** The connection is gone. */
  end(): void {
    this.#isEnded = true;
    for (const { reader } of this.#subscriptions.values()) reader.end();
    this.#subscriptions.clear();
  }
}

/** The message that brings an event of a subscription. */
function messageOf(subscriptionId: number, event: string): string {
  return `{"subscriptionId":${subscriptionId},"event":${event}}`;
}
