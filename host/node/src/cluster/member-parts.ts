import { encodeHex } from "@rialto/base";
import { type BegunEpoch, encodeEpochSteps, FINALITY_HASHES_DEFAULT } from "@rialto/replica";
import { randomBytes } from "node:crypto";
import { FinalityKeeper } from "../finality/finality-keeper.ts";
import type { ProofStore } from "../finality/proof-store.ts";
import { noteExecuted, replicaDag } from "../finality/replica-finality.ts";
import type { ArchiveDesk } from "./archive-desk.ts";
import { ClusterExchange } from "./cluster-exchange.ts";
import { EntryDesk } from "./entry-desk.ts";
import { frameChecksOf } from "./epoch-checks.ts";
import { EpochKeeper } from "./epoch-keeper.ts";
import { sha256 } from "../sha256.ts";
import { linkedRosters } from "./linked-rosters.ts";
import { memberPaths } from "./member-directory.ts";
import { MemberLinks } from "./member-links.ts";
import type { MemberStanding } from "./member-standing.ts";
import type { MemberNodeOptions, Opened, Work } from "./member-work.ts";
import { Member } from "./member.ts";
import { RecordWriter } from "./record-writer.ts";
import type { RecoveredMember } from "./recover-member.ts";
import { SnapshotRoom } from "./snapshot/snapshot-room.ts";

// The parts of a member of a cluster, each made of what the others offer it.

export function makeKeeper(
  { directory, known }: Opened,
  { genesis, log }: MemberNodeOptions,
  { replica }: RecoveredMember,
): EpochKeeper {
  const file = memberPaths(directory.path).epochs;
  const kept = known.steps.length;
  const keeper = new EpochKeeper({ file, genesis, path: replica.path, kept, log });
  // The journal may have led to epochs that the file does not know.
  keeper.keep();
  return keeper;
}

export function makeFinality(
  { genesis, log }: MemberNodeOptions,
  store: ProofStore,
  standing: MemberStanding,
): FinalityKeeper {
  const { file, committee, roster } = genesis;
  return new FinalityKeeper({
    committee,
    hash: sha256,
    store,
    genesis: JSON.stringify(file),
    hashesMax: FINALITY_HASHES_DEFAULT,
    hashKey: randomBytes(8).readBigUInt64LE(),
    dag: (roundsMax) => replicaDag(standing.replica, committee.weights.length, roundsMax),
    epochSteps: (epoch) =>
      encodeEpochSteps(roster, (standing.replica?.steps ?? []).slice(0, epoch - committee.epoch)),
    onFailed: (error) => log.error({ err: error }, "finality.unwritten"),
    onResumed: () => log.info({}, "finality.resumed"),
    onLost: () => log.error({}, "finality.lost"),
  });
}

export function makeExchange(
  { options, nodeId, stores, recovered, readModel, standing, memberMs }: Work,
  submitFrame: Member["submit"],
): ClusterExchange {
  const { settings, genesis } = options;
  const { network, file } = genesis;
  return new ClusterExchange({
    network: network.config,
    networkHash: encodeHex(network.hash),
    nodeId,
    frames: recovered.frames,
    readModel,
    durability: stores.journal.mode,
    nowMs: options.nowMs ?? Date.now,
    memberMs,
    queueBytesMax: settings.queueBytes,
    decisionTimeoutMs: settings.decisionTimeoutMs,
    frameLifetimeMs: file.frameLifetimeMs,
    submitFrame,
    restriction: () => standing.restriction(),
  });
}

/** Who is told of what a member does. */
interface Listeners {
  readonly exchange: ClusterExchange;
  readonly desk: ArchiveDesk;
  readonly entry: EntryDesk;
  readonly links: MemberLinks;
  readonly room: SnapshotRoom;
}

export async function openRoom({
  options,
  stores,
  directory,
  ...work
}: Work): Promise<SnapshotRoom> {
  const { settings, genesis, log, onFatal } = options;
  const { recovered, readModel, memberMs, standing } = work;
  return await SnapshotRoom.open({
    genesis,
    recovered,
    readModel,
    isReadModelEmpty: settings.noGateway,
    prunes: !settings.keepJournal,
    linkKey: work.known.ring.linkKey,
    keepEpochs: () => work.keeper.keep(),
    snapshots: stores.snapshots,
    directory: directory.snapshots,
    journal: stores.journal,
    memberMs,
    send: (to, message) => void standing.transport?.send(to, message),
    log,
    onInstalled: (commitIndex) => options.onBeginAgain?.(commitIndex),
    onFatal,
  });
}

export function makeMember(work: Work, { exchange, desk, entry, links, room }: Listeners): Member {
  const { options, stores, recovered, standing, metrics, memberMs, finality, known, proofs } = work;
  const { log, onFatal } = options;
  const { journal } = stores;
  const { archive, frames, replica } = recovered;
  const records = new RecordWriter({
    journal,
    onWritten: (record, sequence) => archive.note(record, sequence),
    onTrouble: (trouble) => exchange.setTrouble(trouble),
  });
  return new Member({
    replica,
    records,
    guardOf: (epoch) => known.ring.guardOf(epoch),
    nowMs: memberMs,
    events: {
      onSigned: () => standing.noteSigned(),
      onCommit: (batch, result) => {
        standing.noteCommit(batch);
        if (!options.settings.noGateway) noteExecuted(finality, batch, result);
        const executed = frames.takeExecuted();
        room.noteCommit(batch, result);
        exchange.noteCommit(batch, executed);
        entry.noteCommit(batch, result, executed);
      },
      onCertificate: (certificate) => {
        if (!options.settings.noGateway) finality.noteCertificate(certificate);
        entry.noteCertified(certificate.checkpoint.commitIndex);
        room.noteCertificate(certificate);
      },
      onEvidence: (evidence) => {
        const path = proofs.keepEvidence(evidence);
        const { author, round } = evidence.first;
        log.error({ member: author, round, path }, "member.equivocated");
      },
      onHalt: (reason) => {
        const path = proofs.keepHalt(reason);
        log.fatal({ code: reason.code, path }, "replica.halted");
        standing.noteHalt(reason);
      },
      onForgotten: ({ epoch, round }) => {
        log.error({ epoch, round }, "guard.outdated");
        standing.noteForgotten();
      },
      onEpoch: async (begun) => {
        work.keeper.keep();
        room.notePath();
        enterEpoch(work, begun, exchange);
        await openLinks(links, work);
      },
      onAhead: async () => {
        work.keeper.keep();
        room.notePath();
        await openLinks(links, work);
      },
      onMessage: (from, message) => {
        standing.noteMessage(from, message);
        desk.consider(from, message);
        room.noteMessage(from, message);
      },
      onHostile: (from) => metrics.noteHostile(from),
      onFatal,
    },
  });
}

/** An epoch has begun while this member runs. */
function enterEpoch(
  { standing, finality, options, recovered }: Work,
  begun: BegunEpoch,
  exchange: ClusterExchange,
): void {
  const { settings, log } = options;
  const { committee, roster, certificate, self } = begun;
  standing.enter(begun);
  finality.enter(committee);
  if (certificate !== undefined && !settings.noGateway) finality.noteCertificate(certificate);
  const { epoch } = committee;
  log.info({ epoch, members: roster.members.length, member: self ?? null }, "epoch.begun");
  if (recovered.replica.membership !== "removed") return;
  log.warn({ epoch, reason: standing.absence }, "member.removed");
  exchange.fail(standing.absence);
}

export async function openLinks(links: MemberLinks, { recovered, known }: Work): Promise<void> {
  const rosters = recovered.replica.path.epochs.map(({ roster }) => roster);
  await links.open(linkedRosters(rosters, known.ring.linkKey));
}

export function makeLinks(
  { options, known, recovered }: Work,
  onMessage: Member["receive"],
  cleanup: AsyncDisposableStack,
): MemberLinks {
  const { settings, log } = options;
  return cleanup.use(
    new MemberLinks({
      links: options.genesis.file.links ?? "zeromq",
      linkSeed: known.ring.linkSeed,
      linkKey: known.ring.linkKey,
      listenAddress: settings.linkAddress,
      table: recovered.replica.peers,
      onMessage,
      observe: ({ kind, ...fields }) => log.info(fields, `link.${kind}`),
    }),
  );
}

export function makeDesk(
  { options, recovered, stores, standing, memberMs, known }: Work,
  exchange: ClusterExchange,
  submitFrame: Member["submit"],
): EntryDesk {
  const { settings, genesis } = options;
  const { replica, frames } = recovered;
  return new EntryDesk({
    checks: frameChecksOf(genesis),
    member: () => replica.self ?? known.member,
    memberMs,
    bytesMax: settings.queueBytes,
    decisionTimeoutMs: settings.decisionTimeoutMs,
    submitFrame,
    waiting: () => ({ frames: replica.mempool.waitingCount, bytes: replica.mempool.waitingBytes }),
    restriction: () => standing.restriction(),
    unavailability: () => exchange.unavailability,
    status: () => ({
      member: replica.self ?? known.member,
      epoch: replica.epoch.committee.epoch,
      restriction: standing.restriction(),
      commits: replica.consensus.sequencer.lastIndex,
      batches: frames.sequence,
      commands: frames.engine.counts().commands,
      stateRoot: encodeHex(frames.stateRoot()),
      leaderTimeouts: replica.replica.leaderTimeouts,
      rounds: replica.replica.lastProposed,
      durability: stores.journal.mode,
    }),
  });
}
