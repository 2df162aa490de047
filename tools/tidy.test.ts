import { expect, test } from "vitest";
import {
  deadFileProblems,
  importsOf,
  impureWords,
  packageProblems,
  purityProblems,
  textProblems,
  wallProblems,
} from "./tidy.ts";

test("no room imports what the table of arrows does not allow", () => {
  expect(wallProblems()).toEqual([]);
});

test("core knows no clock, chance, concurrency or unstable order", () => {
  expect(purityProblems()).toEqual([]);
});

test.each([
  "const now = Date.now();",
  "const now: Date = clock;",
  "let at = performance.now();",
  "return Math.random();",
  "crypto.getRandomValues(bytes);",
  "const key = randomBytes(8);",
  "setTimeout(step, 5);",
  "for (const key in balances) count++;",
  "export async function step(): Promise<void> {}",
  "rows.sort();",
  "console.log(1);",
])("a pure file may not say: %s", (code) => {
  expect(impureWords(code)).not.toEqual([]);
  expect(impureWords(`// ${code}\nconst update = market.updated;`)).toEqual([]);
});

test("nothing is committed that names this workplace, hides an error or is left unfinished", () => {
  expect(textProblems()).toEqual([]);
});

test("every source file is used", () => {
  expect(deadFileProblems()).toEqual([]);
});

test("every dependency is named by its room and pinned", () => {
  expect(packageProblems()).toEqual([]);
});

test("imports are found in all their forms", () => {
  const text = `import a from "a";\nimport {\n  b,\n} from "b";\nexport * from "c";\nimport "d";\nvoid import("e");`;
  expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e"]);
});
