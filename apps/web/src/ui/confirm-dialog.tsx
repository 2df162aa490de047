import { createEffect, type JSX, Show } from "solid-js";
import { orderText, orderTitle } from "../ticket/order-text.ts";
import { ignoreHeldKey, isSecondClick } from "./hasty-hands.ts";
import { useTerminal } from "./terminal.ts";
import type { Ticket } from "./ticket-state.ts";

/** Shows an order once more before it is sent, to those who have asked for that. */
export function ConfirmDialog(props: { readonly ticket: Ticket }): JSX.Element {
  const { market } = useTerminal();
  let dialog: HTMLDialogElement | undefined;
  createEffect(() => {
    if (props.ticket.asked() === undefined) dialog?.close();
    else dialog?.showModal();
  });
  const colour = (): string =>
    props.ticket.asked()?.side === "BUY" ? "bg-up-fill" : "bg-down-fill";
  return (
    <dialog
      ref={(element) => (dialog = element)}
      class="m-auto w-96 max-w-[calc(100vw-2rem)] rounded-md border border-line bg-panel p-4 text-text backdrop:bg-black/50"
      aria-label="Send this order?"
      onKeyDown={ignoreHeldKey}
      // By Escape too: what was not confirmed is not sent.
      onClose={() => void props.ticket.answer(false)}
    >
      <Show when={props.ticket.asked()}>
        {(order) => (
          <div class="flex flex-col gap-3">
            <h2 class="text-base font-semibold">{orderTitle(market(), order())}</h2>
            <p>{orderText(market(), order())}</p>
            <div class="flex justify-end gap-2">
              <button
                type="button"
                class="rounded px-3 py-1.5 hover:bg-raised"
                onClick={() => void props.ticket.answer(false)}
              >
                Back
              </button>
              <button
                ref={(button) => queueMicrotask(() => button.focus())}
                type="button"
                class={`rounded px-3 py-1.5 font-medium text-white ${colour()}`}
                onClick={(event) => {
                  if (!isSecondClick(event)) void props.ticket.answer(true);
                }}
              >
                Send
              </button>
            </div>
          </div>
        )}
      </Show>
    </dialog>
  );
}
