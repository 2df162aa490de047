import { expect, test } from "vitest";
import { killAdvice } from "./cluster-commands.ts";

test("nobody is told to kill the process 0: that is his own shell and all that it runs", () => {
  expect(killAdvice(4711, "four/node-1")).toBe("kill -9 4711");
  for (const unknown of [0, undefined]) {
    expect(killAdvice(unknown, "four/node-1")).toBe("kill -9 of what `pgrep -f four/node-1` finds");
  }
});
