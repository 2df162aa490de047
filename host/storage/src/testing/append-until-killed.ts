/*
 * A writer for the kill tests: appends payloads that follow from the seed and the sequence, some of
 * them at once, and reports every acknowledged sequence as a line on standard output.
 * Usage: node append-until-killed.ts DIRECTORY MODE SEED
 */
import { writeSync } from "node:fs";
import type { JournalMode } from "../journal.ts";
import { payloadOf } from "./seeded-payload.ts";
import { openSmall } from "./small-journal.ts";

const APPENDS_AT_ONCE = 8;
const [directory, mode, seed] = process.argv.slice(2);

const journal = await openSmall(directory!, {
  mode: mode as JournalMode,
  segmentBytes: 0x1_0000,
  queueBytes: 0x8_0000,
});
let next = journal.lastSequence + 1;
for (;;) {
  const batch = Array.from({ length: APPENDS_AT_ONCE }, async () => {
    const acknowledged = await journal.append(payloadOf(Number(seed), next++));
    // Synchronously, so that a line is out before the kill can take it.
    writeSync(1, `${acknowledged}\n`);
  });
  await Promise.all(batch);
  if (mode === "memory") await journal.flush();
}
