import { assert } from "@rialto/base";
import type {
  HistoryAccount,
  HistoryHead,
  HistoryKline,
  HistoryMarket,
  HistoryOrder,
  HistoryTrade,
} from "./history.ts";

// What one write carries, as columns: it goes to another thread as two moved buffers for each table
// instead of thousands of copied objects.

/** A table as the writer sees it: which field is a number up to 2^53, which an i64, which text. */
export interface TableColumns {
  readonly name: string;
  readonly numbers: readonly string[];
  readonly bigints: readonly string[];
  readonly texts: readonly string[];
}

export const ORDERS: TableColumns = {
  name: "orders",
  numbers: [
    "serial",
    "orderId",
    "account",
    "market",
    "side",
    "orderType",
    "selfTrade",
    "priceTicks",
    "lots",
    "executedLots",
    "preventedLots",
    "status",
    "createdMs",
    "updatedMs",
    "triggerKind",
    "triggerTicks",
    "trailBasisPoints",
    "displayLots",
    "expiresMs",
    "pegKind",
    "pegTicks",
    "flags",
    "waitedMs",
    "listId",
    "listKind",
  ],
  bigints: ["quoteQuanta", "clientOrderId", "executedQuanta"],
  texts: ["text", "listText"],
};

export const TRADES: TableColumns = {
  name: "trades",
  numbers: [
    "market",
    "tradeId",
    "aggregateId",
    "priceTicks",
    "lots",
    "takerSide",
    "timeMs",
    "takerOrderId",
    "makerOrderId",
    "takerAccount",
    "makerAccount",
  ],
  bigints: ["quanta", "takerFeeQuanta", "makerFeeQuanta"],
  texts: [],
};

export const KLINES: TableColumns = {
  name: "klines",
  numbers: [
    "market",
    "interval",
    "openMs",
    "openTicks",
    "highTicks",
    "lowTicks",
    "closeTicks",
    "firstTradeId",
    "lastTradeId",
  ],
  bigints: [],
  // Sums may pass 64 bits, and there are few candles: decimal text holds any of them.
  texts: ["lots", "quanta", "takerBuyLots", "takerBuyQuanta"],
};

export const MARKETS: TableColumns = {
  name: "markets",
  numbers: ["market", "updateId", "aggregateId"],
  bigints: [],
  texts: [],
};

export const ACCOUNTS: TableColumns = {
  name: "accounts",
  numbers: ["account", "updatedMs"],
  bigints: [],
  texts: [],
};

const ROWS_FIRST = 64;

/** Rows of one table, one after the other in each buffer. */
export interface TableRows {
  readonly count: number;
  readonly numbers: Float64Array;
  readonly bigints: BigInt64Array;
  readonly texts: readonly string[];
}

class RowBuffer implements TableRows {
  readonly #columns: TableColumns;
  count = 0;
  numbers: Float64Array;
  bigints: BigInt64Array;
  readonly texts: string[] = [];

  constructor(columns: TableColumns) {
    this.#columns = columns;
    this.numbers = new Float64Array(ROWS_FIRST * columns.numbers.length);
    this.bigints = new BigInt64Array(ROWS_FIRST * columns.bigints.length);
  }

  push(row: object): void {
    const { numbers, bigints, texts } = this.#columns;
    const fields = row as Readonly<Record<string, unknown>>;
    const numbersAt = this.count * numbers.length;
    const bigintsAt = this.count * bigints.length;
    if (numbersAt + numbers.length > this.numbers.length) this.#grow();
    for (let index = 0; index < numbers.length; index++) {
      this.numbers[numbersAt + index] = fields[numbers[index]!] as number;
    }
    // An i64 column takes a u64 as the same bits.
    for (let index = 0; index < bigints.length; index++) {
      this.bigints[bigintsAt + index] = fields[bigints[index]!] as bigint;
    }
    for (const name of texts) this.texts.push(String(fields[name]));
    this.count += 1;
  }

  #grow(): void {
    const numbers = new Float64Array(this.numbers.length * 2);
    numbers.set(this.numbers);
    this.numbers = numbers;
    const bigints = new BigInt64Array(this.bigints.length * 2);
    bigints.set(this.bigints);
    this.bigints = bigints;
  }
}

/** The form in which changes travel: plain data. */
export interface ChangesMessage {
  readonly head: HistoryHead;
  readonly orders: TableRows;
  readonly trades: TableRows;
  readonly klines: TableRows;
  readonly markets: TableRows;
  readonly accounts: TableRows;
}

/**
 * Collects what changed between two heads. Rows are copied as they are added; an order, candle, market or
 * account that is there already is overwritten when they are written, a trade must be new.
 */
export class HistoryChanges {
  readonly #orders = new RowBuffer(ORDERS);
  readonly #trades = new RowBuffer(TRADES);
  readonly #klines = new RowBuffer(KLINES);
  readonly #markets = new RowBuffer(MARKETS);
  readonly #accounts = new RowBuffer(ACCOUNTS);

  addOrder(order: HistoryOrder): void {
    this.#orders.push(order);
  }

  addTrade(trade: HistoryTrade): void {
    this.#trades.push(trade);
  }

  addKline(kline: HistoryKline): void {
    this.#klines.push(kline);
  }

  addMarket(market: HistoryMarket): void {
    this.#markets.push(market);
  }

  addAccount(account: HistoryAccount): void {
    this.#accounts.push(account);
  }

  /** Rows so far. */
  get count(): number {
    const { count: orders } = this.#orders;
    const { count: trades } = this.#trades;
    const { count: klines } = this.#klines;
    return orders + trades + klines + this.#markets.count + this.#accounts.count;
  }

  #head: HistoryHead | undefined;

  /** Says up to where the history is complete with these changes, and ends them. */
  seal(head: HistoryHead): this {
    assert(this.#head === undefined, "changes are sealed once");
    this.#head = head;
    return this;
  }

  toMessage(): ChangesMessage {
    assert(this.#head !== undefined, "changes are sealed before they are written");
    return {
      head: this.#head,
      orders: messageRows(this.#orders),
      trades: messageRows(this.#trades),
      klines: messageRows(this.#klines),
      markets: messageRows(this.#markets),
      accounts: messageRows(this.#accounts),
    };
  }
}

function messageRows({ count, numbers, bigints, texts }: RowBuffer): TableRows {
  return { count, numbers, bigints, texts };
}

/** The buffers of a message, to be moved with it rather than copied. */
export function buffersOf(message: ChangesMessage): ArrayBuffer[] {
  const tables = [
    message.orders,
    message.trades,
    message.klines,
    message.markets,
    message.accounts,
  ];
  return tables.flatMap(({ numbers, bigints }) => [
    numbers.buffer as ArrayBuffer,
    bigints.buffer as ArrayBuffer,
  ]);
}
