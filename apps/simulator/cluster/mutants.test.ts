import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { huntMutants, huntOne } from "./hunt-mutants.ts";
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

test("the code as it is survives the hunt", async () => {
  expect(await huntOne("none", { ...options, seeds: 9 })).toMatchObject({ by: undefined });
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

test("a choice of mutants is caught", async () => {
  const mutants = MUTANTS.filter((mutant) => QUICK.includes(mutant.name));
  expect(mutants).toHaveLength(QUICK.length);
  const results = await huntMutants({ ...options, mutants });
  expect(results.filter((result) => result.by === undefined)).toEqual([]);
});
