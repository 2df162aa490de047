import type { Certificate, CommittedBatch } from "@rialto/consensus";
import type { ReadModel } from "@rialto/gateway";
import { type CommitResult, type PeerMessage, type SnapshotFetchSettings } from "@rialto/replica";
import { isStorageFault, type Journal } from "@rialto/storage";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Genesis } from "../genesis.ts";
import type { RecoveredMember } from "../recover-member.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { type MemberSnapshots, SNAPSHOTS_KEPT } from "./member-snapshots.ts";
import { SnapshotDesk } from "./snapshot-desk.ts";
import { SnapshotFetcher } from "./snapshot-fetcher.ts";
import { SnapshotTaker, type TakenSnapshot } from "./snapshot-taker.ts";

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
  readonly #options: SnapshotRoomOptions;
  readonly #taker: SnapshotTaker;
  readonly #desk: SnapshotDesk;
  readonly #fetcher: SnapshotFetcher;
  /** Since the start, the newest last. */
  readonly #taken: TakenSnapshot[] = [];

  constructor(options: SnapshotRoomOptions) {
    this.#options = options;
    const { recovered, snapshots, memberMs, send, log, onFatal } = options;
    const { replica, frames, archive } = recovered;
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
      readModel,
      isReadModelEmpty,
      onOffered: (manifest, certificate) => {
        const { certified, bytes } = snapshots.keepManifest(manifest, certificate);
        this.#desk.offer(certified, bytes);
      },
      onSaved: async (taken) => {
        log.info(taken, "snapshot.saved");
        await this.#prune(taken);
      },
      onFailed: (error) => log.error({ err: error }, "snapshot.failed"),
    });
    this.#fetcher = new SnapshotFetcher({
      settings: FETCH,
      replica,
      linkKey: options.linkKey,
      snapshots,
      incoming: new IncomingSnapshot(join(options.directory, "incoming")),
      memberMs,
      send,
      log,
      onInstalled: options.onInstalled,
      onFatal,
    });
  }

  /** Lets go of what the older of two snapshots does not need, by a wide margin: others may catch up by blocks just now. */
  async #prune(taken: TakenSnapshot): Promise<void> {
    const { genesis, recovered, prunes, journal, log } = this.#options;
    this.#taken.push(taken);
    const older = this.#taken.at(-SNAPSHOTS_KEPT);
    if (!prunes || older === undefined) return;
    const margin = 4 * genesis.committee.gcDepth;
    try {
      await recovered.archive.prune(older.epoch, older.gcRound - margin);
    } catch (error) {
      // The snapshot is there all the same, and the next one prunes again.
      if (!isStorageFault(error)) throw error;
      return log.error({ err: error }, "journal.unpruned");
    }
    log.info({ firstSequence: journal.firstSequence }, "journal.pruned");
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
