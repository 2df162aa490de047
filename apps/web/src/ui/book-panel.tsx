import {
  createEffect,
  createMemo,
  createSignal,
  For,
  Index,
  type JSX,
  on,
  onCleanup,
  onMount,
  Show,
} from "solid-js";
import { ownLevelsOf } from "../account/own-levels.ts";
import { directionOf, glance, grouped, trimmed } from "../market/amount-text.ts";
import { type BookRow, type BookView, viewBook } from "../market/book-view.ts";
import { priceText } from "../market/market.ts";
import { directionColour, DirectionMark } from "./direction-mark.tsx";
import { Panel } from "./panel.tsx";
import { useTerminal } from "./terminal.ts";

/** The height of a level, and of the row between the sides, as their classes say. */
const ROW_PX = 18;
const SPREAD_PX = 32;
const GROUPS = [1, 10, 100, 1_000] as const;

/** The order book: asks above, bids below, the best of both in the middle. */
export function BookPanel(): JSX.Element {
  const { feed, market } = useTerminal();
  const [groupTicks, setGroupTicks] = createSignal<number>(1);
  // A step that suits one market says nothing in another.
  createEffect(on(market, () => setGroupTicks(1)));
  const tools = (
    <select
      class="field px-1 py-0.5"
      aria-label="Group prices by"
      value={groupTicks()}
      onChange={(event) => setGroupTicks(Number(event.currentTarget.value))}
    >
      <For each={GROUPS}>
        {(group) => <option value={group}>{trimmed(priceText(market(), group))}</option>}
      </For>
    </select>
  );
  return (
    <Panel
      area="book"
      title="Order book"
      tools={tools}
      isStale={feed().health.state === "reconnecting"}
    >
      <div
        class="grid h-6 shrink-0 grid-cols-3 items-center px-3 text-right text-xs whitespace-nowrap text-muted"
        aria-hidden="true"
      >
        <span class="text-left">Price ({market().quote})</span>
        <span>Amount ({market().base})</span>
        <span>Total</span>
      </div>
      <Ladder groupTicks={groupTicks()} />
    </Panel>
  );
}

/** Both sides as one list: arrow keys go through it, Enter takes a price into the ticket. */
function Ladder(props: { readonly groupTicks: number }): JSX.Element {
  const { pickPrice } = useTerminal();
  const [rowsMax, setRowsMax] = createSignal(10);
  const view = createBookView(rowsMax, () => props.groupTicks);
  const [active, setActive] = createSignal(-1);
  let box: HTMLDivElement | undefined;
  onMount(() => {
    const fit = (): void => {
      setRowsMax(Math.max(3, Math.floor((box!.clientHeight - SPREAD_PX) / 2 / ROW_PX)));
    };
    const observer = new ResizeObserver(fit);
    observer.observe(box!);
    onCleanup(() => observer.disconnect());
  });
  // Asks are shown worst first, so that the best stands next to the spread.
  const asks = createMemo(() => view().asks.toReversed());
  const rowAt = (index: number): BookRow | undefined => {
    return index < asks().length ? asks()[index] : view().bids[index - asks().length];
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const count = asks().length + view().bids.length;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step !== undefined) {
      const start = active() < 0 ? asks().length - (step < 0 ? 0 : 1) : active();
      setActive(Math.min(count - 1, Math.max(0, start + step)));
    } else if (event.key === "Enter" && rowAt(active()) !== undefined) {
      pickPrice(rowAt(active())!.priceTicks);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={(element) => (box = element)}
      class="flex min-h-0 flex-1 flex-col overflow-hidden"
      role="listbox"
      tabindex="0"
      aria-label="Prices; Enter takes one into the ticket"
      aria-activedescendant={active() < 0 ? undefined : `level-${active()}`}
      onKeyDown={onKeyDown}
      onBlur={() => setActive(-1)}
    >
      <div class="flex flex-1 flex-col justify-end" role="group" aria-label="Asks">
        <Index each={asks()}>
          {(row, index) => (
            <LevelRow row={row()} side="ask" index={index} isActive={active() === index} />
          )}
        </Index>
      </div>
      <SpreadRow view={view()} />
      <div class="flex-1" role="group" aria-label="Bids">
        <Index each={view().bids}>
          {(row, index) => (
            <LevelRow
              row={row()}
              side="bid"
              index={asks().length + index}
              isActive={active() === asks().length + index}
            />
          )}
        </Index>
      </div>
    </div>
  );
}

function createBookView(rowsMax: () => number, groupTicks: () => number): () => BookView {
  const { feed, account, market } = useTerminal();
  const orders = createMemo(() => account().state.openOrders(market().symbol));
  const own = createMemo(() => ownLevelsOf(market(), orders()));
  return createMemo(() => {
    const { book } = feed();
    return viewBook(book.bids, book.asks, {
      market: market(),
      rowsMax: rowsMax(),
      groupTicks: groupTicks(),
      ownBids: own().bids,
      ownAsks: own().asks,
    });
  });
}

interface LevelRowProps {
  readonly row: BookRow;
  readonly side: "bid" | "ask";
  readonly index: number;
  readonly isActive: boolean;
}

function LevelRow(props: LevelRowProps): JSX.Element {
  const { pickPrice } = useTerminal();
  const isBid = (): boolean => props.side === "bid";
  return (
    <div
      id={`level-${props.index}`}
      class="relative grid h-[18px] cursor-pointer grid-cols-3 items-center px-3 text-right hover:bg-raised aria-selected:bg-raised aria-selected:outline-1 aria-selected:outline-accent"
      role="option"
      aria-selected={props.isActive}
      data-side={props.side}
      data-price={props.row.price}
      data-own={props.row.own}
      onClick={() => pickPrice(props.row.priceTicks)}
    >
      <div
        class={`absolute inset-y-px right-0 w-full origin-right ${isBid() ? "bg-up-soft" : "bg-down-soft"}`}
        style={{ transform: `scaleX(${props.row.share})` }}
        aria-hidden="true"
      />
      <span class={`relative text-left ${isBid() ? "text-up" : "text-down"}`}>
        <Show when={props.row.own !== ""}>
          <span
            class="absolute -left-2.5 text-accent"
            role="img"
            aria-label={`your order of ${props.row.own}`}
            title={`Your order: ${props.row.own}`}
          >
            ▸
          </span>
        </Show>
        {props.row.price}
      </span>
      <span class="relative">{glance(props.row.quantity)}</span>
      <span class="relative text-muted">{glance(props.row.total)}</span>
    </div>
  );
}

/** The last price, and how far apart the best bid and ask are. */
function SpreadRow(props: { readonly view: BookView }): JSX.Element {
  const { feed, market } = useTerminal();
  const trades = createMemo(() => feed().tape.trades);
  const lastText = (): string => {
    const price = trades()[0]?.price;
    return price === undefined ? "–" : grouped(trimmed(price, market().priceDecimals));
  };
  const direction = createMemo(() => {
    const [last, before] = trades();
    if (last === undefined || before === undefined) return "flat";
    return directionOf(String(Number(last.price) - Number(before.price)));
  });
  return (
    <div
      class="flex h-[32px] shrink-0 items-center justify-between gap-2 border-y border-line px-3 whitespace-nowrap"
      data-row-of="spread"
    >
      <span class={`text-base font-semibold ${directionColour(direction())}`}>
        {lastText()} <DirectionMark direction={direction()} />
      </span>
      <span class="truncate text-muted" data-figure="spread">
        Spread{" "}
        {props.view.spread === "" ? "–" : `${props.view.spread} (${props.view.spreadPercent})`}
      </span>
    </div>
  );
}
