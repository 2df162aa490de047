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
import type { MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotDesk } from "./snapshot-desk.ts";
import { SnapshotFetcher } from "./snapshot-fetcher.ts";
import { SnapshotTaker } from "./snapshot-taker.ts";
import { isNoRoom } from "./write-whole.ts";

/** How a member gets a snapshot. Waits grow by themselves where members are slow. */
const FETCH: SnapshotFetchSettings = {
  queryMs: 1_000,
  // A chunk is a quarter of a megabyte: half a second is half a megabyte a second.
  chunkTimeoutMs: 500,
  stallMs: 10_000,
  // Some minutes of blocks under load, which a snapshot passes over in seconds.
  lagCommits: 50_000,
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

/** All that a member has to do with snapshots: it takes them, gives them to others, and gets theirs. */
export class SnapshotRoom {
  readonly #taker: SnapshotTaker;
  readonly #desk: SnapshotDesk;
  readonly #fetcher: SnapshotFetcher;

  constructor(options: SnapshotRoomOptions) {
    const { recovered, snapshots, memberMs, send, log, onFatal } = options;
    const { replica, frames, archive } = recovered;
    const { gcDepth } = options.genesis.committee;
    const trimmer = options.prunes
      ? new JournalTrimmer({ archive, journal: options.journal, gcDepth, log })
      : undefined;
    const { readModel, isReadModelEmpty } = options;
    this.#desk = new SnapshotDesk(
      {
        snapshots,
        archive,
        send,
        charge: (member, bytes) => replica.chargeAnswer(member, bytes, memberMs()),
        onDamaged: (error) => log.error({ err: error }, "snapshot.damaged"),
      },
      snapshots.manifests(),
    );
    this.#taker = new SnapshotTaker({
      replica,
      frames,
      snapshots,
      keepEpochs: options.keepEpochs,
      readModel,
      isReadModelEmpty,
      onOffered: (manifest, certificate) => {
        try {
          const { certified, bytes } = snapshots.keepManifest(manifest, certificate);
          this.#desk.offer(certified, bytes);
        } catch (error) {
          // Others have it of others; the next one may find room.
          if (!isNoRoom(error)) throw error;
          log.error({ err: error }, "snapshot.unoffered");
        }
      },
      onSaved: async (taken) => {
        log.info(taken, "snapshot.saved");
        await trimmer?.noteSaved(taken);
      },
      onFailed: (error) => log.error({ err: error }, "snapshot.failed"),
    });
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

  /** Begins to look whether it needs a snapshot of the others. */
  start(): void {
    this.#fetcher.start();
  }

  /** Right after a commit has been executed. */
  noteCommit(batch: CommittedBatch, result: CommitResult): void {
    this.#taker.consider(batch, result);
  }

  noteCertificate(certificate: Certificate): void {
    this.#taker.noteCertificate(certificate);
  }

  noteMessage(from: number, message: PeerMessage): void {
    this.#desk.consider(from, message);
    this.#fetcher.noteMessage(from, message);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#taker.stop(), this.#desk.stop(), this.#fetcher.stop()]);
  }
}
