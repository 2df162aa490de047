import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CancelReason, RejectCode } from "@rialto/protocol";
import { expect, test } from "vitest";

// Every way to be refused or to end has a row in some table, which both engines are held to.

const text = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".scenario.test.ts"))
  .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"))
  .join("\n");

test.each(Object.keys(RejectCode))("a table has a command refused with %s", (name) => {
  expect(text).toMatch(new RegExp(`(rejects|declines \\S+) ${name}\\b`));
});

/** What a row need not say: it follows from its command. */
const IMPLIED = new Set(["Requested", "RequestedAll", "Replaced"]);

test.each(Object.keys(CancelReason).filter((name) => !IMPLIED.has(name)))(
  "a table has an order end with %s",
  (name) => {
    expect(text).toMatch(new RegExp(`(cancels|ends) [^|]*\\b${name}\\b`));
  },
);
