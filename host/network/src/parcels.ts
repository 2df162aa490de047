import type { Writable } from "node:stream";
import { OWN_PART_BYTES } from "./network-limits.ts";
import { packetBytes } from "./packet.ts";

/*
 * How a stream of bytes carries packets, which have parts (packet.ts), and pulses, which have one. Little-endian.
 *
 *   +-------+----------+-----+----------+--------+-----+--------+-------+---
 *   | count | length 1 | ... | length n | part 1 | ... | part n | count | ...
 *   +-------+----------+-----+----------+--------+-----+--------+-------+---
 */
const WORD_BYTES = 4;

/** Writes a parcel; a short one in one piece. */
export function writeParcel(socket: Writable, parts: readonly Uint8Array[]): void {
  const head = parcelHead(parts);
  if (packetBytes(parts) < OWN_PART_BYTES) {
    socket.write(Buffer.concat([head, ...parts]));
    return;
  }
  socket.cork();
  socket.write(head);
  for (const part of parts) socket.write(part);
  socket.uncork();
}

/** What stands before the parts of a parcel. */
function parcelHead(parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.allocUnsafe(WORD_BYTES * (1 + parts.length));
  head.writeUInt32LE(parts.length, 0);
  for (const [index, part] of parts.entries()) {
    head.writeUInt32LE(part.length, WORD_BYTES * (1 + index));
  }
  return head;
}

/**
 * Makes parcels of a stream, in whatever pieces it comes. Holds the parts of one parcel at the most, `partsMax` and of `bytesMax` bytes
 * together, and nothing of the pieces.
 */
export class ParcelReader {
  readonly #bytesMax: number;
  readonly #partsMax: number;
  readonly #onParcel: (parts: Uint8Array[]) => void;
  /** The words before the parts: the count, then the lengths. */
  #head = Buffer.allocUnsafe(WORD_BYTES);
  #headBytes = 0;
  #parts: Uint8Array[] = [];
  #part = 0;
  #partBytes = 0;

  constructor(bytesMax: number, partsMax: number, onParcel: (parts: Uint8Array[]) => void) {
    this.#bytesMax = bytesMax;
    this.#partsMax = partsMax;
    this.#onParcel = onParcel;
  }

  /** Takes what came next; the caller may write over it afterwards. Returns false where it cannot be parcels: the stream is over then. */
  push(piece: Uint8Array): boolean {
    let at = 0;
    while (at < piece.length) {
      if (this.#parts.length === 0) {
        at += this.#takeHead(piece, at);
        if (this.#headBytes === this.#head.length && !this.#readHead()) return false;
      } else {
        at += this.#takePart(piece, at);
      }
    }
    return true;
  }

  #takeHead(piece: Uint8Array, at: number): number {
    const bytes = Math.min(this.#head.length - this.#headBytes, piece.length - at);
    this.#head.set(piece.subarray(at, at + bytes), this.#headBytes);
    this.#headBytes += bytes;
    return bytes;
  }

  /** Makes room for the lengths when the count is known, and for the parts when they are. */
  #readHead(): boolean {
    const count = this.#head.readUInt32LE(0);
    if (this.#head.length === WORD_BYTES) {
      if (count === 0 || count > this.#partsMax) return false;
      const head = Buffer.allocUnsafe(WORD_BYTES * (1 + count));
      this.#head.copy(head);
      this.#head = head;
      return true;
    }
    const lengths: number[] = [];
    let bytes = 0;
    for (let index = 1; index <= count; index++) {
      const length = this.#head.readUInt32LE(WORD_BYTES * index);
      bytes += length;
      lengths.push(length);
      if (bytes > this.#bytesMax) return false;
    }
    // Memory of its own for each: who keeps a message keeps nothing else with it.
    this.#parts = lengths.map((length) => Buffer.allocUnsafeSlow(length));
    this.#head = Buffer.allocUnsafe(WORD_BYTES);
    this.#headBytes = 0;
    this.#finishParts();
    return true;
  }

  #takePart(piece: Uint8Array, at: number): number {
    const part = this.#parts[this.#part]!;
    const bytes = Math.min(part.length - this.#partBytes, piece.length - at);
    part.set(piece.subarray(at, at + bytes), this.#partBytes);
    this.#partBytes += bytes;
    this.#finishParts();
    return bytes;
  }

  /** Goes on behind the parts that are whole; an empty one is. */
  #finishParts(): void {
    while (this.#parts[this.#part]?.length === this.#partBytes) {
      this.#part++;
      this.#partBytes = 0;
    }
    if (this.#part < this.#parts.length) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#part = 0;
    this.#onParcel(parts);
  }
}
