import { createPrng } from "@rialto/base";
import type { AccountIndex, OrderId } from "@rialto/protocol";
import { createMemoryHistory, createMemoryHistoryStore } from "@rialto/storage";
import { expect, test } from "vitest";
import type { Services } from "../api/operation.ts";
import { fillReply, orderReply } from "../api/order-replies.ts";
import { assetText, MarketCatalog } from "../markets/market-catalog.ts";
import { createReadModel } from "../read-model/read-model.ts";
import { MemoryExchange } from "../testing/memory-exchange.ts";
import { RandomTrading } from "../testing/random-trading.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Json } from "../testing/test-client.ts";
import { AccountFeeds } from "./account-feeds.ts";
import type { ClientSocket } from "./client-socket.ts";

// What a client makes of the events of its account, and nothing else, is what it would be answered if it asked.

const ACCOUNTS = 5;
const FILLS_MAX = 100_000;
const time = (timeMs: number): number => timeMs;

interface KnownOrder {
  readonly isOpen: boolean;
  readonly fields: object;
}

/** What a client knows of an order by its last report, by the names that an answer has for them. */
function orderOfReport(report: Json, prevented: string | undefined): KnownOrder {
  const isCancel = report.x === "CANCELED";
  const isOpen = ["NEW", "PENDING_NEW", "PARTIALLY_FILLED"].includes(report.X);
  // A pegged order comes to its book and goes without a report.
  const isPegged = report.o === "LIMIT_MAKER";
  const fields = {
    orderId: report.i,
    orderListId: report.g,
    clientOrderId: isCancel ? report.C : report.c,
    side: report.S,
    type: report.o,
    timeInForce: report.f,
    price: report.p,
    stopPrice: report.P,
    ...(report.d === undefined ? {} : { trailingDelta: report.d }),
    icebergQty: report.F,
    origQty: report.q,
    origQuoteOrderQty: report.Q,
    executedQty: report.z,
    cummulativeQuoteQty: report.Z,
    status: report.X,
    ...(prevented === undefined ? {} : { preventedQuantity: prevented }),
    selfTradePreventionMode: report.V,
    time: report.O,
    updateTime: report.T,
    ...(isPegged ? {} : { workingTime: report.W ?? -1 }),
    ...(isPegged || !isOpen ? {} : { isWorking: report.w }),
  };
  return { isOpen, fields };
}

function fillOfReport(report: Json): string {
  const { t, i, g, L, l, Y, n, N, T, m } = report;
  return [t, i, g, L, l, Y, n, N, T, m].join(" ");
}

/** One who follows an account and keeps what it is told. */
class Follower {
  readonly orders = new Map<number, KnownOrder>();
  readonly executionIds: number[] = [];
  readonly fills: string[] = [];
  readonly balances = new Map<string, string>();
  /** Resolves when it has taken everything that has happened. */
  caughtUp: () => Promise<void> = () => Promise.resolve();
  readonly #prevented = new Map<number, string>();

  take(event: Json): void {
    if (event.e === "outboundAccountPosition") {
      for (const { a, f, l } of event.B) this.balances.set(a, `${f} ${l}`);
    }
    if (event.e !== "executionReport") return;
    this.executionIds.push(event.I);
    if (event.A !== undefined) this.#prevented.set(event.i, event.A);
    if (event.x === "TRADE") this.fills.push(fillOfReport(event));
    this.orders.set(event.i, orderOfReport(event, this.#prevented.get(event.i)));
  }
}

async function makeWorld(seed: number) {
  const history = createMemoryHistory(createMemoryHistoryStore({ networkHash: "00" }));
  const model = await createReadModel({ history });
  const clock = { nowMs: Date.UTC(2026, 0, 30, 23, 50) };
  const nowMs = (): number => clock.nowMs;
  const exchange = new MemoryExchange({ network: SMALL_NETWORK, readModel: model, nowMs });
  const trading = new RandomTrading({ exchange, seed, accounts: ACCOUNTS, hasAll: true });
  trading.open();
  const catalog = new MarketCatalog(SMALL_NETWORK);
  const feeds = new AccountFeeds({ exchange, model, catalog } as unknown as Services, 1_000_000);
  return { model, clock, exchange, trading, catalog, feeds };
}

type World = Awaited<ReturnType<typeof makeWorld>>;

function follow({ feeds }: World, account: AccountIndex): Follower {
  const follower = new Follower();
  const socket = {
    sendPiece: (_frames: Buffer, onTaken: () => void) => onTaken(),
  } as unknown as ClientSocket;
  const wrap = (event: string): string => {
    follower.take(JSON.parse(event));
    return event;
  };
  const reader = feeds.follow(account, { socket, isMicroseconds: false, wrap });
  follower.caughtUp = () => reader.told();
  return follower;
}

/** Holds what a follower knows against what it would be answered. */
async function expectAsAnswered(world: World, account: AccountIndex, told: Follower) {
  await told.caughtUp();
  const { exchange, model, catalog } = world;
  for (const { orderId } of exchange.engine.openOrders(account)) {
    expect(told.orders.has(orderId)).toBe(true);
  }
  for (const [orderId, { isOpen, fields }] of told.orders) {
    const row = (await model.findOrder(orderId as OrderId))!;
    expect(orderReply(catalog.markets[row.market]!, row, time)).toMatchObject(fields);
    if (!isOpen) told.orders.delete(orderId);
  }
  for (const { asset, availableQuanta, reservedQuanta } of exchange.engine.balances(account)) {
    const spec = catalog.assets[asset]!;
    const text = `${assetText(spec, availableQuanta)} ${assetText(spec, reservedQuanta)}`;
    // What was there before anything happened is not told.
    expect(told.balances.get(spec.symbol) ?? text).toBe(text);
  }
}

async function fillsAnswered({ model, catalog }: World, account: number): Promise<string[]> {
  const rows: string[] = [];
  for (const market of catalog.markets) {
    const query = { account, market: market.index, limit: FILLS_MAX };
    for (const fill of await model.fills(query)) {
      const reply = fillReply(market, fill, time) as Json;
      const { id, orderId, orderListId, price, qty, quoteQty } = reply;
      const { commission, commissionAsset, time: timeMs, isMaker } = reply;
      const facts = [id, orderId, orderListId, price, qty, quoteQty];
      rows.push([...facts, commission, commissionAsset, timeMs, isMaker].join(" "));
    }
  }
  return rows;
}

test.each([1, 2, 3, 4, 5])(
  "orders, fills and balances as events tell them are as they are answered (seed %i)",
  async (seed) => {
    const world = await makeWorld(seed);
    const { clock, trading } = world;
    const accounts = Array.from({ length: ACCOUNTS }, (_, at) => (at + 1) as AccountIndex);
    const followers = accounts.map((account) => [account, follow(world, account)] as const);
    const prng = createPrng(seed);
    for (let batch = 0; batch < 150; batch++) {
      clock.nowMs += prng.chance(1, 8) ? 61_000 : prng.below(3);
      trading.step(8);
      for (const [account, told] of followers) await expectAsAnswered(world, account, told);
    }
    for (const [account, told] of followers) {
      const ids = told.executionIds;
      expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right));
      expect(told.fills.length).toBeGreaterThan(10);
      expect(told.fills.toSorted()).toEqual((await fillsAnswered(world, account)).toSorted());
    }
  },
);
