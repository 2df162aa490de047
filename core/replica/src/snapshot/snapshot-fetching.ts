import { encodeHex, equalBytes } from "@rialto/base";
import type { CertificateChecks, HashFunction } from "@rialto/consensus";
import type { Outbox } from "../effects.ts";
import {
  encodeFetchChunk,
  encodeFetchManifest,
  encodeSnapshotQuery,
  MessageKind,
  type OfferedSnapshot,
  type SnapshotMessage,
} from "../messages.ts";
import { ChunkSources, type ChunkSourcesSettings } from "./chunk-sources.ts";
import { type CertifiedManifest, chunkBytes, openCertifiedManifest } from "./manifest.ts";

export interface SnapshotFetchSettings extends ChunkSourcesSettings {
  /** How often the others are asked what they have, while this member is far behind. */
  readonly queryMs: number;
  /** Without a step forward for so long, what is under way is given up for something else. */
  readonly stallMs: number;
  /** Commits that a snapshot must be ahead to be fetched though blocks could be had one by one. */
  readonly lagCommits: number;
}

/** Where this member stands. */
export interface FetchNeed {
  /** More weight than may lie is farther ahead than a horizon. */
  readonly isTooFarBehind: boolean;
  readonly quorumRound: number;
  readonly decidedRound: number;
  readonly commitIndex: number;
}

/** What is for the host to do. */
export type FetchEvent =
  /** Make room for this snapshot, and say by `resume` which of its chunks are there already. */
  | { readonly kind: "begin"; readonly certified: CertifiedManifest; readonly bytes: Uint8Array }
  /** Keep a chunk, which has been checked, and say so by `noteStored`. */
  | { readonly kind: "store"; readonly index: number; readonly bytes: Uint8Array }
  /** A member has sent what it cannot have had from a snapshot. */
  | { readonly kind: "refused"; readonly member: number; readonly problem: string };

type Phase =
  | { readonly kind: "looking" }
  | { readonly kind: "asking"; readonly digest: Uint8Array; readonly from: number; dueMs: number }
  | { readonly kind: "preparing"; readonly certified: CertifiedManifest }
  | {
      readonly kind: "fetching";
      readonly certified: CertifiedManifest;
      readonly sources: ChunkSources;
    }
  | { readonly kind: "whole"; readonly certified: CertifiedManifest };

interface Offer {
  readonly lowestRound: number;
  readonly snapshot: OfferedSnapshot | undefined;
}

/**
 * Gets a snapshot of the others for a member that is too far behind for blocks: asks what there is, takes what more
 * weight than may lie offers alike, checks the certificate of its checkpoint, and fetches its chunks from all who have
 * it, from each as fast as it gives them. A liar costs time: a wrong chunk is known by its digest, and its sender is not
 * asked again.
 *
 * Effects  keeps one chunk of each member at most; what is stored is the host's.
 * Source   docs/protocol/consensus.md §13.
 */
export class SnapshotFetch {
  readonly #checks: CertificateChecks & { readonly hash: HashFunction };
  readonly #self: number;
  readonly #settings: SnapshotFetchSettings;
  readonly #offers: (Offer | undefined)[];
  readonly #refused = new Set<number>();
  #phase: Phase = { kind: "looking" };
  #queryMs = -Infinity;
  /** When anything last moved: the rounds of this member, or what is fetched. */
  #movedMs: number | undefined;
  #lastRound = 0;
  #turn = 0;

  constructor(options: {
    readonly self: number;
    readonly checks: CertificateChecks & { readonly hash: HashFunction };
    readonly settings: SnapshotFetchSettings;
  }) {
    this.#self = options.self;
    this.#checks = options.checks;
    this.#settings = options.settings;
    this.#offers = options.checks.committee.weights.map(() => undefined);
  }

  get #epoch(): number {
    return this.#checks.committee.epoch;
  }

  /** What is being fetched, or has been, for those who ask how far it is. */
  get progress(): { readonly commitIndex: number; readonly left: number } | undefined {
    const phase = this.#phase;
    if (phase.kind === "looking" || phase.kind === "asking") return undefined;
    const { manifest } = phase.certified;
    const left = phase.kind === "fetching" ? phase.sources.missingCount : manifest.chunks.length;
    return {
      commitIndex: manifest.checkpoint.commitIndex,
      left: phase.kind === "whole" ? 0 : left,
    };
  }

  /** The snapshot all of whose chunks are stored. */
  get whole(): CertifiedManifest | undefined {
    return this.#phase.kind === "whole" ? this.#phase.certified : undefined;
  }

  /** The host has looked at its disk: which chunks of the snapshot that has begun it holds already. */
  resume(held: readonly boolean[], nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind !== "preparing") return;
    const { certified } = phase;
    const sources = new ChunkSources(certified.manifest, held, this.#settings);
    this.#phase = sources.isWhole
      ? { kind: "whole", certified }
      : { kind: "fetching", certified, sources };
    this.#movedMs = nowMs;
  }

  /** The host has kept a chunk. */
  noteStored(index: number, nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind !== "fetching") return;
    phase.sources.noteStored(index);
    this.#movedMs = nowMs;
    if (phase.sources.isWhole) this.#phase = { kind: "whole", certified: phase.certified };
  }

  /** The host could not keep a chunk: its disk is full, perhaps. It is asked for again a little later. */
  noteLost(index: number, nowMs: number): void {
    if (this.#phase.kind === "fetching") this.#phase.sources.noteLost(index, nowMs);
  }

  /** Takes what a member says of snapshots. Returns what is to be done. */
  note(from: number, message: SnapshotMessage, nowMs: number): FetchEvent | undefined {
    switch (message.kind) {
      case MessageKind.SnapshotOffer:
        this.#offers[from] = message;
        return undefined;
      case MessageKind.Manifest:
        return this.#noteManifest(from, message.bytes, nowMs);
      case MessageKind.Chunk:
        return this.#noteChunk(from, message, nowMs);
      default:
        return undefined;
    }
  }

  #noteManifest(from: number, bytes: Uint8Array, nowMs: number): FetchEvent | undefined {
    const phase = this.#phase;
    // Only who has been asked: an unasked one would cost signatures.
    if (phase.kind !== "asking" || phase.from !== from) return undefined;
    const certified = openCertifiedManifest(bytes, this.#checks);
    if (certified === undefined || !equalBytes(certified.digest, phase.digest)) {
      this.#phase = { kind: "looking" };
      return this.#refuse(from, "a manifest that is none, or not the one it offered");
    }
    this.#phase = { kind: "preparing", certified };
    this.#movedMs = nowMs;
    return { kind: "begin", certified, bytes };
  }

  #noteChunk(
    from: number,
    { digest, index, bytes }: Extract<SnapshotMessage, { readonly kind: typeof MessageKind.Chunk }>,
    nowMs: number,
  ): FetchEvent | undefined {
    const phase = this.#phase;
    if (phase.kind !== "fetching" || !equalBytes(digest, phase.certified.digest)) return undefined;
    const { sources, certified } = phase;
    if (!sources.isAwaited(from, index)) return undefined;
    const { contentBytes, chunks } = certified.manifest;
    const isRight =
      bytes.length === chunkBytes(contentBytes, index) &&
      equalBytes(this.#checks.hash(bytes), chunks[index]!);
    if (!isRight) {
      sources.drop(from);
      return this.#refuse(from, `a chunk that is not the one of its manifest: ${index}`);
    }
    return sources.noteReceived(from, nowMs) ? { kind: "store", index, bytes } : undefined;
  }

  #refuse(member: number, problem: string): FetchEvent {
    this.#refused.add(member);
    return { kind: "refused", member, problem };
  }

  /** Asks for what is wanted and not under way. Returns when to look again. */
  poll(nowMs: number, need: FetchNeed, outbox: Outbox): number {
    if (this.#phase.kind === "whole" || this.#phase.kind === "preparing") return Infinity;
    if (!need.isTooFarBehind) {
      // What is under way goes on only while it is needed.
      this.#phase = { kind: "looking" };
      this.#movedMs = undefined;
      return Infinity;
    }
    this.#noteMove(nowMs, need);
    this.#query(nowMs, outbox);
    if (this.#isStalled(nowMs) && this.#phase.kind !== "looking") this.#giveUp(nowMs);
    if (this.#phase.kind === "looking") this.#choose(nowMs, need, outbox);
    if (this.#phase.kind === "asking" && nowMs >= this.#phase.dueMs) {
      this.#phase = { kind: "looking" };
    }
    const nextMs = this.#queryMs + this.#settings.queryMs;
    if (this.#phase.kind !== "fetching") return nextMs;
    const { digest } = this.#phase.certified;
    return Math.min(
      nextMs,
      this.#phase.sources.poll(nowMs, this.#sourcesOf(digest), (to, index) =>
        outbox.push({ kind: "send", to, message: encodeFetchChunk(this.#epoch, digest, index) }),
      ),
    );
  }

  #noteMove(nowMs: number, { quorumRound }: FetchNeed): void {
    if (this.#movedMs === undefined || quorumRound > this.#lastRound) this.#movedMs = nowMs;
    this.#lastRound = quorumRound;
  }

  #isStalled(nowMs: number): boolean {
    return nowMs >= this.#movedMs! + this.#settings.stallMs;
  }

  /** Nobody gives what is asked for: what they offered may be gone, and who was refused may be all that is left. */
  #giveUp(nowMs: number): void {
    this.#phase = { kind: "looking" };
    this.#refused.clear();
    this.#offers.fill(undefined);
    this.#movedMs = nowMs;
  }

  #query(nowMs: number, outbox: Outbox): void {
    if (nowMs < this.#queryMs + this.#settings.queryMs) return;
    this.#queryMs = nowMs;
    const message = encodeSnapshotQuery(this.#epoch);
    for (let to = 0; to < this.#offers.length; to++) {
      if (to !== this.#self) outbox.push({ kind: "send", to, message });
    }
  }

  #choose(nowMs: number, need: FetchNeed, outbox: Outbox): void {
    const best = this.#findAgreed(need.commitIndex);
    if (best === undefined) return;
    const isFar = best.commitIndex > need.commitIndex + this.#settings.lagCommits;
    if (!isFar && !this.#isStalled(nowMs) && this.#canGoOnByBlocks(need)) return;
    const sources = this.#sourcesOf(best.digest);
    const from = sources[this.#turn++ % sources.length]!;
    // What begins now has its time.
    this.#movedMs = nowMs;
    this.#phase = {
      kind: "asking",
      digest: best.digest,
      from,
      dueMs: nowMs + this.#settings.chunkTimeoutMs,
    };
    outbox.push({ kind: "send", to: from, message: encodeFetchManifest(this.#epoch, best.digest) });
  }

  /** True where somebody honest still has the blocks that this member lacks. */
  #canGoOnByBlocks({ decidedRound }: FetchNeed): boolean {
    const { weights, thresholds } = this.#checks.committee;
    let weight = 0;
    this.#offers.forEach((offer, member) => {
      if (offer !== undefined && offer.lowestRound <= decidedRound + 1) weight += weights[member]!;
    });
    return weight > thresholds.liars;
  }

  /** The newest snapshot that more weight than may lie offers: so somebody honest does. */
  #findAgreed(commitIndex: number): OfferedSnapshot | undefined {
    const { weights, thresholds } = this.#checks.committee;
    let best: OfferedSnapshot | undefined;
    for (const offer of this.#offers) {
      const snapshot = offer?.snapshot;
      if (snapshot === undefined || snapshot.commitIndex <= (best?.commitIndex ?? commitIndex)) {
        continue;
      }
      const sources = this.#sourcesOf(snapshot.digest);
      const weight = sources.reduce((sum, member) => sum + weights[member]!, 0);
      if (weight > thresholds.liars) best = snapshot;
    }
    return best;
  }

  #sourcesOf(digest: Uint8Array): number[] {
    const key = encodeHex(digest);
    return this.#offers.flatMap((offer, member) => {
      const isSame = offer?.snapshot !== undefined && encodeHex(offer.snapshot.digest) === key;
      return isSame && !this.#refused.has(member) ? [member] : [];
    });
  }
}
