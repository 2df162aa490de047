import { expect, test } from "vitest";
import { drawOptions } from "./draw-options.ts";
import { coverageOf, FAULT_MENU } from "./fault-menu.ts";
import { minimise } from "./minimise.ts";
import { type RunRequest, STRATEGIES } from "./options.ts";
import { applyChanges, describeChanges } from "./overrides.ts";
import { drawSimulation, runSimulation } from "./simulate-cluster.ts";
import { findClusterProblem, replayCommand, USUAL_CLUSTERS } from "./simulate-seeds.ts";

// What helps whoever has a failing seed: saying how it differs, making it smaller, drawing it.

const REQUEST: RunRequest = { seed: 3, nodes: 4, profile: "byzantine" };
/** Two of four that are never understood: more than a committee can do without. */
const LIARS = "liars=1:brokenParents+thinParents;2:brokenParents+thinParents";
const FAILING = `${LIARS},hasTooManyLiars=1,framesPerSecond=20,safetyMs=300`;

test("changes to a run are written and read back, and what makes no sense is named", () => {
  const base = drawOptions(REQUEST);
  const text = "lossPpm=7,safetyMs=420,hasWeights=1,liars=2:twins+late;3:garbage";
  const changed = applyChanges({ ...base, hasWeights: false }, text);
  if (typeof changed === "string") throw new Error(changed);
  expect(changed.rates.lossPpm).toBe(7);
  expect(changed.liars).toEqual([
    { author: 2, strategies: ["twins", "late"] },
    { author: 3, strategies: ["garbage"] },
  ]);
  expect(describeChanges({ ...base, hasWeights: false }, changed)).toBe(text);
  expect(describeChanges(base, base)).toBe("");
  expect(applyChanges(base, "lossPpn=7")).toContain("nothing is called");
  expect(applyChanges(base, "lossPpm=-7")).toContain("takes a number");
  expect(applyChanges(base, "liars=2:lies")).toContain('no liar does "lies"');
  expect(applyChanges(base, "liars=none")).toMatchObject({ liars: [] });
  expect(applyChanges(base, "liars=4:twins")).toBe("of 4 members none is called 4");
  expect(applyChanges(base, "gcDepth=2")).toBe('"gcDepth" takes 4 to 4096');
  for (const none of ["leadersPerRound=5", "chunkBytes=0", "mempoolFrames=0", "lossPpm=1000001"]) {
    expect(applyChanges(base, none)).toContain(" takes ");
  }
});

test("clusters that cannot be are named, and those that are usual can", () => {
  expect(findClusterProblem({ nodes: 3, profile: "byzantine" })).toContain("needs four members");
  expect(findClusterProblem({ nodes: 2, profile: "solo" })).toContain("solo is for one member");
  for (const usual of USUAL_CLUSTERS) expect(findClusterProblem(usual)).toBeUndefined();
});

test("a run is drawn as text and as a picture that stands by itself", () => {
  const { result, text, svg } = drawSimulation(
    drawOptions({ ...REQUEST, changes: "safetyMs=400" }),
  );
  expect(result.verdict).toBe("pass");
  const rows = text.split("\n").filter((line) => line.startsWith("member "));
  expect(rows).toHaveLength(4);
  expect(rows.join("")).toMatch(/C/);
  expect(svg).toMatch(/^<svg[^]*<\/svg>$/);
  expect(svg.match(/<circle/g)!.length).toBeGreaterThan(20);
  expect(svg.match(/<line/g)!.length).toBeGreaterThan(60);
});

test("a failing run is made simpler, and what is left fails in the same way", () => {
  let left = 8;
  const request = { ...REQUEST, changes: FAILING };
  const found = minimise(request, () => --left < 0)!;
  expect(Object.values(drawOptions(request).rates).some((rate) => rate > 0)).toBe(true);
  expect(Object.values(found.options.rates).every((rate) => rate === 0)).toBe(true);
  const again = runSimulation(drawOptions({ ...REQUEST, changes: found.changes }));
  expect(again).toEqual(found.result);
  expect(again.verdict).toBe("noProgress");
});

test("a run that passes is not made smaller", () => {
  expect(minimise({ ...REQUEST, changes: "safetyMs=200" }, () => true)).toBeUndefined();
});

test("every lie is in the menu of faults, and coverage says what was not struck", () => {
  for (const strategy of STRATEGIES) expect(FAULT_MENU[strategy].promised).toBe("lies");
  const { covered, possible, missing } = coverageOf(
    { "crash @ idle": 3, "wiped @ nowhere": 1 },
    true,
  );
  expect(covered).toBe(1);
  expect(missing).toHaveLength(possible - 1);
  expect(missing).toContain("restoredBackup @ in recovery");
  expect(coverageOf({}, false).missing).not.toContain("restoredBackup @ in recovery");
});

test("a replay command says everything that makes the run", () => {
  expect(replayCommand({ ...REQUEST, hasRealSignatures: true, changes: "lossPpm=0" })).toBe(
    'rialto simulate cluster --seed 3 --nodes 4 --profile byzantine --real-signatures --set "lossPpm=0"',
  );
});
