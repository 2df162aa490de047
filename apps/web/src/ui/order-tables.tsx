import type { Accessor, JSX } from "solid-js";
import type { FillRow, OrderRow } from "../account/order-row.ts";
import { dateText, grouped, trimmed } from "../market/amount-text.ts";
import { type Column, RowTable } from "./row-table.tsx";

interface SidedRow {
  readonly side: "BUY" | "SELL";
}

const sideText = ({ side }: SidedRow): string => (side === "BUY" ? "▲ Buy" : "▼ Sell");

const SIDE_COLUMN: Column<SidedRow> = {
  name: "Side",
  text: sideText,
  cell: (row) => (
    <span class={row().side === "BUY" ? "text-up" : "text-down"}>{sideText(row())}</span>
  ),
  kind: "text",
};

const amount = (text: string): string => grouped(trimmed(text));
/** A market order has no price of its own. */
const price = (text: string): string => (/[1-9]/.test(text) ? grouped(trimmed(text, 2)) : "market");

const STATUS_WORDS: Readonly<Record<string, string>> = {
  NEW: "Open",
  PENDING_NEW: "Waits",
  PARTIALLY_FILLED: "Partly filled",
  FILLED: "Filled",
  CANCELED: "Cancelled",
  EXPIRED: "Expired",
  EXPIRED_IN_MATCH: "Self-trade prevented",
};

const KIND_WORDS: Readonly<Record<string, string>> = {
  LIMIT_MAKER: "Post only",
  MARKET: "Market",
  STOP_LOSS: "Stop",
  STOP_LOSS_LIMIT: "Stop limit",
  TAKE_PROFIT: "Take profit",
  TAKE_PROFIT_LIMIT: "Take profit limit",
};

function kindOf(order: OrderRow): string {
  const { type, timeInForce, stopPrice, trailBasisPoints, shown } = order;
  const word = KIND_WORDS[type];
  const hides = /[1-9]/.test(shown) ? `, shows ${amount(shown)}` : "";
  if (word === undefined) return (timeInForce === "GTC" ? "Limit" : `Limit ${timeInForce}`) + hides;
  const trails = trailBasisPoints === 0 ? "" : `, trails by ${trailBasisPoints / 100} %`;
  const hasStop = /[1-9]/.test(stopPrice);
  if (!hasStop) return word + trails + hides;
  return `${word}${trails === "" ? " at" : " from"} ${price(stopPrice)}${trails}`;
}

/** An order that waits is in no book yet; what happens to one of a list may end the others. */
function openKindOf(order: OrderRow): string {
  const list = order.listId === -1 ? "" : ", of a list";
  if (order.isWorking) return kindOf(order) + list;
  const cause = order.status === "PENDING_NEW" ? "another order" : "its trigger";
  return `${kindOf(order)}${list}, waits for ${cause}`;
}

/** "sell of 0.5 at 62,000.00"; of a stop, what it waits for. */
function titleOf(order: OrderRow): string {
  const isPlain = KIND_WORDS[order.type] === undefined || order.type === "LIMIT_MAKER";
  const terms = isPlain ? `at ${price(order.price)}` : `by ${kindOf(order).toLowerCase()}`;
  return `${order.side.toLowerCase()} of ${amount(order.quantity)} ${terms}`;
}

const MARKET_COLUMN: Column<OrderRow> = {
  name: "Market",
  text: (order) => order.symbol,
  kind: "text",
};
const AMOUNT_COLUMNS: readonly Column<OrderRow>[] = [
  { name: "Price", text: (order) => price(order.price) },
  { name: "Amount", text: (order) => amount(order.quantity) },
  { name: "Filled", text: (order) => amount(order.executed) },
];
const orderKey = (order: OrderRow): number => order.orderId;

export function OpenOrdersTable(props: {
  readonly orders: readonly OrderRow[];
  readonly onCancel: (order: OrderRow, event: MouseEvent) => void;
  readonly empty: string;
  readonly box: Accessor<HTMLElement>;
}): JSX.Element {
  const columns: readonly Column<OrderRow>[] = [
    { name: "Placed", text: (order) => dateText(order.createdMs), kind: "text" },
    MARKET_COLUMN,
    SIDE_COLUMN,
    { name: "Type", text: openKindOf, kind: "text" },
    ...AMOUNT_COLUMNS,
    {
      name: "Action",
      kind: "action",
      text: () => "Cancel",
      cell: (order) => (
        <button
          type="button"
          class="rounded px-2 text-muted hover:text-down"
          aria-label={`Cancel ${titleOf(order())}`}
          onClick={(event) => props.onCancel(order(), event)}
        >
          Cancel
        </button>
      ),
    },
  ];
  return (
    <RowTable
      label="Open orders"
      rows={props.orders}
      columns={columns}
      keyOf={orderKey}
      empty={props.empty}
      box={props.box}
    />
  );
}

export function OrderHistoryTable(props: {
  readonly orders: readonly OrderRow[];
  readonly empty: string;
  readonly box: Accessor<HTMLElement>;
}): JSX.Element {
  const columns: readonly Column<OrderRow>[] = [
    { name: "Ended", text: (order) => dateText(order.updatedMs), kind: "text" },
    MARKET_COLUMN,
    SIDE_COLUMN,
    { name: "Type", text: kindOf, kind: "text" },
    ...AMOUNT_COLUMNS,
    { name: "Traded for", text: (order) => grouped(trimmed(order.executedQuote, 2)) },
    { name: "Status", text: (order) => STATUS_WORDS[order.status] ?? order.status, kind: "text" },
  ];
  return (
    <RowTable
      label="Order history"
      rows={props.orders}
      columns={columns}
      keyOf={orderKey}
      empty={props.empty}
      box={props.box}
    />
  );
}

const FILL_COLUMNS: readonly Column<FillRow>[] = [
  { name: "Time", text: (fill) => dateText(fill.timeMs), kind: "text" },
  { name: "Market", text: (fill) => fill.symbol, kind: "text" },
  SIDE_COLUMN,
  { name: "Price", text: (fill) => price(fill.price) },
  { name: "Amount", text: (fill) => amount(fill.quantity) },
  { name: "Value", text: (fill) => grouped(trimmed(fill.quote, 2)) },
  { name: "Fee", text: (fill) => `${amount(fill.fee)} ${fill.feeAsset}` },
  { name: "Role", text: (fill) => (fill.isMaker ? "Maker" : "Taker"), kind: "text" },
];

export function FillsTable(props: {
  readonly fills: readonly FillRow[];
  readonly empty: string;
  readonly box: Accessor<HTMLElement>;
}): JSX.Element {
  return (
    <RowTable
      label="Fills"
      rows={props.fills}
      columns={FILL_COLUMNS}
      keyOf={(fill) => fill.key}
      empty={props.empty}
      box={props.box}
    />
  );
}
