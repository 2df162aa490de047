import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { fillMarksOf } from "../account/order-line.ts";
import type { FillRow, OrderRow } from "../account/order-row.ts";
import { clockText, dateText, dayText, utcDayText } from "../market/amount-text.ts";
import type { Candle } from "../market/candle-feed.ts";
import { OrderLines } from "./order-lines.ts";
import { colour } from "./theme.ts";

// Here prices become floats, for they become pixels. Nothing that is read off the chart is ever sent.

export interface PriceChartOptions {
  readonly box: HTMLElement;
  /** The candle under the crosshair, by its beginning; undefined where there is none. */
  readonly onHover: (openMs: number | undefined) => void;
  /** Its reader has moved it; also when candles have come. */
  readonly onMove: () => void;
}

/** The drawn chart: candles, volume below them, the account's orders as lines and its fills as arrows. */
export class PriceChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  readonly #marks: ISeriesMarkersPluginApi<Time>;
  readonly #orders: OrderLines;
  #fills: readonly FillRow[] = [];
  #intervalMs = 1_000;
  /** Of the candles that are there; nothing is marked before the first is. */
  #oldestMs = Infinity;

  constructor({ box, onHover, onMove }: PriceChartOptions) {
    this.#chart = createChart(box, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      localization: { locale: "en-GB" },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4, barSpacing: 7 },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.24 } },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {});
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#orders = new OrderLines(this.#candles, () => this.#chart.paneSize().height);
    this.#marks = createSeriesMarkers(this.#candles, []);
    this.#chart.subscribeCrosshairMove(({ time }) =>
      onHover(time === undefined ? undefined : Number(time) * 1_000),
    );
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(onMove);
    this.paint();
  }

  /** How candles are named below: those of a day by the exchange's date, shorter ones by the viewer's time. */
  setDays(areDays: boolean): void {
    const dayOf = (time: Time): string => utcDayText(Number(time) * 1_000);
    this.#chart.applyOptions({
      localization: {
        timeFormatter: areDays ? dayOf : (time: Time) => dateText(Number(time) * 1_000),
      },
      timeScale: { tickMarkFormatter: areDays ? dayOf : tickMark },
    });
  }

  /** Candles to the left of what is seen; below 0 where it begins before the oldest one. Infinity while there are none. */
  candlesLeft(): number {
    return this.#chart.timeScale().getVisibleLogicalRange()?.from ?? Infinity;
  }

  /** Takes the colours of the page as they are now. Volumes keep theirs until they are set again. */
  paint(): void {
    const [up, down, line] = [colour("up"), colour("down"), colour("line")];
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colour("panel") },
        textColor: colour("muted"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        attributionLogo: true,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      timeScale: { borderColor: line },
      rightPriceScale: { borderColor: line },
    });
    this.#candles.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
      borderVisible: false,
    });
    this.#orders.paint();
  }

  setPriceDecimals(decimals: number): void {
    const minMove = Number(`1e-${decimals}`);
    this.#candles.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove } });
  }

  /** All candles, oldest first. */
  setCandles(candles: readonly Candle[]): void {
    const [up, down] = [colour("up-soft"), colour("down-soft")];
    this.#candles.setData(candles.map(barOf));
    this.#volume.setData(candles.map((candle) => volumeOf(candle, up, down)));
    this.#enterOldest(candles[0]?.openMs ?? Infinity);
  }

  #enterOldest(openMs: number): void {
    if (openMs === this.#oldestMs) return;
    this.#oldestMs = openMs;
    this.#markFills();
  }

  /** The newest candle, or the next one. */
  updateCandle(candle: Candle): void {
    this.#candles.update(barOf(candle));
    this.#volume.update(volumeOf(candle, colour("up-soft"), colour("down-soft")));
    this.#enterOldest(Math.min(this.#oldestMs, candle.openMs));
  }

  showNewest(): void {
    this.#chart.timeScale().resetTimeScale();
    this.#chart.timeScale().scrollToRealTime();
  }

  setOrders(orders: readonly OrderRow[]): void {
    this.#orders.set(orders);
  }

  /** Marks candles in which the account has bought or sold. Units: `intervalMs`, the length of a candle. */
  setFills(fills: readonly FillRow[], intervalMs: number): void {
    this.#fills = fills;
    this.#intervalMs = intervalMs;
    this.#markFills();
  }

  #markFills(): void {
    const marks = fillMarksOf(this.#fills, this.#intervalMs, this.#oldestMs);
    this.#marks.setMarkers(
      marks.map(({ openMs, side }): SeriesMarker<Time> => {
        const isBuy = side === "BUY";
        return {
          time: secondsOf(openMs),
          position: isBuy ? "belowBar" : "aboveBar",
          shape: isBuy ? "arrowUp" : "arrowDown",
          color: colour(isBuy ? "up" : "down"),
        };
      }),
    );
  }

  remove(): void {
    this.#orders.remove();
    this.#chart.remove();
  }
}

function secondsOf(timeMs: number): UTCTimestamp {
  return Math.floor(timeMs / 1_000) as UTCTimestamp;
}

/** A mark of the time axis, where the viewer is: the chart itself knows only UTC. */
function tickMark(time: Time, kind: TickMarkType): string {
  const timeMs = Number(time) * 1_000;
  if (kind === TickMarkType.TimeWithSeconds) return clockText(timeMs);
  if (kind === TickMarkType.Time) return clockText(timeMs).slice(0, 5);
  return dayText(timeMs);
}

function barOf(candle: Candle) {
  return {
    time: secondsOf(candle.openMs),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

function volumeOf(candle: Candle, up: string, down: string) {
  const isUp = Number(candle.close) >= Number(candle.open);
  return { time: secondsOf(candle.openMs), value: Number(candle.volume), color: isUp ? up : down };
}
