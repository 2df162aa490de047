import { join } from "node:path";
import { assert } from "@rialto/base";
import { type FileOperations, nodeFiles, type StoredFile } from "./file-operations.ts";
import { HASH_BYTES } from "./journal-layout.ts";
import { type KeepRule, keepRuleOf } from "./keep-rule.ts";
import {
  encodeSnapshotHeader,
  SNAPSHOT_DIGESTED_BYTES,
  SNAPSHOT_HEADER_BYTES,
} from "./snapshot-layout.ts";
import { openSnapshotContent, readSnapshot } from "./snapshot-reader.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import type {
  LatestSnapshot,
  SnapshotMark,
  Snapshots,
  SnapshotsReader,
  StoredContent,
} from "./snapshots.ts";
import {
  isAbsent,
  isOutOfSpace,
  isStorageFault,
  storageFault,
  type StorageFault,
  withSeverity,
} from "./storage-fault.ts";

export interface FileSnapshotsOptions {
  /** Belongs to these snapshots alone. Created if it is absent. */
  readonly directory: string;
  /** 32 bytes. Snapshots of another network are refused. */
  readonly networkHash: Uint8Array;
  /** How many to keep, or which, asked whenever one has been saved; damaged ones never. Default 2. */
  readonly keep?: number | KeepRule;
  readonly files?: FileOperations;
}

const NAME = /^snapshot-(\d{16})\.state$/;
const UNFINISHED = /^snapshot-\d{16}\.state\.unfinished$/;

/**
 * Opens the snapshots in a directory and removes what a crash left half made.
 *
 * Errors   STORAGE_IO.
 * Source   src/snapshot-layout.ts draws the file.
 */
export async function openFileSnapshots(options: FileSnapshotsOptions): Promise<Snapshots> {
  const { directory, files = nodeFiles } = options;
  assert(options.networkHash.length === HASH_BYTES, "networkHash is 32 bytes");
  assert(options.keep !== 0, "at least one snapshot is kept");
  await files.makeDirectory(directory);
  for (const name of await files.list(directory)) {
    if (UNFINISHED.test(name)) await files.remove(join(directory, name));
  }
  return new FileSnapshots({ ...options, files }, keepRuleOf(options.keep));
}

/** Opens the snapshots in a directory to look at them: none where there is no directory. Writes nothing. */
export function openFileSnapshotsReader(
  options: Omit<FileSnapshotsOptions, "keep">,
): SnapshotsReader {
  assert(options.networkHash.length === HASH_BYTES, "networkHash is 32 bytes");
  return new FileSnapshots({ files: nodeFiles, ...options }, keepRuleOf(undefined));
}

interface SavedFile {
  readonly sequence: number;
  readonly path: string;
}

class FileSnapshots implements Snapshots {
  readonly #options: Required<Omit<FileSnapshotsOptions, "keep">>;
  readonly #keep: KeepRule;
  /** Settles when the save before has ended, either way. */
  #previous: Promise<void> = Promise.resolve();
  /** Paths that `latest` found damaged: they do not count as kept. */
  readonly #damaged = new Set<string>();

  constructor(options: Required<Omit<FileSnapshotsOptions, "keep">>, keep: KeepRule) {
    this.#options = { ...options, networkHash: new Uint8Array(options.networkHash) };
    this.#keep = keep;
  }

  async save(
    mark: SnapshotMark,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const previous = this.#previous;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#previous = promise;
    try {
      await previous;
      await this.#save(mark, chunks);
      await this.#prune();
    } catch (error) {
      // Unlike the journal, which has lost its footing then, older snapshots are as good as before.
      throw isStorageFault(error) ? withSeverity(error, "error") : error;
    } finally {
      resolve();
    }
  }

  async latest(atMostSequence: number = Infinity): Promise<LatestSnapshot> {
    const { files, networkHash } = this.#options;
    const warnings: StorageFault[] = [];
    for (const { sequence, path } of await this.#files()) {
      if (sequence > atMostSequence) continue;
      try {
        const snapshot = await readSnapshot(files, path, { sequence, networkHash });
        return { snapshot, warnings };
      } catch (error) {
        // A newer one has pushed it out meanwhile.
        if (isAbsent(error)) continue;
        if (!isStorageFault(error)) throw error;
        const { code } = error.detail;
        if (code !== "SNAPSHOT_CORRUPT" && code !== "STORAGE_IO") throw error;
        this.#damaged.add(path);
        warnings.push(withSeverity(error, "warn"));
      }
    }
    return { snapshot: undefined, warnings };
  }

  async list(): Promise<readonly number[]> {
    return (await this.#files()).map(({ sequence }) => sequence);
  }

  async open(sequence: number): Promise<StoredContent | undefined> {
    const { files, networkHash } = this.#options;
    const saved = (await this.#files()).find((each) => each.sequence === sequence);
    if (saved === undefined) return undefined;
    try {
      return await openSnapshotContent(files, saved.path, { sequence, networkHash });
    } catch (error) {
      if (!isAbsent(error)) throw error;
      return undefined;
    }
  }

  async #save(
    mark: SnapshotMark,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { files, directory, networkHash } = this.#options;
    const path = join(directory, `snapshot-${String(mark.sequence).padStart(16, "0")}.state`);
    const unfinished = `${path}.unfinished`;
    const file = await files.open(unfinished, "create");
    const writer = new SnapshotWriter(file);
    let isWhole = false;
    try {
      for await (const chunk of chunks) await writer.write(chunk);
      await writeHeader(file, writer, { ...mark, networkHash });
      await file.sync();
      isWhole = true;
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      const neededBytes = writer.contentBytes;
      const freeBytes = await files.freeBytes(directory);
      throw storageFault({ code: "STORAGE_FULL", path, freeBytes, neededBytes }, error);
    } finally {
      await file.close();
      if (!isWhole) await files.remove(unfinished);
    }
    await files.rename(unfinished, path);
    await files.syncDirectory(directory);
    this.#damaged.delete(path);
  }

  /** Removes all that are not to be kept. A damaged one has no value and must not displace another. */
  async #prune(): Promise<void> {
    const { files } = this.#options;
    const stored = await this.#files();
    const intact = stored.filter(({ path }) => !this.#damaged.has(path));
    const kept = this.#keep(intact.map(({ sequence }) => sequence));
    for (const { sequence, path } of stored) {
      if (!this.#damaged.has(path) && kept.includes(sequence)) continue;
      await files.remove(path);
      this.#damaged.delete(path);
    }
  }

  /** Newest first. */
  async #files(): Promise<SavedFile[]> {
    const { files, directory } = this.#options;
    const names = await files.list(directory).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    const saved = names.flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ sequence: Number(match[1]), path: join(directory, name) }];
    });
    return saved.sort((left, right) => right.sequence - left.sequence);
  }
}

async function writeHeader(
  file: StoredFile,
  writer: SnapshotWriter,
  mark: SnapshotMark & { readonly networkHash: Uint8Array },
): Promise<void> {
  const encode = (digest: Uint8Array): Uint8Array => {
    const { contentBytes, storedBytes } = writer;
    return encodeSnapshotHeader({ ...mark, contentBytes, storedBytes, digest });
  };
  const noDigest = new Uint8Array(HASH_BYTES);
  const digest = await writer.finish(() => encode(noDigest).subarray(0, SNAPSHOT_DIGESTED_BYTES));
  await file.write(encode(digest), SNAPSHOT_HEADER_BYTES, 0);
}
