import { expect, test } from "vitest";
import { admissionCost, AdmissionWindow } from "./admission-window.ts";

const COST = admissionCost(8_288);
const LARGEST = 4_096 * COST;

/** A member that commits so many frames a second, in turn, from clients that always have more. Returns frames and ms. */
function run(window: AdmissionWindow, framesPerSecond: number, seconds: number, startMs = 0) {
  const flying: number[] = [];
  let lastMs = 0;
  let nowMs = startMs;
  for (let done = 0; done < framesPerSecond * seconds; done++) {
    nowMs += 1_000 / framesPerSecond;
    while ((flying.length + 1) * COST <= window.cost) flying.push(nowMs);
    const flyingCost = flying.length * COST;
    lastMs = nowMs - flying.shift()!;
    window.note(COST, lastMs, flyingCost, nowMs);
  }
  return { frames: Math.floor(window.cost / COST), latencyMs: lastMs };
}

test("it settles where commits take about the target, whatever the speed", () => {
  for (const framesPerSecond of [100, 1_000, 8_000]) {
    const { latencyMs } = run(new AdmissionWindow(LARGEST), framesPerSecond, 30);
    expect(latencyMs).toBeGreaterThan(100);
    expect(latencyMs).toBeLessThan(600);
  }
});

test("it follows a member that becomes slower and faster again", () => {
  const window = new AdmissionWindow(LARGEST);
  const fast = run(window, 4_000, 20).frames;
  const slow = run(window, 100, 30, 20_000).frames;
  expect(slow).toBeLessThan(fast / 4);
  expect(run(window, 4_000, 20, 50_000).frames).toBeGreaterThan(fast / 2);
});

test("it neither falls below its least nor grows beyond its most, nor where nobody fills it", () => {
  const window = new AdmissionWindow(LARGEST);
  for (let nowMs = 0; nowMs < 1e6; nowMs += 10_000) window.note(COST, 5_000, COST, nowMs);
  expect(window.cost).toBeGreaterThanOrEqual(15 * COST);
  const start = new AdmissionWindow(LARGEST);
  const { cost } = start;
  for (let count = 0; count < 10_000; count++) start.note(COST, 1, COST, count);
  expect(start.cost).toBe(cost);
  for (let count = 0; count < 10_000; count++) start.note(COST, 1, LARGEST, count);
  expect(start.cost).toBe(LARGEST);
});
