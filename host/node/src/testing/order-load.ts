import { createPrng, type Prng } from "@rialto/base";
import { ApiError, type Credentials, openWsApi, type WsApi } from "@rialto/client";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 5;
const UNTIL_TIMEOUT_MS = 60_000;

/** What a client knows of its orders, from answers alone. */
export interface OrderLoad {
  /** Orders whose placing was acknowledged, by client order id. */
  readonly placed: ReadonlyMap<string, { readonly orderId: number }>;
  /** Of those, the ones whose cancel was acknowledged. */
  readonly cancelled: ReadonlySet<string>;
  /** Requests that the connection took with it: carried out or not. */
  readonly unanswered: number;
  /** Refusals by code. */
  readonly refusals: ReadonlyMap<number, string>;

  /** Places and cancels small orders around 100, as fast as the window allows, until the connection ends. */
  run(): Promise<void>;
  /** Waits until so many orders have been acknowledged. Errors: the load ends before, or a minute does. */
  untilPlaced(count: number): Promise<void>;
  /** Waits for the first refusal. Errors: the same. */
  untilRefused(): Promise<void>;
}

export interface OrderLoadOptions {
  readonly url: string;
  readonly credentials: Credentials;
  readonly side: "BUY" | "SELL";
  /** Client order ids begin with it. */
  readonly prefix: string;
  readonly seed: number;
  /** Requests without an answer at one time. */
  readonly window: number;
  /** Ends the load; without it the end of the connection does. */
  readonly signal?: AbortSignal;
  /** Between an answer and the next request that takes its place in the window. */
  readonly restMs?: number;
}

/** Logs on, for a load that `run` begins. */
export async function openOrderLoad(options: OrderLoadOptions): Promise<OrderLoad> {
  const api = await openWsApi(options);
  await api.signed("session.logon");
  return new Load(api, options);
}

class Load implements OrderLoad {
  readonly placed = new Map<string, { readonly orderId: number }>();
  readonly cancelled = new Set<string>();
  readonly refusals = new Map<number, string>();
  unanswered = 0;
  readonly #api: WsApi;
  readonly #options: OrderLoadOptions;
  readonly #prng: Prng;
  readonly #open: string[] = [];
  #count = 0;
  #isOver = false;

  constructor(api: WsApi, options: OrderLoadOptions) {
    this.#api = api;
    this.#options = options;
    this.#prng = createPrng(options.seed);
    void this.#endWithConnection();
  }

  async #endWithConnection(): Promise<void> {
    await this.#api.closed;
    this.#isOver = true;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.window }, () => this.#work()));
    this.#api.close();
  }

  async untilPlaced(count: number): Promise<void> {
    await this.#until(() => this.placed.size >= count, `${count} orders`);
  }

  async untilRefused(): Promise<void> {
    await this.#until(() => this.refusals.size > 0, "a refusal");
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const deadlineMs = performance.now() + UNTIL_TIMEOUT_MS;
    while (!holds()) {
      const { size } = this.placed;
      if (this.#isOver) throw new Error(`the load ended after ${size} orders, before ${what}`);
      if (performance.now() > deadlineMs) throw new Error(`${what}: not in time, ${size} orders`);
      await sleep(POLL_MS);
    }
  }

  async #work(): Promise<void> {
    const { restMs } = this.#options;
    while (!this.#isOver && this.#options.signal?.aborted !== true) {
      if (restMs !== undefined) await sleep(restMs);
      const isCancel = this.#open.length > 0 && this.#prng.below(10) < 4;
      try {
        await (isCancel ? this.#cancel() : this.#place());
      } catch (error) {
        if (error instanceof ApiError) {
          this.refusals.set(error.code, error.message);
          continue;
        }
        this.unanswered++;
        return; // the connection is closing
      }
    }
  }

  async #place(): Promise<void> {
    const { prefix, side } = this.#options;
    const newClientOrderId = `${prefix}-${++this.#count}`;
    const cents = 9_500 + this.#prng.below(1_000);
    const price = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
    const answer = await this.#api.call("order.place", {
      symbol: "BTCUSD",
      side,
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: `0.${String(2 + this.#prng.below(98)).padStart(4, "0")}`,
      price,
      newClientOrderId,
      newOrderRespType: "RESULT",
    });
    const { orderId, status } = answer as { readonly orderId: number; readonly status: string };
    this.placed.set(newClientOrderId, { orderId });
    if (status === "NEW" || status === "PARTIALLY_FILLED") this.#open.push(newClientOrderId);
  }

  async #cancel(): Promise<void> {
    const at = this.#prng.below(this.#open.length);
    const [origClientOrderId] = this.#open.splice(at, 1);
    await this.#api.call("order.cancel", { symbol: "BTCUSD", origClientOrderId });
    this.cancelled.add(origClientOrderId!);
  }
}
