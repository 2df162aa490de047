/** A table; the cells are Markdown already, but for the bars that would end them. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map((row) => line(row))].join("\n");
}

export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

/** "1,024". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Paragraphs, with a line between them and one at the end. */
export function page(...paragraphs: readonly string[]): string {
  return `${paragraphs.join("\n\n")}\n`;
}
