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

export interface BalanceRow {
  readonly asset: string;
  readonly available: string;
  readonly reserved: string;
}

interface KeptBalance extends BalanceRow {
  readonly updatedMs: number;
}

/** Orders that have ended, and fills, that are kept. */
const ENDED_MAX = 500;
const FILLS_MAX = 500;
/** Enough for any quantity: orders are only compared by it. */
const COMPARED_DECIMALS = 18;

/**
 * What is known of an account: answers and events joined, in whichever order they come.
 *
 * Invariant: an order only goes forward. Of two tellings the one that has ended, has executed more, or does not wait any more is
 * newer.
 */
export class AccountState {
  readonly #orders = new Map<number, OrderRow>();
  readonly #fills = new Map<string, FillRow>();
  readonly #balances = new Map<string, KeptBalance>();

  /** Forgets everything: for a connection that may have missed something. */
  clear(): void {
    this.#orders.clear();
    this.#fills.clear();
    this.#balances.clear();
  }

  /** An event of the user data stream. What it does not know it passes over. */
  event(event: Readonly<Record<string, unknown>>): void {
    if (event["e"] === "executionReport") {
      this.#addOrder(orderOfReport(event));
      const fill = fillOfReport(event);
      if (fill !== undefined) this.#addFill(fill);
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
    for (const each of reply as readonly unknown[]) this.#addFill(fillOfReply(each));
  }

  #addOrder(order: OrderRow): void {
    const known = this.#orders.get(order.orderId);
    if (known !== undefined && progressOf(known) > progressOf(order)) return;
    this.#orders.set(order.orderId, order);
    if (isOpen(order)) return;
    const ended = [...this.#orders.values()].filter((each) => !isOpen(each));
    if (ended.length <= ENDED_MAX) return;
    const oldest = ended.reduce((left, right) =>
      left.updatedMs <= right.updatedMs ? left : right,
    );
    this.#orders.delete(oldest.orderId);
  }

  #addFill(fill: FillRow): void {
    this.#fills.set(fill.key, fill);
    if (this.#fills.size <= FILLS_MAX) return;
    const fills = [...this.#fills.values()];
    const oldest = fills.reduce((left, right) => (left.timeMs <= right.timeMs ? left : right));
    this.#fills.delete(oldest.key);
  }

  /** Newest first. */
  openOrders(): OrderRow[] {
    return [...this.#orders.values()].filter(isOpen).sort(byNewest((each) => each.createdMs));
  }

  endedOrders(): OrderRow[] {
    const ended = [...this.#orders.values()].filter((each) => !isOpen(each));
    return ended.sort(byNewest((each) => each.updatedMs));
  }

  fills(): FillRow[] {
    return [...this.#fills.values()].sort(
      (left, right) => right.timeMs - left.timeMs || right.tradeId - left.tradeId,
    );
  }

  /** In the order in which the exchange lists assets. */
  balances(): BalanceRow[] {
    return [...this.#balances.values()].map(({ asset, available, reserved }) => {
      return { asset, available, reserved };
    });
  }
}

function byNewest(timeOf: (order: OrderRow) => number) {
  return (left: OrderRow, right: OrderRow): number =>
    timeOf(right) - timeOf(left) || right.orderId - left.orderId;
}

/** Greater for a later telling of the same order. */
function progressOf(order: OrderRow): bigint {
  const executed = parseDecimal(order.executed, COMPARED_DECIMALS);
  const hasEnded = isOpen(order) ? 0n : 2n;
  const hasBegun = order.isWorking ? 1n : 0n;
  return (typeof executed === "bigint" ? executed * 4n : 0n) + hasEnded + hasBegun;
}
