// How decimals that the exchange wrote are shown. Text goes in and comes out: nothing is rounded by a float.

/** "61800.5" with thousands set apart: "61,800.5". */
export function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const separated = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}

/** Without digits beyond `decimals`. They are cut off, not rounded: an amount never looks larger than it is. */
export function cut(text: string, decimals: number): string {
  const [whole = "", fraction = ""] = text.split(".");
  return decimals === 0 ? whole : `${whole}.${fraction.slice(0, decimals).padEnd(decimals, "0")}`;
}

/** Without zeros at the end, but for `decimalsMin` of them: "0.50000000" with 2 is "0.50". */
export function trimmed(text: string, decimalsMin: number = 0): string {
  const [whole = "", fraction = ""] = text.split(".");
  const kept = fraction.replace(/0+$/, "").padEnd(decimalsMin, "0");
  return kept === "" ? whole : `${whole}.${kept}`;
}

/** Digits of an amount that are read at a glance. */
const DIGITS_MAX = 8;

/** An amount where there is little room: fewer decimals the larger it is, cut off, and two at least. */
export function brief(text: string): string {
  const [whole = ""] = text.split(".");
  const decimals = Math.max(2, DIGITS_MAX - (whole === "0" ? 0 : whole.length));
  return grouped(trimmed(cut(text, decimals), 2));
}

export type Direction = "up" | "down" | "flat";

/** Where a signed decimal points. */
export function directionOf(text: string): Direction {
  if (!/[1-9]/.test(text)) return "flat";
  return text.startsWith("-") ? "down" : "up";
}

/** A change with its sign, which says without colour where it points. */
export function signed(text: string): string {
  const sign = { up: "+", down: "\u2212", flat: "" }[directionOf(text)];
  return sign + text.replace("-", "");
}

/** Below this two decimals would show nothing. */
const SMALL = 0.01;

/** A large number in few digits: "12.3M". Only for glances: it is rounded. */
export function compact(text: string): string {
  const value = Number(text);
  const digits = value < SMALL ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
  return new Intl.NumberFormat("en-US", { notation: "compact", ...digits }).format(value);
}

/** Digits of an amount in a column of many. */
const COLUMN_MAX = 10;

/** An amount as it is, or in few digits where it is too long for its column. Only for glances: then it is rounded. */
export function glance(text: string): string {
  return text.length > COLUMN_MAX ? compact(text) : text;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Hours, minutes and seconds of a time where the viewer is: "23:59:59". */
export function clockText(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Month and day where the viewer is: "06-30". */
export function dayText(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Month and day of the exchange, whose candles of a day begin at midnight of UTC, wherever the viewer is. */
export function utcDayText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(5, 10);
}

/** Day and time where the viewer is. */
export function dateText(timeMs: number): string {
  return `${dayText(timeMs)} ${clockText(timeMs)}`;
}
