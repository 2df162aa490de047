import { createSignal } from "solid-js";
import { keep, readKept } from "./browser-storage.ts";

export type Theme = "dark" | "light";

const KEY = "rialto.theme";

function initialTheme(): Theme {
  const chosen = readKept(KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

const [current, setCurrent] = createSignal<Theme>(initialTheme());
document.documentElement.dataset["theme"] = current();

/** The theme that is shown: the one that was chosen, else the system's. */
export const theme: () => Theme = current;

export function chooseTheme(chosen: Theme): void {
  keep(KEY, chosen);
  document.documentElement.dataset["theme"] = chosen;
  setCurrent(chosen);
}

/** The value of a colour of the page, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
