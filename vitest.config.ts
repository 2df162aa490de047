import { defineConfig, type ViteUserConfig } from "vitest/config";
import { CountReporter } from "./tools/count-reporter.ts";

const config: ViteUserConfig = defineConfig({
  test: {
    include: [
      "core/*/src/**/*.test.ts",
      "host/*/src/**/*.test.ts",
      "host/*/test/**/*.test.ts",
      "bench/src/**/*.test.ts",
      "conformance/**/*.test.ts",
      "examples/*.test.ts",
      "apps/*/{src,e2e,cluster}/**/*.test.ts",
      "tools/**/*.test.ts",
    ],
    // What is waited for has a bound of its own, in the time that the waiting process lives: this is for what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    // Every core: most of what runs is processes and clocks that wait.
    maxWorkers: "100%",
    reporters: ["default", new CountReporter()],
    coverage: {
      provider: "v8",
      include: ["core/*/src/**/*.ts", "host/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/testing/**", "**/generated/**"],
    },
  },
});

export default config;
