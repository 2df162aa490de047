import { parseDecimal } from "@rialto/protocol";
import {
  type FillRow,
  fillOfReply,
  fillOfReport,
  isOpen,
  type OrderRow,
  orderOfReply,
  orderOfReport,
} from "./order-row.ts";
import { MarketRows } from "./market-rows.ts";

export interface BalanceRow {
  readonly asset: string;
  readonly available: string;
  readonly reserved: string;
}

interface KeptBalance extends BalanceRow {
  readonly updatedMs: number;
}

/** Orders that have ended, and fills, that are kept of a market. */
const PAST_MAX = 500;
/** Enough for any quantity: orders are only compared by it. */
const COMPARED_DECIMALS = 18;

/**
 * What is known of an account: answers and events joined, in whichever order they come.
 *
 * Invariant: an order only goes forward. Of two tellings the one that has ended, has executed more, or does not wait any more is
 * newer.
 */
export class AccountState {
  // All newest first.
  readonly #open = new MarketRows<OrderRow>({
    keyOf: (order) => order.orderId,
    compare: (left, right) => right.createdMs - left.createdMs || right.orderId - left.orderId,
  });
  readonly #ended = new MarketRows<OrderRow>({
    keyOf: (order) => order.orderId,
    compare: (left, right) => right.updatedMs - left.updatedMs || right.orderId - left.orderId,
    rowsMax: PAST_MAX,
  });
  readonly #fills = new MarketRows<FillRow>({
    keyOf: (fill) => fill.key,
    compare: compareFills,
    rowsMax: PAST_MAX,
  });
  readonly #balances = new Map<string, KeptBalance>();

  /** Forgets everything: for a connection that may have missed something. */
  clear(): void {
    this.#open.clear();
    this.#ended.clear();
    this.#fills.clear();
    this.#balances.clear();
  }

  /** An event of the user data stream. What it does not know it passes over. */
  event(event: Readonly<Record<string, unknown>>): void {
    if (event["e"] === "executionReport") {
      this.#addOrder(orderOfReport(event));
      const fill = fillOfReport(event);
      if (fill !== undefined) this.#fills.add(fill);
      return;
    }
    if (event["e"] !== "outboundAccountPosition") return;
    const rows = event["B"] as readonly {
      readonly a: string;
      readonly f: string;
      readonly l: string;
    }[];
    for (const { a: asset, f: available, l: reserved } of rows) {
      this.#balances.set(asset, { asset, available, reserved, updatedMs: Number(event["u"]) });
    }
  }

  /** The answer of account.status. An event that is newer than it stays. */
  balancesReply(reply: unknown): void {
    const { updateTime, balances } = reply as {
      readonly updateTime: number;
      readonly balances: readonly {
        readonly asset: string;
        readonly free: string;
        readonly locked: string;
      }[];
    };
    for (const { asset, free: available, locked: reserved } of balances) {
      const known = this.#balances.get(asset);
      const told = { asset, available, reserved, updatedMs: updateTime };
      // Removed first: the answer names every asset, and its order is the one to keep.
      this.#balances.delete(asset);
      this.#balances.set(asset, known !== undefined && known.updatedMs > updateTime ? known : told);
    }
  }

  /** The answer of openOrders.status or allOrders. */
  ordersReply(reply: unknown): void {
    for (const each of reply as readonly unknown[]) this.#addOrder(orderOfReply(each));
  }

  /** The answer of myTrades. */
  fillsReply(reply: unknown): void {
    for (const each of reply as readonly unknown[]) this.#fills.add(fillOfReply(each));
  }

  #addOrder(order: OrderRow): void {
    const { orderId, symbol } = order;
    const known = this.#open.find(symbol, orderId) ?? this.#ended.find(symbol, orderId);
    if (known !== undefined && progressOf(known) > progressOf(order)) return;
    if (isOpen(order)) {
      this.#open.add(order);
      return;
    }
    this.#open.remove(symbol, orderId);
    this.#ended.add(order);
  }

  /** Of one market, or of all. Shape: newest first, as those below; the same list until it has changed. */
  openOrders(symbol?: string): readonly OrderRow[] {
    return symbol === undefined ? this.#open.all() : this.#open.of(symbol);
  }

  /** Of one market. */
  endedOrders(symbol: string): readonly OrderRow[] {
    return this.#ended.of(symbol);
  }

  /** Of one market. */
  fills(symbol: string): readonly FillRow[] {
    return this.#fills.of(symbol);
  }

  /** In the order in which the exchange lists assets. */
  balances(): BalanceRow[] {
    return [...this.#balances.values()].map(({ asset, available, reserved }) => {
      return { asset, available, reserved };
    });
  }
}

/** Who trades with himself is on both sides of a trade. */
function compareFills(left: FillRow, right: FillRow): number {
  return right.timeMs - left.timeMs || right.tradeId - left.tradeId || right.orderId - left.orderId;
}

/** Greater for a later telling of the same order. */
function progressOf(order: OrderRow): bigint {
  const executed = parseDecimal(order.executed, COMPARED_DECIMALS);
  const hasEnded = isOpen(order) ? 0n : 2n;
  const hasBegun = order.isWorking ? 1n : 0n;
  return (typeof executed === "bigint" ? executed * 4n : 0n) + hasEnded + hasBegun;
}
