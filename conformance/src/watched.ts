import { ExchangeClosedByUser } from "ccxt";

const WAIT_MS = 10_000;

/** All that one of ccxt's `watch` methods yields, from the first call on, each as it was when it came. */
export class Watched<Item> {
  readonly items: Item[] = [];
  #failure: unknown;
  /** Told of every news. */
  #onNews: () => void = () => {};

  /** Watches by calling `next` again and again, until the client is closed. */
  constructor(next: () => Promise<Item | readonly Item[]>) {
    void this.#watch(next);
  }

  async #watch(next: () => Promise<Item | readonly Item[]>): Promise<void> {
    try {
      for (;;) {
        const news = await next();
        // ccxt goes on writing into what it has returned.
        const items = (Array.isArray(news) ? news : [news]) as Item[];
        this.items.push(...items.map(plain));
        this.#onNews();
      }
    } catch (error) {
      if (error instanceof ExchangeClosedByUser) return;
      this.#failure = error;
      this.#onNews();
    }
  }

  /** Waits for an item, and returns the first such. Errors: what the watch threw; none came in ten seconds. */
  async find(isMeant: (item: Item) => boolean): Promise<Item> {
    const endMs = performance.now() + WAIT_MS;
    for (;;) {
      const found = this.items.find(isMeant);
      if (found !== undefined) return found;
      if (this.#failure !== undefined) throw this.#failure;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw new Error(`not seen; seen: ${JSON.stringify(this.items.slice(-5))}`);
      await this.#news(leftMs);
    }
  }

  #news(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onNews = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The data of an object, without the methods of its class. */
function plain<Item>(item: Item): Item {
  return JSON.parse(JSON.stringify(item)) as Item;
}
