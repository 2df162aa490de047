import * as fs from "node:fs";
import { dirname } from "node:path";
import { DirectWriter, isUnsupported } from "./direct-writer.ts";
import { OWNER_ONLY_DIRECTORY, OWNER_ONLY_FILE } from "./owner-only.ts";
import { QuickDisk } from "./quick-disk.ts";
import { ioFault, type StorageFault } from "./storage-fault.ts";

/**
 * How a file is opened:
 * `read`     an existing file, for reading;
 * `create`   an empty file for writing, replacing what had the name; `sync` makes it durable;
 * `durable`  an existing file for reading and writing; every `write` is durable when it resolves.
 */
export type FileAccess = "read" | "create" | "durable";

/** One open file. All positions and sizes are in bytes; every rejection is a `STORAGE_IO` fault. */
export interface StoredFile {
  readonly path: string;
  /** Reads up to `bytes` into the start of `buffer`. Resolves with fewer only at the end of the file. */
  read(buffer: Uint8Array, bytes: number, position: number): Promise<number>;
  /** Writes all of the first `bytes` of `buffer`, which the caller leaves alone until it resolves. */
  write(buffer: Uint8Array, bytes: number, position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The system calls that storage makes, and nothing more: tests stand in for a failing disk here.
 * Every rejection is a `STORAGE_IO` fault.
 */
export interface FileOperations {
  open(path: string, access: FileAccess): Promise<StoredFile>;
  sizeOf(path: string): Promise<number>;
  list(directory: string): Promise<readonly string[]>;
  rename(source: string, target: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Creates `directory` and its missing parents, durably. */
  makeDirectory(directory: string): Promise<void>;
  /** Makes the creations, renames and removals in `directory` durable. */
  syncDirectory(directory: string): Promise<void>;
  /** Bytes that this process may still write to the file system that holds `directory`. */
  freeBytes(directory: string): Promise<number>;
}

// open(2): O_DSYNC makes each write behave as if an fdatasync followed it. One thread hop instead
// of two is worth 16-27 % of the flush rate (decision 002). Linux only: on macOS O_DSYNC leaves
// the data in the drive's cache, while fdatasync there asks the drive to empty it.
const WRITE_IS_SYNC = process.platform === "linux";
const DURABLE_FLAGS = fs.constants.O_RDWR | (WRITE_IS_SYNC ? fs.constants.O_DSYNC : 0);
const FLAGS: Readonly<Record<FileAccess, number>> = {
  read: fs.constants.O_RDONLY,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  durable: DURABLE_FLAGS,
};

/** With which a second descriptor writes around the cache; the file exists by then. */
const DIRECT_FLAGS: Readonly<Record<FileAccess, number | undefined>> = {
  read: undefined,
  create: fs.constants.O_RDWR,
  durable: DURABLE_FLAGS,
};

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

/** The calling operating system, through libuv's threads. */
export const nodeFiles: FileOperations = {
  async open(path, access) {
    return openFile(path, await openDescriptor(path, access), access, undefined);
  },
  async sizeOf(path) {
    return (await call<fs.Stats>(path, "stat", (done) => fs.stat(path, done))).size;
  },
  async list(directory) {
    return call<string[]>(directory, "list", (done) => fs.readdir(directory, done));
  },
  async rename(source, target) {
    await call<unknown>(source, "rename", (done) => fs.rename(source, target, asCallback(done)));
  },
  async remove(path) {
    await call<unknown>(path, "remove", (done) => fs.unlink(path, asCallback(done)));
  },
  async makeDirectory(directory) {
    const first = await call<string | undefined>(directory, "make directory", (done) =>
      fs.mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY }, done),
    );
    if (first === undefined) return;
    const outermost = dirname(first);
    for (let made = directory; made !== outermost && made !== dirname(made); made = dirname(made)) {
      await nodeFiles.syncDirectory(dirname(made));
    }
  },
  async syncDirectory(directory) {
    const descriptor = await call<number>(directory, "open directory", (done) =>
      fs.open(directory, fs.constants.O_RDONLY, done),
    );
    const file = openFile(directory, descriptor, "read", undefined);
    try {
      await call<unknown>(directory, "sync directory", (done) =>
        fs.fsync(descriptor, asCallback(done)),
      );
    } finally {
      await file.close();
    }
  },
  async freeBytes(directory) {
    const stats = await call<fs.StatsFs>(directory, "measure free space", (done) =>
      fs.statfs(directory, done),
    );
    return stats.bavail * stats.bsize;
  },
};

/**
 * The same; but short writes to a `durable` file are made where they are called, as long as the disk is quick (QuickDisk).
 * For who has nothing else to do meanwhile: two threads that wake each other cost more than such a write.
 *
 * Effects  the event loop stands still for what such a write takes.
 */
export const promptFiles: FileOperations = {
  ...nodeFiles,
  async open(path, access) {
    if (access !== "durable" || !WRITE_IS_SYNC) return nodeFiles.open(path, access);
    const descriptor = await openDescriptor(path, access);
    return openFile(path, descriptor, access, new QuickDisk());
  },
};

function openDescriptor(path: string, access: FileAccess): Promise<number> {
  return call<number>(path, "open", (done) => fs.open(path, FLAGS[access], OWNER_ONLY_FILE, done));
}

function openFile(
  path: string,
  descriptor: number,
  access: FileAccess,
  quickDisk: QuickDisk | undefined,
): StoredFile {
  const flags = DIRECT_FLAGS[access];
  const direct = flags === undefined ? undefined : openDirect(path, flags);
  const syncEveryWrite = access === "durable" && !WRITE_IS_SYNC;
  return new NodeFile({ path, descriptor, syncEveryWrite, direct, quickDisk });
}

interface NodeFileOptions {
  readonly path: string;
  readonly descriptor: number;
  readonly syncEveryWrite: boolean;
  readonly direct: DirectWriter | undefined;
  /** Where writes may be waited for in place. */
  readonly quickDisk: QuickDisk | undefined;
}

class NodeFile implements StoredFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #syncEveryWrite: boolean;
  readonly #quickDisk: QuickDisk | undefined;
  #direct: DirectWriter | undefined;

  constructor({ path, descriptor, syncEveryWrite, direct, quickDisk }: NodeFileOptions) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#syncEveryWrite = syncEveryWrite;
    this.#direct = direct;
    this.#quickDisk = quickDisk;
  }

  async read(buffer: Uint8Array, bytes: number, position: number): Promise<number> {
    let done = 0;
    while (done < bytes) {
      const count = await call<number>(this.path, "read", (settle) =>
        fs.read(this.#descriptor, buffer, done, bytes - done, position + done, settle),
      );
      if (count === 0) return done;
      done += count;
    }
    return done;
  }

  async write(buffer: Uint8Array, bytes: number, position: number): Promise<void> {
    let done = 0;
    // A short write happens when the disk fills up; the next call then names the error.
    while (done < bytes) {
      done += await call<number>(this.path, "write", (settle) =>
        this.#write(buffer, done, bytes - done, position + done, settle),
      );
    }
    if (this.#syncEveryWrite) await this.sync();
  }

  #write(
    buffer: Uint8Array,
    offset: number,
    bytes: number,
    position: number,
    settle: Callback<number>,
  ): void {
    const plainly = (): void => fs.write(this.#descriptor, buffer, offset, bytes, position, settle);
    const direct = this.#direct;
    if (direct === undefined || !DirectWriter.takes(bytes, position)) return plainly();
    const settleDirect: Callback<number> = (error, count) => {
      if (error === null || !isUnsupported(error)) return settle(error, count);
      // A disk whose sectors are larger than the journal's says so with the first write.
      this.#direct = undefined;
      direct.close();
      plainly();
    };
    const beganMs = performance.now();
    if (this.#quickDisk?.isWaitedFor(bytes, beganMs) !== true) {
      return direct.write(buffer, offset, bytes, position, settleDirect);
    }
    now(() => direct.writeNow(buffer, offset, bytes, position), settleDirect);
    const endedMs = performance.now();
    this.#quickDisk.note(endedMs - beganMs, endedMs);
  }

  async sync(): Promise<void> {
    await call<unknown>(this.path, "sync", (done) =>
      fs.fdatasync(this.#descriptor, asCallback(done)),
    );
  }

  async close(): Promise<void> {
    this.#direct?.close();
    await call<unknown>(this.path, "close", (done) => fs.close(this.#descriptor, asCallback(done)));
  }
}

function openDirect(path: string, flags: number): DirectWriter | undefined {
  try {
    return DirectWriter.open(path, flags);
  } catch (error) {
    throw ioFault(path, "open", error as NodeJS.ErrnoException);
  }
}

/** Plain callbacks: `fs.promises` costs several times more per call than the system call itself. */
function call<T>(path: string, operation: string, begin: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject: (fault: StorageFault) => void) => {
    begin((error, value) => {
      if (error === null) resolve(value);
      else reject(ioFault(path, operation, error));
    });
  });
}

/** Does at once what `settle` is told of. */
function now(work: () => number, settle: Callback<number>): void {
  let count;
  try {
    count = work();
  } catch (error) {
    return settle(error as NodeJS.ErrnoException, 0);
  }
  settle(null, count);
}

function asCallback(done: Callback<unknown>): fs.NoParamCallback {
  return (error) => done(error, undefined);
}
