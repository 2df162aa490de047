import { createPrng } from "@rialto/base";
import { floorBelow, type GuardMark } from "@rialto/signing";
import { expect, test } from "vitest";
import { SimGuard } from "./sim-guard.ts";

const markAt = (round: number, content = 1): GuardMark => ({
  epoch: 1,
  round,
  digest: new Uint8Array(32).fill(content),
});

/** A guard that has written these marks. */
function guardWith(seed: number, ...marks: readonly GuardMark[]): SimGuard {
  const guard = new SimGuard(createPrng(seed));
  for (const mark of marks) {
    expect(guard.begin(mark)).toBe("write");
    guard.end(false);
  }
  return guard;
}

test("a simulated guard refuses what the real one refuses, and writes nothing twice", () => {
  const guard = guardWith(1, markAt(3), markAt(5));
  expect(guard.begin(markAt(5))).toBe("held");
  for (const mark of [markAt(5, 9), markAt(4)]) expect(guard.begin(mark)).toBe("conflict");
  // A floor below what it remembers changes nothing.
  expect(guard.begin(floorBelow(1, 4))).toBe("held");
  expect(guard.read()).toEqual({ last: markAt(5), isAmnesiac: false });
});

test("power lost while a mark is written: the old one or the new one, and torn only where a disk may tear", () => {
  const found = { old: 0, new: 0, torn: 0 };
  for (let seed = 0; seed < 200; seed++) {
    const guard = guardWith(seed, markAt(1), markAt(2));
    guard.begin(markAt(3));
    const isTorn = guard.crash(seed % 2 === 0);
    const { last, isAmnesiac } = guard.read();
    expect(isAmnesiac).toBe(isTorn);
    if (isTorn) found.torn++;
    else found[last!.round === 3 ? "new" : "old"]++;
    expect(seed % 2 === 1 && isTorn).toBe(false);
  }
  for (const count of Object.values(found)) expect(count).toBeGreaterThan(10);
});

test("power lost while a guard is made anew: it has forgotten still, or holds the floor in both sectors", () => {
  const rounds = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const guard = guardWith(seed, markAt(1), markAt(2));
    guard.damage("rottenSector");
    expect(guard.read().isAmnesiac).toBe(true);
    expect(guard.begin(markAt(9))).toBe("write");
    guard.crash(false);
    const { last, isAmnesiac } = guard.read();
    expect(isAmnesiac || [8, 9].includes(last!.round)).toBe(true);
    rounds.add(isAmnesiac ? -1 : last!.round);
  }
  expect([...rounds].sort((a, b) => a - b)).toEqual([-1, 8, 9]);
});

test("what a disk has reported and does not hold can be lost", () => {
  const guard = guardWith(1, markAt(1), markAt(2));
  guard.begin(markAt(3));
  guard.end(true);
  expect(guard.isHeld).toBe(false);
  guard.loseReported();
  expect(guard.read()).toEqual({ last: markAt(2), isAmnesiac: false });
});
