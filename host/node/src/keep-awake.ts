import { Fault } from "@rialto/base";
import { closeSync, openSync, writeSync } from "node:fs";

// A processor that has nothing to do sleeps until the disk or a message has something for it. A virtual one is woken by its
// host, which takes longer than bringing the message, and a round of a cluster waits for both several times.

/** Linux's: whoever holds it open says after how many microseconds at most a processor has to be awake. */
const DEVICE = "/dev/cpu_dma_latency";
/** A signed number of 32 bits: none at all. */
const AT_ONCE = new Uint8Array(4);

export interface KeepAwakeFaultDetail {
  readonly code: "KEEP_AWAKE_REFUSED";
  readonly path: string;
  readonly reason: string;
}

/**
 * Keeps all processors of this machine from sleeping, until it is disposed of or this process ends, however it ends.
 *
 * Effects  what they would have slept they wait busily: more power, and less for a neighbour on the same core.
 * Errors   KEEP_AWAKE_REFUSED, returned: the system has no such device, or this user may not open it.
 * Source   Linux, Documentation/power/pm_qos_interface.rst.
 */
export function keepAwake(path: string = DEVICE): Disposable | Fault<KeepAwakeFaultDetail> {
  let device: number;
  try {
    device = openSync(path, "r+");
  } catch (error) {
    return refused(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  try {
    writeSync(device, AT_ONCE);
  } catch (error) {
    closeSync(device);
    return refused(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  return { [Symbol.dispose]: () => closeSync(device) };
}

function refused(path: string, reason: string): Fault<KeepAwakeFaultDetail> {
  const detail = { code: "KEEP_AWAKE_REFUSED", path, reason } as const;
  const message =
    `the processors cannot be kept awake: ${path}: ${reason}; ` +
    "give the node's user the right to write there, or leave out --keep-awake";
  return new Fault<KeepAwakeFaultDetail>(detail, "fatal", message);
}
