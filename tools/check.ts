import { spawnSync } from "node:child_process";
import { join } from "node:path";

// `npm run check`: everything that judges the code without running it.

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

const steps: readonly (readonly [string, readonly string[]])[] = [
  [bin("tsc"), ["-p", "tsconfig.pure.json"]],
  [bin("tsc"), ["-p", "tsconfig.node.json"]],
  [bin("tsc"), ["-p", "tsconfig.web.json"]],
  [bin("oxlint"), ["--deny-warnings"]],
  [bin("oxfmt"), ["--check", "."]],
  [bin("vitest"), ["run", "tools"]],
];

let failed = 0;
for (const [command, args] of steps) {
  const run = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (run.status !== 0) {
    failed++;
    console.error(`check: failed: ${command.slice(root.length + 1)} ${args.join(" ")}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
