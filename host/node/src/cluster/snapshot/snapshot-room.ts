import type { Certificate, CommittedBatch } from "@rialto/consensus";
import type { ReadModel } from "@rialto/gateway";
import { type CommitResult, type PeerMessage, type SnapshotFetchSettings } from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Genesis } from "../genesis.ts";
import type { RecoveredMember } from "../recover-member.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { JournalTrimmer } from "./journal-trimmer.ts";
import type { KeptManifest, MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotDesk } from "./snapshot-desk.ts";
import { SnapshotFetcher } from "./snapshot-fetcher.ts";
import { SnapshotOffers } from "./snapshot-offers.ts";
import { SnapshotTaker } from "./snapshot-taker.ts";

/** How a member gets a snapshot. Waits grow by themselves where members are slow. */
const FETCH: SnapshotFetchSettings = {
  queryMs: 1_000,
  // A chunk is a quarter of a megabyte: half a second is half a megabyte a second.
  chunkTimeoutMs: 500,
  stallMs: 10_000,
  // Some minutes of blocks under load, which a snapshot passes over in seconds.
  lagRounds: 50_000,
};

export interface SnapshotRoomOptions {
  readonly genesis: Genesis;
  readonly recovered: RecoveredMember;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  readonly readModel: ReadModel;
  readonly isReadModelEmpty: boolean;
  readonly snapshots: MemberSnapshots;
  /** Puts what leads to the epochs that this member knows on the disk. Returns false where that has no room. */
  readonly keepEpochs: () => boolean;
  /** Of the snapshots. */
  readonly directory: string;
  readonly journal: Journal;
  /** Whether the journal lets go of what no snapshot needs. */
  readonly prunes: boolean;
  readonly memberMs: () => number;
  readonly send: (to: number, message: Uint8Array) => void;
  readonly log: Logger;
  readonly onInstalled: (commitIndex: number) => void;
  readonly onFatal: (error: unknown) => void;
}

/** What lies on the disk at the start. */
interface Stored {
  /** Commits of the snapshots. */
  readonly commits: readonly number[];
  readonly manifests: readonly KeptManifest[];
}

/** All that a member has to do with snapshots: it takes them, gives them to others, and gets theirs. */
export class SnapshotRoom {
  readonly #options: SnapshotRoomOptions;
  readonly #stored: Stored;
  readonly #taker: SnapshotTaker;
  readonly #offers: SnapshotOffers;
  readonly #desk: SnapshotDesk;
  readonly #fetcher: SnapshotFetcher;

  /** Looks what is there from before. Errors: STORAGE_IO. */
  static async open(options: SnapshotRoomOptions): Promise<SnapshotRoom> {
    const { snapshots } = options;
    const manifests = await snapshots.manifests();
    return new SnapshotRoom(options, { commits: await snapshots.list(), manifests });
  }

  private constructor(options: SnapshotRoomOptions, stored: Stored) {
    this.#options = options;
    this.#stored = stored;
    const { recovered, snapshots, memberMs, send, log, onFatal } = options;
    const { replica, archive } = recovered;
    this.#desk = new SnapshotDesk(
      {
        snapshots,
        archive,
        send,
        charge: (member, bytes) => replica.chargeAnswer(member, bytes, memberMs()),
        onDamaged: (error) => log.error({ err: error }, "snapshot.damaged"),
      },
      stored.manifests,
    );
    const offered = stored.manifests.map(({ certified }) => certified.manifest.checkpoint);
    this.#offers = new SnapshotOffers({
      snapshots,
      path: replica.path,
      unoffered: stored.commits.filter(
        (commitIndex) => !offered.some((each) => each.commitIndex === commitIndex),
      ),
      onOffered: (kept) => this.#desk.offer(kept),
      onUnoffered: (error) => log.error({ err: error }, "snapshot.unoffered"),
    });
    this.#taker = this.#makeTaker();
    this.#fetcher = new SnapshotFetcher({
      settings: FETCH,
      replica,
      linkKey: options.linkKey,
      keepEpochs: options.keepEpochs,
      snapshots,
      incoming: new IncomingSnapshot(join(options.directory, "incoming")),
      memberMs,
      send,
      log,
      onInstalled: options.onInstalled,
      onFatal,
    });
  }

  #makeTaker(): SnapshotTaker {
    const { recovered, snapshots, keepEpochs, log, ...options } = this.#options;
    const { replica, frames, archive } = recovered;
    const { gcDepth } = options.genesis.committee;
    const trimmer = options.prunes
      ? new JournalTrimmer({ archive, journal: options.journal, gcDepth, log })
      : undefined;
    const { readModel, isReadModelEmpty } = options;
    return new SnapshotTaker({
      replica,
      frames,
      snapshots,
      keepEpochs,
      readModel,
      isReadModelEmpty,
      onSaved: async (taken, manifest) => {
        const stored = await snapshots.list();
        this.#desk.retain(stored);
        this.#offers.noteSaved(manifest);
        log.info(taken, "snapshot.saved");
        await trimmer?.noteSaved(taken, stored);
      },
      onFailed: (error) => log.error({ err: error }, "snapshot.failed"),
    });
  }

  /**
   * Ends what a crash has left undone, and begins to look whether it needs a snapshot of the others. Called before the replica
   * takes part.
   */
  start(): void {
    const { due } = this.#options.recovered;
    // Where an epoch has ended, and who joins decides with the others, nothing more happens without a snapshot of that end.
    if (due !== undefined && !this.#stored.commits.includes(due.batch.commit.index)) {
      this.#taker.consider(due.batch, due.result);
    }
    this.#offers.look();
    this.#fetcher.start();
  }

  /** Right after a commit has been executed. */
  noteCommit(batch: CommittedBatch, result: CommitResult): void {
    this.#taker.consider(batch, result);
  }

  noteCertificate(certificate: Certificate): void {
    this.#offers.noteCertificate(certificate);
  }

  /** More is known of the epochs. */
  notePath(): void {
    this.#offers.look();
  }

  noteMessage(from: number, message: PeerMessage): void {
    this.#desk.consider(from, message);
    this.#fetcher.noteMessage(from, message);
  }

  async stop(): Promise<void> {
    await this.#taker.stop();
    await Promise.all([this.#offers.stop(), this.#desk.stop(), this.#fetcher.stop()]);
  }
}
