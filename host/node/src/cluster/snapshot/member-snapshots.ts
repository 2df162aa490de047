import { Fault } from "@rialto/base";
import type { Certificate, CertificateChecks, Committee } from "@rialto/consensus";
import {
  beginEpoch,
  type CertifiedManifest,
  computeManifestDigest,
  encodeCertifiedManifest,
  encodeManifest,
  type EpochStep,
  openCertifiedManifest,
  openSnapshot,
  readEpochSteps,
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
import { openFrameState } from "../frame-engine.ts";
import { type Genesis, sha256 } from "../genesis.ts";
import { writeWhole } from "./write-whole.ts";

// The snapshots of a member. Their sequence is the index of a commit, their journal hash that commit's digest.

/** Kept at a time: the newest, and the one before in case that the newest is damaged. */
export const SNAPSHOTS_KEPT = 2;

/** A snapshot that a member can begin with. */
export interface MemberStart extends SnapshotContent {
  /** Ends of the epochs before its own. */
  readonly epochSteps: readonly EpochStep[];
  /** Of the last batch that its engine has executed. */
  readonly sequence: number;
  /** The engine's own snapshot. */
  readonly engine: Uint8Array;
}

export interface MemberSnapshotsOptions {
  readonly directory: string;
  readonly genesis: Genesis;
  readonly warn: (warning: Fault<{ readonly code: string }>) => void;
  readonly files?: FileOperations;
}

/** A manifest that others may have, and the same as it travels. */
export interface KeptManifest {
  readonly certified: CertifiedManifest;
  readonly bytes: Uint8Array;
}

const MANIFEST_NAME = /^snapshot-(\d{16})\.manifest$/;

function manifestPath(directory: string, commitIndex: number): string {
  return join(directory, `snapshot-${String(commitIndex).padStart(16, "0")}.manifest`);
}

/** What a member has on its disk to begin with, besides the journal. */
export class MemberSnapshots {
  readonly #options: MemberSnapshotsOptions;
  readonly #snapshots: Snapshots;

  private constructor(options: MemberSnapshotsOptions, snapshots: Snapshots) {
    this.#options = options;
    this.#snapshots = snapshots;
  }

  /** Opens the snapshots in a directory. Errors: STORAGE_IO. */
  static async open(options: MemberSnapshotsOptions): Promise<MemberSnapshots> {
    const { directory, genesis, files } = options;
    const snapshots = await openFileSnapshots({
      directory,
      networkHash: genesis.committee.hash,
      keep: SNAPSHOTS_KEPT,
      ...(files === undefined ? {} : { files }),
    });
    return new MemberSnapshots(options, snapshots);
  }

  /** Stores a snapshot and lets go of the third newest. Errors: STORAGE_FULL, STORAGE_IO: the older ones are there. */
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

  /** Opens a snapshot to give it to others; undefined where it is not there any more. */
  async openContent(commitIndex: number): Promise<StoredContent | undefined> {
    return await this.#snapshots.open(commitIndex);
  }

  /**
   * Keeps a snapshot's manifest with the certificate of its checkpoint beside it: from now on others may have it. Those of
   * snapshots that are not kept any more go.
   */
  keepManifest(manifest: SnapshotManifest, certificate: Certificate): KeptManifest {
    const { directory } = this.#options;
    const { commitIndex } = manifest.checkpoint;
    const bytes = encodeCertifiedManifest(manifest, certificate);
    writeWhole(manifestPath(directory, commitIndex), bytes);
    const kept = this.#manifestIndexes().slice(0, SNAPSHOTS_KEPT);
    for (const index of this.#manifestIndexes()) {
      if (!kept.includes(index)) rmSync(manifestPath(directory, index), { force: true });
    }
    const digest = computeManifestDigest(encodeManifest(manifest), sha256);
    return { certified: { manifest, certificate, digest }, bytes };
  }

  /** The manifests that are kept, the newest first. What a damaged disk has spoilt is left out. */
  manifests(checks: CertificateChecks): KeptManifest[] {
    return this.#manifestIndexes().flatMap((index) => {
      const bytes = readFileSync(manifestPath(this.#options.directory, index));
      const certified = openCertifiedManifest(bytes, { ...checks, hash: sha256 });
      return certified === undefined ? [] : [{ certified, bytes }];
    });
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

  /** Where the ends of epochs in a snapshot lead; undefined for what leads nowhere. */
  #epochOf(
    steps: readonly Uint8Array[],
  ): { readonly committee: Committee; readonly steps: readonly EpochStep[] } | undefined {
    const { roster, committee } = this.#options.genesis;
    const read = readEpochSteps(roster, steps);
    if (read instanceof Fault) return undefined;
    const last = read.at(-1);
    return {
      committee: last === undefined ? committee : beginEpoch(last, sha256).committee,
      steps: read,
    };
  }

  /**
   * The newest snapshot that is whole and that `isOfUse`; each that is not whole is warned of.
   *
   * Errors   STORAGE_NETWORK_MISMATCH, STORAGE_VERSION_UNKNOWN.
   */
  async findStart(isOfUse: (start: MemberStart) => boolean): Promise<MemberStart | undefined> {
    const { warn } = this.#options;
    const committeeOf = (steps: readonly Uint8Array[]): Committee | undefined =>
      this.#epochOf(steps)?.committee;
    for (let atMost = Infinity; ;) {
      const { snapshot, warnings } = await this.#snapshots.latest(atMost);
      for (const warning of warnings) warn(warning);
      if (snapshot === undefined) return undefined;
      const content = openSnapshot(snapshot.content, committeeOf, sha256);
      if (content instanceof Fault) warn(content);
      else {
        const { steps: epochSteps } = this.#epochOf(content.steps)!;
        const start = { ...content, epochSteps, ...openFrameState(content.executor) };
        if (isOfUse(start)) return start;
      }
      atMost = snapshot.sequence - 1;
    }
  }
}
