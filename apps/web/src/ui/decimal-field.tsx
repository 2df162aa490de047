import type { JSX } from "solid-js";
import type { FieldName } from "../ticket/field-reader.ts";

interface DecimalFieldProps {
  readonly name: FieldName;
  readonly label: string;
  readonly unit: string;
  /** Shown in the empty field: the smallest difference, or what leaving it empty means. */
  readonly hint: string;
  readonly value: string;
  readonly problem: string;
  readonly onInput: (text: string) => void;
}

/** A decimal as text: a number field of the browser would make a float of it. */
export function DecimalField(props: DecimalFieldProps): JSX.Element {
  return (
    <div>
      <label class="field flex items-center gap-2 px-2.5 py-1.5">
        <span class="whitespace-nowrap text-muted">{props.label}</span>
        <input
          class="min-w-0 flex-1 bg-transparent text-right"
          name={props.name}
          inputmode="decimal"
          autocomplete="off"
          placeholder={props.hint}
          value={props.value}
          aria-invalid={props.problem !== ""}
          aria-describedby={`${props.name}-problem`}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <span class="max-w-24 min-w-10 truncate text-muted" title={props.unit}>
          {props.unit}
        </span>
      </label>
      <p id={`${props.name}-problem`} class="mt-1 text-down empty:hidden" aria-live="polite">
        {props.problem}
      </p>
    </div>
  );
}
