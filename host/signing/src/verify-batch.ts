import { assert, viewOf } from "@rialto/base";
import { SIGNATURE_SCHEMES, type SignatureScheme } from "@rialto/crypto";

/** One signature to check. The bytes are copied before `verify` of the pool returns. */
export interface VerifyJob {
  readonly scheme: SignatureScheme;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/*
 * Jobs on their way to a thread, one after the other in one buffer: made and read by this program only.
 *
 *   0        4         8         12         16       then publicKey, message, signature
 *   +--------+---------+---------+----------+
 *   | scheme | key     | message | signature|       lengths in bytes
 *   +--------+---------+---------+----------+
 */
const HEADER_BYTES = 16;

export function encodeJobs(jobs: readonly VerifyJob[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const job of jobs) size += sizeOf(job);
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  let at = 0;
  for (const { scheme, publicKey, message, signature } of jobs) {
    view.setUint32(at, SIGNATURE_SCHEMES.indexOf(scheme), true);
    view.setUint32(at + 4, publicKey.length, true);
    view.setUint32(at + 8, message.length, true);
    view.setUint32(at + 12, signature.length, true);
    at += HEADER_BYTES;
    for (const part of [publicKey, message, signature]) {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}

/** The jobs in `bytes`, as views of it. */
export function decodeJobs(bytes: Uint8Array): VerifyJob[] {
  const view = viewOf(bytes);
  const jobs: VerifyJob[] = [];
  for (let at = 0; at < bytes.length;) {
    const scheme = SIGNATURE_SCHEMES[view.getUint32(at, true)];
    assert(scheme !== undefined, "a job names its scheme");
    const keyEnd = at + HEADER_BYTES + view.getUint32(at + 4, true);
    const messageEnd = keyEnd + view.getUint32(at + 8, true);
    const end = messageEnd + view.getUint32(at + 12, true);
    jobs.push({
      scheme,
      publicKey: bytes.subarray(at + HEADER_BYTES, keyEnd),
      message: bytes.subarray(keyEnd, messageEnd),
      signature: bytes.subarray(messageEnd, end),
    });
    at = end;
  }
  return jobs;
}

function sizeOf({ publicKey, message, signature }: VerifyJob): number {
  return HEADER_BYTES + publicKey.length + message.length + signature.length;
}
