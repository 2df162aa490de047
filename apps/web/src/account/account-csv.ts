import type { FillRow, OrderRow } from "./order-row.ts";

// An account's past for spreadsheets (RFC 4180): amounts as the exchange wrote them, times of UTC.

type Column<T> = readonly [name: string, textOf: (row: T) => string | number];

const FILL_COLUMNS: readonly Column<FillRow>[] = [
  ["time", ({ timeMs }) => timeText(timeMs)],
  ["market", ({ symbol }) => symbol],
  ["side", ({ side }) => side],
  ["price", ({ price }) => price],
  ["quantity", ({ quantity }) => quantity],
  ["value", ({ quote }) => quote],
  ["fee", ({ fee }) => fee],
  ["fee asset", ({ feeAsset }) => feeAsset],
  ["role", ({ isMaker }) => (isMaker ? "maker" : "taker")],
  ["trade", ({ tradeId }) => tradeId],
  ["order", ({ orderId }) => orderId],
];

const ORDER_COLUMNS: readonly Column<OrderRow>[] = [
  ["placed", ({ createdMs }) => timeText(createdMs)],
  ["ended", ({ updatedMs }) => timeText(updatedMs)],
  ["market", ({ symbol }) => symbol],
  ["side", ({ side }) => side],
  ["type", ({ type }) => type],
  ["time in force", ({ timeInForce }) => timeInForce],
  ["price", ({ price }) => price],
  ["stop price", ({ stopPrice }) => stopPrice],
  ["quantity", ({ quantity }) => quantity],
  ["executed", ({ executed }) => executed],
  ["value", ({ executedQuote }) => executedQuote],
  ["status", ({ status }) => status],
  ["order", ({ orderId }) => orderId],
  ["client order", ({ clientOrderId }) => clientOrderId],
];

export function fillsCsv(fills: readonly FillRow[]): string {
  return csvOf(FILL_COLUMNS, fills);
}

export function ordersCsv(orders: readonly OrderRow[]): string {
  return csvOf(ORDER_COLUMNS, orders);
}

function csvOf<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const lines = rows.map((row) => columns.map(([, textOf]) => cellOf(textOf(row))).join(","));
  return [columns.map(([name]) => name).join(","), ...lines, ""].join("\r\n");
}

function cellOf(value: string | number): string {
  const text = String(value);
  // A spreadsheet takes this for a formula, and runs what somebody has called an order; the exchange's numbers are none.
  const plain = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
