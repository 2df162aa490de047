import {
  type Accessor,
  createEffect,
  createMemo,
  createResource,
  createSignal,
  For,
  type JSX,
  on,
  onCleanup,
  onMount,
  Show,
} from "solid-js";
import { directionOf, grouped, trimmed } from "../market/amount-text.ts";
import {
  type Candle,
  CandleFeed,
  chooseInterval,
  type Interval,
  INTERVALS,
  type Past,
} from "../market/candle-feed.ts";
import type { Market } from "../market/market.ts";
import { keep, readKept } from "./browser-storage.ts";
import { directionColour } from "./direction-mark.tsx";
import { Panel } from "./panel.tsx";
import { PriceChart } from "./price-chart.ts";
import { type Terminal, useTerminal } from "./terminal.ts";
import { theme } from "./theme.ts";

const INTERVAL_KEY = "rialto.interval";
const INTERVAL_MS: Readonly<Record<Interval, number>> = {
  "1s": 1_000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
};

/** Older candles are asked for while so many are left beyond the edge, so that mostly they are there in time. */
const CANDLES_AHEAD = 100;

/** What is said at the oldest candle. */
const PAST_WORDS: Readonly<Record<Past, string>> = {
  unknown: "",
  more: "",
  loading: "Loading older candles…",
  beginning: "No older candles",
  full: "Older ones only as longer candles",
  failed: "Older candles could not be loaded",
};

/** Candles and volume of the market, with the account's own orders and fills in them. */
export function ChartPanel(): JSX.Element {
  const terminal = useTerminal();
  const [interval, chooseOther] = createInterval(terminal);
  return (
    <Panel
      area="chart"
      title="Chart"
      tools={<IntervalChoice interval={interval()} onChoose={chooseOther} />}
      isStale={terminal.feed().health.state === "reconnecting"}
    >
      <Show when={interval()}>{(known) => <Chart interval={known()} />}</Show>
    </Panel>
  );
}

/** The interval that was chosen here before, else the one that suits the market's age. */
function createInterval(
  terminal: Terminal,
): [Accessor<Interval | undefined>, (interval: Interval) => void] {
  const stored = INTERVALS.find((each) => each === readKept(INTERVAL_KEY));
  const [chosen, setChosen] = createSignal(stored);
  const { url } = terminal.node;
  const [suited] = createResource(
    () => (chosen() === undefined ? terminal.market().symbol : undefined),
    (symbol) => chooseInterval(url, symbol),
  );
  const choose = (interval: Interval): void => {
    keep(INTERVAL_KEY, interval);
    setChosen(interval);
  };
  return [() => chosen() ?? (suited.state === "errored" ? "1m" : suited.latest), choose];
}

function IntervalChoice(props: {
  readonly interval: Interval | undefined;
  readonly onChoose: (interval: Interval) => void;
}): JSX.Element {
  return (
    <div class="flex" role="group" aria-label="Length of a candle">
      <For each={INTERVALS}>
        {(each) => (
          <button
            type="button"
            class="rounded px-2 py-0.5 text-muted hover:text-text aria-pressed:bg-raised aria-pressed:text-text"
            aria-pressed={each === props.interval}
            onClick={() => props.onChoose(each)}
          >
            {each}
          </button>
        )}
      </For>
    </div>
  );
}

function Chart(props: { readonly interval: Interval }): JSX.Element {
  const terminal = useTerminal();
  const { market, account } = terminal;
  const [candles, setCandles] = createSignal<readonly Candle[]>([]);
  const [hoveredMs, setHoveredMs] = createSignal<number>();
  const [past, setPast] = createSignal<Past>("unknown");
  const [candlesLeft, setCandlesLeft] = createSignal(Infinity);
  let box: HTMLDivElement | undefined;
  onMount(() => {
    const onMove = (): void => void setCandlesLeft(chart.candlesLeft());
    const chart = new PriceChart({ box: box!, onHover: setHoveredMs, onMove });
    onCleanup(() => chart.remove());
    createEffect(() => {
      const shown = { setCandles, setPast, onMove };
      const feed = followCandles(terminal, chart, props.interval, shown);
      createEffect(() => {
        if (past() === "more" && candlesLeft() < CANDLES_AHEAD) void feed.loadOlder();
      });
    });
    createEffect(
      on(
        theme,
        () => {
          chart.paint();
          chart.setCandles(candles());
        },
        { defer: true },
      ),
    );
    const orders = createMemo(() => account().state.openOrders(market().symbol));
    const fills = createMemo(() => account().state.fills(market().symbol));
    createEffect(() => chart.setOrders(orders()));
    createEffect(() => (theme(), chart.setFills(fills(), INTERVAL_MS[props.interval])));
  });
  const shown = createMemo(() => {
    const all = candles();
    return all.findLast(({ openMs }) => openMs === hoveredMs()) ?? all.at(-1);
  });
  return (
    <div class="flex min-h-0 flex-1 flex-col" data-candles={candles().length}>
      <Legend candle={shown()} market={market()} />
      <div class="relative min-h-0 flex-1">
        <div ref={(element) => (box = element)} class="absolute inset-0" />
        <p
          role="status"
          aria-label="Older candles"
          class="pointer-events-none absolute left-3 top-1 z-10 text-muted"
        >
          {candlesLeft() <= 0 ? PAST_WORDS[past()] : ""}
        </p>
      </div>
    </div>
  );
}

/** What the page knows beside what the chart draws. */
interface Shown {
  readonly setCandles: (change: (candles: readonly Candle[]) => readonly Candle[]) => void;
  readonly setPast: (past: Past) => void;
  /** The candles have changed, and with them how many are left beyond the edge. */
  readonly onMove: () => void;
}

/** Inside an effect: feeds the chart with a market's candles until another market or interval is chosen. */
function followCandles(
  { node, market }: Terminal,
  chart: PriceChart,
  interval: Interval,
  { setCandles, setPast, onMove }: Shown,
): CandleFeed {
  const { symbol, priceDecimals } = market();
  // What another market or interval has left is not this one's.
  let isFirst = true;
  chart.setCandles([]);
  setCandles(() => []);
  chart.setPriceDecimals(priceDecimals);
  chart.setDays(interval === "1d");
  const feed = new CandleFeed({
    url: node.url,
    symbol,
    interval,
    onAll: (candles) => {
      chart.setCandles(candles);
      // Later the chart stays where its reader has moved it.
      if (isFirst) chart.showNewest();
      isFirst = false;
      setCandles(() => candles);
      onMove();
    },
    onCandle: (candle) => {
      chart.updateCandle(candle);
      setCandles((candles) => withNewest(candles, candle));
    },
    onPast: setPast,
  });
  onCleanup(() => feed.close());
  return feed;
}

function withNewest(candles: readonly Candle[], candle: Candle): readonly Candle[] {
  const isSame = candles.at(-1)?.openMs === candle.openMs;
  return [...(isSame ? candles.slice(0, -1) : candles), candle];
}

/** The figures of the candle under the crosshair, or of the newest: above the chart, where they hide nothing. */
function Legend(props: {
  /** Undefined while there is none. */
  readonly candle: Candle | undefined;
  readonly market: Market;
}): JSX.Element {
  const price = (text: string): string => grouped(trimmed(text, props.market.priceDecimals));
  const direction = createMemo(() => {
    const { open = "0", close = "0" } = props.candle ?? {};
    return directionOf(String(Number(close) - Number(open)));
  });
  const figure = (name: string, textOf: (candle: Candle) => string): JSX.Element => (
    <span class="whitespace-nowrap max-sm:min-w-[8.5rem]">
      <span class="text-muted">{name} </span>
      <span class={directionColour(direction())}>
        {props.candle === undefined ? "–" : textOf(props.candle)}
      </span>
    </span>
  );
  return (
    <p class="flex shrink-0 flex-wrap gap-x-3 px-3 pt-1">
      {figure("O", ({ open }) => price(open))}
      {figure("H", ({ high }) => price(high))}
      {figure("L", ({ low }) => price(low))}
      {figure("C", ({ close }) => price(close))}
      {figure("Vol", ({ volume }) => grouped(trimmed(volume)))}
    </p>
  );
}
