import { expect, test } from "vitest";
import { ApiError } from "../api/api-error.ts";
import { RequestLimiter } from "./request-limiter.ts";

const NOW_MS = 1_000_000;

/** True where what the second address asks for counts with what the first has used. */
function areOne(first: string, second: string): boolean {
  const limiter = new RequestLimiter({ weightPerMinute: 10, addressesMax: 100 });
  expect(limiter.use(first, 10, NOW_MS)).toBe(10);
  return limiter.use(second, 1, NOW_MS) instanceof ApiError;
}

test.each([
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  // Whoever has one has the network of 64 bits: more addresses than can be counted.
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true],
  ["2001:db8::1", "2001:db8:0:0:9::1", true],
  ["2001:db8::5:6:7:8", "2001:db8::1", true],
  ["2001:db8::4:5:6:7:8", "2001:db8::1", false],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["::1", "::2", true],
  ["::1", "1::", false],
  ["1:2:3::5:6:7:8", "1:2:3::", true],
])("%s and %s are one client: %s", (first, second, isOne) => {
  expect(areOne(first, second)).toBe(isOne);
});
