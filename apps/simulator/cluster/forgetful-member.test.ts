import { expect, test } from "vitest";
import { runForgetfulMember } from "./forgetful-member.ts";

test.each([1, 2, 3])(
  "who has lost its disk signs nothing again on the word of one that lags, seed %i",
  (seed) => {
    expect(runForgetfulMember(seed)).toEqual([]);
  },
);
