import { fail } from "@rialto/base";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyEdits } from "./mutate.ts";
import { MUTANTS } from "./mutants.ts";
import type { ProfileName } from "./options.ts";

// Runs in a process of its own: loads the code with one mutant's edits applied, hunts it, and prints one line of
// JSON. Arguments: the mutant's name (or "none"), the most seeds, the first seed.

const [name = "", seedsText = "0", firstText = "1"] = process.argv.slice(2);
const found = MUTANTS.find((each) => each.name === name);
const mutant =
  found ?? (name === "none" ? { name, hunt: "any" as const, edits: [] } : fail("a mutant exists"));
const root = join(import.meta.dirname, "../../..");

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("file:")) return nextLoad(url, context);
    const path = fileURLToPath(url);
    const edits = mutant.edits.filter((edit) => join(root, edit.file) === path);
    if (edits.length === 0) return nextLoad(url, context);
    const source = applyEdits(readFileSync(path, "utf8"), edits);
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

interface HuntedCluster {
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly changes?: string;
}

const CLUSTERS: Readonly<Record<string, readonly HuntedCluster[]>> = {
  crash: [
    { nodes: 3, profile: "crash" },
    { nodes: 5, profile: "crash" },
  ],
  byzantine: [
    { nodes: 4, profile: "byzantine" },
    { nodes: 7, profile: "byzantine" },
  ],
  // Clocks that are set again and again: chance seldom sets back all of them at once.
  clock: [{ nodes: 3, profile: "crash", changes: "clockJumpPpm=400000,safetyMs=1500" }],
  // Two that ask without end, and little to be had.
  requests: [
    {
      nodes: 7,
      profile: "byzantine",
      changes: "liars=2:fetchFlood;5:fetchFlood,answerBytes=20000,hasWeights=0",
    },
  ],
  any: [
    { nodes: 3, profile: "crash" },
    { nodes: 4, profile: "byzantine" },
    { nodes: 4, profile: "byzantine" },
  ],
};

async function hunt(): Promise<object> {
  if (mutant.hunt === "slot") {
    const { checkOneSlot, slotScopes } = await import("./exhaustive-slot.ts");
    // Coarsely first: most fall at once.
    for (const scope of [...slotScopes(29), ...slotScopes(1)]) {
      const [conflict] = checkOneSlot(scope).conflicts;
      if (conflict !== undefined) return { by: "exhaustive slot", what: conflict, seeds: 0 };
    }
  }
  if (mutant.hunt === "flooded") {
    const { runFloodedMember } = await import("./flooded-member.ts");
    const what = runFloodedMember();
    if (what !== undefined) return { by: "flooded member", what, seeds: 0 };
  }
  if (mutant.hunt === "gone") {
    const { checkGoneMembers, GONE_SCOPES } = await import("./exhaustive-gone.ts");
    for (const scope of GONE_SCOPES) {
      const [what] = checkGoneMembers(scope).standstills;
      if (what !== undefined) return { by: "exhaustive absence", what, seeds: 0 };
    }
  }
  if (mutant.hunt === "hasty") {
    const { findHastyMember } = await import("./hasty-member.ts");
    const [violation] = findHastyMember(60) ?? [];
    if (violation !== undefined) {
      return { by: "hasty member", what: `${violation.invariant}: ${violation.detail}`, seeds: 0 };
    }
  }
  if (mutant.hunt === "forgetful") {
    const { runForgetfulMember } = await import("./forgetful-member.ts");
    const [violation] = runForgetfulMember(1);
    if (violation !== undefined) {
      return {
        by: "forgetful member",
        what: `${violation.invariant}: ${violation.detail}`,
        seeds: 1,
      };
    }
  }
  const { simulateCluster } = await import("./simulate-cluster.ts");
  const clusters = CLUSTERS[mutant.hunt] ?? CLUSTERS["any"]!;
  const first = Number(firstText);
  const seeds = Number(seedsText);
  for (let count = 0; count < seeds; count++) {
    const cluster = clusters[count % clusters.length]!;
    const seed = first + Math.floor(count / clusters.length);
    const { verdict, violations } = simulateCluster({ ...cluster, seed });
    if (verdict === "pass") continue;
    const what =
      violations[0] === undefined ? verdict : `${violations[0].invariant}: ${violations[0].detail}`;
    return {
      by: `simulator, ${cluster.nodes} ${cluster.profile}, seed ${seed}`,
      what: what.split("\n")[0],
      seeds: count + 1,
    };
  }
  return { by: undefined, what: undefined, seeds };
}

try {
  console.log(JSON.stringify(await hunt()));
} catch (error) {
  // The slot checker runs the code bare: an assertion in it is a catch like one in the simulator.
  if (!(error instanceof Error) || error.name !== "InvariantError") throw error;
  console.log(JSON.stringify({ by: "assertion", what: error.message, seeds: 0 }));
}
