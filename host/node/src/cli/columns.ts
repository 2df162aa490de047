/** What a terminal shows without breaking lines by itself. */
const WIDTH = 80;
/** A term that is longer has a line of its own, above what is said of it. */
const TERM_MAX = 30;

/**
 * Rows of a term and what is said of it, side by side, in lines of 80 characters as far as their words let them. Pure.
 *
 * Units    `margin`: spaces before each term.
 */
export function columns(
  rows: readonly (readonly [term: string, text: string])[],
  margin = 2,
): string[] {
  const lengths = rows.map(([term]) => term.length).filter((length) => length <= TERM_MAX);
  const termWidth = Math.max(0, ...lengths);
  const indent = margin + termWidth + 2;
  return rows.flatMap(([term, text]) => {
    const [first, ...rest] = wrap(text, WIDTH - indent);
    const following = rest.map((line) => " ".repeat(indent) + line);
    const shown = " ".repeat(margin) + term;
    const isAlone = term.length > termWidth;
    if (isAlone) return [shown, " ".repeat(indent) + first!, ...following];
    return [`${shown.padEnd(indent)}${first}`.trimEnd(), ...following];
  });
}

/** At least one line, each as long as its words let it, at most `width`; a word that is longer has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
