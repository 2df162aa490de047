import { computeMerkleRoot } from "@rialto/crypto";
import { fail } from "@rialto/base";
import type { Frame } from "./block.ts";
import { type HashFunction, hashParts, tagBytes } from "./hash.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";

// A frame is what a client signs: commands that travel together. Consensus reads only its first eight bytes,
// the time after which it may no longer execute; that bounds how long its id must be remembered.

export const FRAME_HEAD_BYTES = 8;
const FRAME_TAG: Uint8Array = tagBytes("rialto/frame/1");

/** True for bytes that can be a frame. What they mean is for the executor to say. */
export function isFrame(bytes: Uint8Array): boolean {
  if (bytes.length < FRAME_HEAD_BYTES || bytes.length > FRAME_BYTES_MAX) return false;
  return bytes[7] === 0 && bytes[6]! < 0x20;
}

/** The commit time in ms from which a frame is refused. The caller has checked `isFrame`. */
export function frameExpiresMs(frame: Uint8Array): number {
  let expiresMs = 0;
  for (let at = FRAME_HEAD_BYTES - 1; at >= 0; at--) expiresMs = 0x100 * expiresMs + frame[at]!;
  if (!Number.isSafeInteger(expiresMs)) fail("a frame says in a safe integer when it expires");
  return expiresMs;
}

function computeFrameId(frame: Uint8Array, hash: HashFunction): Uint8Array {
  return hashParts(hash, FRAME_TAG, frame);
}

/** A frame with its id. The caller has checked `isFrame`. */
export function openFrame(bytes: Uint8Array, hash: HashFunction): Frame {
  const id = computeFrameId(bytes, hash);
  return { id, key: frameKeyOf(id), bytes };
}

/** The key of a frame whose id is given, for maps. */
export function frameKeyOf(id: Uint8Array): string {
  // A character a byte: in hexadecimal it takes four times as long.
  return Reflect.apply(String.fromCharCode, null, id);
}

/** The payload root of a block: over the ids of its frames, in their order. */
export function computePayloadRoot(frames: readonly Frame[], hash: HashFunction): Uint8Array {
  return computeMerkleRoot(
    frames.map((frame) => frame.id),
    hash,
  );
}
