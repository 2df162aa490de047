import { parseArgs } from "node:util";
import { fuzz, FUZZERS } from "./fuzz/gateway-fuzz.ts";

// npm run fuzz -- gateway [--parser NAME] [--seed N] [--cases N]: changed and made-up text at each parser of the
// gateway, for as long as you like. Exits 1 at the first case that goes wrong, with the command that replays it.

const { values } = parseArgs({
  options: {
    parser: { type: "string" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "1000000" },
  },
});
const chosen = FUZZERS.filter(({ name }) => values.parser === undefined || name === values.parser);
if (chosen.length === 0) {
  console.error(`--parser is one of: ${FUZZERS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const [seed, cases] = [Number(values.seed), Number(values.cases)];
for (const fuzzer of chosen) {
  const startMs = performance.now();
  try {
    fuzz(fuzzer, seed, cases);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(`${fuzzer.name}: ${cases} cases from seed ${seed} (${seconds.toFixed(1)} s)`);
}
