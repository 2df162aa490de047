import { createSignal } from "solid-js";

export type Theme = "dark" | "light";

const KEY = "rialto.theme";

function initialTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

const [current, setCurrent] = createSignal<Theme>(initialTheme());
document.documentElement.dataset["theme"] = current();

/** The theme that is shown: the one that was chosen, else the system's. */
export const theme: () => Theme = current;

export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen);
  document.documentElement.dataset["theme"] = chosen;
  setCurrent(chosen);
}

/** The value of a colour of the page, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
