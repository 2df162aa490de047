import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// The benchmark in small: real members, a kill among them, and the check that it makes of its own result.

const RIALTO = join(import.meta.dirname, "../../bin/rialto.js");

const POLL_MS = 5;
/** A member that lives still makes files again within this time. */
const GONE_MS = 500;

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
});

test("a benchmark that is interrupted leaves neither members nor their files", async () => {
  const root = mkdtempSync(join(tmpdir(), "rialto-interrupted-"));
  const child = spawn(process.execPath, [RIALTO, "bench", "cluster", "--smoke"], {
    env: { ...process.env, TMPDIR: root },
  });
  const ended = once(child, "exit");
  const members = (): string[] => readdirSync(root, { recursive: true, encoding: "utf8" });
  while (!members().some((name) => name.endsWith("writer.pid"))) await sleep(POLL_MS);
  child.kill("SIGINT");
  expect(await ended).toEqual([1, null]);
  await sleep(GONE_MS);
  expect(members()).toEqual([]);
  rmSync(root, { recursive: true });
});
