import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { RingTimes } from "./send-clock.ts";

// The thread of a `SendClock`.

const { everyMs, count } = workerData as RingTimes;
const port = parentPort!;
/** Nobody ever wakes who waits for it. */
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

port.postMessage("ready");
const [startNs] = (await once(port, "message")) as [bigint];
for (let ring = 0; ring < count; ring++) {
  const leftMs = Number(startNs - process.hrtime.bigint()) / 1e6 + ring * everyMs;
  if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
  port.postMessage(ring);
}
port.close();
