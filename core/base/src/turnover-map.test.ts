import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createPrng } from "./prng.ts";
import { TurnoverMap } from "./turnover-map.ts";

test("100,000 random steps: it does what Map does, in its order", () => {
  const prng = createPrng(1);
  const map = new TurnoverMap<number, number>([[0, 0]]);
  const model = new Map<number, number>([[0, 0]]);
  for (let step = 0; step < 100_000; step++) {
    const key = prng.below(200);
    const isGrowing = step % 2_000 < 1_000;
    const isSet = prng.chance(isGrowing ? 3 : 1, 4);
    if (isSet) {
      map.set(key, step);
      model.set(key, step);
    }
    expect(!isSet && map.delete(key)).toBe(!isSet && model.delete(key));
    if (prng.chance(1, 5_000)) {
      map.clear();
      model.clear();
    }
    expect(map.get(key)).toBe(model.get(key));
    expect(map.has(key)).toBe(model.has(key));
    expect(map.size).toBe(model.size);
    if (step % 100 > 0) continue;
    expect([...map]).toEqual([...model]);
    expect([...map.keys()]).toEqual([...model.keys()]);
    expect([...map.values()]).toEqual([...model.values()]);
    expect([...map.entries()]).toEqual([...model.entries()]);
    const visited: number[][] = [];
    map.forEach((value, each) => visited.push([each, value]));
    expect(visited).toEqual([...model]);
  }
});

test("who iterates may delete all that comes by", () => {
  const map = new TurnoverMap(Array.from({ length: 500 }, (_, key) => [key, key] as const));
  const seen: number[] = [];
  for (const [key] of map) {
    seen.push(key);
    map.delete(key);
    map.delete(key + 1);
  }
  expect(seen).toEqual(Array.from({ length: 250 }, (_, at) => 2 * at));
  expect(map.size).toBe(0);
  map.set(1, 1);
  expect([...map]).toEqual([[1, 1]]);
});

/** Bytes of 80 MB that stay when only the young generation is collected, of entries of which a hundred are held at a time. */
function bytesKept(map: TurnoverMap<number, unknown>): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let key = 0; key < 20_000; key++) {
    map.set(key, { bytes: new Uint8Array(4_000) });
    map.delete(key - 100);
    if (key % 150 === 0) collect({ type: "minor" });
  }
  collect({ type: "minor" });
  return process.memoryUsage().arrayBuffers - before;
}

test("what was deleted goes with the young generation; of a Map 20 MB would stay", () => {
  for (let turn = 0; turn < 4; turn++) {
    expect(bytesKept(new TurnoverMap())).toBeLessThan(4_000_000);
  }
});
