import { createEffect, onCleanup } from "solid-js";
import type { FieldName } from "../ticket/field-reader.ts";
import { fieldsOf } from "../ticket/order-draft.ts";
import { hotkeys } from "./ticket-settings.ts";
import type { Ticket } from "./ticket-state.ts";

/** Single keys, and what they choose. None of them sends anything. */
export const HOTKEYS = [
  ["B", "Buy"],
  ["S", "Sell"],
  ["L", "Limit"],
  ["M", "Market"],
  ["T", "Stop"],
  ["O", "OCO"],
  ["P", "Price"],
  ["A", "Amount"],
] as const;

/** Above the page; what is pressed there is not for the ticket. */
const COVERS = "dialog[open], :popover-open";

/** Keys that mean something to whom has the focus are not for the ticket either. */
const KEEPS_KEYS =
  "select, textarea, [contenteditable], input:not([type='radio']):not([type='checkbox'])";

/** Follows the hotkeys wherever on the page the focus is, while they are on. */
export function followHotkeys(ticket: Ticket, focusField: (field: FieldName) => void): void {
  const { inputs, set } = ticket;
  const actions: Readonly<Record<(typeof HOTKEYS)[number][0], () => void>> = {
    B: () => set("side", "BUY"),
    S: () => set("side", "SELL"),
    L: () => set("kind", "limit"),
    M: () => set("kind", "market"),
    T: () => set("kind", "stop"),
    O: () => set("kind", "oco"),
    P: () => focusField(fieldsOf(inputs)[0]!),
    A: () => focusField("quantity"),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const found = HOTKEYS.find(([key]) => key === event.key.toUpperCase());
    if (found === undefined || !isFree(event.target)) return;
    event.preventDefault();
    actions[found[0]]();
  };
  createEffect(() => {
    if (hotkeys() === "off") return;
    document.addEventListener("keydown", onKeyDown);
    onCleanup(() => document.removeEventListener("keydown", onKeyDown));
  });
}

function isFree(target: EventTarget | null): boolean {
  const isTaken = target instanceof Element && target.closest(KEEPS_KEYS) !== null;
  return !isTaken && document.querySelector(COVERS) === null;
}
