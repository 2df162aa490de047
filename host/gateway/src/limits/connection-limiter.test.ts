import { expect, test } from "vitest";
import { ConnectionLimiter } from "./connection-limiter.ts";

test("a client has as many connections as it may, gets another when one has closed, and is forgotten with the last", () => {
  const limiter = new ConnectionLimiter(2);
  const first = limiter.open("10.0.0.1");
  const second = limiter.open("10.0.0.1");
  expect(limiter.open("10.0.0.1")).toBeUndefined();
  const other = limiter.open("10.0.0.2");
  first!();
  const third = limiter.open("10.0.0.1");
  expect(limiter.open("10.0.0.1")).toBeUndefined();
  for (const close of [second, third, other]) close!();
  expect(limiter.clientCount).toBe(0);
});

test("an IPv6 network of 64 bits is one client", () => {
  const limiter = new ConnectionLimiter(1);
  expect(limiter.open("2001:db8::1")).toBeDefined();
  expect(limiter.open("2001:db8::2")).toBeUndefined();
  expect(limiter.open("2001:db8:0:1::1")).toBeDefined();
});
