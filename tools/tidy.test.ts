import { expect, test } from "vitest";
import {
  deadFileProblems,
  importsOf,
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
