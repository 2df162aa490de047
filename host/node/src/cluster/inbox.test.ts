import { expect, test } from "vitest";
import { Inbox } from "./inbox.ts";

const KIB = 1_024;

function takeAll(inbox: Inbox<string>): string[] {
  const taken: string[] = [];
  for (let next = inbox.take(); next !== undefined; next = inbox.take()) taken.push(next);
  return taken;
}

test("lanes are taken from in turn, and each in its order", () => {
  const inbox = new Inbox<string>();
  for (const item of ["a1", "a2", "a3"]) expect(inbox.push(0, 1, item)).toBeUndefined();
  expect(inbox.push(2, 1, "c1")).toBeUndefined();
  expect(inbox.count).toBe(4);
  expect(takeAll(inbox)).toEqual(["a1", "c1", "a2", "a3"]);
  expect(inbox.count).toBe(0);
});

test("a peer that floods waits until there is room, and nobody else does", async () => {
  const inbox = new Inbox<string>();
  let isFree = false;
  const waits = inbox.push(0, 4 * KIB * KIB, "large");
  expect(waits).toBeInstanceOf(Promise);
  const freed = (async () => {
    await waits;
    isFree = true;
  })();
  expect(inbox.push(1, 100, "small")).toBeUndefined();
  await Promise.resolve();
  expect(isFree).toBe(false);
  expect(inbox.take()).toBe("large");
  await freed;
  expect(isFree).toBe(true);
});

test("many small ones are too many as well", () => {
  const inbox = new Inbox<string>();
  const outcomes = Array.from({ length: 1_024 }, () => inbox.push(0, 1, "x"));
  expect(outcomes.slice(0, -1).every((outcome) => outcome === undefined)).toBe(true);
  expect(outcomes.at(-1)).toBeInstanceOf(Promise);
});
