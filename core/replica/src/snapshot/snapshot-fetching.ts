import { encodeHex, equalBytes } from "@rialto/base";
import type { Committee } from "@rialto/consensus";
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
import {
  type CertifiedManifest,
  chunkBytes,
  type ManifestChecks,
  openCertifiedManifest,
} from "./manifest.ts";

/** Times the time without a step for which a snapshot is fetched that no more weight than may lie offers any more. */
const STALLS_ALONE = 12;

export interface SnapshotFetchSettings extends ChunkSourcesSettings {
  /** How often the others are asked what they have, while this member is far behind. */
  readonly queryMs: number;
  /** Without a step forward for so long, what is under way is given up for something else. */
  readonly stallMs: number;
  /** Rounds, of each leader's commits, that a snapshot must be ahead to be fetched though blocks could be had one by one. */
  readonly lagRounds: number;
}

/** Where this member stands. */
export interface FetchNeed {
  /** Its epoch is known to be over, or more weight than may lie is farther ahead in it than a horizon. */
  readonly isTooFarBehind: boolean;
  /** It has nothing, and takes no blocks until it has a snapshot. */
  readonly awaitsSnapshot?: boolean;
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
  | {
      readonly kind: "asking";
      readonly offered: OfferedSnapshot;
      readonly from: number;
      dueMs: number;
    }
  | { readonly kind: "preparing"; readonly certified: CertifiedManifest }
  | {
      readonly kind: "fetching";
      readonly certified: CertifiedManifest;
      readonly sources: ChunkSources;
    }
  | { readonly kind: "whole"; readonly certified: CertifiedManifest };

interface Offer {
  readonly lowestRound: number;
  readonly snapshots: readonly OfferedSnapshot[];
}

/** Whom a snapshot is asked of, and by what it is judged. */
export interface SnapshotFetchOptions extends ManifestChecks {
  /** The epoch that this member is in. */
  readonly epoch: number;
  /** The newest that it knows of: its members are asked, and their weights count. */
  readonly committee: Committee;
  /** Author number in that committee; below 0 for none. */
  readonly self: number;
  readonly settings: SnapshotFetchSettings;
  /** Digest of what was begun before, by an earlier process too: gone on with where enough offer it still. */
  readonly begun?: Uint8Array | undefined;
}

/**
 * Gets a snapshot of the others for a member that is too far behind for blocks: asks what there is, takes what more
 * weight than may lie offers alike, checks the certificate of its checkpoint by the members of its epoch, and fetches its
 * chunks from all who have it, from each as fast as it gives them. A liar costs time: a wrong chunk is known by its digest, and
 * its sender is not asked again.
 *
 * Effects  keeps one chunk of each member at most; what is stored is the host's.
 * Source   docs/protocol/consensus.md §13.
 */
export class SnapshotFetch {
  readonly #options: SnapshotFetchOptions;
  readonly #settings: SnapshotFetchSettings;
  readonly #offers: (Offer | undefined)[];
  readonly #refused = new Set<number>();
  /** Snapshots that the host cannot use, while somebody offers them. */
  #useless: readonly string[] = [];
  #phase: Phase = { kind: "looking" };
  /** Digest of what was begun last: some of its chunks are there already. */
  #begun: Uint8Array | undefined;
  /** It has been given up: who still offers it alone may never give it. */
  #isGivenUp = false;
  #queryMs = -Infinity;
  /** When anything last moved: the rounds of this member, or what is fetched. */
  #movedMs: number | undefined;
  #lastRound = 0;
  #turn = 0;
  /** When more weight than may lie last offered what is fetched. */
  #agreedMs = 0;

  constructor(options: SnapshotFetchOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#begun = options.begun;
    this.#offers = options.committee.weights.map(() => undefined);
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

  /** Digest of what was begun last, to go on with. */
  get begun(): Uint8Array | undefined {
    return this.#begun;
  }

  /** The snapshot all of whose chunks are stored. */
  get whole(): CertifiedManifest | undefined {
    return this.#phase.kind === "whole" ? this.#phase.certified : undefined;
  }

  /** The host has come to know that it cannot use what is whole: something else is looked for. */
  discard(): void {
    const { whole } = this;
    if (whole === undefined) return;
    const offered = this.#offers.flatMap((offer) => offer?.snapshots ?? []).map(keyOf);
    const kept = this.#useless.filter((key) => offered.includes(key));
    this.#useless = [...kept, keyOf(placeOf(whole))];
    this.#phase = { kind: "looking" };
  }

  /** The host has looked at its disk: which chunks of the snapshot that has begun it holds already. */
  resume(held: readonly boolean[], nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind !== "preparing") return;
    const { certified } = phase;
    const sources = new ChunkSources(certified.manifest, held, this.#settings);
    this.#agreedMs = nowMs;
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
    const certified = openCertifiedManifest(bytes, this.#options);
    if (certified === undefined || !equalBytes(certified.digest, phase.offered.digest)) {
      this.#phase = { kind: "looking" };
      return this.#refuse(from, "a manifest that is none, or not the one it offered");
    }
    this.#phase = { kind: "preparing", certified };
    this.#begun = certified.digest;
    this.#isGivenUp = false;
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
      bytes.length === chunkBytes(contentBytes, index, this.#options.chunkBytes) &&
      equalBytes(this.#options.hash(bytes), chunks[index]!);
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
    const isUseless = this.#isStalled(nowMs) || this.#isLeftToLiars(nowMs);
    if (isUseless && this.#phase.kind !== "looking") this.#giveUp(nowMs);
    if (this.#phase.kind === "looking") this.#choose(nowMs, need, outbox);
    if (this.#phase.kind === "asking" && nowMs >= this.#phase.dueMs) {
      this.#phase = { kind: "looking" };
      this.#isGivenUp = true;
    }
    const nextMs = this.#queryMs + this.#settings.queryMs;
    if (this.#phase.kind !== "fetching") return nextMs;
    const members = this.#sourcesOf(placeOf(this.#phase.certified));
    const { epoch } = this.#options;
    const { digest } = this.#phase.certified;
    return Math.min(
      nextMs,
      this.#phase.sources.poll(nowMs, members, (to, index) =>
        outbox.push({ kind: "send", to, message: encodeFetchChunk(epoch, digest, index) }),
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

  /** Those who still offer what is fetched may all be liars, who could give a chunk now and then for ever. */
  #isLeftToLiars(nowMs: number): boolean {
    if (this.#phase.kind !== "fetching") return false;
    if (this.#isAgreed(placeOf(this.#phase.certified))) this.#agreedMs = nowMs;
    return nowMs >= this.#agreedMs + STALLS_ALONE * this.#settings.stallMs;
  }

  /** Nobody gives what is asked for: what they offered may be gone, and who was refused may be all that is left. */
  #giveUp(nowMs: number): void {
    this.#phase = { kind: "looking" };
    this.#isGivenUp = true;
    this.#refused.clear();
    this.#offers.fill(undefined);
    this.#movedMs = nowMs;
  }

  #query(nowMs: number, outbox: Outbox): void {
    if (nowMs < this.#queryMs + this.#settings.queryMs) return;
    this.#queryMs = nowMs;
    const { epoch, self } = this.#options;
    const message = encodeSnapshotQuery(epoch);
    for (let to = 0; to < this.#offers.length; to++) {
      if (to !== self) outbox.push({ kind: "send", to, message });
    }
  }

  #choose(nowMs: number, need: FetchNeed, outbox: Outbox): void {
    const best = this.#findAgreed(need.commitIndex);
    if (best === undefined) return;
    if (!this.#isFar(best, need) && !this.#isStalled(nowMs) && this.#canGoOnByBlocks(need)) return;
    const sources = this.#sourcesOf(best);
    const from = sources[this.#turn++ % sources.length]!;
    // What begins now has its time.
    this.#movedMs = nowMs;
    const dueMs = nowMs + this.#settings.chunkTimeoutMs;
    this.#phase = { kind: "asking", offered: best, from, dueMs };
    const message = encodeFetchManifest(this.#options.epoch, best.digest);
    outbox.push({ kind: "send", to: from, message });
  }

  /** True where a snapshot is to be had though blocks could be: beyond the next epoch, or very far on. */
  #isFar({ epoch, commitIndex }: OfferedSnapshot, need: FetchNeed): boolean {
    if (need.awaitsSnapshot === true || epoch > this.#options.epoch + 1) return true;
    const lagCommits = this.#settings.lagRounds * this.#options.committee.leadersPerRound;
    return commitIndex > need.commitIndex + lagCommits;
  }

  /** True where somebody honest still has the blocks that this member lacks. */
  #canGoOnByBlocks({ decidedRound }: FetchNeed): boolean {
    const { weights, thresholds } = this.#options.committee;
    let weight = 0;
    this.#offers.forEach((offer, member) => {
      if (offer !== undefined && offer.lowestRound <= decidedRound + 1) weight += weights[member]!;
    });
    return weight > thresholds.liars;
  }

  /**
   * A snapshot of an epoch that is known that more weight than may lie offers, so somebody honest does: the one that was begun before,
   * or else the newest. What has come in of one is of little use to another.
   */
  #findAgreed(commitIndex: number): OfferedSnapshot | undefined {
    let best: OfferedSnapshot | undefined;
    for (const snapshot of this.#offers.flatMap((offer) => offer?.snapshots ?? [])) {
      if (snapshot.commitIndex <= commitIndex || !this.#isUsable(snapshot)) continue;
      const isAgreed = this.#isAgreed(snapshot);
      const isBegun = this.#begun !== undefined && equalBytes(snapshot.digest, this.#begun);
      // More weight than may lie has offered that one before: whoever has it still will do.
      if (isBegun && (isAgreed || !this.#isGivenUp)) return snapshot;
      if (isAgreed && snapshot.commitIndex > (best?.commitIndex ?? 0)) best = snapshot;
    }
    return best;
  }

  #isUsable(snapshot: OfferedSnapshot): boolean {
    const isKnown = this.#options.checksOf(snapshot.epoch) !== undefined;
    const isUseless = this.#useless.includes(keyOf(snapshot));
    return isKnown && !isUseless && this.#sourcesOf(snapshot).length > 0;
  }

  #isAgreed(snapshot: OfferedSnapshot): boolean {
    const { weights, thresholds } = this.#options.committee;
    const weight = this.#sourcesOf(snapshot).reduce((sum, member) => sum + weights[member]!, 0);
    return weight > thresholds.liars;
  }

  /** Who offers just this: who says something else of the same digest offers something else. */
  #sourcesOf(snapshot: OfferedSnapshot): number[] {
    const key = keyOf(snapshot);
    return this.#offers.flatMap((offer, member) => {
      const isSame = offer?.snapshots.some((each) => keyOf(each) === key) ?? false;
      return isSame && !this.#refused.has(member) ? [member] : [];
    });
  }
}

function placeOf({ manifest, digest }: CertifiedManifest): OfferedSnapshot {
  const { epoch, commitIndex } = manifest.checkpoint;
  return { epoch, commitIndex, digest };
}

function keyOf({ epoch, commitIndex, digest }: OfferedSnapshot): string {
  return `${epoch}/${commitIndex}/${encodeHex(digest)}`;
}
