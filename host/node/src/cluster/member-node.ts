import { encodeHex, Fault, parseHex } from "@rialto/base";
import type { BlockChecks, CertificateChecks } from "@rialto/consensus";
import {
  EntryServer,
  GatewayReadModel,
  type KeyStore,
  openFileKeyStore,
  type ReadModel,
} from "@rialto/gateway";
import { createZeroMqWire, openTransport, type Transport } from "@rialto/network";
import {
  FINALITY_HASHES_DEFAULT,
  findSignedFrameProblem,
  type FrameChecks,
  isSignedFrame,
} from "@rialto/replica";
import { openSigningGuard, selectBackend, type SigningGuard } from "@rialto/signing";
import { isStorageFault, type Journal } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { type DataDirectory, makeDataDirectory, openIdentity } from "../data-directory.ts";
import { openDemoAccount } from "../demo/demo.ts";
import { certificateChecks } from "../finality/certificate-checks.ts";
import { FinalityKeeper } from "../finality/finality-keeper.ts";
import { ProofStore } from "../finality/proof-store.ts";
import { noteExecuted, replicaDag } from "../finality/replica-finality.ts";
import { serveMetrics } from "../metrics-server.ts";
import {
  logJournalEvent,
  makeGateway,
  type NodeOptions,
  type RunningNode,
  startDemo,
} from "../node-parts.ts";
import { ArchiveDesk } from "./archive-desk.ts";
import { ClusterExchange } from "./cluster-exchange.ts";
import { EntryDesk } from "./entry-desk.ts";
import { type Genesis, sha256 } from "./genesis.ts";
import { growHeapFreely } from "./heap-growth.ts";
import { Member } from "./member.ts";
import { type MemberKeys, memberPaths, openMemberKeys } from "./member-directory.ts";
import { openMemberJournal } from "./member-journal.ts";
import { MemberMetrics } from "./member-metrics.ts";
import { MEMBER_LINK_LIMITS } from "./member-settings.ts";
import { MemberStanding } from "./member-standing.ts";
import { ProofKeeper } from "./proof-keeper.ts";
import { QuorumWatch } from "./quorum-watch.ts";
import { RecordWriter } from "./record-writer.ts";
import type { RecoveredMember } from "./recover-member.ts";
import { recoverWithHistory } from "./recover-with-history.ts";
import { MemberSnapshots } from "./snapshot/member-snapshots.ts";
import { SnapshotRoom } from "./snapshot/snapshot-room.ts";

// The composition root of a member of a cluster.

/** How often the links are looked at for a quorum. */
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
  growHeapFreely();
  const directory = makeDataDirectory(settings.dataDir);
  const { nodeId } = openIdentity(directory);
  new ProofKeeper(directory.path).refuseHalted();
  const keys = openMemberKeys(directory.path, genesis);
  // Closed in reverse: the gateway first, the disk last.
  const cleanup = new AsyncDisposableStack();
  try {
    const stores = await openStores(options, directory, keys, cleanup);
    const parts = await assemble(options, { nodeId, keys, stores, directory }, cleanup);
    const { exchange, standing, recovered } = parts;
    if (settings.entryPort > 0) await openEntry(options, parts, cleanup);
    const running = {
      nodeId,
      directory: directory.path,
      cluster: {
        member: keys.self,
        members: genesis.file.members.length,
        tolerance: standing.statistics().tolerance,
      },
      exchange,
      keys: stores.keys,
      recordsReplayed: recovered.replayed,
      stop: () => cleanup.disposeAsync(),
    };
    if (!(parts.readModel instanceof GatewayReadModel)) {
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
    if (demo !== undefined && keys.self === 0) startDemoLater(options, exchange, cleanup);
    return { ...running, origin: gateway.origin, demo };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

interface Stores {
  readonly journal: Journal;
  readonly isJournalDamaged: boolean;
  readonly guard: SigningGuard;
  readonly keys: KeyStore;
  readonly proofs: ProofStore;
  readonly snapshots: MemberSnapshots;
}

/** The journal first: whoever has it open holds the lock of the directory, the guard's included. */
async function openStores(
  options: MemberNodeOptions,
  directory: DataDirectory,
  keys: MemberKeys,
  cleanup: AsyncDisposableStack,
): Promise<Stores> {
  const { settings, genesis, log } = options;
  const { guard: path } = memberPaths(directory.path);
  const { journal, isDamaged: isJournalDamaged } = await openMemberJournal({
    journal: {
      directory: directory.journal,
      networkHash: genesis.committee.chainId,
      mode: settings.durability,
      segmentBytes: settings.segmentBytes,
      mayBePruned: true,
      observe: (event) => logJournalEvent(log, event),
    },
    guard: { path, scope: keys.guardScope },
    committee: genesis.committee,
    log,
  });
  cleanup.use(journal);
  const guard = cleanup.use(await openSigningGuard({ path, scope: keys.guardScope }));
  const { amnesiaReason: reason } = guard;
  if (reason !== undefined) log.warn({ path, reason }, "guard.amnesia");
  const proofs = new ProofStore({
    path: directory.proofs,
    networkHash: genesis.committee.hash,
    bytesMax: settings.proofBytes,
  });
  cleanup.use(proofs);
  const snapshots = await MemberSnapshots.open({
    directory: directory.snapshots,
    committee: genesis.committee,
    warn: (warning) => log.warn({ fault: warning.detail }, warning.message),
  });
  const apiKeys = cleanup.use(openFileKeyStore(directory.keys));
  return { journal, isJournalDamaged, guard, keys: apiKeys, proofs, snapshots };
}

interface Parts {
  readonly exchange: ClusterExchange;
  readonly standing: MemberStanding;
  readonly recovered: RecoveredMember;
  readonly metrics: MemberMetrics;
  readonly readModel: ReadModel;
  readonly finality: FinalityKeeper;
  readonly desk: EntryDesk;
}

interface Opened {
  readonly nodeId: string;
  readonly keys: MemberKeys;
  readonly stores: Stores;
  readonly directory: DataDirectory;
}

/** What a member's parts are made with. */
interface Work extends Opened {
  readonly options: MemberNodeOptions;
  readonly memberMs: () => number;
  readonly watch: QuorumWatch;
  readonly standing: MemberStanding;
  readonly recovered: RecoveredMember;
  readonly readModel: ReadModel;
  readonly metrics: MemberMetrics;
  readonly finality: FinalityKeeper;
}

async function assemble(
  options: MemberNodeOptions,
  opened: Opened,
  cleanup: AsyncDisposableStack,
): Promise<Parts> {
  const { genesis } = options;
  const { keys, stores } = opened;
  const memberMs = monotoneClock();
  const watch = new QuorumWatch(genesis.committee, keys.self);
  const { journal } = stores;
  const standing = new MemberStanding({ genesis, self: keys.self, journal, watch, memberMs });
  const finality = makeFinality(options, stores.proofs, standing);
  standing.finality = finality;
  const history = await recoverWithHistory(
    { node: options, ...opened, standing, finality },
    cleanup,
  );
  const { recovered, readModel } = history;
  standing.replica = recovered.replica;
  if (recovered.replica.isRejoining) standing.noteForgotten();
  const metrics = new MemberMetrics(standing);
  const parts = { memberMs, watch, standing, metrics, finality };
  const work: Work = { ...opened, ...history, ...parts, options };
  const exchange = makeExchange(work, (frame) => member.submit(frame));
  const entry = makeDesk(work, exchange, (frame) => member.submit(frame));
  const { archive, replica } = recovered;
  standing.onHalt = (reason) => exchange.fail(reason);
  // The journal may hold what made it halt before.
  if (replica.halted !== undefined) standing.noteHalt(replica.halted);
  const desk = new ArchiveDesk({
    archive,
    dag: replica.consensus.dag,
    send: (to, message) => standing.transport?.send(to, message),
    charge: (from, bytes) => replica.chargeAnswer(from, bytes, memberMs()),
    onFatal: options.onFatal,
  });
  const room = makeRoom(work);
  const member = makeMember(work, { exchange, desk, entry, room });
  const transport = await openLinks(options, keys, member, cleanup);
  standing.transport = options.wrapTransport?.(transport, recovered) ?? transport;
  const looking = setInterval(() => watch.look(transport), LOOK_MS);
  cleanup.defer(() => clearInterval(looking));
  cleanup.defer(() => desk.stop());
  cleanup.defer(() => writeOut(readModel, options.log));
  cleanup.defer(() => room.stop());
  cleanup.defer(() => member.stop());
  member.start(standing.transport);
  room.start();
  return { exchange, standing, recovered, metrics, readModel, finality, desk: entry };
}

function makeFinality(
  { genesis: { file, committee }, log }: MemberNodeOptions,
  store: ProofStore,
  standing: MemberStanding,
): FinalityKeeper {
  return new FinalityKeeper({
    committee,
    hash: sha256,
    store,
    genesis: JSON.stringify(file),
    hashesMax: FINALITY_HASHES_DEFAULT,
    hashKey: randomBytes(8).readBigUInt64LE(),
    dag: (roundsMax) => replicaDag(standing.replica, committee, roundsMax),
    onFailed: (error) => log.error({ err: error }, "finality.unwritten"),
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
  readonly room: SnapshotRoom;
}

function makeRoom({ options, keys, stores, directory, ...work }: Work): SnapshotRoom {
  const { settings, genesis, log, onFatal } = options;
  const { recovered, readModel, memberMs, standing } = work;
  return new SnapshotRoom({
    self: keys.self,
    recovered,
    readModel,
    isReadModelEmpty: settings.noGateway,
    snapshots: stores.snapshots,
    directory: directory.snapshots,
    journal: stores.journal,
    checks: checksOf(genesis),
    memberMs,
    send: (to, message) => void standing.transport?.send(to, message),
    log,
    onInstalled: (commitIndex) => options.onBeginAgain?.(commitIndex),
    onFatal,
  });
}

function makeMember(work: Work, { exchange, desk, entry, room }: Listeners): Member {
  const { options, stores, recovered, standing, watch, metrics, memberMs, finality } = work;
  const { log, onFatal, genesis } = options;
  const { journal, guard } = stores;
  const { archive, frames, replica } = recovered;
  const proofs = new ProofKeeper(work.directory.path);
  const records = new RecordWriter({
    journal,
    onWritten: (record, sequence) => archive.note(record, sequence),
    onTrouble: (trouble) => exchange.setTrouble(trouble),
  });
  return new Member({
    replica,
    checks: checksOf(genesis),
    records,
    guard,
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
      onMessage: (from, message) => {
        watch.noteMessage(from, message);
        desk.consider(from, message);
        room.noteMessage(from, message);
      },
      onHostile: (from) => metrics.noteHostile(from),
      onFatal,
    },
  });
}

async function openLinks(
  options: MemberNodeOptions,
  keys: MemberKeys,
  member: Member,
  cleanup: AsyncDisposableStack,
): Promise<Transport> {
  const { settings, genesis, log } = options;
  const { members } = genesis.file;
  const wire = createZeroMqWire({
    self: keys.self,
    secretKey: keys.linkSeed.expose(),
    members: members.map(({ address, linkKey }) => ({
      address,
      publicKey: parseHex(linkKey)!,
    })),
    ...(settings.linkAddress === "" ? {} : { listenAddress: settings.linkAddress }),
  });
  return cleanup.use(
    await openTransport(wire, {
      limits: MEMBER_LINK_LIMITS,
      onMessage: (from, message) => member.receive(from, message),
      observe: ({ kind, ...fields }) => log.info(fields, `link.${kind}`),
    }),
  );
}

/**
 * Signatures are checked here, by whichever library is fastest. Where nobody lies, a client's signature is checked by the
 * one member that takes its frame; where some may, by every member, as a part of the block's validity.
 */
function checksOf(genesis: Genesis): BlockChecks & CertificateChecks {
  const { committee } = genesis;
  const checks = { hash: sha256, ...certificateChecks(committee) };
  if (committee.thresholds.liars === 0) return checks;
  const frames = frameChecksOf(genesis);
  return {
    ...checks,
    findFrameProblem: (frame) =>
      isSignedFrame(frame) ? findSignedFrameProblem(frame, frames) : undefined,
  };
}

function frameChecksOf({ committee, signers }: Genesis): FrameChecks {
  const { verify } = selectBackend("ed25519");
  return { chainId: committee.chainId, signers, hash: sha256, verify };
}

function makeDesk(
  { options, recovered, stores, standing, memberMs, keys }: Work,
  exchange: ClusterExchange,
  submitFrame: Member["submit"],
): EntryDesk {
  const { settings, genesis } = options;
  const { replica, frames } = recovered;
  return new EntryDesk({
    checks: frameChecksOf(genesis),
    member: keys.self,
    memberMs,
    bytesMax: settings.queueBytes,
    decisionTimeoutMs: settings.decisionTimeoutMs,
    submitFrame,
    restriction: () => standing.restriction(),
    unavailability: () => exchange.unavailability,
    status: () => ({
      member: keys.self,
      restriction: standing.restriction(),
      commits: replica.consensus.sequencer.lastIndex,
      batches: frames.sequence,
      commands: frames.engine.counts().commands,
      stateRoot: encodeHex(frames.stateRoot()),
      leaderTimeouts: replica.leaderTimeouts,
      rounds: replica.lastProposed,
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

/** Funding the demo takes a quorum, which may be long in coming; the member is of use before. */
function startDemoLater(
  options: MemberNodeOptions,
  exchange: ClusterExchange,
  cleanup: AsyncDisposableStack,
): void {
  const demo = new AsyncDisposableStack();
  let timer: NodeJS.Timeout | undefined;
  const attempt = (): void => {
    if (!exchange.status().ready) {
      timer = setTimeout(attempt, LOOK_MS);
      return;
    }
    startDemo(options, exchange, demo).catch((error: unknown) => {
      if (!(error instanceof Fault)) return options.onFatal(error);
      options.log.warn({ err: error }, "demo.refused");
      timer = setTimeout(attempt, LOOK_MS);
    });
  };
  cleanup.defer(() => {
    clearTimeout(timer);
    // The robots' last orders may wait for others that have gone before: the exchange gives them up.
    return Promise.all([exchange.drain(), demo.disposeAsync()]).then(() => undefined);
  });
  attempt();
}

/** The wall clock of the start, which then goes on steadily: a clock that is set must not stop the rounds. */
function monotoneClock(): () => number {
  const startMs = Date.now() - performance.now();
  return () => Math.floor(startMs + performance.now());
}
