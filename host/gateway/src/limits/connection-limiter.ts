import { clientOf } from "./client-of.ts";

/** Counts the connections of each client. It remembers those that are open, and so no more than the server has. */
export class ConnectionLimiter {
  readonly #perClientMax: number;
  readonly #counts = new Map<string, number>();

  constructor(perClientMax: number) {
    this.#perClientMax = perClientMax;
  }

  /** Counts a connection of `address`. Returns what to call once when it has closed; undefined where there are enough of them. */
  open(address: string): (() => void) | undefined {
    const client = clientOf(address);
    const count = this.#counts.get(client) ?? 0;
    if (count >= this.#perClientMax) return undefined;
    this.#counts.set(client, count + 1);
    return () => this.#close(client);
  }

  #close(client: string): void {
    const count = this.#counts.get(client)! - 1;
    if (count === 0) this.#counts.delete(client);
    else this.#counts.set(client, count);
  }

  /** Clients with a connection. */
  get clientCount(): number {
    return this.#counts.size;
  }
}
