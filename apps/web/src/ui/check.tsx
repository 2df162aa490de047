import type { JSX } from "solid-js";

/** Something that is or is not so. */
export function Check(props: {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onCheck: (isChecked: boolean) => void;
}): JSX.Element {
  return (
    <label class="flex cursor-pointer items-center gap-1.5 whitespace-nowrap">
      <input
        type="checkbox"
        class="accent-accent"
        checked={props.isChecked}
        onChange={(event) => props.onCheck(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
