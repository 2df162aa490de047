import { getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import {
  OWN_PART_BYTES,
  PACKET_BYTES_MAX,
  PACKET_HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  MESSAGE_HEADER_BYTES,
  MESSAGES_PER_PACKET_MAX,
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
 * A packet is sent in parts, cut before and behind each message of OWN_PART_BYTES and more, and nowhere else. Such a part is the
 * message as it was handed over.
 *
 * A pulse: who beats, and the newest packet it has dealt with; zeros where there is none, or it hears nothing any more.
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

/** The parts of a packet, of which the long ones are messages of `packet` themselves. The caller keeps to the limits. */
export function encodePacket({ incarnation, sequence, messages }: Packet): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let room = PACKET_HEADER_BYTES;
  let short: Uint8Array[] = [];
  for (const message of messages) {
    if (!isOwnPart(message.length)) {
      short.push(message);
      continue;
    }
    parts.push(joinMessages(room, short, message), message);
    room = 0;
    short = [];
  }
  if (room > 0 || short.length > 0) parts.push(joinMessages(room, short, undefined));
  const view = viewOf(parts[0]!);
  view.setUint32(0, PACKET_MAGIC, true);
  view.setUint32(4, messages.length, true);
  setSafeU64(view, 8, incarnation);
  setSafeU64(view, 16, sequence);
  return parts;
}

function isOwnPart(messageBytes: number): boolean {
  return messageBytes >= OWN_PART_BYTES;
}

/** Short messages behind `room` for a header, and the length of the long one that comes next, if any does. */
function joinMessages(
  room: number,
  messages: readonly Uint8Array[],
  next: Uint8Array | undefined,
): Uint8Array {
  let size = room + (next === undefined ? 0 : MESSAGE_HEADER_BYTES);
  for (const message of messages) size += MESSAGE_HEADER_BYTES + message.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = room;
  for (const message of messages) {
    at = bytes.writeUInt32LE(message.length, at);
    bytes.set(message, at);
    at += message.length;
  }
  if (next !== undefined) bytes.writeUInt32LE(next.length, at);
  return bytes;
}

/** Bytes of a packet, all of its parts together. */
export function packetBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The packet in `parts`, or undefined where they are no encoding of one. Takes any bytes, cut anywhere. */
export function parsePacket(parts: readonly Uint8Array[]): Packet | undefined {
  const head = parts[0];
  const bytes = packetBytes(parts);
  if (head === undefined || head.length < PACKET_HEADER_BYTES || bytes > PACKET_BYTES_MAX) {
    return undefined;
  }
  const view = viewOf(head);
  if (view.getUint32(0, true) !== PACKET_MAGIC) return undefined;
  const count = view.getUint32(4, true);
  if (count > MESSAGES_PER_PACKET_MAX) return undefined;
  if (!isSafe(view, 8) || !isSafe(view, 16)) return undefined;
  const incarnation = getSafeU64(view, 8);
  const sequence = getSafeU64(view, 16);
  if (incarnation === 0 || sequence === 0) return undefined;
  const messages = parseMessages(parts, count);
  return messages && { incarnation, sequence, messages };
}

/** Exactly `count` messages behind the header, cut as `encodePacket` cuts them. */
function parseMessages(parts: readonly Uint8Array[], count: number): Uint8Array[] | undefined {
  const messages: Uint8Array[] = [];
  let part = 0;
  let at = PACKET_HEADER_BYTES;
  while (messages.length < count) {
    const here = parts[part];
    if (here === undefined || at + MESSAGE_HEADER_BYTES > here.length) return undefined;
    const size = readU32(here, at);
    const begin = at + MESSAGE_HEADER_BYTES;
    if (isOwnPart(size)) {
      const own = parts[part + 1];
      if (begin !== here.length || own?.length !== size || size > MESSAGE_BYTES_MAX)
        return undefined;
      messages.push(own);
      part += 2;
      at = 0;
    } else {
      at = begin + size;
      if (at > here.length) return undefined;
      messages.push(here.subarray(begin, at));
    }
  }
  const isWhole =
    at === 0 ? part === parts.length : part === parts.length - 1 && at === parts[part]!.length;
  return isWhole ? messages : undefined;
}

/** A pulse has one part. What has more is none, as nothing is none. */
export function onlyPart(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : new Uint8Array(0);
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

function readU32(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  return (low | (bytes[at + 3]! << 24)) >>> 0;
}

function isSafe(view: DataView, offset: number): boolean {
  return view.getUint32(offset + 4, true) < SAFE_HIGH;
}
