import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { EntryTurns, type Worker } from "./entry-turns.ts";

const TURN_MS = 4;

/** Has so many pieces of work, each of which takes a millisecond. */
class Busy implements Worker {
  readonly isProven: boolean;
  readonly #name: string;
  readonly #done: string[];
  #left: number;

  constructor(name: string, pieces: number, done: string[], isProven = false) {
    this.isProven = isProven;
    this.#name = name;
    this.#left = pieces;
    this.#done = done;
  }

  work(): boolean {
    const endMs = performance.now() + 1;
    while (performance.now() < endMs);
    this.#done.push(this.#name);
    return --this.#left > 0;
  }
}

test("little work is done at once", () => {
  const done: string[] = [];
  new EntryTurns(10_000).add(new Busy("a", 2, done));
  expect(done).toEqual(["a", "a"]);
});

test("all together have no more of a turn than one alone, and it goes round", async () => {
  const done: string[] = [];
  const turns = new EntryTurns(TURN_MS);
  for (let worker = 0; worker < 20; worker++) turns.add(new Busy(String(worker), 3, done));
  const first = done.length;
  expect(first).toBeLessThanOrEqual(TURN_MS);
  let before = first;
  let longest = 0;
  for (let turn = 0; done.length < 60 && turn < 1_000; turn++) {
    await nextTurn();
    longest = Math.max(longest, done.length - before);
    before = done.length;
  }
  expect(longest).toBeLessThanOrEqual(TURN_MS);
  const rest = done.slice(first);
  // After the first, who was there alone, all have had one turn before anybody has a second.
  expect(new Set(rest.slice(0, 19)).size).toBe(19);
  expect(done).toHaveLength(60);
});

test("however many there are who have shown nothing, who has comes every other time", async () => {
  const done: string[] = [];
  const turns = new EntryTurns(TURN_MS);
  for (let worker = 0; worker < 20; worker++) turns.add(new Busy(String(worker), 3, done));
  const before = done.length;
  turns.add(new Busy("proven", 3, done, true));
  for (let turn = 0; done.length < 63 && turn < 1_000; turn++) await nextTurn();
  const places = done.flatMap((each, at) => (each === "proven" ? [at - before] : []));
  expect(places).toEqual([0, 2, 4]);
});
