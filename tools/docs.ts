// `npm run docs`: writes the documents that are made from tables in the code. A test compares them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { numbersTable } from "@rialto/bench";
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
    { path: "README.md", text: withNumbers(readDocument("README.md")) },
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

function withNumbers(readme: string): string {
  const begin = readme.indexOf(NUMBERS_BEGIN);
  const end = readme.indexOf(NUMBERS_END);
  if (begin < 0 || end < begin) throw new Error("README.md has lost its numbers markers");
  const before = readme.slice(0, begin + NUMBERS_BEGIN.length);
  return `${before}\n\n${numbersTable()}\n\n${readme.slice(end)}`;
}

if (import.meta.main) {
  for (const { path, text } of await documents()) {
    if (readDocument(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
