import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { RingTimes } from "./send-clock.ts";

// The thread of a `SendClock`.

const { everyMs, count } = workerData as RingTimes;
const port = parentPort!;
/** Nobody ever wakes who waits for it. */
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Rings that would come oftener than the first come together, the second apart, in ms: at thousands a second each that woke the event loop by
 * itself would take the load a fifth of a processor, which members on the same machine then lack.
 */
const ALONE_MS = 0.5;
const TOGETHER_MS = 1;
const gapMs = everyMs < ALONE_MS ? TOGETHER_MS : 0;

port.postMessage("ready");
const [startNs] = (await once(port, "message")) as [bigint];
let told = 0;
let earliestMs = -Infinity;
while (told < count) {
  const nowMs = sinceStartMs();
  const leftMs = Math.max(told * everyMs, earliestMs) - nowMs;
  if (leftMs > 0) {
    Atomics.wait(never, 0, 0, leftMs);
    continue;
  }
  const due = Math.min(count, Math.floor(nowMs / everyMs) + 1);
  port.postMessage(due - told);
  told = due;
  earliestMs = nowMs + gapMs;
}
port.close();

function sinceStartMs(): number {
  return Number(process.hrtime.bigint() - startNs) / 1e6;
}
