import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test.each(["tls", "zeromq"])(
  "the benchmark still runs over %s, and what it sends arrives",
  (wire) => {
    const program = join(import.meta.dirname, "transport.bench.ts");
    const output = execFileSync(
      process.execPath,
      [program, "--smoke", "--wire", wire, "--port", "23496"],
      {
        encoding: "utf8",
      },
    );
    const report = JSON.parse(output) as {
      throughput: { name: string; messagesPerSecond: { median: number } }[];
      wire: string;
      roundTrip: { usP50: number };
    };
    expect(report.wire).toBe(wire);
    expect(report.throughput.map(({ name }) => name)).toEqual([
      "100 B, batched",
      "100 B, one a turn",
      "1 KiB",
      "64 KiB",
    ]);
    expect(report.throughput.every(({ messagesPerSecond }) => messagesPerSecond.median > 0)).toBe(
      true,
    );
    expect(report.roundTrip.usP50).toBeGreaterThan(0);
  },
);
