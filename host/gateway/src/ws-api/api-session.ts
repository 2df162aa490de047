import { ApiError, apiError } from "../api/api-error.ts";
import type { ApiSession, Services } from "../api/operation.ts";
import type { ApiKey } from "../keys/api-key.ts";
import type { Time } from "../streams/stream-messages.ts";
import { followAccount } from "./account-stream.ts";

/** Limit: subscriptions of one connection. */
const SUBSCRIPTIONS_MAX = 100;

interface Subscription {
  readonly key: ApiKey;
  /** Made by being logged on, and not by a request of its own signature. */
  readonly isOfSession: boolean;
  readonly stop: () => void;
}

/** Who a WebSocket API connection belongs to, and what it follows. */
export class ConnectionSession implements ApiSession {
  readonly connectedMs: number;
  readonly #services: Services;
  readonly #time: Time;
  readonly #send: (text: string) => void;
  readonly #subscriptions = new Map<number, Subscription>();
  #subscriptionCount = 0;
  #key: ApiKey | undefined;
  #authorizedMs = 0;
  #isEnded = false;

  constructor(services: Services, time: Time, send: (text: string) => void) {
    this.#services = services;
    this.#time = time;
    this.#send = send;
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
    // Twice the same would be told twice, and cost as much each time that something happens to the account.
    for (const { key: known } of this.#subscriptions.values()) {
      if (known.account === key.account) return apiError("SUBSCRIPTION_ACTIVE");
    }
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      return apiError("TOO_MANY_PARAMETERS", SUBSCRIPTIONS_MAX);
    }
    const id = this.#subscriptionCount++;
    if (this.#isEnded) return id;
    const stop = followAccount(this.#services, account, {
      time: this.#time,
      send: (event) => this.#send(`{"subscriptionId":${id},"event":${event}}`),
    });
    this.#subscriptions.set(id, { key, isOfSession, stop });
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
    this.#subscriptions.get(id)?.stop();
    this.#subscriptions.delete(id);
    const eventMs = this.#time(this.#services.exchange.nowMs());
    const event = `{"e":"eventStreamTerminated","E":${eventMs}}`;
    this.#send(`{"subscriptionId":${id},"event":${event}}`);
  }

  /** The connection is gone. */
  end(): void {
    this.#isEnded = true;
    for (const { stop } of this.#subscriptions.values()) stop();
    this.#subscriptions.clear();
  }
}
