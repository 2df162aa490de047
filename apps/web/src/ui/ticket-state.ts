import { ApiError, NetworkError } from "@rialto/client";
import { type Accessor, createEffect, createMemo, createSignal, on, untrack } from "solid-js";
import { createStore } from "solid-js/store";
import { amountOf, type Market, priceText, quantityText, ticksOf } from "../market/market.ts";
import {
  draftOrder,
  type InputProblem,
  isDraft,
  type OrderDraft,
  orderParameters,
  readPrice,
  type TicketInputs,
} from "../ticket/order-draft.ts";
import { failedOutcome, type Outcome, placedOutcome } from "../ticket/outcome-text.ts";
import { affordableLots, type Preview, previewOrder } from "../ticket/preview.ts";
import { trimmed } from "../market/amount-text.ts";
import { type Terminal, useTerminal } from "./terminal.ts";

/** The ticket: what is typed into it, what would come of that, and what came of the last order. */
export interface Ticket {
  readonly inputs: TicketInputs;
  readonly set: <K extends keyof TicketInputs>(name: K, value: TicketInputs[K]) => void;
  /** The order as it stands, or what is wrong with it; undefined while something is missing. */
  readonly draft: Accessor<OrderDraft | InputProblem | undefined>;
  readonly preview: Accessor<Preview | undefined>;
  /** What there is to trade with, in the asset that the side pays: a text as the exchange wrote it. */
  readonly available: Accessor<string>;
  /** Takes so many percent of what is available as the amount. */
  readonly takeShare: (percent: number) => void;
  readonly outcome: Accessor<Outcome | undefined>;
  readonly isSending: Accessor<boolean>;
  readonly send: () => Promise<void>;
}

const EMPTY: TicketInputs = {
  side: "BUY",
  kind: "limit",
  price: "",
  quantity: "",
  timeInForce: "GTC",
  isPostOnly: false,
};

const NO_FEES = { makerPpm: 0n, takerPpm: 0n };

export function createTicket(): Ticket {
  const terminal = useTerminal();
  const { market, account, feed, feeRates } = terminal;
  const [inputs, setInputs] = createStore<{ -readonly [K in keyof TicketInputs]: TicketInputs[K] }>(
    { ...EMPTY },
  );
  const [outcome, setOutcome] = createSignal<Outcome>();
  const [isSending, setIsSending] = createSignal(false);
  const set: Ticket["set"] = (name, value) => setInputs(name, value);
  fillFromPage(terminal, set);
  const draft = createMemo(() => draftOrder(market(), { ...inputs }));
  const preview = createMemo(() => {
    const known = draft();
    if (!isDraft(known)) return undefined;
    const { book } = feed();
    const opposite = known.side === "BUY" ? book.asks : book.bids;
    return previewOrder(market(), known, opposite, feeRates() ?? NO_FEES);
  });
  const available = createMemo(() => {
    const asset = inputs.side === "BUY" ? market().quote : market().base;
    const row = account()
      .state.balances()
      .find((each) => each.asset === asset);
    return row?.available ?? "0";
  });
  const takeShare = (percent: number): void => {
    const lots = shareLots(terminal, inputs, available(), BigInt(percent));
    setInputs("quantity", trimmed(quantityText(market(), lots)));
  };
  const send = async (): Promise<void> => {
    if (isSending()) return;
    const order = draft();
    if (!isDraft(order)) {
      // What came of the last order must not look like the answer to this one.
      setOutcome({ isGood: false, text: `Not sent. ${order?.text ?? missingText(inputs)}` });
      return;
    }
    setIsSending(true);
    setOutcome(undefined);
    setOutcome(await place(terminal, market(), order));
    setIsSending(false);
  };
  return { inputs, set, draft, preview, available, takeShare, outcome, isSending, send };
}

function missingText({ quantity }: TicketInputs): string {
  return quantity.trim() === "" ? "The amount is missing." : "The price is missing.";
}

/** Prices come into the ticket from the book; another market begins with its last one. */
function fillFromPage({ market, feed, pickedPrice }: Terminal, set: Ticket["set"]): void {
  createEffect(
    on(pickedPrice, (picked) => {
      if (picked === undefined) return;
      set("kind", "limit");
      set("price", priceText(untrack(market), picked.priceTicks));
    }),
  );
  const isKnown = createMemo(() => feed().ticker?.symbol === market().symbol);
  createEffect(
    on([market, isKnown], ([known, hasTicker]) => {
      set("quantity", "");
      const last = hasTicker ? untrack(feed).ticker!.last : undefined;
      set("price", last === undefined || last === "" ? "" : priceText(known, ticksOf(known, last)));
    }),
  );
}

function shareLots(
  { market, feed }: Terminal,
  inputs: TicketInputs,
  available: string,
  percent: bigint,
): bigint {
  const known = market();
  if (inputs.side === "SELL") {
    const quanta = (amountOf(available, known.baseDecimals) * percent) / 100n;
    const oneLot = amountOf(quantityText(known, 1n), known.baseDecimals);
    return quanta / oneLot;
  }
  const quanta = (amountOf(available, known.quoteDecimals) * percent) / 100n;
  const { asks } = feed().book;
  if (inputs.kind === "market") return affordableLots(known, quanta, undefined, asks);
  const ticks = readPrice(known, inputs.price);
  return typeof ticks === "number" ? affordableLots(known, quanta, ticks, asks) : 0n;
}

async function place({ account }: Terminal, market: Market, order: OrderDraft): Promise<Outcome> {
  try {
    const reply = await account().signed("order.place", orderParameters(market, order));
    return placedOutcome(market, reply);
  } catch (error) {
    if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
    return failedOutcome(error);
  }
}
