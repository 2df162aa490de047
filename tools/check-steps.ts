import { join } from "node:path";

/** The root of the repository, from which every step is run. */
export const root: string = join(import.meta.dirname, "..");

/** One program that judges the code without running it; it exits with 0 where it finds nothing. */
export interface CheckStep {
  readonly name: string;
  readonly program: string;
  readonly options: readonly string[];
}

function step(program: string, ...options: readonly string[]): CheckStep {
  const path = join(root, "node_modules", ".bin", program);
  return { name: `${program} ${options.join(" ")}`, program: path, options };
}

/** What `npm run check` runs by itself, and `npm test` as tests (check.test.ts). */
export const CHECK_STEPS: readonly CheckStep[] = [
  step("tsc", "-p", "tsconfig.pure.json"),
  step("tsc", "-p", "tsconfig.node.json"),
  step("tsc", "-p", "tsconfig.web.json"),
  step("oxlint", "--deny-warnings"),
  step("oxfmt", "--check", "."),
];
