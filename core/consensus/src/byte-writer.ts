import { fail } from "@rialto/base";

/** Memory that brief writers share, a piece after the other. */
const SHARED_BYTES = 8_192;
let shared = new Uint8Array(SHARED_BYTES);
let sharedAt = 0;

/**
 * Writes the fields of a fixed layout one after the other, little-endian. The caller knows the size.
 *
 * Byte by byte: a view of a short array costs more than all its fields.
 */
export class ByteWriter {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number, bytes: Uint8Array = new Uint8Array(size)) {
    this.bytes = bytes;
  }

  /**
   * A writer of what does not last, as what is only hashed or copied: its bytes share their memory with those of other brief
   * writers, since memory of its own costs more to make and to collect than to fill. Who keeps them keeps all of it.
   */
  static brief(size: number): ByteWriter {
    if (size > SHARED_BYTES / 8) return new ByteWriter(size);
    if (sharedAt + size > SHARED_BYTES) {
      shared = new Uint8Array(SHARED_BYTES);
      sharedAt = 0;
    }
    const bytes = shared.subarray(sharedAt, sharedAt + size);
    sharedAt += size;
    return new ByteWriter(size, bytes);
  }

  u8(value: number): this {
    this.bytes[this.#at] = value;
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    return this.u8(value & 0xff).u8(value >>> 8);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  /** A safe integer as u64. */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) fail("a number written is a safe integer");
    return this.u32(value >>> 0).u32(Math.floor(value / 0x1_0000_0000));
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** The bytes that a string's characters stand for, one each. */
  characters(text: string): this {
    for (let at = 0; at < text.length; at++) this.bytes[this.#at + at] = text.charCodeAt(at);
    this.#at += text.length;
    return this;
  }

  get at(): number {
    return this.#at;
  }
}
