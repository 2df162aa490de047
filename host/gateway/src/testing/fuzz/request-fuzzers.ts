import type { Prng } from "@rialto/base";
import { TriggerKind, TriggerSource } from "@rialto/protocol";
import { ApiError } from "../../api/api-error.ts";
import type { Operation } from "../../api/operation.ts";
import { OPERATIONS } from "../../api/operations.ts";
import {
  draftOrder,
  ORDER_PARAMS,
  type OrderDraft,
  type OrderParams,
} from "../../api/order-draft.ts";
import { readParams, type SentParams } from "../../api/params.ts";
import { Authenticator } from "../../auth/authenticator.ts";
import { readForm } from "../../http/form.ts";
import { ApiKey, isAddressRule, type KeySummary } from "../../keys/api-key.ts";
import { createMemoryKeyStore } from "../../keys/sqlite-key-store.ts";
import { assetText, parseAsset } from "../../markets/market-catalog.ts";
import { parseStreamRequest, STREAM_METHODS, StreamRefusal } from "../../streams/stream-request.ts";
import { parseSocketRequest } from "../../ws-api/api-request.ts";
import { change, numberText, pick, some } from "./draw.ts";
import { isSameNumber } from "./exact-decimal.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { unknownError, unknownRefusal } from "./known-error.ts";
import { CATALOG } from "./text-fuzzers.ts";
import { createHmac } from "node:crypto";
import { isIP } from "node:net";

const WORDS = (
  "BTCUSD ETHBTC btcusd XXX USD BUY SELL LIMIT MARKET LIMIT_MAKER GTC IOC FOK true false 1m 1M 5h 0.29 " +
  'client-1 NONE FULL ["BTCUSD"] ["BTCUSD","ETHUSD"] [" STOP_LOSS HALT 2d MINI buy 0 1 GTD BEST_QUOTE LAST_PRICE PRIMARY_PEG MARKET_PEG PRICE_TICK'
).split(" ");

function valueText(prng: Prng): string {
  return prng.chance(1, 3) ? numberText(prng) : pick(prng, WORDS);
}

const ID_TEXTS = [
  "1",
  '"a"',
  "null",
  '"\\u00e9"',
  "1.50",
  "-0",
  "{}",
  "[]",
  "true",
  '"' + "x".repeat(63),
];

function streamMessage(prng: Prng): string {
  const params = some(prng, 3, () =>
    pick(prng, ['"btcusd@trade"', '"combined"', "true", "5", '""']),
  );
  const fields = [
    `"method":"${pick(prng, STREAM_METHODS)}"`,
    `"params":[${params.join(",")}]`,
    `"id":${pick(prng, ID_TEXTS)}`,
  ];
  return `{${fields.slice(prng.below(2)).join(",")}}`;
}

/** An answer carries the id back: it must be JSON. */
function checkId(id: string): string | undefined {
  const parsed: unknown = JSON.parse(id);
  const isKnown = parsed === null || typeof parsed === "string" || typeof parsed === "number";
  return isKnown ? undefined : `the id ${id} is none`;
}

function checkStreamMessage(input: string): string | undefined {
  const request = parseStreamRequest(input);
  if (request instanceof StreamRefusal) return unknownRefusal(request) ?? checkId(request.id);
  const { id, method, params } = request;
  const raw = params.map((token) => token.raw).join(",");
  const again = parseStreamRequest(`{"id":${id},"method":"${method}","params":[${raw}]}`);
  return JSON.stringify(again) === JSON.stringify(request) ? checkId(id) : "not the same again";
}

const SOCKET_OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  OPERATIONS.flatMap((operation) =>
    operation.ws === undefined ? [] : [[operation.ws, operation]],
  ),
);
const METHODS = [...SOCKET_OPERATIONS.keys()];

/** Parameters that the operation has, and the ones that any request may have. */
function namesOf(operation: Operation): readonly string[] {
  return [...Object.keys(operation.params), "timestamp", "signature", "apiKey", "recvWindow"];
}

function socketMessage(prng: Prng): string {
  const method = pick(prng, METHODS);
  const names = namesOf(SOCKET_OPERATIONS.get(method)!);
  const params = some(prng, 5, () => {
    const value = valueText(prng);
    return `"${pick(prng, names)}":${prng.chance(1, 2) ? JSON.stringify(value) : value}`;
  });
  return `{"id":${pick(prng, ID_TEXTS)},"method":"${method}","params":{${params.join(",")}}}`;
}

function checkSocketMessage(input: string): string | undefined {
  const request = parseSocketRequest(input, SOCKET_OPERATIONS);
  if ("error" in request) return unknownError(request.error) ?? checkId(request.id);
  const { id, operation, params, payload } = request;
  const fields = [...params].map(
    ([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`,
  );
  const again = parseSocketRequest(
    `{"id":${id},"method":"${operation.ws}","params":{${fields.join(",")}}}`,
    SOCKET_OPERATIONS,
  );
  if ("error" in again || again.payload !== payload || again.id !== id) return "not the same again";
  return checkId(id) ?? checkRead(operation, params);
}

/** What an operation reads of parameters: values of all that were sent, or a documented error. */
function checkRead(operation: Operation, params: SentParams): string | undefined {
  const values = readParams(operation.params, params, CATALOG);
  if (values instanceof ApiError) return unknownError(values);
  const { weight } = operation;
  const used = typeof weight === "number" ? weight : weight(values);
  if (!Number.isSafeInteger(used) || used < 1) return `its weight is ${used}`;
  for (const [name, param] of Object.entries(operation.params)) {
    if (params.has(name) !== (values[name] !== undefined)) return `${name} was lost`;
    if (param.isRequired && values[name] === undefined) return `${name} is missing`;
    if (typeof values[name] === "number" && !Number.isSafeInteger(values[name]))
      return `${name} is no integer`;
  }
  return undefined;
}

function operationForm(prng: Prng): string {
  const operation = pick(prng, OPERATIONS);
  const names = namesOf(operation);
  const pairs = some(prng, 6, () => `${pick(prng, names)}=${encodeURIComponent(valueText(prng))}`);
  return [`operation=${operation.name}`, ...pairs].join("&");
}

const BY_NAME: ReadonlyMap<string, Operation> = new Map(
  OPERATIONS.map((operation) => [operation.name, operation]),
);

function checkOperation(input: string): string | undefined {
  const form = readForm(input);
  if (form instanceof ApiError) return unknownError(form);
  const params = new Map(form.params);
  const operation = BY_NAME.get(params.get("operation") ?? "");
  params.delete("operation");
  return operation === undefined ? undefined : checkRead(operation, params);
}

const ORDER_FORMS = [
  "symbol=BTCUSD&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=",
  "symbol=ETHBTC&side=SELL&type=LIMIT&timeInForce=IOC&quantity=100&price=",
  "symbol=ETHUSD&side=BUY&type=LIMIT_MAKER&price=50.1&newClientOrderId=a&quantity=",
  "symbol=BTCUSD&side=SELL&type=MARKET&quantity=",
  "symbol=ETHBTC&side=BUY&type=MARKET&quoteOrderQty=",
  "symbol=BTCUSD&side=SELL&type=STOP_LOSS&stopPrice=90&quantity=",
  "symbol=BTCUSD&side=BUY&type=TAKE_PROFIT&quantity=1&stopPrice=",
  "symbol=ETHUSD&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&stopPrice=90&price=",
  "symbol=ETHUSD&side=BUY&type=TAKE_PROFIT_LIMIT&timeInForce=FOK&quantity=1&price=90&stopPrice=",
  "symbol=BTCUSD&side=SELL&type=LIMIT&timeInForce=GTC&price=100&quantity=9&icebergQty=",
  "symbol=BTCUSD&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=90&trailingDelta=",
  "symbol=BTCUSD&side=SELL&type=LIMIT&quantity=1&price=100&isHidden=true&timeInForce=GTD&goodTillDate=",
  "symbol=BTCUSD&side=BUY&type=LIMIT_MAKER&quantity=1&price=90&isHidden=true&goodTillDate=",
  "symbol=BTCUSD&side=SELL&type=TAKE_PROFIT&quantity=1&workingType=BEST_QUOTE&stopPrice=",
  "symbol=ETHUSD&side=BUY&type=LIMIT_MAKER&quantity=1&price=90&pegPriceType=MIDPOINT_PEG&pegOffsetType=PRICE_TICK&pegOffsetValue=",
];

function checkOrder(input: string): string | undefined {
  const form = readForm(input);
  if (form instanceof ApiError) return unknownError(form);
  const params = readParams(ORDER_PARAMS, form.params, CATALOG);
  if (params instanceof ApiError) return unknownError(params);
  const draft = draftOrder(params);
  if (draft instanceof ApiError) return unknownError(draft);
  const { market, terms } = draft;
  const { price, quantity, quoteOrderQty, stopPrice, trailingDelta, icebergQty } = params;
  if (price !== undefined && !isSameNumber(market.priceText(terms.priceTicks), price))
    return "price";
  if (stopPrice !== undefined && !isSameNumber(market.priceText(terms.triggerTicks), stopPrice))
    return "another stop price";
  const waits = stopPrice !== undefined || trailingDelta !== undefined;
  if (waits !== (terms.trigger !== TriggerKind.None)) return "another trigger";
  if ((trailingDelta ?? 0) !== terms.trailBasisPoints) return "another distance";
  const difference = differenceOf(params, terms);
  if (difference !== undefined) return difference;
  const shown = market.quantityText(terms.displayLots);
  if (icebergQty !== undefined && !isSameNumber(shown, icebergQty)) return "another iceberg";
  if (quantity !== undefined && !isSameNumber(market.quantityText(terms.quantity), quantity)) {
    return "another quantity";
  }
  const isSame =
    quoteOrderQty === undefined || isSameNumber(market.quoteText(terms.quantity), quoteOrderQty);
  return isSame && terms.quantity > 0n ? undefined : "another cost";
}

/** What of an order, beyond prices and amounts, is not what was asked for; undefined for nothing. */
function differenceOf(params: OrderParams, terms: OrderDraft["terms"]): string | undefined {
  if (terms.expiresMs !== (params.goodTillDate ?? 0)) return "another end";
  if (params.timeInForce === "GTD" && terms.expiresMs === 0) return "no end";
  if ((terms.isHidden === 1) !== (params.isHidden ?? false)) return "not seen so";
  if ((terms.isProtected === 1) !== (params.isMmp ?? false)) return "not protected so";
  const isOfQuote = params.workingType === "BEST_QUOTE";
  if ((terms.triggerSource === TriggerSource.BestQuote) !== isOfQuote) return "another source";
  const pegs = [undefined, "PRIMARY_PEG", "MARKET_PEG", "MIDPOINT_PEG"];
  if (pegs[terms.peg] !== params.pegPriceType) return "another peg";
  return terms.pegTicks === (params.pegOffsetValue ?? 0) ? undefined : "another offset";
}

/** An amount as a market and an asset read it: the same number comes out, or a reason. */
function checkAmount(input: string): string | undefined {
  const { markets, assets } = CATALOG;
  const market = markets[input.length % markets.length]!;
  const ticks = market.parsePrice(input);
  if (typeof ticks === "number" && !isSameNumber(market.priceText(ticks), input)) return "price";
  const lots = market.parseQuantity(input);
  if (typeof lots === "bigint" && !isSameNumber(market.quantityText(lots), input)) return "lots";
  const asset = assets[input.length % assets.length]!;
  const quanta = parseAsset(asset, input);
  const isSame = typeof quanta !== "bigint" || isSameNumber(assetText(asset, quanta), input);
  return isSame ? undefined : "quanta";
}

const NOW_MS = 1_700_000_000_000;
const AUTHENTICATOR = new Authenticator(createMemoryKeyStore(), () => NOW_MS);

function timesText(prng: Prng): string {
  const aroundMs = NOW_MS + prng.below(20_000) - 15_000;
  const timestamp = prng.chance(1, 2) ? String(aroundMs) : numberText(prng);
  return `timestamp=${timestamp}&recvWindow=${numberText(prng)}`;
}

/** A request in time is good by the rule as it is written down; anything else says why. */
function checkTimes(input: string): string | undefined {
  const form = readForm(input);
  if (form instanceof ApiError) return unknownError(form);
  const error = AUTHENTICATOR.checkTime(form.params);
  if (error !== undefined) return unknownError(error);
  const sent = Number(form.params.get("timestamp"));
  const sentMs = sent >= 1e15 ? sent / 1_000 : sent;
  const windowMs = Number(form.params.get("recvWindow") ?? 5_000);
  const isGood = sentMs < NOW_MS + 1_000 && NOW_MS - sentMs <= windowMs && windowMs <= 60_000;
  return isGood ? undefined : "it is not in time";
}

const SECRET = "the secret of a key";
const SUMMARY: KeySummary = {
  id: "fuzzed",
  type: "hmac",
  account: 1n,
  permissions: ["read"],
  addresses: [],
  label: "",
  createdMs: 0,
};
const KEY = new ApiKey(SUMMARY, SECRET);
const SIGNED = "symbol=BTCUSD&timestamp=1";
const SIGNATURE = createHmac("sha256", SECRET).update(SIGNED).digest("hex");

function checkSignature(input: string): string | undefined {
  const isGood = input.toLowerCase() === SIGNATURE;
  return KEY.verifies(SIGNED, input) === isGood ? undefined : "the wrong verdict";
}

const ADDRESSES = ["127.0.0.1", "10.0.0.0/8", "::1", "fe80::/10", "::ffff:1.2.3.4", "1.2.3.4/33"];

function checkAddress(input: string): string | undefined {
  const [host = "", bits] = input.split("/");
  if (!isAddressRule(input)) return isIP(input) === 0 ? undefined : "an address was refused";
  if (isIP(host) === 0) return "no address";
  const key = new ApiKey({ ...SUMMARY, addresses: [input] }, SECRET);
  return bits !== undefined || key.mayUseFrom(host) ? undefined : "its own address is refused";
}

export const REQUEST_FUZZERS: readonly Fuzzer[] = [
  {
    name: "stream-message",
    draw: (prng) =>
      change(prng, streamMessage(prng), ['"id":', "SUBSCRIBE", "{", "}", "[", "]", ","]),
    check: checkStreamMessage,
  },
  {
    name: "socket-message",
    draw: (prng) =>
      change(prng, socketMessage(prng), ['"id":', "null", "{", "}", "[1]", ",", ...WORDS]),
    check: checkSocketMessage,
  },
  {
    name: "parameters",
    draw: (prng) => change(prng, operationForm(prng), ["&", "=", "&symbol=", ...WORDS]),
    check: checkOperation,
  },
  {
    name: "order",
    draw: (prng) =>
      change(prng, pick(prng, ORDER_FORMS) + encodeURIComponent(numberText(prng)), ["&", ...WORDS]),
    check: checkOrder,
  },
  {
    name: "amount",
    draw: (prng) => change(prng, numberText(prng), ["e", "E-", ".", "0", "00000000", "+", "-"]),
    check: checkAmount,
  },
  {
    name: "times",
    draw: (prng) =>
      prng.chance(1, 2) ? timesText(prng) : change(prng, timesText(prng), ["0", "."]),
    check: checkTimes,
  },
  {
    name: "signature",
    draw: (prng) =>
      prng.chance(1, 8) ? SIGNATURE.toUpperCase() : change(prng, SIGNATURE, ["ab", "G"]),
    check: checkSignature,
  },
  {
    name: "address",
    draw: (prng) => change(prng, pick(prng, ADDRESSES), ["/", "8", ":", ".", "::"]),
    check: checkAddress,
  },
];
