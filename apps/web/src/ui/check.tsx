import type { JSX } from "solid-js";

/** Something that is or is not so. */
export function Check(props: {
  readonly label: string;
  readonly isChecked: boolean;
  /** It says nothing now, and cannot be changed. */
  readonly isOff?: boolean;
  readonly onCheck: (isChecked: boolean) => void;
}): JSX.Element {
  return (
    <label class="flex cursor-pointer items-center gap-1.5 whitespace-nowrap has-disabled:cursor-default has-disabled:opacity-50">
      <input
        type="checkbox"
        class="accent-accent"
        checked={props.isChecked}
        disabled={props.isOff === true}
        onChange={(event) => props.onCheck(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
