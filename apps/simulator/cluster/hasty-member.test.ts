import { expect, test } from "vitest";
import { findHastyMember } from "./hasty-member.ts";

test("who has lost a block that nobody got signs no round twice, though nobody has heard of that round", () => {
  expect(findHastyMember(60)).toEqual([]);
});
