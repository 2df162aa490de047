/**
 * Reads hostile bytes field by field. What is missing or out of range reads as 0 and sets `failed`, so that a
 * parser is straight code with one check at its end.
 */
export class ByteReader {
  failed = false;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** True where everything was read well and nothing is left over. */
  get isDone(): boolean {
    return !this.failed && this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#take(1) ? this.#bytes[this.#at - 1]! : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#bytes[this.#at - 2]! + 0x100 * this.#bytes[this.#at - 1]! : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#word(this.#at - 4) : 0;
  }

  /** A u64 that is a safe integer; a larger one fails. */
  u64(): number {
    if (!this.#take(8)) return 0;
    const high = this.#word(this.#at - 4);
    if (high >= 0x20_0000) {
      this.failed = true;
      return 0;
    }
    return high * 0x1_0000_0000 + this.#word(this.#at - 8);
  }

  /** Byte by byte: a view costs more to make than most readers read. */
  #word(at: number): number {
    const bytes = this.#bytes;
    const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    return low + 0x100_0000 * bytes[at + 3]!;
  }

  /** A count, which fails beyond `max`: no list is made longer than its bound. */
  count8(max: number): number {
    return this.#bounded(this.u8(), max);
  }

  count16(max: number): number {
    return this.#bounded(this.u16(), max);
  }

  count32(max: number): number {
    return this.#bounded(this.u32(), max);
  }

  /** A view of the next `length` bytes, which aliases the input. */
  raw(length: number): Uint8Array {
    if (!this.#take(length)) return new Uint8Array(length <= 64 ? length : 0);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #bounded(count: number, max: number): number {
    if (count <= max) return count;
    this.failed = true;
    return 0;
  }

  #take(length: number): boolean {
    if (this.failed || this.#at + length > this.#bytes.length) {
      this.failed = true;
      return false;
    }
    this.#at += length;
    return true;
  }
}
