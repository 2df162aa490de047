import { getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import {
  PACKET_BYTES_MAX,
  PACKET_HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  MESSAGE_HEADER_BYTES,
} from "./network-limits.ts";

/*
 * What goes from a member to another: packets of messages one way, pulses the other. Little-endian.
 *
 * A packet. `incarnation` tells one life of the sending process from the next; `sequence` counts its packets to this
 * peer from 1 on. A packet without messages is a sign of life.
 *
 *   0        4        8                 16                24
 *   +--------+--------+-----------------+-----------------+--------+----------+--------+---
 *   | "RLM1" | count  | incarnation     | sequence        | length | message  | length | ...
 *   +--------+--------+-----------------+-----------------+--------+----------+--------+---
 *
 * A pulse: who beats, and the newest packet it has dealt with; zeros where there is none.
 *
 *   0        4        8                 16                24                32
 *   +--------+--------+-----------------+-----------------+-----------------+
 *   | "RLP1" | 0      | incarnation     | of the packet   | sequence        |
 *   +--------+--------+-----------------+-----------------+-----------------+
 */
const PACKET_MAGIC = 0x314d_4c52;
const PULSE_MAGIC = 0x3150_4c52;
export const PULSE_BYTES = 32;
/** The upper half of a u64 that is a safe integer is below this. */
const SAFE_HIGH = 0x20_0000;

export interface Packet {
  readonly incarnation: number;
  readonly sequence: number;
  /** Views of the packet's bytes. */
  readonly messages: readonly Uint8Array[];
}

export interface Pulse {
  readonly incarnation: number;
  readonly packetIncarnation: number;
  readonly packetSequence: number;
}

/** A packet as bytes. The caller keeps to the limits. */
export function encodePacket({ incarnation, sequence, messages }: Packet): Buffer {
  let size = PACKET_HEADER_BYTES;
  for (const message of messages) size += MESSAGE_HEADER_BYTES + message.length;
  const bytes = Buffer.allocUnsafe(size);
  const view = viewOf(bytes);
  view.setUint32(0, PACKET_MAGIC, true);
  view.setUint32(4, messages.length, true);
  setSafeU64(view, 8, incarnation);
  setSafeU64(view, 16, sequence);
  let at = PACKET_HEADER_BYTES;
  for (const message of messages) {
    view.setUint32(at, message.length, true);
    bytes.set(message, at + MESSAGE_HEADER_BYTES);
    at += MESSAGE_HEADER_BYTES + message.length;
  }
  return bytes;
}

/** The packet in `bytes`, or undefined where they are no encoding of one. Takes any bytes. */
export function parsePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < PACKET_HEADER_BYTES || bytes.length > PACKET_BYTES_MAX) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== PACKET_MAGIC) return undefined;
  const count = view.getUint32(4, true);
  // Each message has a length, so the bytes bound the count before anything is made of it.
  if (count > (bytes.length - PACKET_HEADER_BYTES) / MESSAGE_HEADER_BYTES) return undefined;
  if (!isSafe(view, 8) || !isSafe(view, 16)) return undefined;
  const incarnation = getSafeU64(view, 8);
  const sequence = getSafeU64(view, 16);
  if (incarnation === 0 || sequence === 0) return undefined;
  const messages: Uint8Array[] = [];
  let at = PACKET_HEADER_BYTES;
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

export function encodePulse({ incarnation, packetIncarnation, packetSequence }: Pulse): Buffer {
  const bytes = Buffer.alloc(PULSE_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, PULSE_MAGIC, true);
  setSafeU64(view, 8, incarnation);
  setSafeU64(view, 16, packetIncarnation);
  setSafeU64(view, 24, packetSequence);
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
    packetIncarnation: getSafeU64(view, 16),
    packetSequence: getSafeU64(view, 24),
  };
  const isPaired = (pulse.packetIncarnation === 0) === (pulse.packetSequence === 0);
  return pulse.incarnation !== 0 && isPaired ? pulse : undefined;
}

function isSafe(view: DataView, offset: number): boolean {
  return view.getUint32(offset + 4, true) < SAFE_HIGH;
}
