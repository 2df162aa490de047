import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { huntMutants, readCatches } from "./hunt-mutants.ts";
import { applyEdits } from "./mutate.ts";
import { MUTANTS } from "./mutants.ts";

const root = join(import.meta.dirname, "../../..");
const options = { seeds: 40, firstSeed: 1, timeoutMs: 120_000, parallel: 2 };

test("there are at least forty mutants, each with a name of its own", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)("the edits of a mutant fit the source as it is: $name", ({ edits }) => {
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const source = readFileSync(join(root, file), "utf8");
    expect(
      applyEdits(
        source,
        edits.filter((edit) => edit.file === file),
      ),
    ).not.toBe(source);
  }
});

test("each mutant has a trap that caught it, and no trap is of a mutant that is gone", () => {
  const names = MUTANTS.map((mutant) => mutant.name);
  expect(Object.keys(readCatches()).sort()).toEqual(names.sort());
});

/** Those that fall within seconds; `rialto simulate mutants` hunts all. */
const QUICK: readonly string[] = [
  "an anchor within the wave decides",
  "an anchor skips whatever is not decided directly",
  "a direct commit on votes instead of certificates",
  "a crash quorum of half",
  "garbage is collected from the local round",
  "within a round the order is that of arrival",
  "what lies below the horizon is swept up",
  "signatures are not looked at",
  "a payload need not be the one that was signed",
  "rounds are left out as in the protocol as published",
];

test("a choice of mutants is caught, by what does not catch the code as it is", async () => {
  const mutants = MUTANTS.filter((mutant) => QUICK.includes(mutant.name));
  expect(mutants).toHaveLength(QUICK.length);
  const results = await huntMutants({ ...options, mutants });
  expect(results.filter((result) => result.by === undefined)).toEqual([]);
});

test("a trap that catches the code as it is, is found out", async () => {
  const changes = "liars=1:brokenParents+thinParents;2:brokenParents+thinParents,hasTooManyLiars=1";
  const trap = { kind: "run", nodes: 4, profile: "byzantine", seed: 3, changes } as const;
  const mutants = MUTANTS.slice(0, 1);
  const hunt = huntMutants({ ...options, mutants, catches: { [mutants[0]!.name]: trap } });
  await expect(hunt).rejects.toThrow("catches the code as it is: noProgress");
});
