import { expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { STEP_BOUNDS } from "../oracle/bounds.ts";
import { createOracle } from "../oracle/oracle.ts";
import { checkAuctions } from "../testing/auction-books.ts";
import { boundedBuild } from "../testing/small-bounds.ts";
import { SMALL_LIMITS } from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

// 10,000,000 books and more are `npm run fuzz -- auction`.

test("the hot core uncrosses 100,000 random books by the rules", { timeout: 120_000 }, () => {
  const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: 3n });
  expect(checkAuctions(engine, 7, 100_000)).toBeGreaterThan(50_000);
});

test.each([2, 3, 8])(
  "both engines uncross random books by the rules in steps of %i touches",
  { timeout: 60_000 },
  (touchesMax) => {
    const bounds = { ...STEP_BOUNDS, touchesMax };
    const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: 3n, ...boundedBuild(bounds) });
    expect(checkAuctions(engine, touchesMax, 5_000)).toBeGreaterThan(2_500);
    expect(checkAuctions(createOracle(SMALL_LIMITS, bounds), touchesMax, 200)).toBeGreaterThan(100);
  },
);

test("the oracle uncrosses 2,000 random books by the rules", { timeout: 60_000 }, () => {
  expect(checkAuctions(createOracle(SMALL_LIMITS), 8, 2_000)).toBeGreaterThan(1_000);
});

test("an engine that names another price is found out, with the book", () => {
  const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: 3n });
  const wrong: Engine = new Proxy(engine, {
    get: (target, name) => {
      if (name === "auction") return () => undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  expect(() => checkAuctions(wrong, 7, 100)).toThrow(/by the rules: \{"orders":\[\{"side":/);
});
