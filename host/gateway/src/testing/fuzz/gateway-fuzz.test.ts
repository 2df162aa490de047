import { expect, test } from "vitest";
import { fuzz, FUZZERS } from "./gateway-fuzz.ts";
import type { Fuzzer } from "./fuzzer.ts";

const CASES = 1_000_000;
/** Seconds on a free core; on a machine that does much else, many times that. */
const TIMEOUT_MS = 300_000;

test.each(FUZZERS.map((fuzzer) => [fuzzer.name, fuzzer] as const))(
  "1,000,000 cases of %s are read, or refused by a documented error",
  (_name, fuzzer) => {
    expect(() => fuzz(fuzzer, 1, CASES)).not.toThrow();
  },
  TIMEOUT_MS,
);

test("a case that goes wrong says how to replay it", () => {
  const wrong: Fuzzer = {
    name: "wrong",
    draw: (prng) => String(prng.below(10)),
    check: (input) => (input === "7" ? "it is seven" : undefined),
  };
  const replay =
    /it is seven\ninput: "7"\nreplay: npm run fuzz -- gateway --parser wrong --seed (\d+)/;
  expect(() => fuzz(wrong, 1, 1_000)).toThrow(replay);
  const throwing: Fuzzer = { ...wrong, check: (input) => JSON.parse(`{${input}`) as undefined };
  expect(() => fuzz(throwing, 5, 1)).toThrow(/SyntaxError[^]*--seed 5 --cases 1$/);
});
