import { Fault } from "@rialto/base";
import {
  type BegunEpoch,
  type CertifiedManifest,
  type ChainReplica,
  type FetchEvent,
  MessageKind,
  Outbox,
  type PeerMessage,
  type SnapshotFetch,
} from "@rialto/replica";
import { isStorageFault } from "@rialto/storage";
import type { Logger } from "pino";
import type { IncomingSnapshot } from "./incoming-snapshot.ts";
import type { MemberSnapshots } from "./member-snapshots.ts";

/** How often it is looked whether a snapshot is needed, and whether somebody is late with a chunk. */
const LOOK_MS = 100;

export interface SnapshotFetcherOptions {
  /** Begins to fetch, for the member's present epoch. */
  readonly openFetch: () => SnapshotFetch;
  readonly replica: ChainReplica;
  readonly snapshots: MemberSnapshots;
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
  readonly #outbox = new Outbox();
  #fetch: SnapshotFetch;
  /** That the fetch is for: peers by author. */
  #epoch: BegunEpoch;
  #timer: NodeJS.Timeout | undefined;
  /** What is done at the disk, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isInstalling = false;
  #isStopped = false;

  constructor(options: SnapshotFetcherOptions) {
    this.#options = options;
    this.#fetch = options.openFetch();
    this.#epoch = options.replica.begun;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Takes what a member says of snapshots. */
  noteMessage(from: number, message: PeerMessage): void {
    const isMine =
      message.kind === MessageKind.SnapshotOffer ||
      message.kind === MessageKind.Manifest ||
      message.kind === MessageKind.Chunk;
    if (this.#isStopped || !isMine) return;
    const { memberMs, log } = this.#options;
    const author = this.#epoch.peers.indexOf(from);
    if (author < 0 || message.epoch !== this.#epoch.committee.epoch) return;
    const event = this.#fetch.note(author, message, memberMs());
    if (event?.kind === "refused") {
      log.warn({ member: event.member, problem: event.problem }, "snapshot.refused");
    } else if (event !== undefined) this.#do(() => this.#keep(event));
    this.#look();
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#options.onFatal(error));
  }

  async #keep(event: Exclude<FetchEvent, { readonly kind: "refused" }>): Promise<void> {
    const { incoming, memberMs, log } = this.#options;
    const fetch = this.#fetch;
    if (event.kind === "begin") {
      const { manifest } = event.certified;
      const held = await incoming.begin(manifest);
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

  async #store(index: number, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#options.incoming.store(index, bytes);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
      this.#options.log.error({ err: error }, "snapshot.disk-full");
      return false;
    }
  }

  #look(): void {
    if (this.#isStopped || this.#isInstalling) return;
    const { replica, memberMs, send, openFetch } = this.#options;
    // Who has halted has seen what must not be forgotten over a newer state.
    if (replica.halted !== undefined) return;
    if (replica.epoch.committee.epoch !== this.#epoch.committee.epoch) {
      // What was offered is of an epoch that is over here.
      this.#epoch = replica.begun;
      this.#fetch = openFetch();
    }
    const fetch = this.#fetch;
    const { dag, committer, sequencer } = replica.consensus;
    const need = {
      isTooFarBehind: replica.isTooFarBehind,
      quorumRound: dag.quorumRound,
      decidedRound: committer.decidedRound,
      commitIndex: sequencer.lastIndex,
    };
    fetch.poll(memberMs(), need, this.#outbox);
    for (const effect of this.#outbox.take()) {
      if (effect.kind === "send") send(this.#epoch.peers[effect.to]!, effect.message);
    }
    const { whole } = fetch;
    if (whole === undefined) return;
    this.#isInstalling = true;
    this.#do(() => this.#install(whole));
  }

  /** A crash at any point leaves either nothing new, or what the next start or the next fetch ends. */
  async #install(whole: CertifiedManifest): Promise<void> {
    const { snapshots, incoming, log, onInstalled } = this.#options;
    const { manifest, certificate } = whole;
    const { commitIndex } = manifest.checkpoint;
    try {
      await snapshots.save(manifest, incoming.chunks(whole));
    } catch (error) {
      // What has come in is there: with room again, the next start needs nothing of it twice.
      if (!isStorageFault(error) && !(error instanceof Fault)) throw error;
      log.error({ err: error }, "snapshot.uninstalled");
      return;
    }
    snapshots.noteAdopted();
    snapshots.keepManifest(manifest, certificate);
    await incoming.remove();
    log.info({ commitIndex }, "snapshot.installed");
    if (!this.#isStopped && this.#options.replica.halted === undefined) onInstalled(commitIndex);
  }

  /** Waits until nothing is written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#work;
    await this.#options.incoming.close();
  }
}
