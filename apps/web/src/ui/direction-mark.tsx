import type { JSX } from "solid-js";
import type { Direction } from "../market/amount-text.ts";

const MARKS: Readonly<Record<Direction, string>> = { up: "▲", down: "▼", flat: "" };
const COLOURS: Readonly<Record<Direction, string>> = {
  up: "text-up",
  down: "text-down",
  flat: "text-text",
};

export function directionColour(direction: Direction): string {
  return COLOURS[direction];
}

/** An arrow, for those to whom the colour says nothing. */
export function DirectionMark(props: { readonly direction: Direction }): JSX.Element {
  return (
    <span class="text-[0.7em]" aria-hidden="true">
      {MARKS[props.direction]}
    </span>
  );
}
