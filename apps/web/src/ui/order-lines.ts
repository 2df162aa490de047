import { type IPriceLine, type ISeriesApi, LineStyle } from "lightweight-charts";
import { lineOf, type OrderLine } from "../account/order-line.ts";
import type { OrderRow } from "../account/order-row.ts";
import { createFrameFlush } from "./frame-flush.ts";
import { colour } from "./theme.ts";

/** A line as it is drawn, for however many orders. */
interface Line extends OrderLine {
  readonly side: OrderRow["side"];
  readonly isWorking: boolean;
}

/** More names than these hide the chart, and each other. */
const NAMES_MAX = 24;

/** Where the account's orders stand, as lines across the chart: those in sight alone, and of what is at one pixel one. */
export class OrderLines {
  readonly #series: ISeriesApi<"Candlestick">;
  readonly #heightPx: () => number;
  #lines: ReadonlyMap<string, Line> = new Map();
  readonly #drawn = new Map<string, IPriceLine>();
  #areNamed = true;
  #isRemoved = false;
  /** After the chart has been drawn it is known where prices are. */
  readonly #follow = createFrameFlush(() => this.#drawSeen());

  /** Shape: `heightPx` of what the lines cross. */
  constructor(series: ISeriesApi<"Candlestick">, heightPx: () => number) {
    this.#series = series;
    this.#heightPx = heightPx;
    series.attachPrimitive({ updateAllViews: this.#follow });
  }

  set(orders: readonly OrderRow[]): void {
    const lines = new Map<string, Line>();
    for (const order of orders) {
      const line = lineOf(order);
      if (line === undefined) continue;
      const { side, isWorking } = order;
      lines.set(`${line.price} ${line.title}`, { ...line, side, isWorking });
    }
    this.#lines = lines;
    this.#follow();
  }

  /** Takes the colours of the page as they are now. */
  paint(): void {
    for (const key of this.#drawn.keys()) this.#erase(key);
    this.#follow();
  }

  remove(): void {
    this.#isRemoved = true;
  }

  #drawSeen(): void {
    if (this.#isRemoved) return;
    const seen = this.#seen();
    for (const key of this.#drawn.keys()) if (!seen.has(key)) this.#erase(key);
    const areNamed = seen.size <= NAMES_MAX;
    for (const [key, line] of seen) if (!this.#drawn.has(key)) this.#draw(key, line, areNamed);
    if (areNamed === this.#areNamed) return;
    this.#areNamed = areNamed;
    for (const [key, line] of this.#drawn) {
      line.applyOptions({
        axisLabelVisible: areNamed,
        title: areNamed ? seen.get(key)!.title : "",
      });
    }
  }

  #seen(): Map<string, Line> {
    const height = this.#heightPx();
    const [seen, places] = [new Map<string, Line>(), new Set<string>()];
    for (const [key, line] of this.#lines) {
      const y = this.#series.priceToCoordinate(Number(line.price));
      if (y === null || y < 0 || y > height) continue;
      const place = `${Math.round(y)} ${line.title}`;
      if (places.has(place)) continue;
      places.add(place);
      seen.set(key, line);
    }
    return seen;
  }

  #erase(key: string): void {
    this.#series.removePriceLine(this.#drawn.get(key)!);
    this.#drawn.delete(key);
  }

  #draw(key: string, { price, title, side, isWorking }: Line, isNamed: boolean): void {
    const line = this.#series.createPriceLine({
      price: Number(price),
      color: colour(side === "BUY" ? "up" : "down"),
      lineWidth: 1,
      lineStyle: isWorking ? LineStyle.Dashed : LineStyle.SparseDotted,
      axisLabelVisible: isNamed,
      title: isNamed ? title : "",
    });
    this.#drawn.set(key, line);
  }
}
