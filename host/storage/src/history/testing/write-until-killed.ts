/*
 * A writer for the kill test: writes the steps of a random history, from where the file stands, and
 * reports every sequence that it flushed as a line on standard output.
 * Usage: node write-until-killed.ts FILE SEED
 */
import { writeSync } from "node:fs";
import { openFileHistory } from "../file-history.ts";
import { RandomHistory } from "./random-history.ts";

const [path, seed] = process.argv.slice(2);

const history = await openFileHistory({ path: path!, networkHash: "cd".repeat(32) });
const random = new RandomHistory(Number(seed));
for (let step = 0; step < history.head.sequence; step++) random.step();
for (;;) {
  for (let step = 0; step < 5; step++) history.write(random.step());
  history.flush();
  writeSync(1, `${history.durableSequence}\n`);
}
