import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` as the last line: what CI reads, and what a person looks for. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped.push(test.fullName);
      }
    }
    if (skipped.length > 0 && process.env["CI"] === "true") {
      for (const name of skipped) console.error(`skipped, which is a failure here: ${name}`);
      failed += skipped.length;
      process.exitCode = 1;
    }
    const tail =
      skipped.length > 0 && process.env["CI"] !== "true" ? `, ${skipped.length} skipped` : "";
    console.log(`${passed} passed, ${failed} failed${tail}`);
  }
}
