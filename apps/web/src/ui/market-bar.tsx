import { createEffect, createMemo, type JSX, Show } from "solid-js";
import { compact, directionOf, grouped, signed, trimmed } from "../market/amount-text.ts";
import type { Market } from "../market/market.ts";
import type { Ticker } from "../market/ticker.ts";
import { ConnectionBadge } from "./connection-badge.tsx";
import { directionColour, DirectionMark } from "./direction-mark.tsx";
import { MarketStatusBadge } from "./market-status.tsx";
import { MarketSwitcher } from "./market-switcher.tsx";
import { useTerminal } from "./terminal.ts";
import { chooseTheme, theme } from "./theme.ts";

/** The head of the page: which market, how it stands, and whether all of this is current. */
export function MarketBar(): JSX.Element {
  const { node, feed, market } = useTerminal();
  const ticker = createMemo(() => feed().ticker);
  // The ticker is told once a second, trades at once.
  const last = createMemo(() => feed().tape.trades[0]?.price ?? ticker()?.last ?? "");
  createEffect(() => {
    document.title = `${shownPrice(market(), last())} ${market().symbol} · Rialto`.trim();
  });
  return (
    <header
      class="panel sticky top-0 z-20 flex-row! flex-wrap items-center gap-x-5 gap-y-2 px-3 py-2"
      style={{ "grid-area": "bar" }}
    >
      <h1 class="text-base font-semibold tracking-wide max-sm:sr-only">Rialto</h1>
      <MarketSwitcher />
      <MarketStatusBadge />
      <Show when={ticker()}>
        {(known) => <Figures ticker={known()} last={last()} market={market()} />}
      </Show>
      <div class="ml-auto flex items-center gap-3">
        <Show when={node.isDemo}>
          <strong class="rounded bg-notice-soft px-2 py-1 font-medium text-notice">
            <span>DEMO</span>
            <span class="max-sm:sr-only"> – play money, robots trade</span>
          </strong>
        </Show>
        <ConnectionBadge />
        <ThemeButton />
      </div>
    </header>
  );
}

function shownPrice(market: Market, price: string): string {
  return price === "" ? "" : grouped(trimmed(price, market.priceDecimals));
}

function Figures(props: {
  readonly ticker: Ticker;
  readonly last: string;
  readonly market: Market;
}): JSX.Element {
  const direction = createMemo(() => directionOf(props.ticker.change));
  const price = (text: string): string => shownPrice(props.market, text) || "–";
  return (
    <>
      <p class={`text-lg font-semibold ${directionColour(direction())}`} data-figure="last">
        <span class="sr-only">Last price </span>
        {price(props.last)}
      </p>
      <dl class="flex gap-5 max-md:hidden">
        <Figure name="24h change">
          <span class={directionColour(direction())}>
            <DirectionMark direction={direction()} /> {signed(price(props.ticker.change))} (
            {signed(trimmed(props.ticker.changePercent, 2))}%)
          </span>
        </Figure>
        <Figure name="24h high">{price(props.ticker.high)}</Figure>
        <Figure name="24h low">{price(props.ticker.low)}</Figure>
        <Figure name={`24h volume (${props.market.base})`} class="max-[1150px]:hidden">
          {compact(props.ticker.volume)}
        </Figure>
        <Figure name={`24h volume (${props.market.quote})`} class="max-xl:hidden">
          {compact(props.ticker.quoteVolume)}
        </Figure>
      </dl>
      <p class={`md:hidden ${directionColour(direction())}`}>
        <span class="sr-only">24h change </span>
        <DirectionMark direction={direction()} /> {signed(trimmed(props.ticker.changePercent, 2))}%
      </p>
    </>
  );
}

function Figure(props: {
  readonly name: string;
  readonly class?: string;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <div class={`whitespace-nowrap ${props.class ?? ""}`}>
      <dt class="text-xs text-muted">{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function ThemeButton(): JSX.Element {
  const other = (): "light" | "dark" => (theme() === "dark" ? "light" : "dark");
  return (
    <button
      type="button"
      class="grid size-7 place-items-center rounded text-base text-muted hover:bg-raised hover:text-text"
      aria-label={`Use the ${other()} theme`}
      title={`Use the ${other()} theme`}
      onClick={() => chooseTheme(other())}
    >
      <span aria-hidden="true">{theme() === "dark" ? "☀" : "☾"}</span>
    </button>
  );
}
