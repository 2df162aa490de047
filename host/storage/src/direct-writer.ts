import * as fs from "node:fs";

/** What a write around the kernel's cache must be a multiple of, in place and length: a sector of the journal. */
const SECTOR_BYTES = 512;
const IS_POSSIBLE = process.platform === "linux";
/** What one write may take: as much as a journal gives to one. */
const MEMORY_BYTES = 0x10_0000;

/**
 * Memory that no write has at present. Shared by all files: one of its own for every segment of a journal would be memory that
 * the system has to clear, again and again.
 */
const idle: Uint8Array[] = [];

/** The kernel takes only memory that is aligned, as that of a buffer which may grow is: it consists of whole pages. */
function alignedMemory(bytes: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }));
}

/**
 * Writes to an open file around the kernel's cache, where system and place allow it.
 *
 * What is written once and synced at once gains nothing from the cache: it costs the memory, which the kernel has to
 * clear, and a copy into it.
 */
export class DirectWriter {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * For the file at `path`, opened with `flags` besides. Undefined where its file system, or this system, has no such writes.
   *
   * Errors   what else the system says.
   */
  static open(path: string, flags: number): DirectWriter | undefined {
    if (!IS_POSSIBLE) return undefined;
    try {
      return new DirectWriter(fs.openSync(path, flags | fs.constants.O_DIRECT));
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return undefined;
    }
  }

  /** True for what can be written so. */
  static takes(bytes: number, position: number): boolean {
    return bytes > 0 && bytes % SECTOR_BYTES === 0 && position % SECTOR_BYTES === 0;
  }

  /** Like `fs.write`. Errors: EINVAL where the disk's sectors are larger; the file is as it was then. */
  write(
    buffer: Uint8Array,
    offset: number,
    bytes: number,
    position: number,
    settle: (error: NodeJS.ErrnoException | null, count: number) => void,
  ): void {
    const memory = borrow(buffer, offset, bytes);
    fs.write(this.#descriptor, memory, 0, bytes, position, (error, count) => {
      giveBack(memory);
      settle(error, count);
    });
  }

  /** Like `fs.writeSync`. Errors: as `write`. */
  writeNow(buffer: Uint8Array, offset: number, bytes: number, position: number): number {
    const memory = borrow(buffer, offset, bytes);
    try {
      return fs.writeSync(this.#descriptor, memory, 0, bytes, position);
    } finally {
      giveBack(memory);
    }
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}

/** Aligned memory that begins with these bytes, until it is given back. */
function borrow(buffer: Uint8Array, offset: number, bytes: number): Uint8Array {
  const isUsual = bytes <= MEMORY_BYTES;
  const memory =
    (isUsual ? idle.pop() : undefined) ?? alignedMemory(isUsual ? MEMORY_BYTES : bytes);
  memory.set(buffer.subarray(offset, offset + bytes));
  return memory;
}

function giveBack(memory: Uint8Array): void {
  if (memory.length === MEMORY_BYTES) idle.push(memory);
}

/** True for an error that says that writes around the cache are not to be had here. */
export function isUnsupported(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EINVAL" || code === "ENOTSUP" || code === "EOPNOTSUPP";
}
