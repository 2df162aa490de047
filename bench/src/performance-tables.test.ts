import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { appendHistory, type Measurement } from "./history.ts";
import { headlinesTable } from "./headlines.ts";
import { engineScenario, latencyMetric, numbersTable, PERCENTILES } from "./numbers-table.ts";
import { performanceTables } from "./performance-tables.ts";

const folder = mkdtempSync(join(tmpdir(), "rialto-tables-"));
afterAll(() => rmSync(folder, { recursive: true }));

const provenance = { commit: "abc", date: "2026-11-21T00:00:00.000Z", cpu: "a CPU", node: "v24" };

function record(
  scenario: string,
  metric: string,
  value: number,
  more: Partial<Measurement> = {},
): void {
  const none = { unit: "ns", spread: null, ratio: null, stateHash: null, durability: null };
  appendHistory([{ ...provenance, ...none, ...more, scenario, metric, value }], folder);
}

test("without a history the tables say so", () => {
  expect(numbersTable(folder)).toBe("Nothing has been recorded yet.");
  expect(headlinesTable(folder)).toBe("Nothing has been recorded yet.");
  expect(performanceTables(folder).match(/Nothing has been recorded yet\./g)).toHaveLength(5);
});

test("each table shows the newest figures of its own metrics, and the recorded anchor beside", () => {
  const scenario = engineScenario("p2", { ids: "client", isBare: false });
  expect(scenario).toBe("engine-p2-client-ids");
  record(scenario, "command", 99, { ratio: 9, spread: 0.5 });
  record(scenario, "command", 80.25, { ratio: 3.5, spread: 0.1 });
  PERCENTILES.forEach((percentile, index) => {
    record(scenario, latencyMetric(16, percentile), 400 + index * 400);
  });
  record("markets", "headReads", 45_500_000, { unit: "1/s", spread: 0.02 });
  record("markets", "fullResidentBytes", 108_400_000, { unit: "bytes" });
  record("features", "guard", 43.2, { ratio: 1.07, spread: 0.1 });
  record("signatures", "verify-known", 12.44, { unit: "us" });
  record("signatures", "verify-sodium", 53.3, { unit: "us" });
  const cluster = "cluster-rialto-crash-n-3-256";
  record(`${cluster}-saturated`, "committed", 503_000, { unit: "orders/s" });
  record(`${cluster}-saturated`, "perCpuSecond", 250_000.4, { unit: "orders/CPU-s" });
  record(`${cluster}-saturated`, "verify", 61.7, { unit: "us" });
  record(`${cluster}-overload`, "committed", 471_000, { unit: "orders/s", ratio: 0.94 });
  record(`${cluster}-overload`, "leaderTimeouts", 3, { unit: "timeouts" });
  record(`${cluster}-steady-at-100000`, "p50", 9.04, { unit: "ms" });
  record(`${cluster}-steady-at-100000`, "p99", 41.3, { unit: "ms", spread: 0.143 });
  record(`${cluster}-steady-at-100000`, "leaderTimeouts", 0, { unit: "timeouts" });
  record("cluster-nats-jetstream-r3-256-saturated", "committed", 1_520_000, { unit: "orders/s" });
  const tables = performanceTables(folder);
  for (const row of [
    "| a command, P2 (deep books), sparse client ids of 64 bits | 80.3 ns | 10 % | 3.50 | 24.4 ns | " +
      "`rialto bench engine --profile p2 --ids client` |",
    "| a command, P2 (deep books), sparse client ids of 64 bits | 16 | 400 ns | 800 ns | 1.20 us | 1.60 us |",
    "| reads of best bid, ask and first lots, one core | 45.5 M/s | 2 % | >= 45 M |",
    "| whole process, full | 108.4 MB |  | <= 100 MB |",
    "| a guard that does not stop it | 43.2 | 1.07 | 10 % | a maker, then its taker |",
    "| 3 members, one may be down | 256 | 503,000 | 250,000 | 471,000 (94 %) | 3 | 62 us |",
    "| 100,000 orders/s | 3 members, one may be down | 9.0 ms | 41.3 ms (14 %) |  |  |  | 0 |",
  ]) {
    expect(tables).toContain(`${row}\n`);
  }
  expect(tables).not.toContain("99.0 ns");
  expect(numbersTable(folder)).not.toContain("1.20 us");
  const headlines = headlinesTable(folder);
  for (const row of [
    "| a command, P2 (deep books), sparse client ids of 64 bits | 80.3 ns | 3.5 times the C++ limit " +
      "(recorded on another machine: 24.4 ns) | `rialto bench engine --profile p2 --ids client` |",
    "| 1 features: time of each to the plain way | 1.07 | 1.1 to 1.1 | `rialto bench features` |",
    "| an Ed25519 signature verified, its key's table made before | 12.4 us | libsodium 53.3 us | `rialto bench signatures` |",
    "| 3 members, one may be down: orders committed, 256 a signed frame | 503 K/s | NATS 1.52 M/s | `rialto bench cluster` |",
    "| 3 members, one may be down: commit p99 at 100,000 orders/s | 41.3 ms | spread of its windows 14 % | `rialto bench cluster` |",
  ]) {
    expect(headlines).toContain(`${row}\n`);
  }
});
