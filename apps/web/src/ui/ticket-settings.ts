import { createSignal, type Signal } from "solid-js";
import type { SelfTradeWord } from "../ticket/order-request.ts";
import { keep, readKept } from "./browser-storage.ts";

// How somebody likes the ticket, kept in the browser for all of its tabs.

export const SELF_TRADES: readonly (readonly [SelfTradeWord, string])[] = [
  ["EXPIRE_TAKER", "The new order ends"],
  ["EXPIRE_MAKER", "The resting order ends"],
  ["EXPIRE_BOTH", "Both end"],
  ["DECREMENT", "Both shrink by the smaller"],
  ["NONE", "They trade"],
];

function kept<T extends string>(key: string, choices: readonly T[], first: T): Signal<T> {
  const found = choices.find((choice) => choice === readKept(key)) ?? first;
  const [value, setValue] = createSignal<T>(found);
  // Another tab has chosen: nobody is to think that it asks there alone.
  addEventListener("storage", (event) => {
    const told = choices.find((choice) => event.key === key && choice === event.newValue);
    if (told !== undefined) setValue(() => told);
  });
  const choose = (chosen: T): T => {
    keep(key, chosen);
    return setValue(() => chosen);
  };
  return [value, choose as Signal<T>[1]];
}

const SWITCH = ["on", "off"] as const;

/** Whether each order is shown once more before it is sent. */
export const [confirmation, setConfirmation] = kept("rialto.confirm", SWITCH, "off");

/** Whether single keys choose in the ticket. Off at first: who knows nothing of them is not to be surprised. */
export const [hotkeys, setHotkeys] = kept("rialto.hotkeys", SWITCH, "off");

const WORDS = SELF_TRADES.map(([word]) => word);

/** What becomes of orders that would meet the account's own. */
export const [selfTrade, setSelfTrade] = kept("rialto.self-trade", WORDS, "EXPIRE_TAKER");
