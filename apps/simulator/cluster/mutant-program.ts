import { fail } from "@rialto/base";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AS_IT_IS, type HuntReport, type HuntRequest } from "./hunt-mutants.ts";
import { type Trap, springTrap, trapsFor } from "./mutant-traps.ts";
import { applyEdits } from "./mutate.ts";
import { type Mutant, MUTANTS } from "./mutants.ts";

// Runs in a process of its own: loads the code with one mutant's edits applied, hunts it, and prints one line of
// JSON, a `HuntReport`. Its argument is a `HuntRequest`, as JSON.

const request = JSON.parse(process.argv[2] ?? "") as HuntRequest;
const { name, known, seeds, firstSeed, enoughMs = Infinity } = request;
/** How much longer a recording looks once there is a catch. */
const MORE_MS = 1_500;
const unedited: Mutant = { name: AS_IT_IS, hunt: "any", edits: [] };
const mutant = [unedited, ...MUTANTS].find((each) => each.name === name) ?? fail("a mutant exists");
const root = join(import.meta.dirname, "../../..");

/** Edited sources by their paths. Made before anything is hunted: a mutant that has gone stale may not look caught. */
const sources = new Map(
  Object.entries(Object.groupBy(mutant.edits, ({ file }) => join(root, file))).map(
    ([path, edits]) => [path, applyEdits(readFileSync(path, "utf8"), edits!)],
  ),
);

registerHooks({
  load(url, context, nextLoad) {
    const source = url.startsWith("file:") ? sources.get(fileURLToPath(url)) : undefined;
    if (source === undefined) return nextLoad(url, context);
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

/** Springs one trap after the other until one has caught it. */
async function hunt(traps: readonly Trap[]): Promise<HuntReport> {
  let best: HuntReport["catch"];
  let endMs = Infinity;
  let sprung = 0;
  for (const trap of traps) {
    sprung++;
    const startMs = performance.now();
    const what = await springTrap(trap);
    const nowMs = performance.now();
    const ms = nowMs - startMs;
    if (what !== undefined && best === undefined) endMs = nowMs + MORE_MS;
    if (what !== undefined && ms < (best?.ms ?? Infinity)) best = { trap, what, ms };
    if (best !== undefined && (best.ms <= enoughMs || nowMs > endMs)) break;
  }
  return { catch: best, sprung };
}

console.log(JSON.stringify(await hunt([...known, ...trapsFor(mutant.hunt, seeds, firstSeed)])));
