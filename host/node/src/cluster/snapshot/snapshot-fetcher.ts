import { Fault } from "@rialto/base";
import { snapshotProblem } from "@rialto/engine";
import {
  CHUNK_BYTES,
  type CertifiedManifest,
  ChainFetch,
  type ChainReplica,
  CONTENT_HEAD_BYTES,
  executorOffset,
  type FetchEvent,
  type PeerMessage,
  type SnapshotFetch,
  type SnapshotFetchSettings,
  type SnapshotManifest,
} from "@rialto/replica";
import type { Logger } from "pino";
import { certificateChecks } from "../../finality/certificate-checks.ts";
import { openFrameState } from "../frame-engine.ts";
import { sha256 } from "../../sha256.ts";
import type { IncomingSnapshot } from "./incoming-snapshot.ts";
import type { MemberSnapshots } from "./member-snapshots.ts";
import { isNoRoom } from "../../write-whole.ts";

/** How often it is looked whether a snapshot is needed, and whether somebody is late with a chunk. */
const LOOK_MS = 100;
/** A snapshot that found no room is installed again after so long, and each time after twice as long as before. */
const RETRY_MS = 5_000;
/** Each try says so in the log: a disk that stays full is to have some peace. */
const RETRY_MS_MAX = 60_000;
/** Of an engine's state, so much tells the version of the program that has made it. */
const STATE_PEEK_BYTES = 1_024;

export interface SnapshotFetcherOptions {
  readonly settings: SnapshotFetchSettings;
  readonly replica: ChainReplica;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  readonly snapshots: MemberSnapshots;
  /** Puts what leads to the snapshot's epoch on the disk. Returns false where that has no room. */
  readonly keepEpochs: () => boolean;
  readonly incoming: IncomingSnapshot;
  readonly memberMs: () => number;
  readonly send: (to: number, message: Uint8Array) => void;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Told when a snapshot of the others has been installed: the member is to begin again, with it. */
  readonly onInstalled: (commitIndex: number) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Gets a snapshot of the others for a member whose peers have let go of what it lacks, and installs it. */
export class SnapshotFetcher {
  readonly #options: SnapshotFetcherOptions;
  readonly #fetch: ChainFetch;
  #timer: NodeJS.Timeout | undefined;
  /** What is done at the disk, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isInstalling = false;
  #retryMs = -Infinity;
  #pauseMs = RETRY_MS;
  #isStopped = false;

  constructor(options: SnapshotFetcherOptions) {
    this.#options = options;
    const { replica, linkKey, settings, send, incoming } = options;
    this.#fetch = new ChainFetch({
      replica,
      linkKey,
      hash: sha256,
      chunkBytes: CHUNK_BYTES,
      checksOf: ({ committee }) => certificateChecks(committee),
      settings,
      begun: incoming.begun,
      send,
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Takes what a member says of snapshots. */
  noteMessage(from: number, message: PeerMessage): void {
    if (this.#isStopped) return;
    const { memberMs, log } = this.#options;
    const { current } = this.#fetch;
    const event = this.#fetch.note(from, message, memberMs());
    if (event?.kind === "refused") {
      log.warn({ member: event.member, problem: event.problem }, "snapshot.refused");
    } else if (event !== undefined) this.#do(() => this.#keep(current, event));
    // Not at each message: most are blocks, and who is behind gets a thousand of them a second.
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#options.onFatal(error));
  }

  async #keep(
    fetch: SnapshotFetch,
    event: Exclude<FetchEvent, { readonly kind: "refused" }>,
  ): Promise<void> {
    const { memberMs, log } = this.#options;
    if (event.kind === "begin") {
      const { manifest, digest } = event.certified;
      const held = await this.#begin(manifest);
      // It is offered again, and begun with when there is room.
      if (held === undefined) return this.#fetch.restart();
      this.#noteBegun(digest);
      const heldCount = held.filter((isHeld) => isHeld).length;
      const { commitIndex } = manifest.checkpoint;
      log.info({ commitIndex, chunks: held.length, held: heldCount }, "snapshot.fetching");
      fetch.resume(held, memberMs());
    } else {
      const isStored = await this.#store(event.index, event.bytes);
      if (isStored) fetch.noteStored(event.index, memberMs());
      else fetch.noteLost(event.index, memberMs());
    }
    this.#look();
  }

  /** Which chunks are there already; undefined where there is no room for a file. */
  async #begin(manifest: SnapshotManifest): Promise<boolean[] | undefined> {
    try {
      return await this.#options.incoming.begin(manifest);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#options.log.error({ err: error }, "snapshot.disk-full");
      return undefined;
    }
  }

  #noteBegun(digest: Uint8Array): void {
    try {
      this.#options.incoming.noteBegun(digest);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      // A restart begins with a newer one then, perhaps.
      this.#options.log.error({ err: error }, "snapshot.disk-full");
    }
  }

  async #store(index: number, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#options.incoming.store(index, bytes);
      return true;
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#options.log.error({ err: error }, "snapshot.disk-full");
      return false;
    }
  }

  #look(): void {
    if (this.#isStopped || this.#isInstalling) return;
    const { memberMs } = this.#options;
    const whole = this.#fetch.look(memberMs());
    if (whole === undefined || memberMs() < this.#retryMs) return;
    this.#isInstalling = true;
    this.#do(async () => {
      this.#isInstalling = await this.#install(whole);
    });
  }

  /**
   * A crash at any point leaves either nothing new, or what the next start or the next fetch ends.
   *
   * Returns  false where it is to be tried again.
   */
  async #install(whole: CertifiedManifest): Promise<boolean> {
    const { incoming, log, memberMs, onInstalled } = this.#options;
    const { commitIndex } = whole.manifest.checkpoint;
    if (!(await this.#put(whole))) {
      this.#retryMs = memberMs() + this.#pauseMs;
      this.#pauseMs = Math.min(this.#pauseMs * 2, RETRY_MS_MAX);
      return false;
    }
    await incoming.remove();
    log.info({ commitIndex }, "snapshot.installed");
    if (!this.#isStopped && this.#options.replica.halted === undefined) onInstalled(commitIndex);
    return true;
  }

  /**
   * Where a snapshot is begun with. Returns false where there is no room, what had come in has changed, or another version of
   * this program has made it: begun with, that would keep this member from starting.
   */
  async #put(whole: CertifiedManifest): Promise<boolean> {
    const { snapshots, incoming, keepEpochs, log } = this.#options;
    const { manifest, certificate } = whole;
    try {
      const problem = await this.#findProblem(whole);
      if (problem !== undefined) {
        log.warn({ commitIndex: manifest.checkpoint.commitIndex, problem }, "snapshot.unusable");
        this.#fetch.current.discard();
        return false;
      }
      if (!keepEpochs()) return false;
      await snapshots.save(manifest, incoming.chunks(whole));
      snapshots.noteAdopted();
      await snapshots.keepManifest(manifest, certificate);
      return true;
    } catch (error) {
      const isFull = isNoRoom(error) || codeOf(error) === "STORAGE_FULL";
      const isLost = codeOf(error) === "SNAPSHOT_LOST";
      if (!isFull && !isLost) throw error;
      log.error({ err: error }, "snapshot.uninstalled");
      // What has come in is there, and needed but once; what the disk has changed is asked for again.
      if (isLost) this.#fetch.restart();
      return false;
    }
  }

  /** Which other version of this program has made a snapshot, in words; undefined for what this one reads. */
  async #findProblem(whole: CertifiedManifest): Promise<string | undefined> {
    const { incoming } = this.#options;
    const at = executorOffset(await incoming.readPiece(whole, 0, CONTENT_HEAD_BYTES));
    const state = await incoming.readPiece(whole, at, STATE_PEEK_BYTES);
    const isCutShort = state.length < STATE_PEEK_BYTES;
    return isCutShort ? undefined : snapshotProblem(openFrameState(state).engine);
  }

  /** Waits until nothing is written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#work;
    await this.#options.incoming.close();
  }
}

/** Of a fault; undefined for anything else. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Fault
    ? (error as Fault<{ readonly code: string }>).detail.code
    : undefined;
}
