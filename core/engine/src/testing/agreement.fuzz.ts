import { parseArgs } from "node:util";
import { checkAgreement } from "./agreement.ts";

// npm run fuzz -- engine [--first-seed N] [--seeds N] [--commands N] [--bounds real|small] [--json]: the oracle against
// the hot core, for as long as you like. With small bounds a command and a step may do only a few things each, in both, so that
// much is left over and told in many calls. Exits 1 at the first difference, with the command that replays it.

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    "first-seed": { type: "string", default: "1" },
    seeds: { type: "string" },
    commands: { type: "string", default: "10000000" },
    bounds: { type: "string", default: "real" },
    json: { type: "boolean", default: false },
  },
});
const { bounds } = values;
if (bounds !== "real" && bounds !== "small") {
  console.error(`--bounds is real or small, not ${bounds}`);
  process.exit(2);
}
const firstSeed = Number(values["first-seed"]);
const seedsMax = values.seeds === undefined ? Infinity : Number(values.seeds);
const commandsWanted = Number(values.commands);
const startMs = performance.now();
let commands = 0;
let fills = 0;
let seeds = 0;
for (; seeds < seedsMax && commands < commandsWanted; seeds++) {
  const seed = firstSeed + seeds;
  const run = checkAgreement(seed, bounds);
  commands += run.commandCount;
  fills += run.fillCount;
  if (process.stderr.isTTY) process.stderr.write(`\r${commands} commands, seed ${seed} `);
}
const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(1));
if (values.json) console.log(JSON.stringify({ commands, seeds, fills, seconds }));
else {
  console.log(
    `${commands} commands of ${seeds} seeds from ${firstSeed}, ${fills} fills: ` +
      `oracle and hot core agree on every event and every state (${seconds} s)`,
  );
}
