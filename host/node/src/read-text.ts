import { constants } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";

/** Of a genesis, a network, a change of members: nothing longer is text to Node. */
export const TEXT_BYTES_MAX: number = constants.MAX_STRING_LENGTH;
/** Of a card, a key, a configuration: a thousand times what they are. */
export const SMALL_TEXT_BYTES_MAX: number = 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

/**
 * The text of a file that somebody names, who may name anything: a device has no end, a pipe no length.
 *
 * Errors   it is longer than `bytesMax`; what the system says; thrown.
 */
export function readText(path: string, bytesMax: number): string {
  const file = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    for (let left = bytesMax + 1; left > 0;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left));
      const count = readSync(file, chunk);
      if (count === 0) return Buffer.concat(chunks).toString("utf8");
      chunks.push(chunk.subarray(0, count));
      left -= count;
    }
  } finally {
    closeSync(file);
  }
  throw new Error(`it is longer than ${bytesMax} bytes`);
}
