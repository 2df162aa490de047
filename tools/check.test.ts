import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { CHECK_STEPS, root } from "./check-steps.ts";

test.each(CHECK_STEPS)("$name finds nothing", ({ program, options }) => {
  const { status, stdout, stderr } = spawnSync(program, options, { cwd: root, encoding: "utf8" });
  expect({ status, found: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, found: "" });
});
