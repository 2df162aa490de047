// `npm run docs`: writes the documents that are made from tables in the code. A test compares them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { headlinesTable, performanceTables } from "@rialto/bench";
import { apiDocument, codesDocument, streamsDocument } from "@rialto/gateway";
import { cliDocument, loadCommands } from "@rialto/node";
import { limitsDocument } from "./limits-document.ts";

const root = join(import.meta.dirname, "..");
const NUMBERS_BEGIN = "<!-- numbers: begin -->";
const NUMBERS_END = "<!-- numbers: end -->";

export interface Document {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** Every generated document as it should be now. */
export async function documents(): Promise<Document[]> {
  return [
    { path: "docs/operating/cli.md", text: cliDocument(await loadCommands()) },
    { path: "docs/operating/limits.md", text: limitsDocument() },
    { path: "docs/operating/api.md", text: apiDocument() },
    { path: "docs/operating/codes.md", text: codesDocument() },
    { path: "docs/operating/streams.md", text: streamsDocument() },
    { path: "README.md", text: withNumbers("README.md", headlinesTable()) },
    {
      path: "docs/performance.md",
      text: withNumbers("docs/performance.md", performanceTables()),
    },
  ];
}

/** The text of a document; empty if it is absent. */
export function readDocument(path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** The text of a document, its numbers replaced. Errors: a document without the markers around them. */
function withNumbers(path: string, numbers: string): string {
  const text = readDocument(path);
  const begin = text.indexOf(NUMBERS_BEGIN);
  const end = text.indexOf(NUMBERS_END);
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its numbers markers`);
  const before = text.slice(0, begin + NUMBERS_BEGIN.length);
  return `${before}\n\n${numbers}\n\n${text.slice(end)}`;
}

if (import.meta.main) {
  for (const { path, text } of await documents()) {
    if (readDocument(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
