import { encodeHex, Fault } from "@rialto/base";
import {
  EntryServer,
  GatewayReadModel,
  type KeyStore,
  openFileKeyStore,
  type ReadModel,
} from "@rialto/gateway";
import type { Transport } from "@rialto/network";
import {
  type BegunEpoch,
  encodeEpochSteps,
  type EpochPath,
  FINALITY_HASHES_DEFAULT,
} from "@rialto/replica";
import { isStorageFault, type Journal, promptFiles } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { type DataDirectory, makeDataDirectory, openIdentity } from "../data-directory.ts";
import { openDemoAccount } from "../demo/demo.ts";
import { FinalityKeeper } from "../finality/finality-keeper.ts";
import { ProofStore } from "../finality/proof-store.ts";
import { noteExecuted, replicaDag } from "../finality/replica-finality.ts";
import { serveMetrics } from "../metrics-server.ts";
import { logJournalEvent, makeGateway, type NodeOptions, type RunningNode } from "../node-parts.ts";
import { ArchiveDesk } from "./archive-desk.ts";
import { ClusterExchange } from "./cluster-exchange.ts";
import { EntryDesk } from "./entry-desk.ts";
import { frameChecksOf } from "./epoch-checks.ts";
import { EpochDesk } from "./epoch-desk.ts";
import { EpochKeeper } from "./epoch-keeper.ts";
import { type KnownEpochs, loadKnownEpochs, openEpochPath } from "./epoch-file.ts";
import { type Genesis, sha256 } from "./genesis.ts";
import { tuneHeap } from "./heap-tuning.ts";
import { KeyRing } from "./key-ring.ts";
import { linkedRosters } from "./linked-rosters.ts";
import { Member } from "./member.ts";
import { memberPaths, openMemberKeys } from "./member-directory.ts";
import { openMemberJournal } from "./member-journal.ts";
import { MemberLinks } from "./member-links.ts";
import { MemberMetrics } from "./member-metrics.ts";
import { MemberStanding } from "./member-standing.ts";
import { ProofKeeper } from "./proof-keeper.ts";
import { RecordWriter } from "./record-writer.ts";
import type { RecoveredMember } from "./recover-member.ts";
import { recoverWithHistory } from "./recover-with-history.ts";
import { MemberSnapshots } from "./snapshot/member-snapshots.ts";
import { SnapshotRoom } from "./snapshot/snapshot-room.ts";
import { startDemoLater } from "./start-demo-later.ts";

// The composition root of a member of a cluster.

/** How often the links are looked at for a quorum, and whether there is room for what waits for it. */
const LOOK_MS = 100;

export interface MemberNodeOptions extends NodeOptions {
  readonly genesis: Genesis;
  /** What stands between the member and its links; a program that tests the others may bend it. */
  readonly wrapTransport?: (transport: Transport, recovered: RecoveredMember) => Transport;
  /** Told that a snapshot of the others lies on the disk: the member is to be stopped and started again. */
  readonly onBeginAgain?: (commitIndex: number) => void;
}

/**
 * Opens a member of a cluster on its data directory: recovers, links up with the others, and listens. It is ready to
 * take orders as soon as a quorum is there.
 *
 * Errors   faults of keys, guard, journal, links and recovery, thrown; nothing stays open.
 */
export async function startMemberNode(options: MemberNodeOptions): Promise<RunningNode> {
  const { settings, genesis } = options;
  tuneHeap();
  const directory = makeDataDirectory(settings.dataDir);
  const { nodeId } = openIdentity(directory);
  new ProofKeeper(directory.path).refuseHalted();
  const known = openKnown(directory.path, genesis);
  // Closed in reverse: the gateway first, the disk last.
  const cleanup = new AsyncDisposableStack();
  try {
    const stores = await openStores(options, directory, known, cleanup);
    const parts = await assemble(options, { nodeId, known, stores, directory }, cleanup);
    const { exchange, standing, recovered } = parts;
    const { replica } = recovered;
    if (settings.entryPort > 0) await openEntry(options, parts, cleanup);
    const running = {
      nodeId,
      directory: directory.path,
      cluster: {
        member: replica.self ?? known.member,
        members: replica.epoch.roster.members.length,
        tolerance: standing.statistics().tolerance,
      },
      exchange,
      keys: stores.keys,
      recordsReplayed: recovered.replayed,
      stop: () => cleanup.disposeAsync(),
    };
    if (!(parts.readModel instanceof GatewayReadModel)) {
      cleanup.defer(() => exchange.drain());
      return { ...running, origin: "", demo: undefined };
    }
    const demo = settings.demo ? openDemoAccount(directory, stores.keys, Date.now()) : undefined;
    const { readModel, metrics, finality } = parts;
    const gateway = makeGateway(
      options,
      exchange,
      { readModel, keys: stores.keys },
      {
        demo,
        consensus: () => standing.statistics(),
        finality,
        epochs: parts.epochs,
        moreMetrics: () => metrics.text(),
      },
    );
    // Together: requests that wait for members that are gone are answered by the exchange, "unknown".
    cleanup.defer(async () => {
      await Promise.all([exchange.drain(), gateway.drain()]);
    });
    await gateway.listen();
    if (settings.metricsPort > 0) {
      const { host, metricsPort } = settings;
      await serveMetrics(gateway, { host, port: metricsPort }, cleanup);
    }
    // One of the members has the robots: with them in every one, they would trade among themselves.
    if (demo !== undefined && replica.self === 0) startDemoLater(options, exchange, cleanup);
    return { ...running, origin: gateway.origin, demo };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

/** What a member knows before it reads its journal: its keys, and epochs that somebody has told it of. */
interface Known extends KnownEpochs {
  /** The same epochs. */
  readonly path: EpochPath;
  readonly ring: KeyRing;
  /** Its author number in the newest of these epochs in which it has one. */
  readonly member: number;
}

/** Errors: those of keys and of `loadKnownEpochs`; MEMBER_UNKNOWN where no epoch knows it; thrown. */
function openKnown(directory: string, genesis: Genesis): Known {
  const known = loadKnownEpochs(memberPaths(directory).epochs, genesis);
  if (known instanceof Fault) throw known;
  const ring = new KeyRing(directory);
  const seats = known.epochs.map((epoch) => ring.seatOf(epoch)?.author);
  const member = seats.findLast((seat) => seat !== undefined);
  // Of the genesis all of its keys must be: this says which is not.
  const path = openEpochPath(genesis, known.steps);
  return { ...known, path, ring, member: member ?? openMemberKeys(directory, genesis).self };
}

interface Stores {
  readonly journal: Journal;
  readonly isJournalDamaged: boolean;
  readonly keys: KeyStore;
  readonly proofs: ProofStore;
  readonly snapshots: MemberSnapshots;
}

/** The journal first: whoever has it open holds the lock of the directory, the guard's included. */
async function openStores(
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
  });
  cleanup.use(proofs);
  const snapshots = await MemberSnapshots.open({
    directory: directory.snapshots,
    genesis,
    path: known.path,
    warn: (warning) => log.warn({ fault: warning.detail }, warning.message),
  });
  const keys = cleanup.use(openFileKeyStore(directory.keys));
  return { journal, isJournalDamaged, keys, proofs, snapshots };
}

interface Parts {
  readonly exchange: ClusterExchange;
  readonly standing: MemberStanding;
  readonly recovered: RecoveredMember;
  readonly metrics: MemberMetrics;
  readonly readModel: ReadModel;
  readonly finality: FinalityKeeper;
  readonly desk: EntryDesk;
  readonly epochs: EpochDesk;
}

interface Opened {
  readonly nodeId: string;
  readonly known: Known;
  readonly stores: Stores;
  readonly directory: DataDirectory;
}

/** What a member's parts are made with. */
interface Work extends Opened {
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

async function assemble(
  options: MemberNodeOptions,
  opened: Opened,
  cleanup: AsyncDisposableStack,
): Promise<Parts> {
  const { genesis } = options;
  const { known, stores } = opened;
  const memberMs = monotoneClock();
  const { journal } = stores;
  const standing = new MemberStanding({ genesis, journal, memberMs });
  // After the journal, whose lock is the directory's: guards are closed before it.
  cleanup.use(known.ring);
  const finality = makeFinality(options, stores.proofs, standing);
  standing.finality = finality;
  const history = await recoverWithHistory(
    {
      node: options,
      ...opened,
      ring: opened.known.ring,
      known: opened.known.steps,
      standing,
      finality,
    },
    cleanup,
  );
  const { recovered, readModel } = history;
  standing.replica = recovered.replica;
  const keeper = makeKeeper(opened, options, recovered);
  if (recovered.replica.isRejoining) standing.noteForgotten();
  const metrics = new MemberMetrics(standing);
  standing.enter(recovered.replica.begun);
  const proofs = new ProofKeeper(opened.directory.path);
  const parts = { memberMs, standing, metrics, finality, keeper, proofs };
  const work: Work = { ...opened, ...history, ...parts, options };
  const exchange = makeExchange(work, (frame) => member.submit(frame));
  const entry = makeDesk(work, exchange, (frame) => member.submit(frame));
  const { archive, replica } = recovered;
  standing.onHalt = (reason) => exchange.fail(reason);
  // The journal may hold what made it halt before.
  if (replica.halted !== undefined) standing.noteHalt(replica.halted);
  const desk = new ArchiveDesk({
    archive,
    lowestRound: (epoch) => replica.lowestRound(epoch),
    send: (to, message) => standing.transport?.send(to, message),
    charge: (from, bytes) => replica.chargeAnswer(from, bytes, memberMs()),
    onFatal: options.onFatal,
  });
  const links = makeLinks(work, (from, message) => member.receive(from, message), cleanup);
  const room = await openRoom(work);
  const member = makeMember(work, { exchange, desk, entry, links, room });
  await openLinks(links, work);
  standing.transport = options.wrapTransport?.(links, recovered) ?? links;
  if (replica.membership === "removed") exchange.fail(standing.absence);
  lookAgainAndAgain(work, cleanup);
  cleanup.defer(() => entry.close());
  cleanup.defer(() => desk.stop());
  cleanup.defer(() => writeOut(readModel, options.log));
  cleanup.defer(() => room.stop());
  cleanup.defer(() => member.stop());
  room.start();
  member.start(standing.transport);
  const epochs = new EpochDesk({
    genesis,
    replica,
    linkKey: known.ring.linkKey,
    memberMs,
    submitFrame: (frame) => member.submit(frame),
  });
  return { exchange, standing, recovered, metrics, readModel, finality, desk: entry, epochs };
}

function lookAgainAndAgain({ standing, proofs }: Work, cleanup: AsyncDisposableStack): void {
  const looking = setInterval(() => {
    standing.look();
    proofs.retry();
  }, LOOK_MS);
  cleanup.defer(() => clearInterval(looking));
}

function makeKeeper(
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

function makeFinality(
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

function makeExchange(
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

async function openRoom({ options, stores, directory, ...work }: Work): Promise<SnapshotRoom> {
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

function makeMember(work: Work, { exchange, desk, entry, links, room }: Listeners): Member {
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

async function openLinks(links: MemberLinks, { recovered, known }: Work): Promise<void> {
  const rosters = recovered.replica.path.epochs.map(({ roster }) => roster);
  await links.open(linkedRosters(rosters, known.ring.linkKey));
}

function makeLinks(
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

function makeDesk(
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

/** Takes signed frames at the port that the settings name. */
async function openEntry(
  { settings, log }: MemberNodeOptions,
  { desk }: Parts,
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const server = new EntryServer({
    port: desk,
    host: settings.host,
    tcpPort: settings.entryPort,
    onHostile: (reason) => log.warn({ reason }, "entry.let-go"),
  });
  await server.listen();
  desk.onCertified = (commitIndex) => server.noteCertified(commitIndex);
  cleanup.defer(async () => {
    desk.close();
    await server.close();
  });
}

/** What is missing the next start makes from the journal. */
function writeOut(readModel: ReadModel, log: NodeOptions["log"]): void {
  try {
    readModel.flush();
  } catch (error) {
    if (!isStorageFault(error)) throw error;
    log.error({ fault: error.detail }, "history.unwritten");
  }
}

/** The wall clock of the start, which then goes on steadily: a clock that is set must not stop the rounds. */
function monotoneClock(): () => number {
  const startMs = Date.now() - performance.now();
  return () => Math.floor(startMs + performance.now());
}
