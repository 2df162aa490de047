import { For, type JSX } from "solid-js";
import type { SelfTradeWord } from "../ticket/order-request.ts";
import { Check } from "./check.tsx";
import { HOTKEYS } from "./ticket-hotkeys.ts";
import {
  confirmation,
  hotkeys,
  SELF_TRADES,
  selfTrade,
  setConfirmation,
  setHotkeys,
  setSelfTrade,
} from "./ticket-settings.ts";

/** A button that shows how the ticket can be set. */
export function TicketOptions(): JSX.Element {
  let dialog: HTMLDialogElement | undefined;
  return (
    <>
      <button
        type="button"
        class="rounded px-1.5 py-0.5 text-muted hover:bg-raised hover:text-text"
        onClick={() => dialog?.showModal()}
      >
        Options…
      </button>
      <dialog
        ref={(element) => (dialog = element)}
        class="m-auto w-96 max-w-[calc(100vw-2rem)] rounded-md border border-line bg-panel p-4 text-text backdrop:bg-black/50"
        aria-label="Options of the ticket"
      >
        <div class="flex flex-col gap-4">
          <h2 class="text-base font-semibold">Options of the ticket</h2>
          <Check
            label="Ask before an order is sent"
            isChecked={confirmation() === "on"}
            onCheck={(isOn) => setConfirmation(isOn ? "on" : "off")}
          />
          <SelfTradeChoice />
          <HotkeyChoice />
          <button
            type="button"
            class="self-end rounded bg-raised px-3 py-1.5 font-medium"
            onClick={() => dialog?.close()}
          >
            Done
          </button>
        </div>
      </dialog>
    </>
  );
}

function SelfTradeChoice(): JSX.Element {
  return (
    <label class="flex flex-col gap-1">
      Where an order would meet your own
      <select
        class="field px-1.5 py-1"
        value={selfTrade()}
        onChange={(event) => setSelfTrade(event.currentTarget.value as SelfTradeWord)}
      >
        <For each={SELF_TRADES}>{([word, label]) => <option value={word}>{label}</option>}</For>
      </select>
    </label>
  );
}

function HotkeyChoice(): JSX.Element {
  return (
    <div class="flex flex-col gap-2">
      <Check
        label="Choose by single keys"
        isChecked={hotkeys() === "on"}
        onCheck={(isOn) => setHotkeys(isOn ? "on" : "off")}
      />
      <ul class="grid grid-cols-3 gap-1 text-muted" aria-label="Keys">
        <For each={HOTKEYS}>
          {([key, meaning]) => (
            <li>
              <kbd class="rounded border border-line bg-page px-1 text-text">{key}</kbd> {meaning}
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}
