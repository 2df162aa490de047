import { getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import {
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  MESSAGE_HEADER_BYTES,
} from "./network-limits.ts";

/*
 * What goes from a member to another: frames of messages one way, pulses the other. Little-endian.
 *
 * A frame. `incarnation` tells one life of the sending process from the next; `sequence` counts its frames to this
 * peer from 1 on. A frame without messages is a sign of life.
 *
 *   0        4        8                 16                24
 *   +--------+--------+-----------------+-----------------+--------+----------+--------+---
 *   | "RLF1" | count  | incarnation     | sequence        | length | message  | length | ...
 *   +--------+--------+-----------------+-----------------+--------+----------+--------+---
 *
 * A pulse: who beats, and the newest frame it has dealt with; zeros where there is none.
 *
 *   0        4        8                 16                24                32
 *   +--------+--------+-----------------+-----------------+-----------------+
 *   | "RLP1" | 0      | incarnation     | of the frame    | sequence        |
 *   +--------+--------+-----------------+-----------------+-----------------+
 */
const FRAME_MAGIC = 0x3146_4c52;
const PULSE_MAGIC = 0x3150_4c52;
export const PULSE_BYTES = 32;
/** The upper half of a u64 that is a safe integer is below this. */
const SAFE_HIGH = 0x20_0000;

export interface Frame {
  readonly incarnation: number;
  readonly sequence: number;
  /** Views of the frame's bytes. */
  readonly messages: readonly Uint8Array[];
}

export interface Pulse {
  readonly incarnation: number;
  readonly frameIncarnation: number;
  readonly frameSequence: number;
}

/** A frame as bytes. The caller keeps to the limits. */
export function encodeFrame({ incarnation, sequence, messages }: Frame): Buffer {
  let size = FRAME_HEADER_BYTES;
  for (const message of messages) size += MESSAGE_HEADER_BYTES + message.length;
  const bytes = Buffer.allocUnsafe(size);
  const view = viewOf(bytes);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint32(4, messages.length, true);
  setSafeU64(view, 8, incarnation);
  setSafeU64(view, 16, sequence);
  let at = FRAME_HEADER_BYTES;
  for (const message of messages) {
    view.setUint32(at, message.length, true);
    bytes.set(message, at + MESSAGE_HEADER_BYTES);
    at += MESSAGE_HEADER_BYTES + message.length;
  }
  return bytes;
}

/** The frame in `bytes`, or undefined where they are no encoding of one. Takes any bytes. */
export function parseFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > FRAME_BYTES_MAX) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== FRAME_MAGIC) return undefined;
  const count = view.getUint32(4, true);
  // Each message has a length, so the bytes bound the count before anything is made of it.
  if (count > (bytes.length - FRAME_HEADER_BYTES) / MESSAGE_HEADER_BYTES) return undefined;
  if (!isSafe(view, 8) || !isSafe(view, 16)) return undefined;
  const incarnation = getSafeU64(view, 8);
  const sequence = getSafeU64(view, 16);
  if (incarnation === 0 || sequence === 0) return undefined;
  const messages: Uint8Array[] = [];
  let at = FRAME_HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    if (at + MESSAGE_HEADER_BYTES > bytes.length) return undefined;
    const size = view.getUint32(at, true);
    const begin = at + MESSAGE_HEADER_BYTES;
    at = begin + size;
    if (size > MESSAGE_BYTES_MAX || at > bytes.length) return undefined;
    messages.push(bytes.subarray(begin, at));
  }
  return at === bytes.length ? { incarnation, sequence, messages } : undefined;
}

export function encodePulse({ incarnation, frameIncarnation, frameSequence }: Pulse): Buffer {
  const bytes = Buffer.alloc(PULSE_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, PULSE_MAGIC, true);
  setSafeU64(view, 8, incarnation);
  setSafeU64(view, 16, frameIncarnation);
  setSafeU64(view, 24, frameSequence);
  return bytes;
}

/** The pulse in `bytes`, or undefined where they are no encoding of one. Takes any bytes. */
export function parsePulse(bytes: Uint8Array): Pulse | undefined {
  if (bytes.length !== PULSE_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== PULSE_MAGIC || view.getUint32(4, true) !== 0) return undefined;
  if (!isSafe(view, 8) || !isSafe(view, 16) || !isSafe(view, 24)) return undefined;
  const pulse: Pulse = {
    incarnation: getSafeU64(view, 8),
    frameIncarnation: getSafeU64(view, 16),
    frameSequence: getSafeU64(view, 24),
  };
  const isPaired = (pulse.frameIncarnation === 0) === (pulse.frameSequence === 0);
  return pulse.incarnation !== 0 && isPaired ? pulse : undefined;
}

function isSafe(view: DataView, offset: number): boolean {
  return view.getUint32(offset + 4, true) < SAFE_HIGH;
}
