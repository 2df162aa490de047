import { expect, test } from "vitest";
import { FrameLedger } from "./frame-ledger.ts";
import type { JournalVerdict } from "./verify-journal.ts";

const DONE = 0;
const REFUSED = 1;
const UNKNOWN = 2;

/** What the journal is found to hold: a frame that was acknowledged, and none that was refused. */
const RIGHT: JournalVerdict = {
  executed: Uint8Array.of(1, 0, 0),
  commands: 3,
  trades: 1,
  rejected: 0,
  batches: 2,
  commits: 2,
  blocks: 9,
  stateRoot: "",
  halts: [],
};

test.each<[problem: string, found: Partial<JournalVerdict>]>([
  ["1 acknowledged frames are not in the journal", { executed: Uint8Array.of(0, 0, 0) }],
  ["1 frames were executed twice", { executed: Uint8Array.of(2, 0, 0) }],
  ["1 refused frames were executed", { executed: Uint8Array.of(1, 1, 0) }],
  ["executing the journal again has halted: LOST", { halts: ["LOST"] }],
  ["no two orders traded", { trades: 0 }],
  ["4 commands were rejected", { rejected: 4 }],
])("%s: that is found", (problem, found) => {
  const ledger = new FrameLedger();
  ledger.noteDone(DONE);
  ledger.noteRefused(REFUSED);
  expect(ledger.problems(RIGHT)).toEqual([]);
  const either = Uint8Array.from(RIGHT.executed);
  either[UNKNOWN] = 1;
  expect(ledger.problems({ ...RIGHT, executed: either })).toEqual([]);
  expect(ledger.problems({ ...RIGHT, ...found })).toEqual([problem]);
});
