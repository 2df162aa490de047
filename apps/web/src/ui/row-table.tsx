import {
  type Accessor,
  createEffect,
  createMemo,
  createSignal,
  For,
  type JSX,
  on,
  onCleanup,
  onMount,
  type Setter,
  Show,
  untrack,
} from "solid-js";
import { rowsBefore, type RowWindow, windowOf } from "./row-window.ts";

export type RowKey = string | number;

export interface Column<T> {
  readonly name: string;
  readonly text: (row: T) => string;
  /** How it is drawn, if not as its text alone; about as wide. */
  readonly cell?: (row: Accessor<T>) => JSX.Element;
  /** Text stands at the left, numbers at the right, and what acts stays in sight at the right end. */
  readonly kind?: "text" | "action";
}

export interface RowTableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => RowKey;
  /** What stands there instead of no rows; "" for the heads of the columns. */
  readonly empty: string;
  /** What scrolls the table, and is alone in doing so. It can have the focus. */
  readonly box: Accessor<HTMLElement>;
  /** Rows are closer to each other. */
  readonly isDense?: boolean;
}

/** A row as long as it is drawn: what is said of it may change. */
interface Entry<T> {
  readonly key: string;
  readonly row: Accessor<T>;
  readonly setRow: Setter<T>;
}

const CELL_CLASSES = { text: "start", number: "", action: "end" } as const;
/** Until one is there to be measured. */
const ROW_PX = 26;

/** A table of any length: only what is in sight is drawn, and a little around it. Its rows are all of one height. */
export function RowTable<T extends object>(props: RowTableProps<T>): JSX.Element {
  return (
    <Show
      when={props.rows.length > 0 || props.empty === ""}
      fallback={<p class="p-3 text-muted">{props.empty}</p>}
    >
      <LongTable {...props} />
    </Show>
  );
}

function LongTable<T extends object>(props: RowTableProps<T>): JSX.Element {
  const [table, setTable] = createSignal<HTMLTableElement>();
  const keys = createMemo(() => props.rows.map((row) => String(props.keyOf(row))));
  const { inSight, rowPx } = createWindow(props, table, keys);
  const entries = createEntries(props, table, inSight);
  const widest = createWidest(props);
  const classOf = ({ kind }: Column<T>): string =>
    `${CELL_CLASSES[kind ?? "number"]} ${props.isDense === true ? "py-0.5!" : ""}`;
  return (
    <div
      style={{
        "padding-top": `${inSight().from * rowPx()}px`,
        "padding-bottom": `${(props.rows.length - inSight().to) * rowPx()}px`,
      }}
    >
      <table
        ref={setTable}
        class="table w-full"
        aria-label={props.label}
        aria-rowcount={props.rows.length + 1}
      >
        <thead>
          <tr aria-rowindex={1}>
            <For each={props.columns}>
              {(column, index) => (
                <th
                  scope="col"
                  class={CELL_CLASSES[column.kind ?? "number"]}
                  data-widest={widest()[index()]}
                >
                  <span class={column.kind === "action" ? "sr-only" : ""}>{column.name}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={entries()}>
            {(entry, index) => (
              <tr data-row={entry.key} aria-rowindex={inSight().from + index() + 2}>
                <For each={props.columns}>
                  {(column) => (
                    <td class={classOf(column)}>
                      {column.cell === undefined
                        ? column.text(entry.row())
                        : column.cell(entry.row)}
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

/** Follows what scrolls the table, and what holds on to its rows. */
function createWindow<T>(
  props: RowTableProps<T>,
  table: Accessor<HTMLTableElement | undefined>,
  keys: Accessor<readonly string[]>,
): { readonly inSight: Accessor<RowWindow>; readonly rowPx: Accessor<number> } {
  const [rowPx, setRowPx] = createSignal(ROW_PX);
  const [scrollPx, setScrollPx] = createSignal(0);
  const [heightPx, setHeightPx] = createSignal(0);
  const heldKeys = createHeld(table);
  const held = createMemo(() => heldKeys().map((key) => keys().indexOf(key)));
  const inSight = createMemo(
    () => {
      const [count, seen] = [props.rows.length, { scrollPx: scrollPx(), heightPx: heightPx() }];
      return windowOf({ count, rowPx: rowPx(), ...seen, held: held().filter((at) => at >= 0) });
    },
    undefined,
    { equals: (left, right) => left.from === right.from && left.to === right.to },
  );
  onMount(() => {
    const box = props.box();
    const onScroll = (): void => void setScrollPx(box.scrollTop);
    const measure = (): void => {
      setHeightPx(box.clientHeight);
      const row = table()?.tBodies[0]?.rows[0];
      if (row !== undefined) setRowPx(row.getBoundingClientRect().height);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    // The reader's letters may become larger, and rows come where none were.
    observer.observe(table()!);
    box.addEventListener("scroll", onScroll);
    box.scrollTop = 0;
    onCleanup(() => {
      observer.disconnect();
      box.removeEventListener("scroll", onScroll);
    });
  });
  createEffect(
    on(keys, (now, before) => {
      const [scrolledPx, px] = untrack(() => [scrollPx(), rowPx()]);
      const first = Math.floor(scrolledPx / px);
      // Who has scrolled to the newest sees what comes; anybody else sees the same rows as before.
      if (before === undefined || first === 0) return;
      const come = rowsBefore(before, now, first, Math.ceil(untrack(heightPx) / px));
      if (come !== 0) props.box().scrollTop = scrolledPx + come * px;
    }),
  );
  return { inSight, rowPx };
}

/** The key of the row of the table that something on the page is in. */
function keyAround(table: HTMLTableElement | undefined, node: Node | null): string | undefined {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element?.closest<HTMLElement>("tr[data-row]") ?? undefined;
  return row !== undefined && table?.contains(row) === true ? row.dataset["row"] : undefined;
}

/** The keys of rows that have the focus, or an end of what is selected: they are drawn while they are not far away. */
function createHeld(table: Accessor<HTMLTableElement | undefined>): Accessor<readonly string[]> {
  const [held, setHeld] = createSignal<readonly string[]>([], { equals: isSameList });
  const look = (): void => {
    const selection = document.getSelection();
    const isEmpty = selection === null || selection.isCollapsed;
    const ends = isEmpty ? [] : [selection.anchorNode, selection.focusNode];
    const keys = [document.activeElement, ...ends].map((node) => keyAround(table(), node));
    setHeld([...new Set(keys.filter((key) => key !== undefined))]);
  };
  onMount(() => {
    document.addEventListener("selectionchange", look);
    document.addEventListener("focusin", look);
    onCleanup(() => {
      document.removeEventListener("selectionchange", look);
      document.removeEventListener("focusin", look);
    });
  });
  return held;
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/**
 * The rows that are drawn. A row that changes stays where it is on the page, with the focus that it has: it would also be lost to who
 * is just pressing its button.
 */
function createEntries<T>(
  props: RowTableProps<T>,
  table: Accessor<HTMLTableElement | undefined>,
  inSight: Accessor<RowWindow>,
): Accessor<readonly Entry<T>[]> {
  let known = new Map<string, Entry<T>>();
  return createMemo(() => {
    const { from, to } = inSight();
    const entries = props.rows.slice(from, to).map((row): Entry<T> => {
      const key = String(props.keyOf(row));
      const entry = known.get(key);
      if (entry === undefined) return createEntry(key, row);
      entry.setRow(() => row);
      return entry;
    });
    known = new Map(entries.map((entry) => [entry.key, entry]));
    const focused = keyAround(untrack(table), document.activeElement);
    // Its row is about to go, and the next key that is pressed would be for the page.
    if (focused !== undefined && !known.has(focused)) props.box().focus({ preventScroll: true });
    return entries;
  });
}

function createEntry<T>(key: string, first: T): Entry<T> {
  const [row, setRow] = createSignal(first);
  return { key, row, setRow };
}

/** The longest text of each column, which keeps it as wide wherever its reader is. */
function createWidest<T extends object>(props: RowTableProps<T>): Accessor<readonly string[]> {
  const known = new WeakMap<T, readonly string[]>();
  const textsOf = (row: T): readonly string[] => {
    const texts = known.get(row) ?? props.columns.map(({ text }) => text(row));
    known.set(row, texts);
    return texts;
  };
  return createMemo(() => {
    const widest = props.columns.map(() => "");
    for (const row of props.rows) {
      const texts = textsOf(row);
      for (let at = 0; at < widest.length; at++) {
        if (texts[at]!.length > widest[at]!.length) widest[at] = texts[at]!;
      }
    }
    return widest;
  });
}
