import type { Prng } from "@rialto/base";
import { ApiError } from "../../api/api-error.ts";
import { readForm } from "../../http/form.ts";
import { MarketCatalog } from "../../markets/market-catalog.ts";
import { INTERVALS } from "../../read-model/intervals.ts";
import { parseSocketPath } from "../../streams/stream-path.ts";
import { parseTopicName, type TopicSpec } from "../../streams/topic-name.ts";
import { type JsonToken, readJsonArray, readJsonObject } from "../../ws-api/json-tokens.ts";
import { SMALL_NETWORK } from "../small-network.ts";
import { change, numberText, pick, some } from "./draw.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { unknownError } from "./known-error.ts";

export const CATALOG: MarketCatalog = new MarketCatalog(SMALL_NETWORK);

const NAMES = ["symbol", "timestamp", "signature", "side", "price", "__proto__", "a", "%61", ""];
const VALUES = ["BTCUSD", "1", "a%20b", "a+b", "%F0%9F%98%80", "%E0%A4%A", "x=y", "", "0.29"];

function pairsText(prng: Prng): string {
  return some(prng, 6, () => `${pick(prng, NAMES)}=${pick(prng, VALUES)}`).join("&");
}

/** What a form says, said anew. */
function formText(params: ReadonlyMap<string, string>): string {
  return [...params]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

function sameParams(
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): boolean {
  return left.size === right.size && [...left].every(([name, text]) => right.get(name) === text);
}

function checkForm(input: string): string | undefined {
  const form = readForm(input);
  if (form instanceof ApiError) return unknownError(form);
  if (form.params.size > 0 && !form.params.has("")) {
    const again = readForm(formText(form.params));
    if (again instanceof ApiError || !sameParams(again.params, form.params))
      return "not the same again";
  }
  if (!form.params.has("signature"))
    return form.unsigned === input ? undefined : "unsigned changed";
  const rest = readForm(form.unsigned);
  if (rest instanceof ApiError || rest.params.has("signature")) return "a signature is left";
  const { size } = rest.params;
  const isPart = form.unsigned.length < input.length && size === form.params.size - 1;
  return isPart ? undefined : "more than the signature was cut out";
}

const JSON_WORDS = [
  '"id"',
  '"method"',
  "null",
  "true",
  "1.0",
  "1e-08",
  '"\\u0041"',
  "{}",
  "[]",
  ",",
];

/** Values within values, mostly as JSON wants them. */
function jsonText(prng: Prng, depth: number): string {
  const kinds = depth > 3 ? 4 : 6;
  switch (prng.below(kinds)) {
    case 0:
      return numberText(prng);
    case 1:
      return `"${pick(prng, ["a", "BTCUSD", "\\n", "\\u00e9", "\\ud800", "\u{1f600}", '\\"', ""])}"`;
    case 2:
      return pick(prng, ["null", "true", "false"]);
    case 3:
      return `-${prng.below(99)}.5e${prng.below(5)}`;
    case 4:
      return `[${some(prng, 3, () => jsonText(prng, depth + 1)).join(pick(prng, [",", " , "]))}]`;
    default:
      return objectText(prng, depth);
  }
}

function objectText(prng: Prng, depth: number): string {
  const name = (): string => `"${pick(prng, ["id", "method", "params", "a", "b", "__proto__"])}"`;
  return `{${some(prng, 4, () => `${name()}:${jsonText(prng, depth + 1)}`).join(",")}}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A token must say what the language's own parser reads there. */
function isTokenOf(token: JsonToken, value: unknown): boolean {
  const { kind, raw, text } = token;
  if (kind === "string") return text === value;
  if (text !== raw) return false;
  if (kind === "number") return Object.is(Number(raw), value);
  if (kind === "null" || kind === "boolean") return raw === String(value);
  return JSON.stringify(JSON.parse(raw)) === JSON.stringify(value);
}

/** Of what is refused, a part is compared: the other parser is slow to say no. */
function isCompared(input: string): boolean {
  return input.length % 8 === 0;
}

/** How deep brackets lie within each other, and how many colons lie in the outermost. */
function structureOf(text: string): { readonly depth: number; readonly fields: number } {
  let [depth, deepest, fields] = [0, 0, 0];
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isInString) {
      if (letter === "\\") at += 1;
      else if (letter === '"') isInString = false;
    } else if (letter === '"') isInString = true;
    else if (letter === "{" || letter === "[") deepest = Math.max(deepest, ++depth);
    else if (letter === "}" || letter === "]") depth -= 1;
    else if (letter === ":" && depth === 1) fields += 1;
  }
  return { depth: deepest, fields };
}

function checkObject(input: string): string | undefined {
  const fields = readJsonObject(input);
  if (fields === undefined && !isCompared(input)) return undefined;
  const value = parseJson(input);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (fields === undefined) {
    if (!isObject) return undefined;
    const { depth, fields: count } = structureOf(input);
    const hasTwice = count !== Object.keys(value).length;
    return hasTwice || depth > 16 || count > 200 ? undefined : "JSON was refused";
  }
  if (!isObject) return "what is no JSON object was read";
  const known = new Map<string, unknown>(Object.entries(value));
  if (known.size !== fields.size) return "another number of fields";
  for (const [name, token] of fields) {
    if (!known.has(name) || !isTokenOf(token, known.get(name))) return `another value of ${name}`;
  }
  return undefined;
}

function checkArray(input: string): string | undefined {
  const tokens = readJsonArray(input);
  if (tokens === undefined && !isCompared(input)) return undefined;
  const value = parseJson(input);
  if (tokens === undefined) {
    return Array.isArray(value) && structureOf(input).depth <= 16 ? "JSON was refused" : undefined;
  }
  if (!Array.isArray(value)) return "what is no JSON array was read";
  const isSame = tokens.length === value.length;
  return isSame && tokens.every((token, at) => isTokenOf(token, value[at]))
    ? undefined
    : "another value";
}

const STREAMS = [
  "btcusd@trade",
  "btcusd@aggTrade",
  "ethusd@depth",
  "btcusd@depth@100ms",
  "ethbtc@depth20@100ms",
  "ethbtc@depth5",
  "btcusd@ticker",
  "btcusd@ticker_4h",
  "btcusd@miniTicker",
  "btcusd@bookTicker",
  "btcusd@avgPrice",
  ...INTERVALS.map((interval) => `btcusd@kline_${interval}`),
  "!miniTicker@arr",
];
const STREAM_WORDS = [
  ...STREAMS,
  "@",
  "/",
  "?streams=",
  "100ms",
  "%40",
  "%2F",
  "BTCUSD",
  "_1d",
  "7",
];

function pathText(prng: Prng): string {
  const streams = some(prng, 4, () => pick(prng, STREAMS)).join("/");
  const time = pick(prng, ["", "", "timeUnit=MICROSECOND", "timeUnit=second", "a=b"]);
  switch (prng.below(4)) {
    case 0:
      return `/ws/${streams}${time === "" ? "" : `?${time}`}`;
    case 1:
      return `/stream?streams=${streams}&${time}`;
    case 2:
      return `${pick(prng, ["/ws", "/ws/0", "/stream", "/stream/", "/wsx", "/", ""])}?${time}`;
    default:
      return `/ws-api/v3${pick(prng, ["", "/", "/x"])}?${time}`;
  }
}

function checkPath(input: string): string | undefined {
  const path = parseSocketPath(input);
  if (path === undefined) return undefined;
  if (path.kind === "api")
    return input.includes("api") || input.includes("%") ? undefined : "no API there";
  const { form, names } = path;
  if (names.some((name) => !/@|^[A-Za-z0-9]{60}$/.test(name))) return "a name that is none";
  const time = form.isMicroseconds ? "timeUnit=microsecond" : "";
  const parts = names.map((name) => encodeURIComponent(name)).join("/");
  const again = parseSocketPath(
    form.isCombined ? `/stream?streams=${parts}&${time}` : `/ws/${parts}?${time}`,
  );
  // A stream's name that holds a slash, encoded, falls into two.
  return JSON.stringify(again) === JSON.stringify(path) ? undefined : "not the same again";
}

/** The name of what was read: each stream has one name only. */
function nameOf(spec: TopicSpec): string {
  if (spec.kind === "allMiniTickers") return "!miniTicker@arr";
  const symbol = spec.market.symbol.toLowerCase();
  switch (spec.kind) {
    case "depth":
      return `${symbol}@depth${spec.periodMs === 100 ? "@100ms" : ""}`;
    case "partialDepth":
      return `${symbol}@depth${spec.levels}${spec.periodMs === 100 ? "@100ms" : ""}`;
    case "kline":
      return `${symbol}@kline_${INTERVALS[spec.interval]}`;
    case "rolling":
      return `${symbol}@ticker_${spec.window}`;
    default:
      return `${symbol}@${spec.kind}`;
  }
}

function checkTopic(input: string): string | undefined {
  const spec = parseTopicName(input, CATALOG);
  if (spec === undefined) return STREAMS.includes(input) ? "a stream was refused" : undefined;
  return nameOf(spec) === input ? undefined : `it was read as ${nameOf(spec)}`;
}

export const TEXT_FUZZERS: readonly Fuzzer[] = [
  {
    name: "form",
    draw: (prng) => change(prng, pairsText(prng), [...NAMES, ...VALUES, "&", "=", "&signature=ab"]),
    check: checkForm,
  },
  {
    name: "json-object",
    draw: (prng) => change(prng, objectText(prng, 0), JSON_WORDS),
    check: checkObject,
  },
  {
    name: "json-array",
    draw: (prng) =>
      change(prng, `[${some(prng, 3, () => jsonText(prng, 1)).join(",")}]`, JSON_WORDS),
    check: checkArray,
  },
  {
    name: "socket-path",
    draw: (prng) => change(prng, pathText(prng), STREAM_WORDS),
    check: checkPath,
  },
  {
    name: "topic-name",
    draw: (prng) => change(prng, pick(prng, STREAMS), STREAM_WORDS),
    check: checkTopic,
  },
];
