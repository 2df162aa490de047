import type { Services } from "../api/operation.ts";
import { isListenKey } from "../auth/listen-keys.ts";
import type { AccountFeeds } from "./account-feeds.ts";
import type { EventReader } from "./event-log.ts";
import { timeIn } from "./stream-messages.ts";
import type { StreamClient } from "./topic.ts";

/** The accounts that a stream connection follows, each by a listen key. */
export class AccountListeners {
  readonly #services: Services;
  readonly #feeds: AccountFeeds;
  readonly #client: StreamClient;
  readonly #readers = new Map<string, EventReader>();

  constructor(services: Services, feeds: AccountFeeds, client: StreamClient) {
    this.#services = services;
    this.#feeds = feeds;
    this.#client = client;
  }

  names(): string[] {
    return [...this.#readers.keys()];
  }

  /** True for a listen key that holds. */
  isKnown(name: string): boolean {
    return isListenKey(name) && this.#find(name) !== undefined;
  }

  #find(name: string) {
    const { listenKeys, exchange } = this.#services;
    return listenKeys.find(name, exchange.nowMs());
  }

  /** Begins to follow, again without effect. Does nothing for a name that does not hold. */
  add(name: string): void {
    const listening = isListenKey(name) ? this.#find(name) : undefined;
    if (listening === undefined || this.#readers.has(name)) return;
    const { socket, form } = this.#client;
    const reader = this.#feeds.follow(listening.account, {
      socket,
      isMicroseconds: form.isMicroseconds,
      wrap: (event) => this.#wrap(name, event),
    });
    this.#readers.set(name, reader);
  }

  #wrap(name: string, event: string): string {
    return this.#client.form.isCombined ? `{"stream":"${name}","data":${event}}` : event;
  }

  remove(name: string): void {
    this.#readers.get(name)?.end();
    this.#readers.delete(name);
  }

  /** Ends what is followed by names that no longer hold. */
  check(): void {
    const { socket, form } = this.#client;
    for (const name of this.names()) {
      if (this.#find(name) !== undefined) continue;
      this.remove(name);
      const eventMs = timeIn(form.isMicroseconds)(this.#services.exchange.nowMs());
      const event = `{"e":"listenKeyExpired","E":${eventMs},"listenKey":"${name}"}`;
      socket.sendText(this.#wrap(name, event));
    }
  }

  /** Resolves when the client has been given everything that has happened. */
  async told(): Promise<void> {
    for (const reader of this.#readers.values()) await reader.told();
  }

  end(): void {
    for (const name of this.names()) this.remove(name);
  }
}
