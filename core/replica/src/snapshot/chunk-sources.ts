import type { SnapshotManifest } from "./manifest.ts";

export interface ChunkSourcesSettings {
  /** How long a chunk is waited for at least before somebody else is asked for it. */
  readonly chunkTimeoutMs: number;
}

/** Times of its usual time that a member is given for a chunk. */
const PATIENCE = 4;
/** Doublings of the time for which a member that was late is left alone, at most. */
const BACKOFF_MAX = 6;

interface Source {
  /** The chunk it has been asked for, or whose bytes of it are being stored. */
  awaited: number | undefined;
  isStoring: boolean;
  askedMs: number;
  /** Of its last chunks, the newest counting most; 0 before the first. */
  chunkMs: number;
  lateCount: number;
  idleUntilMs: number;
}

/**
 * Shares the chunks of a snapshot out among the members that have it: each is asked for one at a time, so who is fast gives
 * more. Who is late is left alone for longer and longer, and its chunk is had from somebody else.
 */
export class ChunkSources {
  readonly #settings: ChunkSourcesSettings;
  readonly #sources = new Map<number, Source>();
  /** Chunks that are not stored. */
  readonly #missing = new Set<number>();

  constructor(
    manifest: SnapshotManifest,
    held: readonly boolean[],
    settings: ChunkSourcesSettings,
  ) {
    this.#settings = settings;
    manifest.chunks.forEach((_, index) => {
      if (held[index] !== true) this.#missing.add(index);
    });
  }

  get isWhole(): boolean {
    return this.#missing.size === 0;
  }

  get missingCount(): number {
    return this.#missing.size;
  }

  isAwaited(member: number, index: number): boolean {
    const source = this.#sources.get(member);
    return source !== undefined && source.awaited === index && !source.isStoring;
  }

  /** A chunk has come that is right. Returns whether it is to be stored: somebody else's may have come before. */
  noteReceived(member: number, nowMs: number): boolean {
    const source = this.#sources.get(member)!;
    const tookMs = Math.max(1, nowMs - source.askedMs);
    source.chunkMs = source.chunkMs === 0 ? tookMs : (3 * source.chunkMs + tookMs) / 4;
    source.lateCount = 0;
    const index = source.awaited!;
    const isBeingStored = [...this.#sources.values()].some(
      (each) => each.isStoring && each.awaited === index,
    );
    source.isStoring = this.#missing.has(index) && !isBeingStored;
    if (!source.isStoring) source.awaited = undefined;
    return source.isStoring;
  }

  /** A chunk is on disk. */
  noteStored(index: number): void {
    this.#missing.delete(index);
    for (const source of this.#sources.values()) {
      if (source.awaited !== index || !source.isStoring) continue;
      source.awaited = undefined;
      source.isStoring = false;
    }
  }

  /** A chunk could not be stored: it is to be had again, not at once. */
  noteLost(index: number, nowMs: number): void {
    for (const source of this.#sources.values()) {
      if (source.awaited !== index || !source.isStoring) continue;
      source.awaited = undefined;
      source.isStoring = false;
      source.idleUntilMs = nowMs + this.#settings.chunkTimeoutMs;
    }
  }

  /** A member is not to be asked any more. */
  drop(member: number): void {
    this.#sources.delete(member);
  }

  /** Asks whoever is free. Returns when to look again. */
  poll(
    nowMs: number,
    members: readonly number[],
    ask: (member: number, index: number) => void,
  ): number {
    let nextMs = Infinity;
    for (const member of members) {
      const source = this.#find(member);
      this.#noteLate(source, nowMs);
      if (source.awaited === undefined && nowMs >= source.idleUntilMs) {
        const index = this.#nextFor();
        if (index === undefined) continue;
        source.awaited = index;
        source.askedMs = nowMs;
        ask(member, index);
      }
      if (source.isStoring) continue;
      const dueMs =
        source.awaited === undefined
          ? source.idleUntilMs
          : source.askedMs + this.#patienceMs(source);
      nextMs = Math.min(nextMs, dueMs);
    }
    return nextMs;
  }

  #find(member: number): Source {
    const known = this.#sources.get(member);
    if (known !== undefined) return known;
    const source: Source = {
      awaited: undefined,
      isStoring: false,
      askedMs: 0,
      chunkMs: 0,
      lateCount: 0,
      idleUntilMs: -Infinity,
    };
    this.#sources.set(member, source);
    return source;
  }

  #patienceMs(source: Source): number {
    return Math.max(this.#settings.chunkTimeoutMs, PATIENCE * source.chunkMs);
  }

  #noteLate(source: Source, nowMs: number): void {
    if (source.awaited === undefined || source.isStoring) return;
    const patienceMs = this.#patienceMs(source);
    if (nowMs < source.askedMs + patienceMs) return;
    source.awaited = undefined;
    source.idleUntilMs = nowMs + patienceMs * 2 ** Math.min(source.lateCount, BACKOFF_MAX);
    source.lateCount++;
  }

  /** The next chunk that nobody is asked for. At the end, one that somebody has not given yet: others may be faster. */
  #nextFor(): number | undefined {
    const awaited = new Set([...this.#sources.values()].map((source) => source.awaited));
    for (const index of this.#missing) if (!awaited.has(index)) return index;
    for (const source of this.#sources.values()) {
      if (source.awaited !== undefined && !source.isStoring) return source.awaited;
    }
    return undefined;
  }
}
