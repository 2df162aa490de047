import { expect, test } from "vitest";
import { NextWake } from "./next-wake.ts";

test("the earliest of what is wanted together is taken, and once", () => {
  const next = new NextWake();
  expect(next.take()).toBeUndefined();
  for (const atMs of [250, 0, 1]) next.want(atMs);
  expect([next.take(), next.take()]).toEqual([0, undefined]);
  next.want(300);
  expect(next.take()).toBe(300);
});
