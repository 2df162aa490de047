/** A key that is held down would send an order each time that it repeats. */
export function ignoreHeldKey(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

/** Enter on what only chooses would send the form that it is in. */
export function ignoreEnterOnChoice(event: KeyboardEvent): void {
  const isChoice =
    event.target instanceof HTMLInputElement &&
    ["radio", "checkbox", "range"].includes(event.target.type);
  if (event.key === "Enter" && isChoice) event.preventDefault();
}

/** The answer may be there before the second click of a double click, which means no second order, and no other one's end. */
export function isSecondClick(event: MouseEvent): boolean {
  return event.detail > 1;
}

/** The same for a button that sends a form. */
export function ignoreSecondClick(event: MouseEvent): void {
  if (isSecondClick(event)) event.preventDefault();
}
