import { expect, test } from "vitest";
import { runFloodedMember } from "./flooded-member.ts";

test("a member gets the blocks that others rest on, though their author floods its waiting room", () => {
  expect(runFloodedMember()).toBeUndefined();
});
