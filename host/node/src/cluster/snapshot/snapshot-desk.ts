import { equalBytes } from "@rialto/base";
import {
  CHUNK_BYTES,
  type CertifiedManifest,
  chunkBytes,
  encodeChunk,
  encodeManifestMessage,
  encodeSnapshotOffer,
  MessageKind,
  type PeerMessage,
} from "@rialto/replica";
import { isStorageFault } from "@rialto/storage";
import type { RoundArchive } from "../round-archive.ts";
import { type KeptManifest, type MemberSnapshots, SNAPSHOTS_KEPT } from "./member-snapshots.ts";

export interface SnapshotDeskOptions {
  readonly snapshots: MemberSnapshots;
  readonly archive: RoundArchive;
  readonly send: (to: number, message: Uint8Array) => void;
  /** Puts bytes on a member's account. Returns whether it may have more. */
  readonly charge: (member: number, bytes: number) => boolean;
  /** Told of a snapshot that cannot be read any more. */
  readonly onDamaged: (error: unknown) => void;
}

/** Gives snapshots to members that ask for them: one answer of each member at a time, and none while it is in debt. */
export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;
  /** The newest first. */
  #offered: KeptManifest[];
  readonly #busy = new Map<number, Promise<void>>();
  #isStopped = false;

  constructor(options: SnapshotDeskOptions, offered: readonly KeptManifest[]) {
    this.#options = options;
    this.#offered = [...offered];
  }

  /** There is a newer snapshot to be had. */
  offer(certified: CertifiedManifest, bytes: Uint8Array): void {
    this.#offered = [{ certified, bytes }, ...this.#offered].slice(0, SNAPSHOTS_KEPT);
  }

  /** Takes what members ask about snapshots. */
  consider(from: number, message: PeerMessage): void {
    if (this.#isStopped) return;
    const { send, charge, archive } = this.#options;
    if (message.kind === MessageKind.SnapshotQuery) {
      if (!charge(from, 0)) return;
      const { epoch } = message;
      const offered = this.#offered.map(({ certified: { manifest, digest } }) => {
        const { epoch: of, commitIndex } = manifest.checkpoint;
        return { epoch: of, commitIndex, digest };
      });
      return send(from, encodeSnapshotOffer(epoch, archive.lowestRound(epoch), offered));
    }
    if (message.kind === MessageKind.FetchManifest) {
      const known = this.#find(message.digest);
      if (known === undefined || !charge(from, 0)) return;
      charge(from, known.bytes.length);
      return send(from, encodeManifestMessage(message.epoch, known.bytes));
    }
    if (message.kind === MessageKind.FetchChunk) this.#giveChunk(from, message);
  }

  #find(digest: Uint8Array): KeptManifest | undefined {
    return this.#offered.find(({ certified }) => equalBytes(certified.digest, digest));
  }

  #giveChunk(
    from: number,
    question: { readonly epoch: number; readonly digest: Uint8Array; readonly index: number },
  ): void {
    const { charge } = this.#options;
    const known = this.#find(question.digest);
    const isThere = known !== undefined && question.index < known.certified.manifest.chunks.length;
    if (!isThere || this.#busy.has(from) || !charge(from, 0)) return;
    charge(from, CHUNK_BYTES);
    const giving = this.#give(from, known.certified, question)
      .catch((error: unknown) => {
        if (!isStorageFault(error)) throw error;
        // A snapshot that is damaged here is had from others.
        this.#offered = this.#offered.filter((each) => each !== known);
        this.#options.onDamaged(error);
      })
      .finally(() => this.#busy.delete(from));
    this.#busy.set(from, giving);
  }

  async #give(
    to: number,
    { manifest, digest }: CertifiedManifest,
    { epoch, index }: { readonly epoch: number; readonly index: number },
  ): Promise<void> {
    await using stored = await this.#options.snapshots.openContent(manifest.checkpoint.commitIndex);
    if (stored === undefined) return;
    const bytes = new Uint8Array(chunkBytes(manifest.contentBytes, index));
    await stored.read(bytes, index * CHUNK_BYTES);
    this.#options.send(to, encodeChunk(epoch, { digest, index, bytes }));
  }

  /** Waits until nothing is read any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#busy.values());
  }
}
