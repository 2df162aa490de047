// WebAssembly's binary form, as far as finding the branches of a module needs it. Source: WebAssembly 2.0, chapter 5.

/** Reads a module's bytes in order. */
export class WasmReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** An unsigned LEB128 number of up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** Passes over a LEB128 number of any length and sign. */
  skipLeb(): void {
    while (this.byte() >= 0x80);
  }

  /** Passes over a name or another run of bytes that begins with its length. */
  skipRun(): void {
    const length = this.u32();
    this.at += length;
  }
}

/** An unsigned LEB128 number. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** A signed LEB128 number of a value that is not negative. */
export function encodeI32(value: number): number[] {
  const bytes = encodeU32(value);
  // The sign is the second highest bit of the last byte.
  if ((bytes.at(-1)! & 0x40) !== 0) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(0);
  }
  return bytes;
}

const CALL = 0x10;
const REF_FUNC = 0xd2;
/** What stands behind each opcode: LEB128 numbers, or others that `skipImmediates` knows. */
const LEB_COUNTS = new Map<number, number>([
  [0x02, 1], // block
  [0x03, 1], // loop
  [0x04, 1], // if
  [0x0c, 1], // br
  [0x0d, 1], // br_if
  [CALL, 1],
  [0x11, 2], // call_indirect
  [REF_FUNC, 1],
  [0xd0, 1], // ref.null
  [0x3f, 1], // memory.size
  [0x40, 1], // memory.grow
  [0x41, 1], // i32.const
  [0x42, 1], // i64.const
]);
/** Of the opcodes with prefix 0xfc. */
const BULK_LEB_COUNTS = new Map<number, number>([
  [8, 2],
  [9, 1],
  [10, 2],
  [11, 1],
  [12, 2],
  [13, 1],
  [14, 2],
  [15, 1],
  [16, 1],
  [17, 1],
]);

/** The opcode at `reader`, and where it begins; the reader goes on to the next one. */
export function readInstruction(reader: WasmReader): {
  readonly opcode: number;
  readonly at: number;
} {
  const { at } = reader;
  const opcode = reader.byte();
  skipImmediates(reader, opcode);
  return { opcode, at };
}

function skipImmediates(reader: WasmReader, opcode: number): void {
  if (opcode === 0x0e) {
    for (let left = reader.u32() + 1; left > 0; left--) reader.skipLeb();
  } else if (opcode === 0x1c) {
    for (let left = reader.u32(); left > 0; left--) reader.skipLeb();
  } else if (opcode === 0x43) reader.at += 4;
  else if (opcode === 0x44) reader.at += 8;
  else if (opcode === 0xfd) skipSimd(reader, reader.u32());
  else if (opcode === 0xfc) skipLebs(reader, BULK_LEB_COUNTS.get(reader.u32()) ?? 0);
  else if (opcode >= 0x20 && opcode <= 0x26) reader.skipLeb();
  else if (opcode >= 0x28 && opcode <= 0x3e) skipLebs(reader, 2);
  else skipLebs(reader, LEB_COUNTS.get(opcode) ?? 0);
}

function skipSimd(reader: WasmReader, opcode: number): void {
  if (opcode <= 11 || opcode === 92 || opcode === 93) skipLebs(reader, 2);
  else if (opcode === 12 || opcode === 13) reader.at += 16;
  else if (opcode >= 21 && opcode <= 34) reader.at += 1;
  else if (opcode >= 84 && opcode <= 91) {
    skipLebs(reader, 2);
    reader.at += 1;
  }
}

function skipLebs(reader: WasmReader, count: number): void {
  for (let left = count; left > 0; left--) reader.skipLeb();
}

/** True for an instruction that names a function, in the number behind its opcode. */
export function namesFunction(opcode: number): boolean {
  return opcode === CALL || opcode === REF_FUNC;
}
