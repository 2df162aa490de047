import { equalBytes, fail, Fault } from "@rialto/base";
import { type Certificate, type CommittedBatch, parseBlock } from "@rialto/consensus";
import {
  type CertifiedManifest,
  ChainFetch,
  type ChainReplica,
  chunkBytes,
  chunkCount,
  type CommitResult,
  encodeBlockMessage,
  encodeChunk,
  encodeManifestMessage,
  encodeSnapshotOffer,
  KeptSnapshots,
  type KeptSnapshotsSettings,
  MessageKind,
  type PeerMessage,
  SnapshotCertificates,
  type SnapshotFetchSettings,
  type SnapshotMessage,
  SteadyClock,
} from "@rialto/replica";
import type { EpochBook } from "./epoch-book.ts";
import { sha256 } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { OrderPlace, StoredSnapshot } from "./sim-snapshots.ts";
import { openStored } from "./snapshot-start.ts";
import { makeManifest, storedManifest } from "./stored-manifest.ts";

/** How a snapshot of the others has come in. */
export interface FetchedSnapshot {
  readonly chunkCount: number;
  /** Chunks that were there when it began: an earlier life had fetched them. */
  readonly heldCount: number;
  /** Members that have given others, by their numbers. */
  readonly sources: ReadonlySet<number>;
  /** Members that have given what was not right. */
  readonly refused: ReadonlySet<number>;
}

export interface SnapshotLifeOptions {
  readonly number: number;
  readonly chain: ChainReplica;
  readonly ledger: Ledger;
  readonly disk: SimDisk;
  readonly book: EpochBook;
  /** What a liar makes of a snapshot that it gives to others. */
  readonly forge: ((stored: StoredSnapshot) => StoredSnapshot) | undefined;
  readonly settings: SnapshotFetchSettings;
  /** Whether a chunk that has come finds room on the disk. */
  readonly keepsChunk: () => boolean;
  /** For whom it keeps others than the newest. */
  readonly keeping: KeptSnapshotsSettings;
  /** Of a chunk. */
  readonly chunkBytes: number;
  readonly nowMs: () => number;
  readonly send: (to: number, message: Uint8Array) => void;
}

/** What one life of a simulated member has to do with snapshots and old rounds: as the host's, against a simulated disk. */
export class SnapshotLife {
  readonly #options: SnapshotLifeOptions;
  readonly #fetch: ChainFetch;
  #fetched: FetchedSnapshot | undefined;
  readonly #sources = new Set<number>();
  readonly #refused = new Set<number>();
  /** The host's is monotone, whatever the machine's clock does. */
  readonly #clock = new SteadyClock();
  readonly #certificates: SnapshotCertificates;
  readonly #kept: KeptSnapshots;

  constructor(options: SnapshotLifeOptions) {
    this.#options = options;
    const { chain, number, book, settings, send } = options;
    this.#certificates = new SnapshotCertificates(chain.path);
    this.#kept = new KeptSnapshots(options.keeping);
    this.#fetch = new ChainFetch({
      replica: chain,
      linkKey: book.linkKeyOf(number),
      hash: sha256,
      chunkBytes: options.chunkBytes,
      checksOf: book.checksOf,
      settings,
      begun: options.disk.snapshots.begun,
      send,
    });
    this.certify();
  }

  #steadyMs(): number {
    return this.#clock.read(this.#options.nowMs());
  }

  /** The snapshot that is due after a commit, if one is. */
  take(batch: CommittedBatch, result: CommitResult): StoredSnapshot | undefined {
    if (!result.isSnapshotDue) return undefined;
    const { chain, ledger } = this.#options;
    const captured = chain.captureOrder();
    if (captured === undefined) return undefined;
    const content = Buffer.concat([captured.head, ledger.snapshot()]);
    const { index: commitIndex, gcRound: round } = batch.commit;
    const { epoch } = captured.checkpoint;
    return { commitIndex, horizon: { epoch, round }, content, certified: undefined };
  }

  /** Stores a snapshot, as `SimSnapshots.save`, and lets go of those that nobody needs. */
  save(snapshot: StoredSnapshot): OrderPlace | undefined {
    const nowMs = this.#steadyMs();
    return this.#options.disk.snapshots.save(snapshot, (stored) =>
      this.#kept.choose(stored, nowMs),
    );
  }

  noteCertificate(certificate: Certificate): void {
    this.#certificates.note(certificate);
    this.certify();
  }

  /** Lets others have the snapshots that are on the disk and certified by now. */
  certify(): void {
    for (const stored of this.#options.disk.snapshots.all) {
      if (stored.certified !== undefined) continue;
      const certificate = this.#certificates.find(stored.commitIndex);
      if (certificate === undefined) continue;
      const manifest = makeManifest(certificate, stored.content, this.#options.chunkBytes);
      stored.certified = storedManifest(manifest, certificate);
    }
  }

  /** Takes a message of a member: questions are answered from the disk. */
  receive(from: number, message: PeerMessage): void {
    switch (message.kind) {
      case MessageKind.SnapshotQuery:
      case MessageKind.FetchManifest:
      case MessageKind.FetchChunk:
        return this.#answer(from, message);
      case MessageKind.SnapshotOffer:
      case MessageKind.Manifest:
      case MessageKind.Chunk:
        return this.#note(from, message);
      case MessageKind.FetchRounds:
        return this.#answerRounds(from, message);
      case MessageKind.FetchBlocks:
        for (const { round, digest } of message.refs) {
          this.#answerBlock(from, message.epoch, round, digest);
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #note(from: number, message: SnapshotMessage): void {
    const nowMs = this.#steadyMs();
    const event = this.#fetch.note(from, message, nowMs);
    if (event?.kind === "begin") {
      const held = this.#held(event.certified);
      this.#options.disk.snapshots.begun = event.certified.digest;
      this.#sources.clear();
      this.#refused.clear();
      const heldCount = held.filter((isHeld) => isHeld).length;
      const [sources, refused] = [this.#sources, this.#refused];
      this.#fetched = { chunkCount: held.length, heldCount, sources, refused };
      this.#fetch.current.resume(held, nowMs);
    }
    if (event?.kind === "refused") this.#refused.add(from);
    if (event?.kind === "store" && !this.#options.keepsChunk()) {
      this.#fetch.current.noteLost(event.index, nowMs);
    } else if (event?.kind === "store") {
      this.#options.disk.snapshots.incoming.set(event.index, event.bytes);
      this.#sources.add(from);
      this.#fetch.current.noteStored(event.index, nowMs);
    }
    this.#fetch.look(nowMs);
  }

  #held({ manifest }: CertifiedManifest): boolean[] {
    const { incoming } = this.#options.disk.snapshots;
    return manifest.chunks.map((digest, index) => {
      const bytes = incoming.get(index);
      return bytes !== undefined && equalBytes(sha256(bytes), digest);
    });
  }

  #charge(peer: number, bytes: number): boolean {
    const { chain, nowMs } = this.#options;
    return chain.chargeAnswer(peer, bytes, nowMs());
  }

  /** What others may have. */
  get #given(): readonly StoredSnapshot[] {
    const { disk, forge } = this.#options;
    const { certified } = disk.snapshots;
    return forge === undefined ? certified : certified.map(forge);
  }

  #answer(from: number, message: SnapshotMessage): void {
    const { disk, send } = this.#options;
    const { epoch } = message;
    if (message.kind === MessageKind.SnapshotQuery) {
      if (!this.#charge(from, 0)) return;
      const offered = this.#given.toReversed().map((each) => ({
        epoch: each.horizon.epoch,
        commitIndex: each.commitIndex,
        digest: each.certified!.digest,
      }));
      return send(from, encodeSnapshotOffer(epoch, disk.lowestRound(epoch), offered));
    }
    if (!("digest" in message)) return;
    const stored = this.#given.find((each) => equalBytes(each.certified!.digest, message.digest));
    if (stored === undefined) return;
    this.#kept.noteAsked(from, stored.commitIndex, this.#steadyMs());
    if (!this.#charge(from, 0)) return;
    if (message.kind === MessageKind.FetchManifest) {
      const { bytes } = stored.certified!;
      this.#charge(from, bytes.length);
      return send(from, encodeManifestMessage(epoch, bytes));
    }
    if (message.kind !== MessageKind.FetchChunk) return;
    const { index } = message;
    const { content } = stored;
    const { chunkBytes: size } = this.#options;
    if (index >= chunkCount(content.length, size)) return;
    const at = index * size;
    const bytes = content.subarray(at, at + chunkBytes(content.length, index, size));
    this.#charge(from, bytes.length);
    send(from, encodeChunk(epoch, { digest: message.digest, index, bytes }));
  }

  #answerRounds(
    from: number,
    { epoch, fromRound, roundCount }: Extract<PeerMessage, { readonly fromRound: number }>,
  ): void {
    const { chain, disk } = this.#options;
    const lowestRound = chain.lowestRound(epoch);
    if (fromRound >= lowestRound) return;
    const toRound = Math.min(fromRound + roundCount, lowestRound) - 1;
    for (const bytes of disk.rounds(epoch, fromRound, toRound)) this.#give(from, bytes);
  }

  #answerBlock(from: number, epoch: number, round: number, digest: Uint8Array): void {
    const { chain, disk } = this.#options;
    if (round >= chain.lowestRound(epoch)) return;
    for (const bytes of disk.rounds(epoch, round, round)) {
      const block = parseBlock(bytes, sha256);
      if (!(block instanceof Fault) && equalBytes(block.digest, digest)) this.#give(from, bytes);
    }
  }

  #give(to: number, bytes: Uint8Array): void {
    if (!this.#charge(to, 0)) return;
    this.#charge(to, bytes.length);
    this.#options.send(to, encodeBlockMessage({ bytes }));
  }

  /** How the snapshot has come in that `poll` has returned. */
  get fetched(): FetchedSnapshot {
    return this.#fetched ?? fail("a snapshot has come in");
  }

  /** True while a snapshot of the others comes in. */
  get isFetching(): boolean {
    return this.#fetch.current.progress !== undefined;
  }

  /** Asks for what is needed. Returns a snapshot of the others once it is whole. */
  poll(): StoredSnapshot | undefined {
    const whole = this.#fetch.look(this.#steadyMs());
    return whole && this.#assemble(whole);
  }

  #assemble({ manifest, certificate }: CertifiedManifest): StoredSnapshot {
    const { disk, chain } = this.#options;
    const chunks = manifest.chunks.map((_, index) => disk.snapshots.incoming.get(index)!);
    const content = Buffer.concat(chunks);
    const { commitIndex, epoch } = manifest.checkpoint;
    const { order } = openStored({ content }, chain.path);
    const round = order.base?.commits.at(-1)!.gcRound ?? 0;
    const certified = storedManifest(manifest, certificate);
    return { commitIndex, horizon: { epoch, round }, content, certified };
  }
}
