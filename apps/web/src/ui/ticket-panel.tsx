import { For, type JSX, Show } from "solid-js";
import { grouped, trimmed } from "../market/amount-text.ts";
import { priceText, quantityText } from "../market/market.ts";
import {
  type InputProblem,
  isDraft,
  type SideWord,
  type TimeInForce,
} from "../ticket/order-draft.ts";
import { Choice } from "./choice.tsx";
import { MarketStatusNotice } from "./market-status.tsx";
import { Panel } from "./panel.tsx";
import { useTerminal } from "./terminal.ts";
import { TicketPreview } from "./ticket-preview.tsx";
import { createTicket, type Ticket } from "./ticket-state.ts";

const SIDES = [
  ["BUY", "Buy"],
  ["SELL", "Sell"],
] as const;
const KINDS = [
  ["limit", "Limit"],
  ["market", "Market"],
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
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const draft = ticket.draft();
    void ticket.send();
    if (!isDraft(draft))
      focusField(
        form!,
        draft?.field ?? (inputs.price === "" && inputs.kind === "limit" ? "price" : "quantity"),
      );
  };
  return (
    <Panel area="ticket" title="Order">
      <form
        ref={(element) => (form = element)}
        class="flex min-h-0 flex-1 flex-col gap-2.5 overflow-y-auto p-3"
        noValidate
        onSubmit={submit}
        onKeyDown={ignoreHeldKey}
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
        <AmountFields ticket={ticket} />
        <Show when={inputs.kind === "limit"}>
          <LimitTerms ticket={ticket} />
        </Show>
        <TicketPreview ticket={ticket} />
        <MarketStatusNotice />
        <SendButton ticket={ticket} />
        <OutcomeText ticket={ticket} />
      </form>
    </Panel>
  );
}

/** A key that is held down would send an order each time that it repeats. */
function ignoreHeldKey(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

/** The answer may be there before the second click of a double click, which means no second order. */
function ignoreSecondClick(event: MouseEvent): void {
  if (event.detail > 1) event.preventDefault();
}

function focusField(form: HTMLFormElement, field: InputProblem["field"]): void {
  form.querySelector<HTMLInputElement>(`input[name="${field}"]`)?.focus();
}

function AmountFields(props: { readonly ticket: Ticket }): JSX.Element {
  const { market } = useTerminal();
  const problemOf = (field: InputProblem["field"]): string => {
    const draft = props.ticket.draft();
    return draft === undefined || isDraft(draft) || draft.field !== field ? "" : draft.text;
  };
  return (
    <>
      <Show when={props.ticket.inputs.kind === "limit"}>
        <DecimalField
          name="price"
          label="Price"
          unit={market().quote}
          step={priceText(market(), 1)}
          value={props.ticket.inputs.price}
          problem={problemOf("price")}
          onInput={(text) => props.ticket.set("price", text)}
        />
      </Show>
      <DecimalField
        name="quantity"
        label="Amount"
        unit={market().base}
        step={quantityText(market(), 1n)}
        value={props.ticket.inputs.quantity}
        problem={problemOf("quantity")}
        onInput={(text) => props.ticket.set("quantity", text)}
      />
      <Shares ticket={props.ticket} />
    </>
  );
}

interface DecimalFieldProps {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  /** The smallest difference, shown in the empty field. */
  readonly step: string;
  readonly value: string;
  readonly problem: string;
  readonly onInput: (text: string) => void;
}

/** A decimal as text: a number field of the browser would make a float of it. */
function DecimalField(props: DecimalFieldProps): JSX.Element {
  return (
    <div>
      <label class="field flex items-center gap-2 px-2.5 py-1.5">
        <span class="text-muted">{props.label}</span>
        <input
          class="min-w-0 flex-1 bg-transparent text-right"
          name={props.name}
          inputmode="decimal"
          autocomplete="off"
          placeholder={props.step}
          value={props.value}
          aria-invalid={props.problem !== ""}
          aria-describedby={`${props.name}-problem`}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <span class="w-10 text-muted">{props.unit}</span>
      </label>
      <p id={`${props.name}-problem`} class="mt-1 text-down empty:hidden" aria-live="polite">
        {props.problem}
      </p>
    </div>
  );
}

const PERCENTS = [25, 50, 75, 100] as const;

function Shares(props: { readonly ticket: Ticket }): JSX.Element {
  const { market } = useTerminal();
  const asset = (): string => (props.ticket.inputs.side === "BUY" ? market().quote : market().base);
  return (
    <div class="flex flex-col gap-1.5">
      <div class="flex gap-1" role="group" aria-label="Share of what is available">
        <For each={PERCENTS}>
          {(percent) => (
            <button
              type="button"
              class="flex-1 rounded bg-page py-0.5 text-muted hover:bg-raised hover:text-text"
              onClick={() => props.ticket.takeShare(percent)}
            >
              {percent}%
            </button>
          )}
        </For>
      </div>
      <p class="flex justify-between text-muted">
        <span>Available</span>
        <span>
          {grouped(trimmed(props.ticket.available(), 2))} {asset()}
        </span>
      </p>
    </div>
  );
}

const TIMES: readonly (readonly [TimeInForce, string])[] = [
  ["GTC", "GTC – until cancelled"],
  ["IOC", "IOC – at once, rest ends"],
  ["FOK", "FOK – all at once or nothing"],
];

function LimitTerms(props: { readonly ticket: Ticket }): JSX.Element {
  return (
    <div class="flex items-center gap-3">
      <select
        class="field min-w-0 flex-1 px-1.5 py-1 disabled:opacity-50"
        aria-label="Time in force"
        disabled={props.ticket.inputs.isPostOnly}
        value={props.ticket.inputs.timeInForce}
        onChange={(event) =>
          props.ticket.set("timeInForce", event.currentTarget.value as TimeInForce)
        }
      >
        <For each={TIMES}>{([value, label]) => <option value={value}>{label}</option>}</For>
      </select>
      <label class="flex cursor-pointer items-center gap-1.5 whitespace-nowrap">
        <input
          type="checkbox"
          class="accent-accent"
          checked={props.ticket.inputs.isPostOnly}
          onChange={(event) => props.ticket.set("isPostOnly", event.currentTarget.checked)}
        />
        Post only
      </label>
    </div>
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
      class={`rounded py-2 font-semibold text-white disabled:opacity-50 ${isBuy() ? "bg-up-fill" : "bg-down-fill"}`}
      disabled={!canSend() || props.ticket.isSending()}
      onClick={ignoreSecondClick}
    >
      {text()}
    </button>
  );
}

function OutcomeText(props: { readonly ticket: Ticket }): JSX.Element {
  const isGood = (): boolean => props.ticket.outcome()?.isGood === true;
  return (
    <p
      class={`rounded px-2 py-1.5 empty:hidden ${isGood() ? "bg-up-soft" : "bg-down-soft"}`}
      role="status"
      aria-label="Last order"
      data-outcome={isGood() ? "good" : "bad"}
    >
      {props.ticket.outcome()?.text}
    </p>
  );
}
