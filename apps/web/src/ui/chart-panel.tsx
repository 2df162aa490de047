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
} from "../market/candle-feed.ts";
import type { Market } from "../market/market.ts";
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

/** Candles and volume of the market, with the account's own orders and fills in them. */
export function ChartPanel(): JSX.Element {
  const terminal = useTerminal();
  const [interval, chooseOther] = createInterval(terminal);
  return (
    <Panel
      area="chart"
      title="Chart"
      tools={<IntervalChoice interval={interval()} onChoose={chooseOther} />}
    >
      <Show when={interval()}>{(known) => <Chart interval={known()} />}</Show>
    </Panel>
  );
}

/** The interval that was chosen here before, else the one that suits the market's age. */
function createInterval(
  terminal: Terminal,
): [Accessor<Interval | undefined>, (interval: Interval) => void] {
  const stored = INTERVALS.find((each) => each === localStorage.getItem(INTERVAL_KEY));
  const [chosen, setChosen] = createSignal(stored);
  const { url } = terminal.node;
  const [suited] = createResource(
    () => (chosen() === undefined ? terminal.market().symbol : undefined),
    (symbol) => chooseInterval(url, symbol),
  );
  const choose = (interval: Interval): void => {
    localStorage.setItem(INTERVAL_KEY, interval);
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
  const [width, setWidth] = createSignal(0);
  let box: HTMLDivElement | undefined;
  onMount(() => {
    const chart = new PriceChart({ box: box!, onHover: setHoveredMs, onWidth: setWidth });
    onCleanup(() => chart.remove());
    createEffect(() => followCandles(terminal, chart, props.interval, setCandles));
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
    const isHere = ({ symbol }: { readonly symbol: string }): boolean => symbol === market().symbol;
    const orders = createMemo(() => account().state.openOrders().filter(isHere), [], {
      equals: isSameList,
    });
    const fills = createMemo(() => account().state.fills().filter(isHere), [], {
      equals: isSameList,
    });
    createEffect(() => (theme(), chart.setOrders(orders())));
    createEffect(() => (theme(), chart.setFills(fills(), INTERVAL_MS[props.interval])));
  });
  const shown = createMemo(() => {
    const all = candles();
    return all.findLast(({ openMs }) => openMs === hoveredMs()) ?? all.at(-1);
  });
  return (
    <div class="relative min-h-0 flex-1" data-candles={candles().length}>
      <div ref={(element) => (box = element)} class="absolute inset-0" />
      <Show when={shown()}>
        {(candle) => <Legend candle={candle()} market={market()} width={width()} />}
      </Show>
    </div>
  );
}

function isSameList<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/** Inside an effect: feeds the chart with a market's candles until another market or interval is chosen. */
function followCandles(
  { node, market }: Terminal,
  chart: PriceChart,
  interval: Interval,
  setCandles: (change: (candles: readonly Candle[]) => readonly Candle[]) => void,
): void {
  const { symbol, priceDecimals } = market();
  // What another market or interval has left is not this one's.
  let isFirst = true;
  chart.setCandles([]);
  setCandles(() => []);
  chart.setPriceDecimals(priceDecimals);
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
    },
    onCandle: (candle) => {
      chart.updateCandle(candle);
      setCandles((candles) => withNewest(candles, candle));
    },
  });
  onCleanup(() => feed.close());
}

function withNewest(candles: readonly Candle[], candle: Candle): readonly Candle[] {
  const isSame = candles.at(-1)?.openMs === candle.openMs;
  return [...(isSame ? candles.slice(0, -1) : candles), candle];
}

/** The figures of the candle under the crosshair, or of the newest. */
function Legend(props: {
  readonly candle: Candle;
  readonly market: Market;
  /** Pixels that it may take, from the left. */
  readonly width: number;
}): JSX.Element {
  const price = (text: string): string => grouped(trimmed(text, props.market.priceDecimals));
  const direction = createMemo(() =>
    directionOf(String(Number(props.candle.close) - Number(props.candle.open))),
  );
  const figure = (name: string, value: string): JSX.Element => (
    <span class="whitespace-nowrap">
      <span class="text-muted">{name} </span>
      <span class={directionColour(direction())}>{value}</span>
    </span>
  );
  return (
    <p
      class="pointer-events-none absolute top-1.5 left-0 z-10 flex flex-wrap gap-x-3 px-3"
      style={{ width: `${props.width}px` }}
    >
      {figure("O", price(props.candle.open))}
      {figure("H", price(props.candle.high))}
      {figure("L", price(props.candle.low))}
      {figure("C", price(props.candle.close))}
      {figure("Vol", trimmed(props.candle.volume))}
    </p>
  );
}
