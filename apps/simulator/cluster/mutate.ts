import { fail } from "@rialto/base";
import type { Edit } from "./mutants.ts";

/** A source with a mutant's edits applied. Each of them must fit exactly one place: a mutant may not go stale. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = source;
  for (const { find, replace } of edits) {
    if (text.split(find).length !== 2) fail(`a mutant's edit fits one place: ${find}`);
    text = text.replace(find, () => replace);
  }
  return text;
}
