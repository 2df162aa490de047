import { NO_DIGEST } from "@rialto/consensus";
import { Outbox } from "@rialto/replica";
import { expect, test } from "vitest";
import { SimTurns } from "./sim-turns.ts";

/** Turns while time stands still; `take` says what one took in. */
function openTurns(): {
  readonly turns: SimTurns;
  readonly push: (name: string, makesBlock?: boolean) => void;
  readonly take: () => readonly string[];
} {
  const turns = new SimTurns(() => 0);
  let taken: string[] = [];
  return {
    turns,
    push: (name, makesBlock = false) =>
      turns.push((outbox) => {
        taken.push(name);
        if (makesBlock) outbox.guard({ epoch: 1, round: 1, digest: NO_DIGEST });
      }),
    take: () => {
      taken = [];
      turns.takeIn(new Outbox(), () => taken.push("tick"));
      return taken;
    },
  };
}

test("a turn ends with an own block, and a tick waits until all before it is taken in", () => {
  const { turns, take, push } = openTurns();
  expect(turns.hasWork).toBe(false);
  push("a");
  push("b", true);
  turns.ring();
  push("c");
  expect(take()).toEqual(["a", "b"]);
  expect(turns.hasWork).toBe(true);
  expect(take()).toEqual(["c", "tick"]);
  expect(turns.hasWork).toBe(false);
});

test("what waited for a process that dies is gone", () => {
  const { turns, take, push } = openTurns();
  push("a");
  turns.ring();
  turns.clear();
  expect([turns.hasWork, take()]).toEqual([false, []]);
});
