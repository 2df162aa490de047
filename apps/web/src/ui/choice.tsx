import { For, type JSX } from "solid-js";

interface ChoiceProps<T extends string> {
  /** What is chosen, for screen readers. */
  readonly label: string;
  /** Unlike any other group of the page. */
  readonly name: string;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly value: T;
  readonly onChoose: (value: T) => void;
  readonly optionClass?: (value: T) => string;
}

/** One of few, side by side: radio buttons, so that arrow keys choose. */
export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  return (
    <div class="flex gap-0.5 rounded bg-page p-0.5" role="radiogroup" aria-label={props.label}>
      <For each={props.options}>
        {([value, label]) => (
          <label
            class={`flex-1 cursor-pointer rounded px-2 py-1 text-center text-muted outline-accent has-checked:bg-chosen has-checked:text-text has-focus-visible:outline-2 ${props.optionClass?.(value) ?? ""}`}
          >
            <input
              type="radio"
              class="sr-only"
              name={props.name}
              value={value}
              checked={props.value === value}
              onChange={() => props.onChoose(value)}
            />
            {label}
          </label>
        )}
      </For>
    </div>
  );
}
