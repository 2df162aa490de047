// Prints what a workload is: `node bench/src/print-workload.ts p1|p2|p3|FILE... [--seed N]`.

import { parseArgs } from "node:util";
import { Fault } from "@rialto/base";
import { isProfileName, PROFILES } from "./profiles.ts";
import { loadOrGenerate } from "./workload-cache.ts";
import { formatReport, measureWorkload } from "./workload-report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" } },
});

const seed = Number(values.seed);
if (!Number.isInteger(seed) || seed < 0) {
  console.error(`--seed is a whole number, not ${values.seed}`);
  process.exit(1);
}

for (const name of positionals) {
  const loaded = loadOrGenerate(
    isProfileName(name) ? { profile: PROFILES[name], seed } : { file: name },
  );
  if (loaded instanceof Fault) {
    console.error(loaded.message);
    process.exitCode = 1;
    continue;
  }
  console.log(loaded.path);
  console.log(JSON.stringify(loaded.workload.header, undefined, 2));
  console.log(formatReport(measureWorkload(loaded.workload)));
}
