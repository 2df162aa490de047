import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCard } from "./cluster/member-card.ts";
import { readText } from "./read-text.ts";

test("a file is read as far as it may be long, and not further", () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "text");
  const text = "é".repeat(100_000);
  writeFileSync(path, text);
  expect(readText(path, 200_000)).toBe(text);
  expect(() => readText(path, 199_999)).toThrow("it is longer than 199999 bytes");
  writeFileSync(path, "");
  expect(readText(path, 0)).toBe("");
  expect(() => readText(directory.path, 1)).toThrow("EISDIR");
});

test("what has no end is refused, and what tells no length, as a pipe does, is read", () => {
  expect(() => readText("/dev/zero", 1_000_000)).toThrow("it is longer than 1000000 bytes");
  expect(loadCard("/dev/zero")).toMatchObject({
    message: "the card /dev/zero cannot be read: it is longer than 1048576 bytes",
  });
  const program = join(import.meta.dirname, "read-text.ts");
  const ask = `import(${JSON.stringify(program)}).then((m) => console.log(m.readText("/dev/stdin", 9)))`;
  const told = execFileSync("sh", ["-c", `printf "a proof" | "$0" -e "$1"`, process.execPath, ask]);
  expect(String(told)).toBe("a proof\n");
});
