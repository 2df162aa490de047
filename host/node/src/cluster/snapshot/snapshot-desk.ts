import { equalBytes } from "@rialto/base";
import {
  CHUNK_BYTES,
  chunkBytes,
  encodeChunk,
  encodeManifestMessage,
  encodeSnapshotOffer,
  MessageKind,
  OFFERED_MAX,
  type PeerMessage,
} from "@rialto/replica";
import { isStorageFault } from "@rialto/storage";
import type { RoundArchive } from "../round-archive.ts";
import type { KeptManifest, MemberSnapshots } from "./member-snapshots.ts";

export interface SnapshotDeskOptions {
  readonly snapshots: MemberSnapshots;
  readonly archive: RoundArchive;
  readonly send: (to: number, message: Uint8Array) => void;
  /** Puts bytes on a member's account. Returns whether it may have more. */
  readonly charge: (member: number, bytes: number) => boolean;
  /** Told of a snapshot that cannot be read any more. */
  readonly onDamaged: (error: unknown) => void;
}

function indexOf({ certified }: KeptManifest): number {
  return certified.manifest.checkpoint.commitIndex;
}

/** As many as an offer may name: a crash may have left the manifest of one more. */
function newestOf(kept: readonly KeptManifest[]): KeptManifest[] {
  return kept.toSorted((left, right) => indexOf(right) - indexOf(left)).slice(0, OFFERED_MAX);
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
    this.#offered = newestOf(offered);
  }

  /** There is one more snapshot to be had. */
  offer(kept: KeptManifest): void {
    const others = this.#offered.filter((each) => indexOf(each) !== indexOf(kept));
    this.#offered = newestOf([kept, ...others]);
  }

  /** Of snapshots, by their commits, these are there and no others. */
  retain(stored: readonly number[]): void {
    this.#offered = this.#offered.filter((each) => stored.includes(indexOf(each)));
  }

  /** Takes what members ask about snapshots. */
  consider(from: number, message: PeerMessage): void {
    if (this.#isStopped) return;
    const { send, charge, archive, snapshots } = this.#options;
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
      if (known === undefined) return;
      snapshots.noteAsked(from, indexOf(known));
      if (!charge(from, 0)) return;
      charge(from, known.bytes.length);
      return send(from, encodeManifestMessage(message.epoch, known.bytes));
    }
    if (message.kind === MessageKind.FetchChunk) this.#giveChunk(from, message);
  }

  #withdraw(known: KeptManifest): void {
    this.#offered = this.#offered.filter((each) => each !== known);
  }

  #find(digest: Uint8Array): KeptManifest | undefined {
    return this.#offered.find(({ certified }) => equalBytes(certified.digest, digest));
  }

  #giveChunk(
    from: number,
    question: { readonly epoch: number; readonly digest: Uint8Array; readonly index: number },
  ): void {
    const { charge, snapshots } = this.#options;
    const known = this.#find(question.digest);
    const isThere = known !== undefined && question.index < known.certified.manifest.chunks.length;
    if (!isThere) return;
    // Who is in debt is fetching it all the same.
    snapshots.noteAsked(from, indexOf(known));
    if (this.#busy.has(from) || !charge(from, 0)) return;
    charge(from, CHUNK_BYTES);
    const giving = this.#give(from, known, question)
      .catch((error: unknown) => {
        if (!isStorageFault(error)) throw error;
        // A snapshot that is damaged here is had from others.
        this.#withdraw(known);
        this.#options.onDamaged(error);
      })
      .finally(() => this.#busy.delete(from));
    this.#busy.set(from, giving);
  }

  async #give(
    to: number,
    known: KeptManifest,
    { epoch, index }: { readonly epoch: number; readonly index: number },
  ): Promise<void> {
    const { manifest, digest } = known.certified;
    await using stored = await this.#options.snapshots.openContent(manifest.checkpoint.commitIndex);
    // Newer ones have pushed it out that are not certified yet.
    if (stored === undefined) return this.#withdraw(known);
    const bytes = new Uint8Array(chunkBytes(manifest.contentBytes, index, CHUNK_BYTES));
    await stored.read(bytes, index * CHUNK_BYTES);
    this.#options.send(to, encodeChunk(epoch, { digest, index, bytes }));
  }

  /** Waits until nothing is read any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#busy.values());
  }
}
