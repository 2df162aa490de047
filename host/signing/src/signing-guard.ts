import { dirname } from "node:path";
import { assert } from "@rialto/base";
import { type FileOperations, isStorageFault, nodeFiles, type StoredFile } from "@rialto/storage";
import {
  encodeGuardSector,
  type FoundGuard,
  GUARD_FILE_BYTES,
  GUARD_SECTOR_BYTES,
  type GuardMark,
  type GuardRecord,
  judgeGuard,
} from "./guard-layout.ts";
import { floorBelow, mayResume, ruleOnMark } from "./guard-rule.ts";
import { signingFault } from "./signing-fault.ts";

export interface GuardOptions {
  readonly path: string;
  /** 32 bytes that say what is guarded: hash of a purpose and the member's signing key, on whatever chain. */
  readonly scope: Uint8Array;
  readonly files?: FileOperations;
}

/**
 * Remembers durably the highest place at which this member has signed, so that it never signs two things at one place,
 * whatever crashes. One process may have it open: whoever opens it holds the lock of the node's directory.
 *
 * Source   consensus, section 2.10.
 */
export interface SigningGuard extends AsyncDisposable {
  /** The highest place and what was signed there. While `isAmnesiac`, a lower bound of it, if anything. */
  readonly last: GuardMark | undefined;
  /** True while it is not known what was signed: `reserve` refuses everything until `resume`. */
  readonly isAmnesiac: boolean;
  /** Why it is, in words. */
  readonly amnesiaReason: string | undefined;
  /**
   * Resolves when it is durable that `mark` is signed; only then may the signature leave the process. The same mark may
   * be reserved again: signing the same thing twice is harmless.
   *
   * Errors   GUARD_CONFLICT, GUARD_AMNESIA; GUARD_FAILED or STORAGE_IO after a failed write, and the process must end:
   *          a sync that failed may not be tried again.
   */
  reserve(mark: GuardMark): Promise<void>;
  /**
   * Ends the amnesia: nothing below `round` of `epoch` is ever signed. The caller has it from the others' answers (consensus.md §9).
   *
   * Errors   GUARD_CONFLICT where that is not above what is known to be signed; GUARD_FAILED, STORAGE_IO.
   */
  resume(epoch: number, round: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes the guard of a member that has never signed. Part of making the member's keys: a guard that is missing later
 * is amnesia, not a new beginning.
 *
 * Errors   GUARD_EXISTS, STORAGE_IO.
 */
export async function createSigningGuard(options: GuardOptions): Promise<void> {
  const { path, scope, files = nodeFiles } = options;
  if (await fileExists(files, path)) throw signingFault({ code: "GUARD_EXISTS", path });
  const mark = floorBelow(0, 1);
  const temporary = `${path}.new`;
  const file = await files.open(temporary, "create");
  try {
    for (const number of [0, 1]) {
      const sector = encodeGuardSector({ number, scope, mark });
      await file.write(sector, sector.length, number * GUARD_SECTOR_BYTES);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncDirectory(dirname(path));
}

/**
 * Opens a guard. One that is missing or damaged opens as well, knowing that it does not know.
 *
 * Effects  writes the newest sector once more: what was read may exist in the kernel's cache alone.
 * Errors   GUARD_FOREIGN, GUARD_VERSION_UNKNOWN, STORAGE_IO.
 */
export async function openSigningGuard(options: GuardOptions): Promise<SigningGuard> {
  const { path, scope, files = nodeFiles } = options;
  if (!(await fileExists(files, path))) {
    return new FileGuard(options, undefined, { newest: undefined, reason: "the file is missing" });
  }
  const file = await files.open(path, "durable");
  try {
    const found = await readGuard(file, scope);
    const guard = new FileGuard(options, file, found);
    if (found.newest !== undefined && !guard.isAmnesiac) await guard.rewrite(found.newest);
    return guard;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readGuard(file: StoredFile, scope: Uint8Array): Promise<FoundGuard> {
  const bytes = Buffer.alloc(GUARD_FILE_BYTES + 1);
  const size = await file.read(bytes, bytes.length, 0);
  const found = judgeGuard(bytes.subarray(0, size), scope);
  const { path } = file;
  if (found === "foreign") throw signingFault({ code: "GUARD_FOREIGN", path });
  if ("version" in found) {
    throw signingFault({ code: "GUARD_VERSION_UNKNOWN", path, found: found.version });
  }
  return found;
}

class FileGuard implements SigningGuard {
  readonly #options: GuardOptions;
  #file: StoredFile | undefined;
  /** The highest place for which a write has begun; the last write is the last of `#writes`. */
  #last: GuardMark | undefined;
  #number: number;
  #reason: string | undefined;
  #isClosed = false;
  #hasFailed = false;
  #writes: Promise<void> = Promise.resolve();
  /** What is written, one write after the other. */
  readonly #sector = new Uint8Array(GUARD_SECTOR_BYTES);

  constructor(options: GuardOptions, file: StoredFile | undefined, found: FoundGuard) {
    this.#options = options;
    this.#file = file;
    this.#last = found.newest?.mark;
    this.#number = found.newest?.number ?? 0;
    this.#reason = found.reason;
  }

  get last(): GuardMark | undefined {
    return this.#last;
  }

  get isAmnesiac(): boolean {
    return this.#reason !== undefined;
  }

  get amnesiaReason(): string | undefined {
    return this.#reason;
  }

  async reserve(mark: GuardMark): Promise<void> {
    const { path } = this.#options;
    this.#refuseIfFailed();
    if (this.#reason !== undefined) {
      throw signingFault({ code: "GUARD_AMNESIA", path, reason: this.#reason });
    }
    const last = this.#last;
    assert(last !== undefined, "a guard without amnesia knows the last mark");
    const ruling = ruleOnMark(last, mark);
    if (ruling === "conflict") throw conflict(mark, last);
    // The write that is to make it durable may still be under way.
    if (ruling === "held") return this.#writes;
    this.#last = mark;
    return this.#write(mark);
  }

  async resume(epoch: number, round: number): Promise<void> {
    this.#refuseIfFailed();
    assert(this.#reason !== undefined, "only a guard that has forgotten is resumed");
    assert(round >= 1, "the first round is 1");
    const floor = floorBelow(epoch, round);
    if (!mayResume(this.#last, floor)) throw conflict(floor, this.#last!);
    const damaged = this.#file;
    // Where no other one can be made it is not closed once more: its number may be another file's by then.
    this.#file = undefined;
    await damaged?.close();
    this.#file = await this.#createFile();
    // Both sectors: a guard with one of them is a damaged one.
    this.#last = floor;
    await this.#write(floor);
    await this.#write(floor);
    this.#reason = undefined;
  }

  /** Makes sure that a record which was read is on disk. */
  rewrite(record: GuardRecord): Promise<void> {
    return this.#enqueue(record);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#isClosed = true;
    // Finishes what has begun. If that fails, whoever waits for it hears so.
    await Promise.allSettled([this.#writes]);
    await file?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseIfFailed(): void {
    if (!this.#hasFailed && !this.#isClosed) return;
    throw signingFault({ code: "GUARD_FAILED", path: this.#options.path });
  }

  #write(mark: GuardMark): Promise<void> {
    this.#number++;
    return this.#enqueue({ number: this.#number, scope: this.#options.scope, mark });
  }

  #enqueue(record: GuardRecord): Promise<void> {
    this.#writes = this.#perform(record, this.#writes);
    return this.#writes;
  }

  async #perform(record: GuardRecord, before: Promise<void>): Promise<void> {
    const file = this.#file;
    assert(file !== undefined, "a guard that is open has its file");
    await before;
    const sector = encodeGuardSector(record, this.#sector);
    try {
      await file.write(sector, sector.length, (record.number % 2) * GUARD_SECTOR_BYTES);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  async #createFile(): Promise<StoredFile> {
    const { path, files = nodeFiles } = this.#options;
    const file = await files.open(path, "create");
    try {
      await file.write(new Uint8Array(GUARD_FILE_BYTES), GUARD_FILE_BYTES, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.syncDirectory(dirname(path));
    return files.open(path, "durable");
  }
}

function conflict(mark: GuardMark, signed: GuardMark): Error {
  return signingFault({
    code: "GUARD_CONFLICT",
    epoch: mark.epoch,
    round: mark.round,
    signedEpoch: signed.epoch,
    signedRound: signed.round,
  });
}

async function fileExists(files: FileOperations, path: string): Promise<boolean> {
  try {
    await files.sizeOf(path);
    return true;
  } catch (error) {
    const isMissing =
      isStorageFault(error) &&
      error.detail.code === "STORAGE_IO" &&
      error.detail.errorCode === "ENOENT";
    if (!isMissing) throw error;
    return false;
  }
}
