import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// Who sees little reads the page too: text has the contrast that WCAG 2.2 AA asks for, on whatever it stands.

const CONTRAST_MIN = 4.5;
const CSS = readFileSync(join(import.meta.dirname, "styles.css"), "utf8");

type Colours = ReadonlyMap<string, readonly number[]>;

/** The colours of a theme: red, green, blue and, from 0 to 1, how much of it covers what is below. */
function coloursOf(theme: "dark" | "light"): Colours {
  const block = CSS.split(`[data-theme="${theme}"] {`)[1]!.split("}")[0]!;
  const found = block.matchAll(/--([\w-]+): #([\da-f]{6})([\da-f]{2})?;/g);
  const byte = (hex: string): number => Number.parseInt(hex, 16);
  return new Map(
    [...found].map(([, name, hex, cover = "ff"]) => [
      name!,
      [...hex!.matchAll(/../g).map(([part]) => byte(part)), byte(cover) / 255],
    ]),
  );
}

function over(top: readonly number[], below: readonly number[]): number[] {
  const cover = top[3]!;
  return top.slice(0, 3).map((value, at) => value * cover + below[at]! * (1 - cover));
}

function luminance(colour: readonly number[]): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(left: readonly number[], right: readonly number[]): number {
  const [dark, light] = [luminance(left), luminance(right)].toSorted((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** What is written in which colours, and on what. */
const TEXTS: readonly (readonly [text: string, below: string, soft?: string])[] = [
  ...["text", "muted", "up", "down", "notice", "accent"].flatMap((text) =>
    ["panel", "raised"].map((below) => [text, below] as const),
  ),
  ...["text", "muted"].flatMap((text) => [
    [text, "page"] as const,
    ...["up-soft", "down-soft"].map((soft) => [text, "panel", soft] as const),
  ]),
  ["up", "panel", "up-soft"],
  ["down", "panel", "down-soft"],
  ["notice", "panel", "notice-soft"],
];

test.each(["dark", "light"] as const)("the %s theme can be read", (theme) => {
  const colours = coloursOf(theme);
  const tooFaint = TEXTS.flatMap(([text, below, soft]) => {
    const ground = colours.get(below)!;
    const shown = soft === undefined ? ground : over(colours.get(soft)!, ground);
    const value = contrast(colours.get(text)!, shown);
    return value < CONTRAST_MIN ? [`${text} on ${soft ?? below}: ${value.toFixed(2)}`] : [];
  });
  expect(tooFaint).toEqual([]);
});

test.each(["dark", "light"] as const)("buttons of the %s theme can be read", (theme) => {
  for (const fill of ["up-fill", "down-fill"]) {
    const value = contrast([255, 255, 255], coloursOf(theme).get(fill)!);
    expect(value).toBeGreaterThanOrEqual(CONTRAST_MIN);
  }
});
