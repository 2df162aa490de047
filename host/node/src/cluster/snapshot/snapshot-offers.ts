import { equalBytes } from "@rialto/base";
import { type Certificate, encodeCheckpoint } from "@rialto/consensus";
import {
  type EpochPath,
  SnapshotCertificates,
  type SnapshotManifest,
  SNAPSHOTS_KEPT,
} from "@rialto/replica";
import { isStorageFault } from "@rialto/storage";
import type { KeptManifest, MemberSnapshots } from "./member-snapshots.ts";
import { isNoRoom } from "../../write-whole.ts";

export interface SnapshotOffersOptions {
  readonly snapshots: MemberSnapshots;
  /** Of the replica, which goes on along it. */
  readonly path: EpochPath;
  /** Commits of snapshots on the disk that have no manifest: a process before this one ended before it came to that. */
  readonly unoffered: readonly number[];
  /** Told of what others may have from now on. */
  readonly onOffered: (kept: KeptManifest) => void;
  /** Told of a snapshot that others may not have though it is certified, and why. */
  readonly onUnoffered: (error: unknown) => void;
}

/** Lets others have this member's snapshots as their checkpoints are certified, whichever of its processes has saved them. */
export class SnapshotOffers {
  readonly #options: SnapshotOffersOptions;
  readonly #certificates: SnapshotCertificates;
  /** By commit, of snapshots without a certificate; undefined where it is to be made of what is on the disk. */
  readonly #waiting: Map<number, SnapshotManifest | undefined>;
  /** What is done at the disk, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: SnapshotOffersOptions) {
    this.#options = options;
    this.#certificates = new SnapshotCertificates(options.path);
    this.#waiting = new Map(options.unoffered.map((commitIndex) => [commitIndex, undefined]));
  }

  /** A snapshot has been saved. */
  noteSaved(manifest: SnapshotManifest): void {
    this.#waiting.set(manifest.checkpoint.commitIndex, manifest);
    const indexes = [...this.#waiting.keys()].toSorted((left, right) => right - left);
    for (const index of indexes.slice(SNAPSHOTS_KEPT)) this.#waiting.delete(index);
    this.look();
  }

  noteCertificate(certificate: Certificate): void {
    this.#certificates.note(certificate);
    this.look();
  }

  /** Offers what is certified by now. To be called at the start, and when the path has come to know more. */
  look(): void {
    if (this.#isStopped) return;
    for (const [commitIndex, manifest] of this.#waiting) {
      const certificate = this.#certificates.find(commitIndex);
      if (certificate === undefined) continue;
      this.#waiting.delete(commitIndex);
      this.#work = this.#work.then(() => this.#offer(commitIndex, manifest, certificate));
    }
  }

  async #offer(
    commitIndex: number,
    made: SnapshotManifest | undefined,
    certificate: Certificate,
  ): Promise<void> {
    const { snapshots, onOffered, onUnoffered } = this.#options;
    try {
      const manifest = made ?? (await snapshots.remakeManifest(commitIndex));
      if (manifest === undefined || !isOf(certificate, manifest)) return;
      onOffered(await snapshots.keepManifest(manifest, certificate));
    } catch (error) {
      // Others have it of others; the next one, or the next start, may find room.
      if (!isNoRoom(error) && !isStorageFault(error)) throw error;
      onUnoffered(error);
    }
  }

  /** Waits until nothing is read or written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }
}

/** False where this member stands alone with its state. */
function isOf(certificate: Certificate, { checkpoint }: SnapshotManifest): boolean {
  return equalBytes(encodeCheckpoint(certificate.checkpoint), encodeCheckpoint(checkpoint));
}
