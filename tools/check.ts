import { spawnSync } from "node:child_process";
import { CHECK_STEPS, root } from "./check-steps.ts";

// `npm run check`: everything that judges the code without running it. The steps are tests as well
// (check.test.ts), so that `npm test` leaves nothing out; tidy and the documents are tests alone.

let failed = 0;

function run(name: string, program: string, options: readonly string[]): void {
  const { status } = spawnSync(program, options, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  failed++;
  console.error(`check: failed: ${name}`);
}

for (const { name, program, options } of CHECK_STEPS) run(name, program, options);
const tests = ["tools/tidy.test.ts", "tools/docs.test.ts"];
run("tests of tools", `${root}/node_modules/.bin/vitest`, ["run", ...tests]);
process.exit(failed === 0 ? 0 : 1);
