import { For, type JSX, Show } from "solid-js";
import type { FillRow, OrderRow } from "../account/order-row.ts";
import { dateText, grouped, trimmed } from "../market/amount-text.ts";

interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => JSX.Element;
  /** Text stands at the left, numbers at the right, and what acts stays in sight at the right end. */
  readonly kind?: "text" | "action";
}

interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string | number;
  readonly empty: string;
}

const CELL_CLASSES = { text: "start", number: "", action: "end" } as const;

function Table<T>(props: TableProps<T>): JSX.Element {
  return (
    <Show when={props.rows.length > 0} fallback={<p class="p-3 text-muted">{props.empty}</p>}>
      <table class="table w-full" aria-label={props.label}>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" class={CELL_CLASSES[column.kind ?? "number"]}>
                  <span class={column.kind === "action" ? "sr-only" : ""}>{column.name}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr data-row={props.keyOf(row)}>
                <For each={props.columns}>
                  {(column) => (
                    <td class={CELL_CLASSES[column.kind ?? "number"]}>{column.cell(row)}</td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  );
}

function SideText(props: { readonly side: "BUY" | "SELL" }): JSX.Element {
  return props.side === "BUY" ? (
    <span class="text-up">▲ Buy</span>
  ) : (
    <span class="text-down">▼ Sell</span>
  );
}

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
  cell: (order) => order.symbol,
  kind: "text",
};
const SIDE_COLUMN: Column<OrderRow> = {
  name: "Side",
  cell: (order) => <SideText side={order.side} />,
  kind: "text",
};
const AMOUNT_COLUMNS: readonly Column<OrderRow>[] = [
  { name: "Price", cell: (order) => price(order.price) },
  { name: "Amount", cell: (order) => amount(order.quantity) },
  { name: "Filled", cell: (order) => amount(order.executed) },
];
const orderKey = (order: OrderRow): number => order.orderId;

export function OpenOrdersTable(props: {
  readonly orders: readonly OrderRow[];
  readonly onCancel: (order: OrderRow, event: MouseEvent) => void;
  readonly empty: string;
}): JSX.Element {
  const columns: readonly Column<OrderRow>[] = [
    { name: "Placed", cell: (order) => dateText(order.createdMs), kind: "text" },
    MARKET_COLUMN,
    SIDE_COLUMN,
    { name: "Type", cell: openKindOf, kind: "text" },
    ...AMOUNT_COLUMNS,
    {
      name: "Action",
      kind: "action",
      cell: (order) => (
        <button
          type="button"
          class="rounded px-2 text-muted hover:text-down"
          aria-label={`Cancel ${titleOf(order)}`}
          onClick={(event) => props.onCancel(order, event)}
        >
          Cancel
        </button>
      ),
    },
  ];
  return (
    <Table
      label="Open orders"
      rows={props.orders}
      columns={columns}
      keyOf={orderKey}
      empty={props.empty}
    />
  );
}

export function OrderHistoryTable(props: {
  readonly orders: readonly OrderRow[];
  readonly empty: string;
}): JSX.Element {
  const columns: readonly Column<OrderRow>[] = [
    { name: "Ended", cell: (order) => dateText(order.updatedMs), kind: "text" },
    MARKET_COLUMN,
    SIDE_COLUMN,
    { name: "Type", cell: kindOf, kind: "text" },
    ...AMOUNT_COLUMNS,
    { name: "Traded for", cell: (order) => grouped(trimmed(order.executedQuote, 2)) },
    { name: "Status", cell: (order) => STATUS_WORDS[order.status] ?? order.status, kind: "text" },
  ];
  return (
    <Table
      label="Order history"
      rows={props.orders}
      columns={columns}
      keyOf={orderKey}
      empty={props.empty}
    />
  );
}

const FILL_COLUMNS: readonly Column<FillRow>[] = [
  { name: "Time", cell: (fill) => dateText(fill.timeMs), kind: "text" },
  { name: "Market", cell: (fill) => fill.symbol, kind: "text" },
  { name: "Side", cell: (fill) => <SideText side={fill.side} />, kind: "text" },
  { name: "Price", cell: (fill) => price(fill.price) },
  { name: "Amount", cell: (fill) => amount(fill.quantity) },
  { name: "Value", cell: (fill) => grouped(trimmed(fill.quote, 2)) },
  { name: "Fee", cell: (fill) => `${amount(fill.fee)} ${fill.feeAsset}` },
  { name: "Role", cell: (fill) => (fill.isMaker ? "Maker" : "Taker"), kind: "text" },
];

export function FillsTable(props: {
  readonly fills: readonly FillRow[];
  readonly empty: string;
}): JSX.Element {
  return (
    <Table
      label="Fills"
      rows={props.fills}
      columns={FILL_COLUMNS}
      keyOf={(fill) => fill.key}
      empty={props.empty}
    />
  );
}
