// Branches of the source, and which of their ways were gone.

import type { WasmBranch } from "./instrument.ts";
import type { SourcePlace } from "./source-map.ts";

/** A branch of the source. One that is inlined in many places was reached where one of these was. */
export interface SourceBranch extends SourcePlace {
  readonly kind: WasmBranch["kind"];
  readonly wasTaken: boolean;
  readonly wasPassed: boolean;
}

/**
 * Joins the branches of the module that come from one place. What comes from none, from the language's library, or from a
 * condition that is the word `true` is left out.
 */
export function sumUp(
  branches: readonly {
    readonly kind: WasmBranch["kind"];
    readonly place: SourcePlace | undefined;
  }[],
  seen: Uint8Array,
  readSource: (path: string) => string,
): SourceBranch[] {
  const byPlace = new Map<string, SourceBranch>();
  for (const [index, { kind, place }] of branches.entries()) {
    if (place === undefined || place.path.startsWith("~lib/")) continue;
    if (textAt(place, readSource).startsWith("true)")) continue;
    const key = `${place.path}:${place.line}:${place.column}:${kind}`;
    const before = byPlace.get(key);
    byPlace.set(key, {
      ...place,
      kind,
      wasTaken: seen[2 * index + 1] === 1 || before?.wasTaken === true,
      wasPassed: seen[2 * index] === 1 || before?.wasPassed === true,
    });
  }
  return [...byPlace.values()].sort(
    (left, right) =>
      compareTexts(left.path, right.path) || left.line - right.line || left.column - right.column,
  );
}

function textAt({ path, line, column }: SourcePlace, readSource: (path: string) => string): string {
  return readSource(path).split("\n")[line - 1]?.slice(column) ?? "";
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Ways that were gone, of all there are. */
export function countWays(branches: readonly SourceBranch[]): readonly [gone: number, all: number] {
  const gone = branches.reduce(
    (sum, { wasTaken, wasPassed }) => sum + Number(wasTaken) + Number(wasPassed),
    0,
  );
  return [gone, 2 * branches.length];
}

/** The calls that stop the engine because an invariant is broken: nobody is to get there. */
const BREAKS = /\bbroken[A-Z(]/;

const BARE_BUILD =
  "The build without accounts, which only benchmarks use, is the same source with less of it (variant.ts): it has no branch of its own.";

/** A document that lists what was never reached, by file, invariants apart. */
export function describeCoverage(
  branches: readonly SourceBranch[],
  how: string,
  readSource: (path: string) => string,
): string {
  const [gone, all] = countWays(branches);
  const missing = branches.filter(({ wasTaken, wasPassed }) => !wasTaken || !wasPassed);
  const [guards, others] = [
    missing.filter((branch) => isGuard(branch, readSource)),
    missing.filter((branch) => !isGuard(branch, readSource)),
  ];
  const row = (branch: SourceBranch): string => {
    const way = branch.wasTaken ? "always" : branch.wasPassed ? "never" : "not reached";
    const code = textAt({ ...branch, column: 0 }, readSource)
      .trim()
      .replaceAll("|", "\\|");
    return `| ${branch.path.split("/").at(-1)}:${branch.line}:${branch.column} | ${way} | \`${code}\` |`;
  };
  const table = (rows: readonly SourceBranch[]): string =>
    rows.length === 0
      ? "None."
      : ["| place | condition is true | line |", "|---|---|---|", ...rows.map(row)].join("\n");
  return [
    "# Branches of the hot core",
    "Written by `npm run coverage:engine -- --record` (tools/engine-coverage.ts).",
    how,
    `${gone} of ${all} ways (${((100 * gone) / all).toFixed(2)} %) of ${branches.length} branches of the source were gone.`,
    BARE_BUILD,
    "## Never gone",
    table(others),
    "## Never gone, and never to be: what stops the engine when an invariant is broken",
    table(guards),
    "",
  ].join("\n\n");
}

/** True for the condition of a break: on its line or the next one. */
function isGuard(
  { path, line, wasTaken }: SourceBranch,
  readSource: (path: string) => string,
): boolean {
  const lines = readSource(path).split("\n");
  return !wasTaken && [lines[line - 1], lines[line]].some((text) => BREAKS.test(text ?? ""));
}
