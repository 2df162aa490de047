import { parseArgs } from "node:util";
import { checkAgreement } from "./agreement.ts";

// npm run fuzz -- engine [--first-seed N] [--seeds N] [--commands N]: the oracle against the hot core, for as
// long as you like. Exits 1 at the first difference, with the command that replays it.

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    "first-seed": { type: "string", default: "1" },
    seeds: { type: "string" },
    commands: { type: "string", default: "10000000" },
  },
});
const firstSeed = Number(values["first-seed"]);
const seedsMax = values.seeds === undefined ? Infinity : Number(values.seeds);
const commandsWanted = Number(values.commands);
const startMs = performance.now();
let commandCount = 0;
let fillCount = 0;
let seedCount = 0;
for (; seedCount < seedsMax && commandCount < commandsWanted; seedCount++) {
  // Every fiftieth seed runs long enough for floods and worn slots to show.
  const seed = firstSeed + seedCount;
  const run = checkAgreement(seed, seed % 50 === 0 ? 20_000 : 4_000);
  commandCount += run.commandCount;
  fillCount += run.fillCount;
  if (process.stderr.isTTY) process.stderr.write(`\r${commandCount} commands, seed ${seed} `);
}
const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
console.log(
  `${commandCount} commands of ${seedCount} seeds from ${firstSeed}, ${fillCount} fills: ` +
    `oracle and hot core agree on every event and every state (${seconds} s)`,
);
