import { Fault } from "@rialto/base";
import { type Certificate, type CertificateChecks, isClosing } from "@rialto/consensus";
import {
  CHUNK_BYTES,
  type CertifiedManifest,
  computeManifestDigest,
  encodeCertifiedManifest,
  encodeManifest,
  type EpochPath,
  KeptSnapshots,
  type KeptSnapshotsSettings,
  openCertifiedManifest,
  openSnapshot,
  type OrderEpoch,
  type SnapshotContent,
  type SnapshotManifest,
} from "@rialto/replica";
import {
  type FileOperations,
  openFileSnapshots,
  type Snapshots,
  type StoredContent,
} from "@rialto/storage";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { certificateChecks } from "../../finality/certificate-checks.ts";
import { openFrameState } from "../frame-engine.ts";
import type { Genesis } from "../genesis.ts";
import { sha256 } from "../../sha256.ts";
import { makeManifest } from "./make-manifest.ts";
import { writeWhole } from "../../write-whole.ts";

// The snapshots of a member. Their sequence is the index of a commit, their journal hash that commit's digest.

/**
 * For whom others than the newest are kept. A minute: who was killed while it fetched is back by then, and who has all of it has
 * caught up by blocks that would else be gone. A quarter of an hour: half a gigabyte, of one member at its slowest.
 */
const KEEPING: KeptSnapshotsSettings = { idleMs: 60_000, heldMsMax: 900_000 };

/** A snapshot that a member can begin with. */
export interface MemberStart extends SnapshotContent {
  /** To go on in: its own, or the one after it where it is of an epoch's end. */
  readonly epoch: number;
  /** Of the last batch that its engine has executed. */
  readonly sequence: number;
  /** The engine's own snapshot. */
  readonly engine: Uint8Array;
}

export interface MemberSnapshotsOptions {
  readonly directory: string;
  readonly genesis: Genesis;
  /** The epochs that the member knows: a snapshot of any other is of no use to it. */
  readonly path: EpochPath;
  readonly warn: (warning: Fault<{ readonly code: string }>) => void;
  readonly files?: FileOperations;
  /** A clock that never goes back. */
  readonly nowMs?: () => number;
}

/** A manifest that others may have, and the same as it travels. */
export interface KeptManifest {
  readonly certified: CertifiedManifest;
  readonly bytes: Uint8Array;
}

const MANIFEST_NAME = /^snapshot-(\d{16})\.manifest$/;
const UNFINISHED_NAME = /^snapshot-\d{16}\.manifest\.unfinished$/;

function manifestPath(directory: string, commitIndex: number): string {
  return join(directory, `snapshot-${String(commitIndex).padStart(16, "0")}.manifest`);
}

/** What a member has on its disk to begin with, besides the journal. */
export class MemberSnapshots {
  readonly #options: MemberSnapshotsOptions;
  readonly #snapshots: Snapshots;
  readonly #kept: KeptSnapshots;
  readonly #nowMs: () => number;

  private constructor(
    options: MemberSnapshotsOptions,
    snapshots: Snapshots,
    kept: KeptSnapshots,
    nowMs: () => number,
  ) {
    this.#options = options;
    this.#snapshots = snapshots;
    this.#kept = kept;
    this.#nowMs = nowMs;
  }

  /** Opens the snapshots in a directory, and removes what a crash left half made. Errors: STORAGE_IO. */
  static async open(options: MemberSnapshotsOptions): Promise<MemberSnapshots> {
    const { directory, genesis, files, nowMs = () => performance.now() } = options;
    const kept = new KeptSnapshots(KEEPING);
    const snapshots = await openFileSnapshots({
      directory,
      networkHash: genesis.committee.hash,
      keep: (commitIndexes) => kept.choose(commitIndexes, nowMs()),
      ...(files === undefined ? {} : { files }),
    });
    for (const name of readdirSync(directory)) {
      if (UNFINISHED_NAME.test(name)) rmSync(join(directory, name));
    }
    return new MemberSnapshots(options, snapshots, kept, nowMs);
  }

  /**
   * Stores a snapshot and lets go of those that are older than the one before and that nobody is fetching. What a crash leaves of
   * them goes with the next. Errors: STORAGE_FULL, STORAGE_IO: the older ones are there.
   */
  async save(
    { checkpoint }: Pick<SnapshotManifest, "checkpoint">,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const mark = {
      sequence: checkpoint.commitIndex,
      stateHash: checkpoint.stateRoot,
      journalHash: checkpoint.commitDigest,
    };
    await this.#snapshots.save(mark, pieces);
  }

  /** A peer has asked for a part of a snapshot: it is kept for a while, though newer ones come. */
  noteAsked(peer: number, commitIndex: number): void {
    this.#kept.noteAsked(peer, commitIndex, this.#nowMs());
  }

  /** Opens a snapshot to give it to others; undefined where it is not there any more. */
  async openContent(commitIndex: number): Promise<StoredContent | undefined> {
    return await this.#snapshots.open(commitIndex);
  }

  /**
   * Keeps a snapshot's manifest with the certificate of its checkpoint beside it: from now on others may have it. Those of
   * snapshots that are not stored any more go. Errors: STORAGE_IO, and what the system says, thrown.
   */
  async keepManifest(manifest: SnapshotManifest, certificate: Certificate): Promise<KeptManifest> {
    const { directory } = this.#options;
    const { commitIndex } = manifest.checkpoint;
    const bytes = encodeCertifiedManifest(manifest, certificate);
    writeWhole(manifestPath(directory, commitIndex), bytes);
    const stored = await this.#snapshots.list();
    for (const index of this.#manifestIndexes()) {
      if (!stored.includes(index)) rmSync(manifestPath(directory, index), { force: true });
    }
    const digest = computeManifestDigest(encodeManifest(manifest), sha256);
    return { certified: { manifest, certificate, digest }, bytes };
  }

  /** Commits of the snapshots that are stored, the newest first. Errors: STORAGE_IO. */
  async list(): Promise<readonly number[]> {
    return await this.#snapshots.list();
  }

  /**
   * The manifests that are kept, the newest first. What a damaged disk has spoilt is left out, and what a crash has left of a
   * snapshot that is not there any more. Errors: STORAGE_IO.
   */
  async manifests(): Promise<KeptManifest[]> {
    const { path } = this.#options;
    const checksOf = (epoch: number): CertificateChecks | undefined => {
      const committee = path.epochAt(epoch)?.committee;
      return committee && certificateChecks(committee);
    };
    const checks = { hash: sha256, chunkBytes: CHUNK_BYTES, checksOf };
    const stored = await this.#snapshots.list();
    const indexes = this.#manifestIndexes().filter((index) => stored.includes(index));
    return indexes.flatMap((index) => {
      const bytes = readFileSync(manifestPath(this.#options.directory, index));
      const certified = openCertifiedManifest(bytes, checks);
      return certified === undefined ? [] : [{ certified, bytes }];
    });
  }

  /** Makes the manifest of a snapshot that is stored. Undefined where it is damaged, or not there any more; damage is warned of. */
  async remakeManifest(commitIndex: number): Promise<SnapshotManifest | undefined> {
    const { snapshot, warnings } = await this.#snapshots.latest(commitIndex);
    for (const warning of warnings) this.#options.warn(warning);
    if (snapshot?.sequence !== commitIndex) return undefined;
    const content = this.#openContent(snapshot.content);
    return content && (await makeManifest(content.checkpoint, [snapshot.content]));
  }

  /** Undefined for what is no snapshot of an epoch that is known, which is warned of. */
  #openContent(bytes: Uint8Array): SnapshotContent | undefined {
    const content = openSnapshot(bytes, (epoch) => this.#epochAt(epoch), sha256);
    if (!(content instanceof Fault)) return content;
    this.#options.warn(content);
    return undefined;
  }

  #manifestIndexes(): number[] {
    const indexes = readdirSync(this.#options.directory).flatMap((name) => {
      const match = MANIFEST_NAME.exec(name);
      return match === null ? [] : [Number(match[1])];
    });
    return indexes.sort((left, right) => right - left);
  }

  /**
   * True where the newest snapshot came from others: what history and proofs hold has nothing to do with it, and they begin
   * anew at it.
   */
  get isAdopted(): boolean {
    return existsSync(this.#adoptedPath);
  }

  /** Notes that the next snapshot that is saved came from others. */
  noteAdopted(): void {
    writeWhole(this.#adoptedPath, new Uint8Array(0));
  }

  /** History and proofs have begun at it. */
  noteBegun(): void {
    rmSync(this.#adoptedPath, { force: true });
  }

  get #adoptedPath(): string {
    return join(this.#options.directory, "adopted");
  }

  #epochAt(epoch: number): OrderEpoch | undefined {
    const { path } = this.#options;
    const committee = path.epochAt(epoch)?.committee;
    return committee && { committee, start: path.startOf(epoch) };
  }

  /**
   * The newest snapshot that is whole, that an epoch which the member knows goes on from, and that `isOfUse`; each that is not
   * whole is warned of.
   *
   * Errors   STORAGE_NETWORK_MISMATCH, STORAGE_VERSION_UNKNOWN.
   */
  async findStart(isOfUse: (start: MemberStart) => boolean): Promise<MemberStart | undefined> {
    const { warn, path } = this.#options;
    for (let atMost = Infinity; ;) {
      const { snapshot, warnings } = await this.#snapshots.latest(atMost);
      for (const warning of warnings) warn(warning);
      if (snapshot === undefined) return undefined;
      const content = this.#openContent(snapshot.content);
      if (content !== undefined) {
        const { checkpoint } = content;
        const epoch = checkpoint.epoch + (isClosing(checkpoint) ? 1 : 0);
        const start = { ...content, epoch, ...openFrameState(content.executor) };
        // Of an end whose certificate had not come when the process was killed there is no telling what begins behind it.
        if (path.epochAt(epoch) !== undefined && isOfUse(start)) return start;
      }
      atMost = snapshot.sequence - 1;
    }
  }
}
