import { computeMerkleRoot } from "@rialto/crypto";
import { encodeHex, getSafeU64, viewOf } from "@rialto/base";
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
  return viewOf(bytes).getUint32(4, true) < 0x20_0000;
}

/** The commit time in ms from which a frame is refused. The caller has checked `isFrame`. */
export function frameExpiresMs(frame: Uint8Array): number {
  return getSafeU64(viewOf(frame), 0);
}

export function computeFrameId(frame: Uint8Array, hash: HashFunction): Uint8Array {
  return hashParts(hash, FRAME_TAG, frame);
}

/** A frame with its id. The caller has checked `isFrame`. */
export function openFrame(bytes: Uint8Array, hash: HashFunction): Frame {
  const id = computeFrameId(bytes, hash);
  return { id, key: encodeHex(id), bytes };
}

/** The payload root of a block: over the ids of its frames, in their order. */
export function computePayloadRoot(frames: readonly Frame[], hash: HashFunction): Uint8Array {
  return computeMerkleRoot(
    frames.map((frame) => frame.id),
    hash,
  );
}
