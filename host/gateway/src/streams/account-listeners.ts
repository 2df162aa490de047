import type { Services } from "../api/operation.ts";
import { isListenKey } from "../auth/listen-keys.ts";
import { followAccount } from "../ws-api/account-stream.ts";
import type { StreamClient } from "./topic.ts";

/** The accounts that a stream connection follows, each by a listen key. */
export class AccountListeners {
  readonly #services: Services;
  readonly #client: StreamClient;
  readonly #stops = new Map<string, () => void>();

  constructor(services: Services, client: StreamClient) {
    this.#services = services;
    this.#client = client;
  }

  names(): string[] {
    return [...this.#stops.keys()];
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
    if (listening === undefined || this.#stops.has(name)) return;
    const stop = followAccount(this.#services, listening.account, {
      time: (timeMs) => this.#time(timeMs),
      send: (event) => this.#send(name, event),
    });
    this.#stops.set(name, stop);
  }

  #time(timeMs: number): number {
    return this.#client.form.isMicroseconds ? timeMs * 1_000 : timeMs;
  }

  #send(name: string, event: string): void {
    const { socket, form } = this.#client;
    socket.sendText(form.isCombined ? `{"stream":"${name}","data":${event}}` : event);
  }

  remove(name: string): void {
    this.#stops.get(name)?.();
    this.#stops.delete(name);
  }

  /** Ends what is followed by names that no longer hold. */
  check(): void {
    for (const name of this.names()) {
      if (this.#find(name) !== undefined) continue;
      this.remove(name);
      const eventMs = this.#time(this.#services.exchange.nowMs());
      this.#send(name, `{"e":"listenKeyExpired","E":${eventMs},"listenKey":"${name}"}`);
    }
  }

  end(): void {
    for (const name of this.names()) this.remove(name);
  }
}
