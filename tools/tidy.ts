import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { root } from "./check-steps.ts";

// The laws of the house that no compiler knows: which room may use which, what the pure rooms must not say,
// what may not be committed. Each check returns what is wrong, one sentence a place; tidy.test.ts runs them.

/** For each room, the rooms it may import. What is not here is forbidden (ARCHITECTURE.md, "The walls"). */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "core/base": [],
  "core/protocol": ["core/base"],
  "core/engine": ["core/base", "core/protocol"],
  "core/crypto": ["core/base"],
  "core/consensus": ["core/base", "core/crypto"],
  "core/replica": ["core/base", "core/protocol", "core/engine", "core/crypto", "core/consensus"],
  "host/storage": ["core/base", "core/protocol"],
  "host/signing": ["core/base", "core/crypto", "host/storage"],
  "host/network": ["core/base"],
  "host/gateway": ["core/base", "core/protocol", "core/engine", "host/storage"],
  "host/client": [],
  "host/node": [
    "core/base",
    "core/protocol",
    "core/engine",
    "core/crypto",
    "core/consensus",
    "core/replica",
    "host/storage",
    "host/signing",
    "host/network",
    "host/gateway",
    "host/client",
    "bench",
    "apps/simulator",
  ],
  "apps/web": ["core/base", "core/protocol", "host/client"],
  // What drives the terminal in a browser, as its user would, starts a node; the terminal itself never does.
  "apps/web/e2e": ["host/client", "host/node"],
  "apps/simulator": ["core/base", "core/consensus", "core/replica", "host/signing"],
  bench: ["core/base", "core/protocol", "core/engine", "core/consensus", "core/replica"],
  // Programs of somebody who has the library alone.
  examples: ["core/engine"],
  conformance: ["core/base", "core/protocol", "host/client", "host/node"],
  tools: ["core/protocol", "bench", "host/storage", "host/gateway", "host/node"],
};

const COMMAND_LINE = "host/node/src/cli/";

const FILE_LINES_MAX = 800;

/** Every file that git tracks or would add, but for what is generated or recorded. */
export function projectFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root });
  return list
    .toString()
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(root, path)));
}

export function sourceFiles(): string[] {
  return projectFiles().filter(
    (path) =>
      /\.(ts|tsx)$/.test(path) &&
      !/^(core\/engine|core\/replica|core\/crypto|bench)\/assembly\//.test(path),
  );
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function roomOf(path: string): string {
  const parts = path.split("/");
  if (path.startsWith("apps/web/e2e/")) return "apps/web/e2e";
  return ["core", "host", "apps"].includes(parts[0]!) ? `${parts[0]}/${parts[1]}` : parts[0]!;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g;

export function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3]!);
}

const isTest = (path: string): boolean =>
  /\.(test|fuzz|bench)\.ts$|\/testing\/|\/test\/|\/e2e\/|compliance\.ts$/.test(path);

/** Imports that cross a wall the wrong way, leave their package, or bring effects into core. */
export function wallProblems(): string[] {
  const problems: string[] = [];
  for (const path of sourceFiles()) {
    const room = roomOf(path);
    if (ARROWS[room] === undefined && path.includes("/")) {
      problems.push(`${path}: its room ${room} is not in the table of tools/tidy.ts`);
      continue;
    }
    for (const target of importsOf(read(path))) {
      const problem = importProblem(path, target);
      if (problem !== undefined) problems.push(`${path}: imports ${target}: ${problem}`);
    }
  }
  return problems;
}

/** What is wrong with an import of a file; undefined where nothing is. */
export function importProblem(path: string, target: string): string | undefined {
  const room = roomOf(path);
  const allowed = ARROWS[room] ?? [];
  if (target.startsWith(".")) {
    const file = normalize(join(dirname(path), target));
    if (roomOf(file) !== room && room !== "vitest.config.ts") return "leaves its package";
    const isCommand = (each: string): boolean => each.startsWith(COMMAND_LINE);
    const mayCall = isCommand(path) || path === "host/node/src/index.ts" || isTest(path);
    return isCommand(file) && !mayCall ? "nothing rests on the command line" : undefined;
  }
  if (target.startsWith("@rialto/")) {
    const name = target.split("/")[1]!;
    const to = Object.keys(ARROWS).find((each) => each.split("/").at(-1) === name);
    if (to === undefined) return "no such room";
    if (to === room) return "imports its own package by name";
    return allowed.includes(to) ? undefined : `${room} may not use ${to}`;
  }
  if (room === "core/crypto" && target.startsWith("@noble/")) return undefined;
  if (room.startsWith("core/") && !isTest(path)) return "core uses nothing from outside";
  return undefined;
}

const PURE_BANS: readonly (readonly [RegExp, string])[] = [
  [/\basync\b|\bawait\b|\bPromise\b/, "core is synchronous"],
  [/\bfunction\s*\*|\byield\b/, "core has no generators"],
  [/\bfor\s*\(\s*(const|let|var)\s+\w+\s+in\b/, "for-in has no fixed order"],
  [/\.localeCompare\(|\.sort\(\)/, "an order must be total and say what it compares"],
  [/\bMath\.(?!abs|min|max|floor|ceil|trunc|sign|imul|clz32)\w+/, "not in core's list of Math"],
  [/\b(Date|performance|Temporal|set(Timeout|Interval|Immediate))\b/, "core knows no clock"],
  [/\b(crypto|random(Bytes|UUID|Int)?)\s*[.(]/, "core knows no chance"],
  [
    /\b(process|console|globalThis|fetch|Buffer|Intl|WeakRef|Atomics)\b[.([]/,
    "core has no effects",
  ],
];

/** The pure rooms, with the assembly that no TypeScript configuration looks at. */
function pureFiles(): string[] {
  return projectFiles().filter((path) => /^core\/.+\.ts$/.test(path) && !isTest(path));
}

/** Words of effects or of chance in the pure rooms. */
export function purityProblems(): string[] {
  const problems: string[] = [];
  const files = pureFiles();
  if (!files.some((path) => path.startsWith("core/engine/assembly/"))) {
    problems.push("core/engine/assembly: not found, and it is to be as pure as the rest");
  }
  for (const path of files) {
    for (const found of impureWords(read(path))) problems.push(`${path}: ${found}`);
  }
  return problems;
}

/** The words of effects or of chance in the text of a pure file, each with what is wrong with it. */
export function impureWords(text: string): string[] {
  const code = stripComments(text);
  return PURE_BANS.flatMap(([pattern, why]) => {
    const found = pattern.exec(code);
    return found === null ? [] : [`"${found[0].trim()}": ${why}`];
  });
}

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:])\/\/.*$/gm, "$1");
}

// With a bracket in each, so that this file is not its own first finding.
const BANNED_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\bF[I]XME\b/, "mend it or file an issue"],
  [/\bT[O]DO\b(?!\(#\d+\))/, "needs the number of an issue in brackets"],
  [/(^|[^\w.-])\/(w[o]rk|f[a]rm)\//, "names this workplace"],
  [/registry\.n[p]mjs|deb\.d[e]bian\.org/, "names a registry host"],
  [/(test|it|describe)\.(only|skip)\(/, "runs less than it says"],
  [/catch\s*(\([^)]*\))?\s*\{\s*\}/, "a catch that hides"],
  [/\bc[a]tch\s*\{/, "a catch that does not look at what it catches"],
];

/** Text that may not be committed, and files that have grown too long to be about one thing. */
export function textProblems(): string[] {
  const problems: string[] = [];
  for (const path of projectFiles()) {
    if (!/\.(ts|tsx|js|md|json|html|css|yml|yaml)$/.test(path)) continue;
    if (path === "package-lock.json") continue;
    for (const problem of textProblemsOf(path, read(path))) problems.push(`${path}: ${problem}`);
  }
  return problems;
}

/** What may not stand in the text of a file, and its length where that is too much. */
export function textProblemsOf(path: string, text: string): string[] {
  const problems = BANNED_TEXT.flatMap(([pattern, why]) => {
    const found = pattern.exec(text);
    return found === null ? [] : [`"${found[0].trim()}": ${why}`];
  });
  const lines = text.split("\n").length;
  if (/\.tsx?$/.test(path) && lines > FILE_LINES_MAX) {
    problems.push(`${lines} lines, and ${FILE_LINES_MAX} is the most`);
  }
  return problems;
}

/** What documents and comments lead to that is not there. */
export function referenceProblems(): string[] {
  const files = projectFiles();
  return files.flatMap((path) => {
    if (!/\.(ts|tsx|js|md)$/.test(path)) return [];
    return referenceProblemsOf(path, read(path), files).map((problem) => `${path}: ${problem}`);
  });
}

/** Links and paths of a document that lead to no file, and sections that a text names and no document has. */
export function referenceProblemsOf(
  path: string,
  text: string,
  files: readonly string[],
): string[] {
  const targets = path.endsWith(".md") ? targetsOf(path, text) : [];
  const problems = targets
    .filter((target) => !existsSync(join(root, target)))
    .map((target) => `leads to ${target}, which is not there`);
  for (const [, name, section] of text.matchAll(/([\w-]+\.md) §(\d+(?:\.\d+)?)/g)) {
    const document = files.find((each) => basename(each) === name);
    const heading = new RegExp(`^#+ ${section!.replace(".", "\\.")}[. ]`, "m");
    if (document !== undefined && heading.test(read(document))) continue;
    problems.push(`names ${name} §${section}, which no document has`);
  }
  return problems;
}

/** The files that a document links to, and those that it names by their path from the root. */
function targetsOf(path: string, text: string): string[] {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) =>
    normalize(join(dirname(path), target!)),
  );
  const paths = text.matchAll(/`((?:apps|bench|core|docs|examples|host|tools)\/[\w./-]*\w)`/g);
  return [...links, ...[...paths].map(([, target]) => target!)];
}

/** Source files that nothing imports and that are no entry of their package. */
export function deadFileProblems(files: readonly string[] = sourceFiles()): string[] {
  const reached = new Set<string>();
  for (const path of files) {
    for (const target of importsOf(read(path))) {
      if (target.startsWith(".")) reached.add(normalize(join(dirname(path), target)));
    }
  }
  const entries = new Set<string>();
  for (const path of projectFiles().filter((each) => each.endsWith("package.json"))) {
    for (const [entry] of read(path).matchAll(/\.\/[\w./-]+\.tsx?/g)) {
      entries.add(normalize(join(dirname(path), entry)));
    }
  }
  const isEntry = (path: string): boolean =>
    entries.has(path) ||
    /\.(test|bench|fuzz)\.ts$|\.d\.ts$|(^|\/)vite(st)?\.config\.ts$|\/main\.tsx?$/.test(path) ||
    /^tools\/[\w-]+\.ts$/.test(path);
  // A program that a test or a tool starts is reached by its name.
  const started = new Set(
    files.flatMap((path) =>
      [...read(path).matchAll(/[\w-]+\.ts(?=["'`])/g)].map((found) => found[0]),
    ),
  );
  return files
    .filter((path) => !isEntry(path) && !reached.has(path) && !started.has(basename(path)))
    .map((path) => `${path}: nothing imports it`);
}

/** Dependencies that are not pinned exactly, or that a room uses without naming them. */
export function packageProblems(): string[] {
  const problems: string[] = [];
  for (const path of projectFiles().filter((each) => /(^|\/)package\.json$/.test(each))) {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    const named = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) =>
      Object.entries(manifest[field] ?? {}),
    );
    for (const [name, version] of named) {
      if (!isExact(version))
        problems.push(`${path}: ${name} is "${version}", not an exact version`);
    }
    problems.push(...unnamedProblems(path, new Set(named.map(([name]) => name))));
  }
  return problems;
}

export function isExact(version: string): boolean {
  return /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version);
}

/** Imports of a room's files that are not of the packages which its manifest has named. */
export function unnamedProblems(manifestPath: string, named: ReadonlySet<string>): string[] {
  const folder = dirname(manifestPath);
  if (folder === ".") return [];
  const problems: string[] = [];
  for (const path of sourceFiles().filter((each) => each.startsWith(`${folder}/`))) {
    for (const target of importsOf(read(path))) {
      if (target.startsWith(".") || target.startsWith("node:")) continue;
      const name = target
        .split("/")
        .slice(0, target.startsWith("@") ? 2 : 1)
        .join("/");
      const fromRoot = isTest(path) && /^(vitest|fast-check|playwright-core|ws)$/.test(name);
      if (!named.has(name) && !fromRoot && name !== "vite") {
        problems.push(`${path}: imports ${name}, which ${manifestPath} does not name`);
      }
    }
  }
  return problems;
}
