import { For, type JSX, Show } from "solid-js";
import { grouped, trimmed } from "../market/amount-text.ts";
import { priceText, quantityText } from "../market/market.ts";
import { fieldsOf, isDraft, mayHide, type TimeInForce } from "../ticket/order-draft.ts";
import type { FieldName } from "../ticket/field-reader.ts";
import { trails } from "../ticket/stop-terms.ts";
import { Check } from "./check.tsx";
import { DecimalField } from "./decimal-field.tsx";
import { useTerminal } from "./terminal.ts";
import type { Ticket } from "./ticket-state.ts";

interface FieldsProps {
  readonly ticket: Ticket;
}

/** Everything that is typed or chosen of an order of the kind that is chosen, from top to bottom. */
export function TicketFields(props: FieldsProps): JSX.Element {
  const has = (name: FieldName): boolean => fieldsOf(props.ticket.inputs).includes(name);
  const isStop = (): boolean => has("trigger");
  const hasTerms = (): boolean => props.ticket.inputs.kind === "limit" || has("limitPrice");
  return (
    <>
      <Show when={has("price")}>
        <PriceField ticket={props.ticket} name="price" label={isStop() ? "Take profit" : "Price"} />
      </Show>
      <Show when={isStop()}>
        <StopFields ticket={props.ticket} />
      </Show>
      <QuantityField ticket={props.ticket} name="quantity" label="Amount" />
      <Shares ticket={props.ticket} />
      <Show when={hasTerms()}>
        <LimitTerms ticket={props.ticket} />
      </Show>
      <Show when={has("shown")}>
        <QuantityField ticket={props.ticket} name="shown" label="Shown at a time" />
      </Show>
      <Show when={isStop()}>
        <StopText ticket={props.ticket} />
      </Show>
    </>
  );
}

function problemOf(ticket: Ticket, field: FieldName): string {
  const draft = ticket.draft();
  return draft === undefined || isDraft(draft) || draft.field !== field ? "" : draft.text;
}

function PriceField(props: {
  readonly ticket: Ticket;
  readonly name: "price" | "trigger" | "limitPrice";
  readonly label: string;
  readonly hint?: string;
}): JSX.Element {
  const { market } = useTerminal();
  return (
    <DecimalField
      name={props.name}
      label={props.label}
      unit={market().quote}
      hint={props.hint ?? priceText(market(), 1)}
      value={props.ticket.inputs[props.name]}
      problem={problemOf(props.ticket, props.name)}
      onInput={(text) => props.ticket.set(props.name, text)}
    />
  );
}

/** What a stop waits for, and with what it comes. */
function StopFields(props: FieldsProps): JSX.Element {
  const isTrailing = (): boolean => trails(props.ticket.inputs);
  return (
    <>
      <PriceField
        ticket={props.ticket}
        name="trigger"
        label={isTrailing() ? "Trail from" : "Trigger"}
        {...(isTrailing() ? { hint: "now" } : {})}
      />
      <div class="flex items-center gap-4">
        <Show when={props.ticket.inputs.kind === "stop"}>
          <Check
            label="Trailing"
            isChecked={props.ticket.inputs.hasTrail}
            onCheck={(isChecked) => props.ticket.set("hasTrail", isChecked)}
          />
        </Show>
        <Check
          label="With a limit"
          isChecked={props.ticket.inputs.hasLimit}
          onCheck={(isChecked) => props.ticket.set("hasLimit", isChecked)}
        />
      </div>
      <Show when={isTrailing()}>
        <DecimalField
          name="trail"
          label="Distance"
          unit="%"
          hint="0.01"
          value={props.ticket.inputs.trail}
          problem={problemOf(props.ticket, "trail")}
          onInput={(text) => props.ticket.set("trail", text)}
        />
      </Show>
      <Show when={props.ticket.inputs.hasLimit}>
        <PriceField ticket={props.ticket} name="limitPrice" label="Limit" />
      </Show>
    </>
  );
}

function QuantityField(props: {
  readonly ticket: Ticket;
  readonly name: "quantity" | "shown";
  readonly label: string;
}): JSX.Element {
  const { market } = useTerminal();
  return (
    <DecimalField
      name={props.name}
      label={props.label}
      unit={market().base}
      hint={quantityText(market(), 1n)}
      value={props.ticket.inputs[props.name]}
      problem={problemOf(props.ticket, props.name)}
      onInput={(text) => props.ticket.set(props.name, text)}
    />
  );
}

const PERCENTS = [25, 50, 75, 100] as const;

function Shares(props: FieldsProps): JSX.Element {
  const { market } = useTerminal();
  const asset = (): string => (props.ticket.inputs.side === "BUY" ? market().quote : market().base);
  const isKnown = (): boolean => props.ticket.available() !== undefined;
  const text = (): string => {
    const available = props.ticket.available();
    return available === undefined ? "–" : grouped(trimmed(available, 2));
  };
  return (
    <fieldset class="flex flex-col gap-1.5" disabled={!isKnown()}>
      <input
        type="range"
        class="-my-1.5 h-6 w-full cursor-pointer accent-accent disabled:cursor-default disabled:opacity-50"
        min="0"
        max="100"
        aria-label="Share of what is available"
        aria-valuetext={`${props.ticket.share()} %`}
        value={props.ticket.share()}
        onInput={(event) => props.ticket.takeShare(event.currentTarget.valueAsNumber)}
      />
      <div class="flex gap-1" role="group" aria-label="Usual shares">
        <For each={PERCENTS}>
          {(percent) => (
            <button
              type="button"
              class="flex-1 rounded bg-page py-0.5 text-muted enabled:hover:bg-raised enabled:hover:text-text disabled:opacity-50"
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
          {text()} {asset()}
        </span>
      </p>
    </fieldset>
  );
}

const TIMES: readonly (readonly [TimeInForce, string])[] = [
  ["GTC", "GTC – until cancelled"],
  ["IOC", "IOC – at once, rest ends"],
  ["FOK", "FOK – all at once or nothing"],
];

function LimitTerms(props: FieldsProps): JSX.Element {
  const isPlain = (): boolean => props.ticket.inputs.kind === "limit";
  return (
    <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
      <select
        class="field w-full px-1.5 py-1 disabled:opacity-50"
        aria-label="Time in force"
        disabled={isPlain() && props.ticket.inputs.isPostOnly}
        value={props.ticket.inputs.timeInForce}
        onChange={(event) =>
          props.ticket.set("timeInForce", event.currentTarget.value as TimeInForce)
        }
      >
        <For each={TIMES}>{([value, label]) => <option value={value}>{label}</option>}</For>
      </select>
      <Show when={isPlain()}>
        <Check
          label="Post only"
          isChecked={props.ticket.inputs.isPostOnly}
          onCheck={(isChecked) => props.ticket.set("isPostOnly", isChecked)}
        />
        <Check
          label="Iceberg"
          isChecked={props.ticket.inputs.isIceberg}
          isOff={!mayHide(props.ticket.inputs)}
          onCheck={(isChecked) => props.ticket.set("isIceberg", isChecked)}
        />
      </Show>
    </div>
  );
}

/** What the order will do, as soon as that is clear. */
function StopText(props: FieldsProps): JSX.Element {
  return (
    <p class="empty:hidden" aria-live="polite" data-order-text>
      {props.ticket.words()}
    </p>
  );
}
