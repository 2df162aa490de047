import { expect, test } from "vitest";
import { type Effect, Outbox } from "./effects.ts";

const digest = new Uint8Array(32).fill(7);
const kindsOf = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind);

test("of each epoch the newest mark is written: with other keys each may have a guard of its own", () => {
  const outbox = new Outbox();
  outbox.guard({ epoch: 1, round: 8, digest });
  outbox.guard({ epoch: 1, round: 9, digest });
  outbox.append(new Uint8Array(1));
  outbox.push({ kind: "send", to: 1, message: digest });
  outbox.guard({ epoch: 2, round: 1, digest });
  const effects = outbox.take();
  expect(kindsOf(effects)).toEqual(["append", "flush", "guard", "guard", "send"]);
  expect(effects.filter(({ kind }) => kind === "guard")).toEqual([
    { kind: "guard", mark: { epoch: 1, round: 9, digest } },
    { kind: "guard", mark: { epoch: 2, round: 1, digest } },
  ]);
  expect(outbox.take()).toEqual([]);
});

test("what others wait for goes out before commits are executed, and never before guard and journal", () => {
  const outbox = new Outbox();
  const batch = {} as Extract<Effect, { kind: "commit" }>["batch"];
  outbox.push({ kind: "commit", batch });
  outbox.push({ kind: "send", to: 1, message: digest });
  expect(outbox.hasOwnBlock).toBe(false);
  outbox.guard({ epoch: 1, round: 1, digest });
  expect(outbox.hasOwnBlock).toBe(true);
  outbox.append(new Uint8Array(1));
  outbox.wake(5);
  const kinds = ["append", "flush", "guard", "send", "commit", "wake"];
  expect(kindsOf(outbox.take())).toEqual(kinds);
  expect(outbox.hasOwnBlock).toBe(false);
});

test("where an epoch begins in the same step, all keeps its order", () => {
  const outbox = new Outbox();
  const batch = {} as Extract<Effect, { kind: "commit" }>["batch"];
  const begun = {} as Extract<Effect, { kind: "epoch" }>["begun"];
  outbox.push({ kind: "commit", batch });
  outbox.push({ kind: "epoch", begun });
  outbox.push({ kind: "commit", batch });
  outbox.guard({ epoch: 2, round: 1, digest });
  expect(kindsOf(outbox.take())).toEqual(["flush", "guard", "commit", "epoch", "commit"]);
});
