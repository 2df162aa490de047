import { SecretSeed, selectBackend } from "@rialto/signing";
import { expect, test } from "vitest";
import type { Carrier, Told } from "./carrier.ts";
import { FrameMaker, TRADERS } from "./frame-maker.ts";
import { runClosedLoop, runOpenLoop, runWindows } from "./load-run.ts";

const SECONDS = 0.1;
const ORDERS = 4;
/** Longer than the load takes to see that it has sent its last frame. */
const LATE_MS = 1_000;

function openLoad(send: Carrier["send"]): Parameters<typeof runClosedLoop>[0] {
  const signer = selectBackend("ed25519").createSigner(SecretSeed.random());
  const signers = Array.from({ length: 1 + TRADERS }, () => signer);
  const maker = new FrameMaker(signers, new Uint8Array(32));
  const carrier: Carrier = {
    name: "test",
    durability: "none",
    processes: 1,
    window: 8,
    send,
    cpuSeconds: () => 0,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { carrier, maker, ordersPerFrame: ORDERS, seconds: SECONDS, framesExpected: 5 };
}

const DONE: Told = { fate: "done", reason: "" };
const BUSY: Told = { fate: "refused", reason: "busy" };

test("a result says how many frames the load signed while its clock ran", async () => {
  const load = openLoad((_, told) => void setImmediate(told, DONE));
  const closed = await runClosedLoop(load);
  expect(closed.framesSent).toBeGreaterThan(5);
  expect(closed.framesSignedLate).toBe(closed.framesSent - 5);
  const open = await runOpenLoop({ ...load, ordersPerSecond: ORDERS / 0.01 });
  expect([open.framesSent, open.framesSignedLate]).toEqual([10, 0]);
});

test("what is answered when all has been sent is no rate; refusals and silence are no latency", async () => {
  const fates = ["done", "refused", "unknown"] as const;
  const waiting: ((told: Told) => void)[] = [];
  const load = openLoad((_, told) => {
    if (waiting.push(told) < 10) return;
    setTimeout(() => {
      waiting.forEach((each, index) => {
        const fate = fates[index % fates.length]!;
        each({ fate, reason: fate });
      });
    }, LATE_MS);
  });
  const late = await runOpenLoop({ ...load, ordersPerSecond: ORDERS / 0.01 });
  expect(late.ordersPerSecond).toBe(0);
  expect([late.framesDone, late.framesRefused, late.framesUnknown]).toEqual([4, 3, 3]);
  expect(late.refusals).toEqual({ refused: 3, unknown: 3 });
  expect(late.latencyMs!.p50).toBeGreaterThanOrEqual(LATE_MS - 1);
});

test("windows at a rate are told by their medians, and counted together", async () => {
  const laterMs = [0, 40, 400];
  let sent = 0;
  const load = openLoad((_, told) => {
    const window = Math.floor(sent++ / 10);
    setTimeout(told, laterMs[window]!, sent % 10 === 0 ? BUSY : DONE);
  });
  const rate = { ...load, ordersPerSecond: ORDERS / 0.01 };
  const { windowsMs, ...whole } = await runWindows(rate, laterMs.length);
  expect([whole.framesSent, whole.framesDone, whole.framesSignedLate]).toEqual([30, 27, 0]);
  expect(whole.refusals).toEqual({ busy: 3 });
  expect(windowsMs).toHaveLength(3);
  // A timer may end up to a millisecond before its time.
  expect(windowsMs[1]!.p50).toBeGreaterThanOrEqual(39);
  expect(windowsMs[2]!.p50).toBeGreaterThanOrEqual(399);
  // Whichever was the middle one: the machine may have stood still in any.
  const [, middle] = windowsMs.map(({ p99 }) => p99).toSorted((a, b) => a - b);
  expect(whole.latencyMs!.p99).toBe(middle);
});
