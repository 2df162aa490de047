import type { FillRow, OrderRow } from "./order-row.ts";

// What the chart shows of the account.

/** A line at a price, a text as the exchange wrote it. */
export interface OrderLine {
  readonly price: string;
  readonly title: string;
}

/** An account's trades of one side in one candle. */
export interface FillMark {
  readonly openMs: number;
  readonly side: "BUY" | "SELL";
}

/** Where an open order stands: its price in the book, or what it waits for. Undefined where it has no price. */
export function lineOf(order: OrderRow): OrderLine | undefined {
  const { side, isWorking, stopPrice } = order;
  const title = side === "BUY" ? "▲ buy" : "▼ sell";
  const waits = !isWorking && hasPrice(stopPrice);
  if (waits) return { price: stopPrice, title: `${title} ${waitWords(order)}` };
  return hasPrice(order.price) ? { price: order.price, title } : undefined;
}

/** The exchange writes zero where there is no price. */
function hasPrice(text: string): boolean {
  return /[1-9]/.test(text);
}

function waitWords({ type, trailBasisPoints }: OrderRow): string {
  if (trailBasisPoints > 0) return "trails from";
  return type.startsWith("TAKE_PROFIT") ? "take profit" : "stop";
}

/** What is to be marked: an order that filled in many pieces once. Units: `intervalMs`, the length of a candle. */
export function fillMarksOf(
  fills: readonly FillRow[],
  intervalMs: number,
  oldestMs: number,
): FillMark[] {
  const marked = new Map<string, FillMark>();
  for (const { timeMs, side } of fills) {
    const openMs = timeMs - (timeMs % intervalMs);
    // A chart would put it at its oldest candle, which is another one.
    if (openMs >= oldestMs) marked.set(`${openMs} ${side}`, { openMs, side });
  }
  return [...marked.values()].sort((left, right) => left.openMs - right.openMs);
}
