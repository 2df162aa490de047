import { expect, test } from "vitest";
import { countWays, describeCoverage, sumUp } from "./engine-coverage/branches.ts";
import { instrument } from "./engine-coverage/instrument.ts";
import { SourcePlaces } from "./engine-coverage/source-map.ts";

// (func $helper (export "helper") (param i32) (result i32)
//   (if (result i32) (local.get 0) (then (i32.const 7)) (else (i32.const -9))))
// (func (export "main") (param i32) (result i32)
//   (select (call $helper (local.get 0)) (i32.const 300) (local.get 0)))
const MODULE = bytesOf(`
  00 61 73 6d 01 00 00 00
  01 06 01 60 01 7f 01 7f
  03 03 02 00 00
  07 11 02 06 68 65 6c 70 65 72 00 00
  04 6d 61 69 6e 00 01
  0a 1b 02
  0c 00 20 00 04 7f 41 07 05 41 77 0b 0b
  0c 00 20 00 10 00 41 ac 02 20 00 1b 0b
`);

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.trim().split(/\s+/), (byte) => parseInt(byte, 16));
}

interface Exports {
  readonly main: (value: number) => number;
}

test("an instrumented module does what it did, and tells which way every branch went", () => {
  const plain = new WebAssembly.Instance(new WebAssembly.Module(MODULE), {});
  const { bytes, branches } = instrument(MODULE);
  expect(branches.map((branch) => branch.kind)).toEqual(["if", "select"]);
  expect(branches.map((branch) => MODULE[branch.offset])).toEqual([0x04, 0x1b]);
  const hits: [number, number][] = [];
  const hit = (condition: number, branch: number): number => {
    hits.push([condition, branch]);
    return condition;
  };
  const watched = new WebAssembly.Instance(new WebAssembly.Module(bytes), { coverage: { hit } });
  for (const value of [0, 1, -5]) {
    const expected = (plain.exports as unknown as Exports).main(value);
    expect((watched.exports as unknown as Exports).main(value)).toBe(expected);
  }
  expect(hits).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [-5, 0],
    [-5, 1],
  ]);
});

test("places are those of the last mapped byte", () => {
  // Offset 10: a.ts, line 3, column 4. Offset 30: the same file, line 2, column 0.
  const map = { sources: ["a.ts"], mappings: "UAEI,oBADJ" };
  const places = new SourcePlaces(JSON.stringify(map));
  expect(places.find(9)).toBeUndefined();
  expect(places.find(10)).toEqual({ path: "a.ts", line: 3, column: 4 });
  expect(places.find(29)).toEqual({ path: "a.ts", line: 3, column: 4 });
  expect(places.find(1_000)).toEqual({ path: "a.ts", line: 2, column: 0 });
});

const SOURCE = ["if (a) b();", "while (true) {", "if (c)", "  broken(C);", "if (d | e) f();"].join(
  "\n",
);

test("copies of a branch count together, and what was never gone is listed, invariants apart", () => {
  const at = (line: number, column = 0) => ({
    kind: "if" as const,
    place: { path: "core/x.ts", line, column },
  });
  const library = { kind: "if" as const, place: { path: "~lib/rt.ts", line: 1, column: 0 } };
  const branches = [at(1), at(3), at(1), at(2, 7), at(5), library, { ...at(1), place: undefined }];
  // Line 1 was false in one copy and true in the other; line 3 was never true; line 5 was never reached.
  const seen = Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1);
  const found = sumUp(branches, seen, () => SOURCE);
  expect(found.map(({ line, wasTaken, wasPassed }) => [line, wasTaken, wasPassed])).toEqual([
    [1, true, true],
    [3, false, true],
    [5, false, false],
  ]);
  expect(countWays(found)).toEqual([3, 6]);
  const text = describeCoverage(found, "Measured.", () => SOURCE);
  expect(text).toContain("3 of 6 ways (50.00 %) of 3 branches");
  const [others, guards] = text.split("## Never gone, and never to be");
  expect(others).toContain("| x.ts:5:0 | not reached | `if (d \\| e) f();` |");
  expect(others).not.toContain("x.ts:3:0");
  expect(guards).toContain("| x.ts:3:0 | never | `if (c)` |");
});
