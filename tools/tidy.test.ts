import { execFileSync } from "node:child_process";
import { loadCommands } from "@rialto/node";
import { expect, test } from "vitest";
import { root } from "./check-steps.ts";
import {
  deadFileProblems,
  importProblem,
  importsOf,
  impureWords,
  isExact,
  packageProblems,
  projectFiles,
  purityProblems,
  referenceProblems,
  referenceProblemsOf,
  sourceFiles,
  textProblems,
  textProblemsOf,
  unnamedProblems,
  wallProblems,
} from "./tidy.ts";

test("no room imports what the table of arrows does not allow", () => {
  expect(wallProblems()).toEqual([]);
});

test.each([
  ["core/engine/src/engine.ts", "@rialto/gateway", "may not use"],
  ["core/engine/src/engine.ts", "@rialto/engine", "its own package by name"],
  ["core/engine/src/engine.ts", "../../../host/node/src/node.ts", "leaves its package"],
  ["core/engine/src/engine.ts", "node:fs", "nothing from outside"],
  ["core/engine/src/engine.ts", "@noble/hashes/sha2.js", "nothing from outside"],
  ["apps/web/src/main.tsx", "@rialto/node", "may not use"],
  ["host/node/src/node.ts", "@rialto/nowhere", "no such room"],
  ["host/node/src/cluster/member.ts", "../cli/command.ts", "nothing rests on the command line"],
])("%s may not import %s", (path, target, why) => {
  expect(importProblem(path, target)).toContain(why);
});

test.each([
  ["core/engine/src/engine.ts", "@rialto/protocol"],
  ["core/engine/src/engine.ts", "./hot/hot-engine.ts"],
  ["core/engine/src/engine.test.ts", "vitest"],
  ["core/crypto/src/sha256.ts", "@noble/hashes/sha2.js"],
  ["host/node/src/node.ts", "node:fs"],
  ["host/node/src/cli/order-command.ts", "./command.ts"],
  ["host/node/src/index.ts", "./cli/help.ts"],
])("%s may import %s", (path, target) => {
  expect(importProblem(path, target)).toBeUndefined();
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

/** Of parts, so that this file is not its own finding. */
const say = (...parts: readonly string[]): string => parts.join("");

test("what documents and comments lead to is there", () => {
  expect(referenceProblems()).toEqual([]);
});

test.each([
  ["[words](docs/glossery.md)", "leads to docs/glossery.md"],
  ["see `core/protocol/decimal.ts`", "leads to core/protocol/decimal.ts"],
  [say("Source: matching.", "md §99."), say("names matching.", "md §99")],
  [say("Source: nowhere.", "md §1."), say("names nowhere.", "md §1")],
])("a document may not say: %s", (text, problem) => {
  expect(referenceProblemsOf("README.md", text, projectFiles()).join()).toContain(problem);
});

test.each([
  [say("FIX", "ME: later"), "mend it"],
  [say("TO", "DO: later"), "needs the number of an issue"],
  [say("see /wo", "rk/notes"), "names this workplace"],
  [say("test.on", 'ly("x", run);'), "runs less than it says"],
  [say("try { go(); } catch (error) ", "{}"), "a catch that hides"],
  [say("try { go(); } cat", "ch { stop(); }"), "does not look at what it catches"],
  ["line\n".repeat(800), "801 lines, and 800 is the most"],
])("no source may say: %s", (text, why) => {
  expect(textProblemsOf("host/node/src/x.ts", text).join()).toContain(why);
});

test("what is allowed beside it is found nothing wrong with", () => {
  const text = say("TO", "DO(#12): later\nconst at = path/work/x;\n").repeat(200);
  expect(textProblemsOf("host/node/src/x.ts", text)).toEqual([]);
  expect(textProblemsOf("README.md", "line\n".repeat(900))).toEqual([]);
});

test("every source file is used", () => {
  expect(deadFileProblems()).toEqual([]);
});

test("a source file that nobody imports is found", () => {
  // Of which only its package speaks; a program that is named as a whole could be started.
  const lonely = ["host/client/src/rest-client", "ts"].join(".");
  const others = sourceFiles().filter(
    (path) => !path.startsWith("host/client/") || path === lonely,
  );
  expect(sourceFiles()).toContain(lonely);
  expect(deadFileProblems(others)).toEqual([`${lonely}: nothing imports it`]);
});

test("what commands keep in a checkout, unless told otherwise, is none of git's", async () => {
  const settings = (await loadCommands()).flatMap(({ options }) => Object.values(options));
  const directories = settings.flatMap(({ flag, default: made }) =>
    flag === "data-dir" ? [`${made}/x`] : [],
  );
  const kept = [...new Set(directories)];
  expect(kept).toHaveLength(2);
  const ignored = execFileSync("git", ["check-ignore", ...kept], { cwd: root, encoding: "utf8" });
  expect(ignored.trimEnd().split("\n")).toEqual(kept);
});

test("every dependency is named by its room and pinned", () => {
  expect(packageProblems()).toEqual([]);
});

test.each(["^1.2.3", "~1.2.3", "1.2", "latest", "*", "1.2.3 || 2.0.0"])(
  "a dependency at %s is not pinned",
  (version) => {
    expect(isExact(version)).toBe(false);
    expect([isExact("1.2.3"), isExact("1.2.3-rc.1")]).toEqual([true, true]);
  },
);

test("an import that the manifest does not name is found", () => {
  const found = unnamedProblems("host/signing/package.json", new Set(["@rialto/base"]));
  expect(found.join("\n")).toContain("imports @rialto/crypto, which host/signing/package.json");
  expect(found.join("\n")).not.toContain("imports @rialto/base,");
});

test("imports are found in all their forms", () => {
  const text = `import a from "a";\nimport {\n  b,\n} from "b";\nexport * from "c";\nimport "d";\nvoid import("e");`;
  expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e"]);
});
