import { type JSX, Show } from "solid-js";
import type { FieldName } from "../ticket/field-reader.ts";
import { isDraft, missingField, type SideWord } from "../ticket/order-draft.ts";
import { Choice } from "./choice.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ignoreEnterOnChoice, ignoreHeldKey, ignoreSecondClick } from "./hasty-hands.ts";
import { MarketStatusNotice } from "./market-status.tsx";
import { Panel } from "./panel.tsx";
import { useTerminal } from "./terminal.ts";
import { TicketFields } from "./ticket-fields.tsx";
import { followHotkeys } from "./ticket-hotkeys.ts";
import { TicketOptions } from "./ticket-options.tsx";
import { TicketPreview } from "./ticket-preview.tsx";
import { createTicket, type Ticket } from "./ticket-state.ts";

const SIDES = [
  ["BUY", "Buy"],
  ["SELL", "Sell"],
] as const;
const KINDS = [
  ["limit", "Limit"],
  ["market", "Market"],
  ["stop", "Stop"],
  ["oco", "OCO"],
] as const;
const SIDE_CLASSES: Readonly<Record<SideWord, string>> = {
  BUY: "has-checked:bg-up-fill! has-checked:text-white! font-medium",
  SELL: "has-checked:bg-down-fill! has-checked:text-white! font-medium",
};

/** The order ticket. */
export function TicketPanel(): JSX.Element {
  const ticket = createTicket();
  const { inputs, set } = ticket;
  let form: HTMLFormElement | undefined;
  const focusField = (field: FieldName): void =>
    form?.querySelector<HTMLInputElement>(`input[name="${field}"]`)?.focus();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const draft = ticket.draft();
    void ticket.send();
    if (!isDraft(draft)) focusField(draft?.field ?? missingField(inputs) ?? "quantity");
  };
  followHotkeys(ticket, focusField);
  return (
    <Panel area="ticket" title="Order" tools={<TicketOptions />}>
      <form
        ref={(element) => (form = element)}
        class="flex min-h-0 flex-1 flex-col gap-2.5 overflow-y-auto p-3"
        noValidate
        onSubmit={submit}
        onKeyDown={(event) => {
          ignoreHeldKey(event);
          ignoreEnterOnChoice(event);
        }}
      >
        <Choice
          label="Side"
          name="side"
          options={SIDES}
          value={inputs.side}
          onChoose={(side) => set("side", side)}
          optionClass={(side) => SIDE_CLASSES[side]}
        />
        <Choice
          label="Order type"
          name="kind"
          options={KINDS}
          value={inputs.kind}
          onChoose={(kind) => set("kind", kind)}
        />
        <TicketFields ticket={ticket} />
        <TicketPreview side={inputs.side} kind={inputs.kind} preview={ticket.preview()} />
        <MarketStatusNotice />
        {/* Seen also where the fields above it have to be scrolled. */}
        <div class="sticky -bottom-3 -mx-3 -mt-2.5 -mb-3 flex flex-col gap-2.5 bg-panel px-3 pt-2.5 pb-3">
          <SendButton ticket={ticket} />
          <OutcomeText ticket={ticket} />
        </div>
      </form>
      <ConfirmDialog ticket={ticket} />
    </Panel>
  );
}

function SendButton(props: { readonly ticket: Ticket }): JSX.Element {
  const { account, linkHealth, market } = useTerminal();
  const isBuy = (): boolean => props.ticket.inputs.side === "BUY";
  const canSend = (): boolean => linkHealth().state === "live" && account().hasAccount;
  const text = (): string => {
    if (linkHealth().state !== "live") return "No connection";
    if (!account().hasAccount) return "Needs an API key";
    return `${isBuy() ? "Buy" : "Sell"} ${market().base}`;
  };
  return (
    <button
      type="submit"
      class={`rounded py-2 font-semibold text-white disabled:opacity-50 aria-busy:opacity-50 ${isBuy() ? "bg-up-fill" : "bg-down-fill"}`}
      disabled={!canSend()}
      // Disabled it would lose the focus with every order; the ticket sends one at a time.
      aria-busy={props.ticket.isSending()}
      onClick={ignoreSecondClick}
    >
      {text()}
    </button>
  );
}

function OutcomeText(props: { readonly ticket: Ticket }): JSX.Element {
  return (
    // It is there before there is anything to say, so that screen readers say it.
    <div role="status" aria-label="Last order" class="empty:-mt-2.5">
      <Show when={props.ticket.outcome()}>
        {(known) => (
          <p class={`rounded px-2 py-1.5 ${known().isGood ? "bg-up-soft" : "bg-down-soft"}`}>
            {known().text}
          </p>
        )}
      </Show>
    </div>
  );
}
