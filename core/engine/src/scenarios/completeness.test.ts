import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CancelReason, RejectCode } from "@rialto/protocol";
import { expect, test } from "vitest";

// Every way to be refused or to end has a row in some table, which both engines are held to.

/** What a file's tables say, without their comments. */
function readTables(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8").replaceAll(/--.*$/gm, "");
}

const text = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".scenario.test.ts"))
  .map(readTables)
  .join("\n");

test.each(Object.keys(RejectCode))("a table has a command refused with %s", (name) => {
  expect(text).toMatch(new RegExp(`(rejects|declines \\S+) ${name}\\b`));
});

/** Codes from here on say that something is full. */
const CAPACITY_CODES = 9_000;

// One exchange comes to every limit there is, does other things after each refusal, and trades at the end.
const full = readTables("capacity.scenario.test.ts");
const goesOn = full.slice(full.indexOf("and everything goes on"));

test.each(Object.entries(RejectCode).filter(([, code]) => code > CAPACITY_CODES))(
  "one exchange is full in all ways, also with %s",
  (name) => {
    expect(goesOn).toMatch(new RegExp(`rejects ${name}\\b`));
  },
);

/** What a row need not say: it follows from its command. */
const IMPLIED = new Set(["Requested", "RequestedAll", "Replaced"]);

test.each(Object.keys(CancelReason).filter((name) => !IMPLIED.has(name)))(
  "a table has an order end with %s",
  (name) => {
    expect(text).toMatch(new RegExp(`(cancels|ends) [^|]*\\b${name}\\b`));
  },
);
