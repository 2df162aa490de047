import { expect, test } from "vitest";
import { runFloodedDag } from "./flooded-dag.ts";

test("liars get no more second blocks taken in than they may, and an honest member's block gets all that it rests on", () => {
  expect(runFloodedDag()).toBeUndefined();
});
