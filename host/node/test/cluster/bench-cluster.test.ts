import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// The benchmark in small: real members, a kill among them, and the check that it makes of its own result.

const RIALTO = join(import.meta.dirname, "../../bin/rialto.js");

interface Line {
  readonly phase?: string;
  readonly load?: {
    readonly framesSent: number;
    readonly framesDone: number;
    readonly framesRefused: number;
    readonly framesUnknown: number;
    readonly latencyMs: { readonly p50: number; readonly p99: number };
  };
  readonly problems?: readonly string[];
  readonly framesAcknowledged?: number;
  readonly commands?: number;
}

test("members under load, one killed: all that is acknowledged is in every state", async () => {
  const args = [RIALTO, "bench", "cluster", "--smoke", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const phases = lines.filter(({ phase }) => phase !== undefined);
  expect(phases.map(({ phase }) => phase)).toEqual(["saturated", "steady", "overload", "one dead"]);
  for (const { load } of phases) {
    const { framesSent, framesDone, framesRefused, framesUnknown, latencyMs } = load!;
    expect(framesDone).toBeGreaterThan(0);
    expect(framesDone + framesRefused + framesUnknown).toBe(framesSent);
    expect(latencyMs.p99).toBeGreaterThanOrEqual(latencyMs.p50);
  }
  const [verdict] = lines.filter(({ problems }) => problems !== undefined);
  expect(verdict!.problems).toEqual([]);
  const done = phases.reduce((sum, { load }) => sum + load!.framesDone, 0);
  // Warm-up and funding come on top.
  expect(verdict!.framesAcknowledged).toBeGreaterThan(done);
  expect(verdict!.commands).toBeGreaterThanOrEqual(16 * done);
}, 120_000);
