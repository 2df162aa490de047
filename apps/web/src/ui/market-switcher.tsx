import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { compact, directionOf, grouped, signed, trimmed } from "../market/amount-text.ts";
import type { Market } from "../market/market.ts";
import { directionColour, DirectionMark } from "./direction-mark.tsx";
import { useTerminal } from "./terminal.ts";

const LIST_ID = "market-list";

/** The name of the market; a press opens the list of all. */
export function MarketSwitcher(): JSX.Element {
  const { market, selectMarket } = useTerminal();
  let list: HTMLDivElement | undefined;
  const select = (symbol: string): void => {
    list?.hidePopover();
    selectMarket(symbol);
  };
  return (
    <>
      <button
        type="button"
        class="flex items-center gap-2 rounded px-2 py-1 text-lg font-semibold hover:bg-raised"
        popovertarget={LIST_ID}
        aria-haspopup="dialog"
      >
        <span class="sr-only">Market </span>
        <span>
          {market().base}
          <span class="text-muted">/{market().quote}</span>
        </span>
        <span class="text-xs text-muted" aria-hidden="true">
          ▾
        </span>
      </button>
      <div
        ref={(element) => (list = element)}
        id={LIST_ID}
        popover="auto"
        role="dialog"
        aria-label="Markets"
        class="fixed top-12 left-2 m-0 max-h-[70dvh] w-96 max-w-[calc(100vw-1rem)] overflow-auto rounded-md border border-line bg-panel py-1 text-text shadow-lg sm:left-16"
      >
        <MarketList onSelect={select} />
      </div>
    </>
  );
}

/** Lines that are made: a network may have thousands of markets. */
const LINES_MAX = 100;

/** The markets whose names have what is typed in them; Enter takes the first. */
function MarketList(props: { readonly onSelect: (symbol: string) => void }): JSX.Element {
  const { node } = useTerminal();
  const [search, setSearch] = createSignal("");
  const found = createMemo(() => {
    const part = search().trim().toUpperCase();
    const isFound = ({ symbol, base, quote }: Market): boolean =>
      symbol.includes(part) || `${base}/${quote}`.includes(part);
    return node.markets.filter(isFound);
  });
  const select = (symbol: string): void => {
    setSearch("");
    props.onSelect(symbol);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const first = found()[0];
    if (event.key !== "Enter" || first === undefined) return;
    // The focus goes back to the button that opened the list, and the key would press it.
    event.preventDefault();
    select(first.symbol);
  };
  const leftOut = (): number => found().length - LINES_MAX;
  return (
    <>
      <div class="field mx-3 my-1.5 px-2 py-1">
        <input
          class="w-full bg-transparent"
          type="search"
          autofocus
          autocomplete="off"
          aria-label="Find a market; Enter takes the first"
          placeholder="Find a market"
          value={search()}
          onInput={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <For each={found().slice(0, LINES_MAX)}>
        {(each) => <MarketLine market={each} onSelect={() => select(each.symbol)} />}
      </For>
      <p class="px-3 py-1.5 text-muted empty:hidden" role="status">
        <Show when={found().length === 0}>No market has this in its name.</Show>
        <Show when={leftOut() > 0}>{leftOut()} more: type a part of the name.</Show>
      </p>
    </>
  );
}

function MarketLine(props: {
  readonly market: Market;
  readonly onSelect: () => void;
}): JSX.Element {
  const { overview, market } = useTerminal();
  const glance = createMemo(() => overview().glances.get(props.market.symbol));
  return (
    <button
      type="button"
      class="grid w-full grid-cols-[1fr_7rem_6rem] items-baseline gap-2 px-3 py-1.5 text-right hover:bg-raised aria-current:bg-raised"
      aria-current={market() === props.market ? "true" : undefined}
      onClick={() => props.onSelect()}
    >
      <span class="text-left">
        <span class="font-medium">{props.market.base}</span>
        <span class="text-muted">/{props.market.quote}</span>
      </span>
      <Show when={glance()} fallback={<span class="col-span-2 text-muted">–</span>}>
        {(known) => (
          <>
            <span>
              {/[1-9]/.test(known().last)
                ? grouped(trimmed(known().last, props.market.priceDecimals))
                : "–"}
            </span>
            <span
              class={directionColour(directionOf(known().changePercent))}
              title={`24h volume ${compact(known().quoteVolume)} ${props.market.quote}`}
            >
              <DirectionMark direction={directionOf(known().changePercent)} />{" "}
              {signed(known().changePercent)}%
            </span>
          </>
        )}
      </Show>
    </button>
  );
}
