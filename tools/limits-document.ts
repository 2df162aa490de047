// docs/operating/limits.md: every bound in one page, from the comments and values of the code that keeps them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GATEWAY_LIMITS_DEFAULT } from "@rialto/gateway";
import * as protocol from "@rialto/protocol";
import { RETENTION_DEFAULT } from "@rialto/storage";

const root = join(import.meta.dirname, "..");

interface Bound {
  readonly name: string;
  readonly value: unknown;
  readonly comment: string;
}

/** Everything that is bounded, and by how much. */
export function limitsDocument(): string {
  const constants = boundsOf("core/protocol/src/limits.ts", /^export const (\w+)/, protocol);
  const gateway = boundsOf(
    "host/gateway/src/options.ts",
    /^readonly (\w+):/,
    GATEWAY_LIMITS_DEFAULT,
  );
  const history = boundsOf(
    "host/storage/src/history/history.ts",
    /^readonly (\w+):/,
    RETENTION_DEFAULT,
  );
  return [
    "# Limits",
    "",
    "Every bound in one page. Generated from the comments and values of the code: `npm run docs` writes it, a test compares.",
    "What goes beyond a bound is refused with a code of [codes.md](codes.md); nothing is cut off in silence.",
    "",
    "## The engine: the same on every node",
    "",
    "A network's file may set lower capacities, never higher ones.",
    "",
    ...table(constants),
    "",
    "## The gateway: defaults of a node",
    "",
    "`rialto start --help` says which of them are settings. Where 0 means no limit, the comment says so.",
    "",
    ...table(gateway),
    "",
    "## The history: rows that are kept",
    "",
    "What is older is removed as new rows come; the journal of a node alone keeps everything, a member's what its snapshots need.",
    "",
    ...table(history),
    "",
  ].join("\n");
}

/** The declarations of a file that have a value in `values`, each with the comment before it. */
function boundsOf(path: string, declaration: RegExp, values: object): Bound[] {
  const known = values as Readonly<Record<string, unknown>>;
  const bounds = new Map<string, Bound>();
  let comment = "";
  for (const line of readFileSync(join(root, path), "utf8")
    .split("\n")
    .map((each) => each.trim())) {
    const [, name] = declaration.exec(line) ?? [];
    if (/^\/?\*/.test(line)) comment = joinComment(comment, line);
    else {
      const isBound = name !== undefined && Object.hasOwn(known, name) && !bounds.has(name);
      if (isBound) bounds.set(name, { name, value: known[name], comment });
      comment = "";
    }
  }
  return [...bounds.values()];
}

function joinComment(comment: string, line: string): string {
  const text = line
    .replace(/^\/\*\*|\*\/$|^\*\/?/g, "")
    .replace(/\*\/$/, "")
    .trim();
  const before = line.startsWith("/**") ? "" : comment;
  return [before, text].filter((part) => part !== "").join(" ");
}

function table(bounds: readonly Bound[]): string[] {
  const rows = bounds.map(
    ({ name, value, comment }) => `| \`${name}\` | ${formatValue(value)} | ${comment} |`,
  );
  return ["| bound | value | |", "|---|---:|---|", ...rows];
}

function formatValue(value: unknown): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
