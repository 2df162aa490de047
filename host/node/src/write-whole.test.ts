import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { spawnSync } from "node:child_process";
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeWhole } from "./write-whole.ts";

test("a link stays one: what it leads to is written", () => {
  using directory = makeTemporaryDirectory("memory");
  const [path, link] = [join(directory.path, "file"), join(directory.path, "link")];
  writeFileSync(path, "before");
  symlinkSync(path, link);
  writeWhole(link, Buffer.from("after"));
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, "utf8")).toBe("after");
});

/** Writes to a path that is given. */
const WRITE = `
  import { writeWhole } from "./write-whole.ts";
  writeWhole(process.argv[1], Buffer.from("said"));
`;

test.runIf(process.platform === "linux")(
  "what is no file, as standard output, is written to",
  () => {
    using directory = makeTemporaryDirectory("memory");
    const link = join(directory.path, "output");
    symlinkSync("/proc/self/fd/1", link);
    const args = [
      "-c",
      `"$0" --input-type=module --eval "$1" "$2" | cat`,
      process.execPath,
      WRITE,
      link,
    ];
    const { stdout } = spawnSync("sh", args, { cwd: import.meta.dirname, encoding: "utf8" });
    expect(stdout).toBe("said");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  },
);
