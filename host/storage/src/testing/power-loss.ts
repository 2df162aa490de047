import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Prng } from "@rialto/base";
import { type FileAccess, type FileOperations, nodeFiles } from "../file-operations.ts";
import { SECTOR_BYTES } from "../journal-layout.ts";
import { ioFault } from "../storage-fault.ts";

/*
 * A disk that loses power. Every call that changes a directory is recorded with the moment it
 * began and the moment it returned; for any moment, `imageAt` makes a directory that the disk may
 * hold if the power fails then:
 *   - what a returned sync covers is there;
 *   - of what was written since, each 512-byte sector is there or not, on its own;
 *   - creations, renames and removals happen in order, and all up to a returned directory sync.
 */
type Change =
  | { readonly kind: "create"; readonly file: Recorded; readonly name: string }
  | { readonly kind: "rename"; readonly source: string; readonly target: string }
  | { readonly kind: "remove"; readonly name: string }
  | {
      readonly kind: "write";
      readonly file: Recorded;
      readonly position: number;
      readonly bytes: Buffer;
    }
  /** Makes the writes durable whose changes returned before this one began. */
  | { readonly kind: "sync"; readonly file: Recorded }
  | { readonly kind: "syncDirectory" };

/** A file as such, whatever its name is at the time. */
interface Recorded {
  readonly id: number;
}

interface Entry {
  readonly change: Change;
  readonly began: number;
  returned: number;
}

/** File bytes by name. */
export type DiskImage = ReadonlyMap<string, Buffer>;

/** Records one directory, starting from `initial` bytes that are durable. */
export class PowerLossDisk {
  readonly files: FileOperations;
  /** Counts beginnings and returns of calls. */
  moment = 0;
  /** From this change on, counted from 1, every one fails until `revive`. */
  failAtChange: number = Infinity;
  #changeCount = 0;
  readonly #entries: Entry[] = [];
  readonly #initial: DiskImage;
  readonly #ids = new Map<string, Recorded>();
  #nextId = 0;

  constructor(initial: DiskImage) {
    this.#initial = initial;
    for (const name of initial.keys()) this.#ids.set(name, { id: this.#nextId++ });
    this.files = this.#recordFiles();
  }

  get hasFailed(): boolean {
    return this.#changeCount >= this.failAtChange;
  }

  /** Ends the failing: a new process may find in the kernel's cache what never reached the disk. */
  revive(): void {
    this.failAtChange = Infinity;
  }

  /** A directory that a power failure at `moment` may leave, chosen by `prng`. */
  imageAt(moment: number, prng: Prng): DiskImage {
    const begun = this.#entries.filter(({ began }) => began <= moment);
    const contents = this.#contentsAt(moment, begun, prng);
    const names = new Map([...this.#initial.keys()].map((name, id) => [name, id]));
    const renamings = begun.filter(({ change }) => !["write", "sync"].includes(change.kind));
    const certain = renamings.findLastIndex(
      ({ change, returned }) => change.kind === "syncDirectory" && returned <= moment,
    );
    const count = certain + 1 + prng.below(renamings.length - certain);
    for (const { change } of renamings.slice(0, count)) applyName(names, change);
    return new Map([...names].map(([name, id]) => [name, contents.get(id) ?? Buffer.alloc(0)]));
  }

  #contentsAt(moment: number, begun: readonly Entry[], prng: Prng): Map<number, Buffer> {
    const contents = new Map<number, Buffer>();
    for (const [id, bytes] of [...this.#initial.values()].entries()) contents.set(id, bytes);
    for (const { change, returned } of begun) {
      if (change.kind !== "write") continue;
      const isDurable = begun.some(
        (later) =>
          later.change.kind === "sync" &&
          later.change.file === change.file &&
          later.began >= returned &&
          later.returned <= moment,
      );
      const before = contents.get(change.file.id) ?? Buffer.alloc(0);
      contents.set(change.file.id, applyWrite(before, change, isDurable ? undefined : prng));
    }
    return contents;
  }

  #recordFiles(): FileOperations {
    return {
      ...nodeFiles,
      open: async (path, access) => {
        const name = basename(path);
        let file = this.#ids.get(name);
        if (access === "create") {
          const created: Recorded = { id: this.#nextId++ };
          file = created;
          this.#ids.set(name, created);
          const change: Change = { kind: "create", file: created, name };
          const opened = await this.#record(change, () => nodeFiles.open(path, access));
          return this.#recordFile(opened, created, access);
        }
        const opened = await nodeFiles.open(path, access);
        return file === undefined ? opened : this.#recordFile(opened, file, access);
      },
      rename: async (source, target) => {
        this.#ids.set(basename(target), this.#ids.get(basename(source))!);
        const names = { source: basename(source), target: basename(target) };
        await this.#record({ kind: "rename", ...names }, () => nodeFiles.rename(source, target));
      },
      remove: async (path) => {
        await this.#record({ kind: "remove", name: basename(path) }, () => nodeFiles.remove(path));
      },
      syncDirectory: async (directory) => {
        await this.#record({ kind: "syncDirectory" }, () => nodeFiles.syncDirectory(directory));
      },
    };
  }

  #recordFile(
    opened: Awaited<ReturnType<FileOperations["open"]>>,
    file: Recorded,
    access: FileAccess,
  ): Awaited<ReturnType<FileOperations["open"]>> {
    const sync = (): Promise<void> => this.#record({ kind: "sync", file }, () => opened.sync());
    return {
      path: opened.path,
      read: (buffer, bytes, position) => opened.read(buffer, bytes, position),
      write: async (buffer, bytes, position) => {
        const copy = Buffer.from(buffer.subarray(0, bytes));
        const change: Change = { kind: "write", file, position, bytes: copy };
        await this.#record(change, () => opened.write(buffer, bytes, position));
        if (access !== "durable") return;
        const written = this.#entries.findLast((entry) => entry.change === change)!;
        try {
          await sync();
        } catch (error) {
          // The kernel drops what it could not write and lets later syncs succeed without it.
          written.returned = Infinity;
          throw error;
        }
      },
      sync,
      close: () => opened.close(),
    };
  }

  async #record<T>(change: Change, perform: () => Promise<T>): Promise<T> {
    this.#changeCount++;
    if (this.hasFailed) throw ioFault(change.kind, change.kind, { code: "EIO" });
    const entry: Entry = { change, began: ++this.moment, returned: Infinity };
    this.#entries.push(entry);
    const result = await perform();
    entry.returned = ++this.moment;
    return result;
  }
}

/** Writes `image` into the new directory `path`. */
export function writeImage(path: string, image: DiskImage): void {
  mkdirSync(path, { recursive: true });
  for (const [name, bytes] of image) writeFileSync(join(path, name), bytes);
}

function applyName(names: Map<string, number>, change: Change): void {
  if (change.kind === "create") names.set(change.name, change.file.id);
  else if (change.kind === "remove") names.delete(change.name);
  else if (change.kind === "rename") {
    const id = names.get(change.source)!;
    names.delete(change.source);
    names.set(change.target, id);
  }
}

/** `prng` decides sector by sector where the write is not durable; the file's size follows suit. */
function applyWrite(
  before: Buffer,
  write: { readonly position: number; readonly bytes: Buffer },
  prng: Prng | undefined,
): Buffer {
  let after = before;
  // Runs of luck as well as scattered sectors: a whole write lost or kept is the common case.
  const keepOf4 = prng === undefined ? 4 : [0, 1, 2, 3, 4][prng.below(5)]!;
  for (let offset = 0; offset < write.bytes.length; offset += SECTOR_BYTES) {
    if (prng !== undefined && !prng.chance(keepOf4, 4)) continue;
    const sector = write.bytes.subarray(offset, offset + SECTOR_BYTES);
    const end = write.position + offset + sector.length;
    if (end > after.length) after = Buffer.concat([after], end);
    sector.copy(after, write.position + offset);
  }
  return after;
}
