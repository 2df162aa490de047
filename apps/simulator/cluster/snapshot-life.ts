import { equalBytes, fail, Fault } from "@rialto/base";
import {
  type BlockChecks,
  type Certificate,
  type CommittedBatch,
  ORDER_BEGINNING,
  parseBlock,
} from "@rialto/consensus";
import {
  CHUNK_BYTES,
  type CertifiedManifest,
  chunkBytes,
  chunkCount,
  type CommitResult,
  encodeBlockMessage,
  encodeCertifiedManifest,
  encodeChunk,
  encodeManifestMessage,
  encodeSnapshotOffer,
  MessageKind,
  openCertifiedManifest,
  openSnapshot,
  Outbox,
  type PeerMessage,
  type Replica,
  SnapshotFetch,
  type SnapshotFetchSettings,
  type SnapshotManifest,
  type SnapshotMessage,
} from "@rialto/replica";
import type { Ledger } from "./ledger.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";

export interface SnapshotLifeOptions {
  readonly self: number;
  readonly replica: Replica;
  readonly ledger: Ledger;
  readonly disk: SimDisk;
  readonly checks: BlockChecks;
  readonly settings: SnapshotFetchSettings;
  readonly nowMs: () => number;
  readonly send: (to: number, message: Uint8Array) => void;
}

/** What one life of a simulated member has to do with snapshots and old rounds: as the host's, against a simulated disk. */
export class SnapshotLife {
  readonly #options: SnapshotLifeOptions;
  readonly #fetch: SnapshotFetch;
  readonly #outbox = new Outbox();
  readonly #certificates: Certificate[] = [];

  constructor(options: SnapshotLifeOptions) {
    this.#options = options;
    const { self, checks, settings } = options;
    const { committee, hash } = checks;
    const { epoch } = committee;
    const checksOf = (): BlockChecks => checks;
    this.#fetch = new SnapshotFetch({ epoch, committee, self, hash, checksOf, settings });
  }

  /** The snapshot that is due after a commit, if one is. */
  take(batch: CommittedBatch, result: CommitResult): StoredSnapshot | undefined {
    if (!result.isSnapshotDue) return undefined;
    const { replica, ledger } = this.#options;
    const captured = replica.captureOrder();
    if (captured === undefined) return undefined;
    const content = Buffer.concat([captured.head, ledger.snapshot()]);
    const { index: commitIndex, gcRound } = batch.commit;
    return { commitIndex, gcRound, content, certified: undefined };
  }

  noteCertificate(certificate: Certificate): void {
    this.#certificates.push(certificate);
    if (this.#certificates.length > 64) this.#certificates.shift();
    this.certify();
  }

  /** Lets others have the snapshots that are on the disk and certified by now. */
  certify(): void {
    const { disk, checks } = this.#options;
    for (const certificate of this.#certificates) {
      const { commitIndex } = certificate.checkpoint;
      const stored = disk.snapshots.find(commitIndex);
      if (stored === undefined || stored.certified !== undefined) continue;
      const manifest = makeManifest(certificate, stored.content, checks);
      stored.certified = encodeCertifiedManifest(manifest, certificate);
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
        return this.#answerRounds(from, message.fromRound, message.roundCount);
      case MessageKind.FetchBlocks:
        for (const { round, digest } of message.refs) this.#answerBlock(from, round, digest);
        return undefined;
      default:
        return undefined;
    }
  }

  #note(from: number, message: SnapshotMessage): void {
    const { disk, nowMs } = this.#options;
    const event = this.#fetch.note(from, message, nowMs());
    if (event?.kind === "begin") this.#fetch.resume(this.#held(event.certified), nowMs());
    if (event?.kind !== "store") return;
    disk.snapshots.incoming.set(event.index, event.bytes);
    this.#fetch.noteStored(event.index, nowMs());
  }

  #held({ manifest }: CertifiedManifest): boolean[] {
    const { disk, checks } = this.#options;
    return manifest.chunks.map((digest, index) => {
      const bytes = disk.snapshots.incoming.get(index);
      return bytes !== undefined && equalBytes(checks.hash(bytes), digest);
    });
  }

  #charge(member: number, bytes: number): boolean {
    const { replica, nowMs } = this.#options;
    return replica.chargeAnswer(member, bytes, nowMs());
  }

  #answer(from: number, message: SnapshotMessage): void {
    const { disk, checks, send } = this.#options;
    if (!this.#charge(from, 0)) return;
    const open = (each: StoredSnapshot): CertifiedManifest =>
      openCertifiedManifest(each.certified!, { hash: checks.hash, checksOf: () => checks }) ??
      fail("what was certified here still is");
    if (message.kind === MessageKind.SnapshotQuery) {
      const newest = disk.snapshots.offered;
      const { epoch } = message;
      const offered = newest && [
        { epoch, commitIndex: newest.commitIndex, digest: open(newest).digest },
      ];
      return send(from, encodeSnapshotOffer(epoch, disk.lowestRound, offered ?? []));
    }
    if (!("digest" in message)) return;
    const stored = disk.snapshots.certified.find((each) =>
      equalBytes(open(each).digest, message.digest),
    );
    if (stored === undefined) return;
    if (message.kind === MessageKind.FetchManifest) {
      this.#charge(from, stored.certified!.length);
      return send(from, encodeManifestMessage(message.epoch, stored.certified!));
    }
    if (message.kind !== MessageKind.FetchChunk) return;
    const { index } = message;
    const { content } = stored;
    if (index >= chunkCount(content.length)) return;
    const at = index * CHUNK_BYTES;
    const bytes = content.subarray(at, at + chunkBytes(content.length, index));
    this.#charge(from, bytes.length);
    send(from, encodeChunk(message.epoch, { digest: message.digest, index, bytes }));
  }

  #answerRounds(from: number, fromRound: number, roundCount: number): void {
    const { replica, disk } = this.#options;
    const { lowestRound } = replica.consensus.dag;
    if (fromRound >= lowestRound) return;
    const toRound = Math.min(fromRound + roundCount, lowestRound) - 1;
    for (const bytes of disk.rounds(fromRound, toRound)) this.#give(from, bytes);
  }

  #answerBlock(from: number, round: number, digest: Uint8Array): void {
    const { replica, disk, checks } = this.#options;
    if (round >= replica.consensus.dag.lowestRound) return;
    for (const bytes of disk.rounds(round, round)) {
      const block = parseBlock(bytes, checks.hash);
      if (!(block instanceof Fault) && equalBytes(block.digest, digest)) this.#give(from, bytes);
    }
  }

  #give(to: number, bytes: Uint8Array): void {
    if (!this.#charge(to, 0)) return;
    this.#charge(to, bytes.length);
    this.#options.send(to, encodeBlockMessage({ bytes }));
  }

  /** Asks for what is needed. Returns a snapshot of the others once it is whole. */
  poll(): StoredSnapshot | undefined {
    const { replica, disk, nowMs, send, checks } = this.#options;
    const { dag, committer, sequencer } = replica.consensus;
    this.#fetch.poll(
      nowMs(),
      {
        isTooFarBehind: replica.isTooFarBehind,
        quorumRound: dag.quorumRound,
        decidedRound: committer.decidedRound,
        commitIndex: sequencer.lastIndex,
      },
      this.#outbox,
    );
    for (const effect of this.#outbox.take()) {
      if (effect.kind === "send") send(effect.to, effect.message);
    }
    const { whole } = this.#fetch;
    if (whole === undefined) return undefined;
    const { manifest, certificate } = whole;
    const chunks = manifest.chunks.map((_, index) => disk.snapshots.incoming.get(index)!);
    const content = Buffer.concat(chunks);
    const { committee, hash } = checks;
    const opened = openSnapshot(content, () => ({ committee, start: ORDER_BEGINNING }), hash);
    if (opened instanceof Fault) throw opened;
    const { commitIndex } = manifest.checkpoint;
    const { gcRound } = opened.order.base!.commits.at(-1)!;
    const certified = encodeCertifiedManifest(manifest, certificate);
    return { commitIndex, gcRound, content, certified };
  }
}

function makeManifest(
  { checkpoint }: Certificate,
  content: Uint8Array,
  { hash }: BlockChecks,
): SnapshotManifest {
  const chunks = Array.from({ length: chunkCount(content.length) }, (_, index) =>
    hash(content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
  );
  return { checkpoint, contentBytes: content.length, chunks };
}
