import { Fault } from "@rialto/base";
import type { KeyStore, ReadModel } from "@rialto/gateway";
import type { Transport } from "@rialto/network";
import type { EpochPath } from "@rialto/replica";
import { type Journal, promptFiles } from "@rialto/storage";
import { type DataDirectory, openKeys } from "../data-directory.ts";
import type { FinalityKeeper } from "../finality/finality-keeper.ts";
import { ProofStore } from "../finality/proof-store.ts";
import { logJournalEvent, type NodeOptions } from "../node-parts.ts";
import { type KnownEpochs, loadKnownEpochs, openEpochPath } from "./epoch-file.ts";
import type { EpochKeeper } from "./epoch-keeper.ts";
import type { Genesis } from "./genesis.ts";
import { KeyRing } from "./key-ring.ts";
import { memberPaths, openMemberKeys } from "./member-directory.ts";
import { openMemberJournal } from "./member-journal.ts";
import type { MemberMetrics } from "./member-metrics.ts";
import type { MemberStanding } from "./member-standing.ts";
import type { ProofKeeper } from "./proof-keeper.ts";
import type { RecoveredMember } from "./recover-member.ts";
import { MemberSnapshots } from "./snapshot/member-snapshots.ts";

// What a member opens before it recovers, and what its parts are made with.

export interface MemberNodeOptions extends NodeOptions {
  readonly genesis: Genesis;
  /** What stands between the member and its links; a program that tests the others may bend it. */
  readonly wrapTransport?: (transport: Transport, recovered: RecoveredMember) => Transport;
  /** Told that a snapshot of the others lies on the disk: the member is to be stopped and started again. */
  readonly onBeginAgain?: (commitIndex: number) => void;
}

/** What a member knows before it reads its journal: its keys, and epochs that somebody has told it of. */
export interface Known extends KnownEpochs {
  /** The same epochs. */
  readonly path: EpochPath;
  readonly ring: KeyRing;
  /** Its author number in the newest of these epochs in which it has one. */
  readonly member: number;
}

/** Errors: those of keys and of `loadKnownEpochs`; MEMBER_UNKNOWN where no epoch knows it; thrown. */
export function openKnown(directory: string, genesis: Genesis): Known {
  const known = loadKnownEpochs(memberPaths(directory).epochs, genesis);
  if (known instanceof Fault) throw known;
  const ring = new KeyRing(directory);
  const seats = known.epochs.map((epoch) => ring.seatOf(epoch)?.author);
  const member = seats.findLast((seat) => seat !== undefined);
  // Of the genesis all of its keys must be: this says which is not.
  const path = openEpochPath(genesis, known.steps);
  return { ...known, path, ring, member: member ?? openMemberKeys(directory, genesis).self };
}

export interface Stores {
  readonly journal: Journal;
  readonly isJournalDamaged: boolean;
  readonly keys: KeyStore;
  readonly proofs: ProofStore;
  readonly snapshots: MemberSnapshots;
}

/** The journal first: whoever has it open holds the lock of the directory, the guard's included. */
export async function openStores(
  options: MemberNodeOptions,
  directory: DataDirectory,
  known: Known,
  cleanup: AsyncDisposableStack,
): Promise<Stores> {
  const { settings, genesis, log } = options;
  const { journal, isDamaged: isJournalDamaged } = await openMemberJournal({
    journal: {
      directory: directory.journal,
      networkHash: genesis.committee.chainId,
      mode: settings.durability,
      segmentBytes: settings.segmentBytes,
      mayBePruned: true,
      // A member's turn waits for the disk, whoever makes the call.
      files: promptFiles,
      observe: (event) => logJournalEvent(log, event),
    },
    findGuardProblem: () => known.ring.findGuardProblem(),
    hasOthers: genesis.committee.weights.length > 1,
    log,
  });
  cleanup.use(journal);
  const proofs = new ProofStore({
    path: directory.proofs,
    networkHash: genesis.committee.hash,
    bytesMax: settings.proofBytes,
    onDamaged: (path) => log.error({ path }, "proofs.damaged"),
  });
  cleanup.use(proofs);
  const snapshots = await MemberSnapshots.open({
    directory: directory.snapshots,
    genesis,
    path: known.path,
    warn: (warning) => log.warn({ fault: warning.detail }, warning.message),
  });
  const keys = cleanup.use(openKeys(directory, journal));
  return { journal, isJournalDamaged, keys, proofs, snapshots };
}

export interface Opened {
  readonly nodeId: string;
  readonly known: Known;
  readonly stores: Stores;
  readonly directory: DataDirectory;
}

/** What a member's parts are made with. */
export interface Work extends Opened {
  readonly options: MemberNodeOptions;
  readonly memberMs: () => number;
  readonly standing: MemberStanding;
  readonly recovered: RecoveredMember;
  readonly readModel: ReadModel;
  readonly metrics: MemberMetrics;
  readonly finality: FinalityKeeper;
  readonly keeper: EpochKeeper;
  /** Of lies and halts. */
  readonly proofs: ProofKeeper;
}
