import { expect, test } from "vitest";
import { EventArena } from "./event-arena.ts";

test("what is kept stays as it was until the arena is cleared, also where that takes new memory", () => {
  const arena = new EventArena();
  const source = new Uint8Array(100_000);
  const kept = Array.from({ length: 9 }, (_, index) => {
    source.fill(index + 1);
    return arena.keep(source);
  });
  const isWhole = kept.map((bytes, index) => bytes.every((byte) => byte === index + 1));
  expect(isWhole).toEqual(kept.map(() => true));
});

test("a cleared arena uses its memory again", () => {
  const arena = new EventArena();
  const first = arena.keep(Uint8Array.of(1, 2, 3));
  arena.clear();
  const second = arena.keep(Uint8Array.of(4, 5, 6));
  expect(second.buffer).toBe(first.buffer);
  expect([...first]).toEqual([4, 5, 6]);
});

test("events longer than all its memory are kept too", () => {
  const arena = new EventArena();
  const long = new Uint8Array(3_000_000).fill(7);
  expect(arena.keep(long)).toEqual(long);
});
