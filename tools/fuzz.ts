import { spawnSync } from "node:child_process";
import { join } from "node:path";

// `npm run fuzz -- NAME [options]`: runs one of the long fuzzers.

const FUZZERS: Readonly<Record<string, string>> = {
  engine: "core/engine/src/testing/agreement.fuzz.ts",
  gateway: "host/gateway/src/testing/gateway.fuzz.ts",
};

const [name = "", ...rest] = process.argv.slice(2);
const program = FUZZERS[name];
if (program === undefined) {
  console.error(
    `usage: npm run fuzz -- NAME [options]\nNAME is one of: ${Object.keys(FUZZERS).join(", ")}`,
  );
  process.exit(2);
}
const done = spawnSync(process.execPath, [join(import.meta.dirname, "..", program), ...rest], {
  stdio: "inherit",
});
process.exit(done.status ?? 1);
