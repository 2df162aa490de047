import { ApiError, NetworkError } from "@rialto/client";
import {
  type Accessor,
  createEffect,
  createMemo,
  createSignal,
  on,
  onCleanup,
  untrack,
} from "solid-js";
import { createStore } from "solid-js/store";
import { trimmed } from "../market/amount-text.ts";
import { amountOf, type Market, priceText, quantityText, ticksOf } from "../market/market.ts";
import { FIELD_NAMES, FIELD_WORDS, type InputProblem, readPrice } from "../ticket/field-reader.ts";
import {
  draftOrder,
  isDraft,
  missingField,
  type OrderDraft,
  type Situation,
  type TicketInputs,
} from "../ticket/order-draft.ts";
import { findOrder } from "../ticket/find-order.ts";
import { orderRequest } from "../ticket/order-request.ts";
import { pairText, stopText } from "../ticket/order-text.ts";
import {
  failedOutcome,
  foundOutcome,
  isUnknown,
  type Outcome,
  placedOutcome,
  placedPairOutcome,
  unknownOutcome,
} from "../ticket/outcome-text.ts";
import {
  affordableLots,
  type OrderPreview,
  previewOrder,
  STOP_ROOM_PERCENT,
} from "../ticket/preview.ts";
import { estimatedTicks, readStop } from "../ticket/stop-terms.ts";
import { type Terminal, useTerminal } from "./terminal.ts";
import { confirmation, selfTrade } from "./ticket-settings.ts";

/** The ticket: what is typed into it, what would come of that, and what came of the last order. */
export interface Ticket {
  readonly inputs: TicketInputs;
  readonly set: <K extends keyof TicketInputs>(name: K, value: TicketInputs[K]) => void;
  /** The order as it stands, or what is wrong with it; undefined while something is missing. */
  readonly draft: Accessor<OrderDraft | InputProblem | undefined>;
  /** What a stop or a pair will do, as soon as that is clear; else "". */
  readonly words: Accessor<string>;
  readonly preview: Accessor<OrderPreview | undefined>;
  /** What there is to trade with, in the asset that the side pays: a text as the exchange wrote it; undefined while it is not known. */
  readonly available: Accessor<string | undefined>;
  /** Takes so many percent, a whole number, of what is available as the amount. */
  readonly takeShare: (percent: number) => void;
  /** The percentage that was taken last; 0 since anything else was changed. */
  readonly share: Accessor<number>;
  readonly outcome: Accessor<Outcome | undefined>;
  readonly isSending: Accessor<boolean>;
  /** Sends the order, or asks first where that is wished. */
  readonly send: () => Promise<void>;
  /** The order that is to be confirmed, as it was when it was asked for; undefined for none. */
  readonly asked: Accessor<OrderDraft | undefined>;
  /** Sends it, or does not. */
  readonly answer: (isYes: boolean) => Promise<void>;
}

const EMPTY: TicketInputs = {
  side: "BUY",
  kind: "limit",
  price: "",
  quantity: "",
  timeInForce: "GTC",
  isPostOnly: false,
  isIceberg: false,
  shown: "",
  trigger: "",
  hasTrail: false,
  trail: "",
  hasLimit: false,
  limitPrice: "",
};

const NO_FEES = { makerPpm: 0n, takerPpm: 0n };

/** What is decided anew, with the price of that moment, whether the trigger lies above or below. */
const TRIGGER_CHOICES: readonly (keyof TicketInputs)[] = ["trigger", "side", "kind", "hasTrail"];

export function createTicket(): Ticket {
  const terminal = useTerminal();
  const { market, listing, feed, feeRates } = terminal;
  const [inputs, setInputs] = createStore<{ -readonly [K in keyof TicketInputs]: TicketInputs[K] }>(
    { ...EMPTY },
  );
  const [typedTicks, setTypedTicks] = createSignal<number>();
  const [share, setShare] = createSignal(0);
  const available = createMemo(() => availableOf(terminal, inputs));
  const situation = createSituation(terminal, inputs, typedTicks);
  const set: Ticket["set"] = (name, value) => {
    setInputs(name, value);
    setShare(0);
    if (TRIGGER_CHOICES.includes(name)) setTypedTicks(untrack(situation).lastTicks);
  };
  fillFromPage(terminal, inputs, set);
  const draft = createMemo(() => draftOrder(listing(), { ...inputs }, situation()));
  const preview = createMemo(() => {
    const known = draft();
    if (!isDraft(known)) return undefined;
    const { book } = feed();
    const opposite = known.side === "BUY" ? book.asks : book.bids;
    return previewOrder(market(), known, opposite, feeRates() ?? NO_FEES, situation());
  });
  const takeShare = (percent: number): void => {
    const quanta = shareQuanta(market(), inputs, available() ?? "0", BigInt(percent));
    const lots = lotsFor(terminal, inputs, situation(), quanta);
    setInputs("quantity", trimmed(quantityText(market(), lots)));
    setShare(percent);
  };
  return {
    inputs,
    set,
    draft,
    words: createMemo(() => wordsOf(listing(), inputs, situation())),
    preview,
    available,
    takeShare,
    share,
    ...createSending(terminal, inputs, draft),
  };
}

type Sending = Pick<Ticket, "outcome" | "isSending" | "send" | "asked" | "answer">;

function createSending(terminal: Terminal, inputs: TicketInputs, draft: Ticket["draft"]): Sending {
  const { market } = terminal;
  const [outcome, setOutcome] = createSignal<Outcome>();
  const [isSending, setIsSending] = createSignal(false);
  const [asked, setAsked] = createSignal<OrderDraft>();
  let isThere = true;
  onCleanup(() => (isThere = false));
  const place = async (order: OrderDraft): Promise<void> => {
    setIsSending(true);
    setOutcome(undefined);
    const [first, later] = await placeOrder(terminal, market(), order, () => isThere);
    setOutcome(first);
    setIsSending(false);
    const found = await later;
    // What is said by now of a later order stays.
    if (found !== undefined && outcome() === first) setOutcome(found);
  };
  const send = async (): Promise<void> => {
    if (isSending()) return;
    const order = draft();
    if (!isDraft(order)) {
      // What came of the last order must not look like the answer to this one.
      setOutcome({ isGood: false, text: `Not sent. ${order?.text ?? missingText(inputs)}` });
      return;
    }
    if (confirmation() === "off") await place(order);
    else setAsked(order);
  };
  const answer = async (isYes: boolean): Promise<void> => {
    const order = asked();
    setAsked(undefined);
    if (isYes && order !== undefined && !isSending()) await place(order);
  };
  return { outcome, isSending, send, asked, answer };
}

function missingText(inputs: TicketInputs): string {
  return `The ${FIELD_WORDS[missingField(inputs) ?? "quantity"]} is missing.`;
}

/** Undefined while it is not known. */
function availableOf({ market, account }: Terminal, { side }: TicketInputs): string | undefined {
  const asset = side === "BUY" ? market().quote : market().base;
  const rows = account().state.balances();
  return rows.find((each) => each.asset === asset)?.available;
}

function createSituation(
  terminal: Terminal,
  inputs: TicketInputs,
  typedTicks: Accessor<number | undefined>,
): Accessor<Situation> {
  const { market, feed } = terminal;
  const read = (): Situation => {
    const { book, tape, ticker } = feed();
    const known = market();
    // The ticker is told once a second, trades at once.
    const last = ticker?.symbol === known.symbol ? (tape.trades[0]?.price ?? ticker.last) : "";
    const opposite = inputs.side === "BUY" ? book.asks : book.bids;
    const available = availableOf(terminal, inputs);
    const decimals = inputs.side === "BUY" ? known.quoteDecimals : known.baseDecimals;
    return {
      lastTicks: last === "" ? undefined : ticksOf(known, last),
      typedTicks: typedTicks(),
      oppositeTicks: opposite.count === 0 ? undefined : opposite.priceTicks(0),
      availableQuanta: available === undefined ? undefined : amountOf(available, decimals),
    };
  };
  // Most frames change nothing of it.
  return createMemo(read, undefined, { equals: isSame });
}

function isSame(left: Situation, right: Situation): boolean {
  return (Object.keys(left) as (keyof Situation)[]).every((key) => left[key] === right[key]);
}

function wordsOf(market: Market, inputs: TicketInputs, situation: Situation): string {
  const { kind, side } = inputs;
  if (kind !== "stop" && kind !== "oco") return "";
  const stop = readStop(market, inputs, situation);
  if (stop === undefined || "field" in stop) return "";
  if (kind === "stop") return stopText(market, side, stop);
  const priceTicks = readPrice(market, inputs.price);
  return typeof priceTicks === "number" ? pairText(market, side, priceTicks, stop) : "";
}

/** Prices come into the ticket from the book; another market begins with its last one. */
function fillFromPage(
  { market, feed, pickedPrice }: Terminal,
  inputs: TicketInputs,
  set: Ticket["set"],
): void {
  createEffect(
    on(pickedPrice, (picked) => {
      if (picked === undefined) return;
      const text = priceText(untrack(market), picked.priceTicks);
      const { kind } = untrack(() => ({ ...inputs }));
      if (kind === "stop") return set("trigger", text);
      if (kind === "market") set("kind", "limit");
      set("price", text);
    }),
  );
  createEffect(
    on(market, () => {
      for (const name of FIELD_NAMES) set(name, "");
    }),
  );
  const isKnown = createMemo(() => feed().ticker?.symbol === market().symbol);
  createEffect(
    on([market, isKnown], ([known, hasTicker]) => {
      const last = hasTicker ? untrack(feed).ticker!.last : "";
      // What somebody has typed meanwhile stays.
      if (last === "" || untrack(() => inputs.price) !== "") return;
      set("price", priceText(known, ticksOf(known, last)));
    }),
  );
}

function shareQuanta(
  market: Market,
  { side }: TicketInputs,
  available: string,
  percent: bigint,
): bigint {
  const decimals = side === "BUY" ? market.quoteDecimals : market.baseDecimals;
  return (amountOf(available, decimals) * percent) / 100n;
}

/** The most lots that `quanta` of what the side pays are enough for. */
function lotsFor(
  { listing, feed }: Terminal,
  inputs: TicketInputs,
  situation: Situation,
  quanta: bigint,
): bigint {
  const known = listing();
  if (inputs.side === "SELL") {
    return quanta / amountOf(quantityText(known, 1n), known.baseDecimals);
  }
  const { asks } = feed().book;
  if (inputs.kind === "market") return affordableLots(known, quanta, undefined, asks);
  const isPlain = inputs.kind === "limit";
  const ticks = isPlain ? readPrice(known, inputs.price) : stopTicks(known, inputs, situation);
  if (typeof ticks !== "number") return 0n;
  const needsRoom = !isPlain && !inputs.hasLimit;
  const spent = needsRoom ? (quanta * 100n) / (100n + STOP_ROOM_PERCENT) : quanta;
  return affordableLots(known, spent, ticks, asks);
}

/** What a stop that buys is about to pay, undefined if that cannot be said. Of a pair it is what pays more. */
function stopTicks(market: Market, inputs: TicketInputs, situation: Situation): number | undefined {
  const stop = readStop(market, inputs, situation);
  if (stop === undefined || "field" in stop) return undefined;
  return estimatedTicks(inputs.side, stop, situation.lastTicks);
}

/** Sends an order. Of one that was not answered is told at once that nothing is known, and later what has been found out. */
async function placeOrder(
  { account }: Terminal,
  market: Market,
  order: OrderDraft,
  isWanted: () => boolean,
): Promise<readonly [Outcome, Promise<Outcome>?]> {
  const [link, isPair, clientOrderId] = [account(), order.kind === "oco", crypto.randomUUID()];
  try {
    const { method, parameters } = orderRequest(market, order, selfTrade(), clientOrderId);
    const reply = await link.signed(method, parameters);
    return [isPair ? placedPairOutcome(market, reply) : placedOutcome(market, reply)];
  } catch (error) {
    if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
    if (!isUnknown(error)) return [failedOutcome(error)];
    const query = { symbol: market.symbol, origClientOrderId: clientOrderId };
    const ask = (): Promise<unknown> => link.signed("order.status", query);
    // Another key may be of another account.
    const found = findOrder(ask, () => isWanted() && untrack(account) === link);
    return [unknownOutcome(error), found.then((reply) => foundOutcome(market, isPair, reply))];
  }
}
