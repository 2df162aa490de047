import { encodeHex, Fault } from "@rialto/base";
import { createReadModel, type GatewayReadModel, type KeyStore } from "@rialto/gateway";
import {
  isStorageFault,
  type Journal,
  type JournalEvent,
  openFileJournal,
  openFileSnapshots,
  type Snapshots,
  type StorageFault,
} from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkIsNoCluster, isMemberDirectory } from "./cluster/member-directory.ts";
import { ClockWatch } from "./clock-watch.ts";
import {
  type DataDirectory,
  directoryBytes,
  makeDataDirectory,
  openIdentity,
  openKeys,
} from "./data-directory.ts";
import { openDemoAccount } from "./demo/demo.ts";
import { beginJournal, hashState, recover, type Recovered } from "./exchange/recovery.ts";
import { publicReason } from "./exchange/public-reason.ts";
import { SnapshotKeeper } from "./exchange/snapshot-keeper.ts";
import { SoloExchange } from "./exchange/solo-exchange.ts";
import { openSoloFinality, type SoloFinality } from "./finality/open-solo-finality.ts";
import { openHistory, useHistory, writeOutHistory } from "./open-history.ts";
import { serveMetrics } from "./metrics-server.ts";
import {
  followTls,
  logJournalEvent,
  makeGateway,
  type NodeOptions,
  type RunningNode,
  startDemo,
} from "./node-parts.ts";

// The composition root of a node alone: the one place that knows what it is made of.

/** Records that are verified between two turns of the event loop. */
const SCRUB_RECORDS = 100;

/**
 * Opens a node on its data directory: recovers, listens, and in a demo begins to trade.
 *
 * Errors   DIRECTORY_OF_MEMBER, DIRECTORY_OF_CLUSTER, storage and recovery faults, JOURNAL_BEHIND_HISTORY, JOURNAL_BEHIND_SNAPSHOT,
 *          and what the system says of the address, thrown; nothing stays open.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { settings } = options;
  checkIsAlone(settings.dataDir);
  const directory = makeDataDirectory(settings.dataDir);
  const { nodeId } = openIdentity(directory);
  // Closed in reverse: the gateway first, the disk last.
  const cleanup = new AsyncDisposableStack();
  try {
    const stores = await openStores(options, directory, cleanup);
    const parts = await recoverExchange(options, directory, nodeId, stores, cleanup);
    const { exchange, recovered, keeper, finality } = parts;
    const { keys, journal } = stores;
    const nowMs = options.nowMs ?? Date.now;
    const demo = settings.demo ? openDemoAccount(directory, keys, nowMs()) : undefined;
    const more = { demo, ...(finality === undefined ? {} : { finality: finality.keeper }) };
    const gateway = cleanup.use(makeGateway(options, exchange, stores, more));
    followTls(options, gateway, cleanup);
    await gateway.listen();
    if (settings.metricsPort > 0) await serveMetrics(gateway, settings.metricsPort, cleanup);
    if (demo !== undefined) await startDemo(options, exchange, cleanup);
    if (stores.isTailOnly) startScrub(options, journal, cleanup);
    keeper.isEnabled = true;
    return {
      origin: gateway.origin,
      nodeId,
      exchange,
      keys,
      demo,
      examples: demo === undefined ? [] : gateway.examples(),
      directory: directory.path,
      recordsReplayed: recovered.replayed,
      stop: () => cleanup.disposeAsync(),
    };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

/**
 * A member's key signs under its guard, and its journal is the cluster's: a node alone would use the one without, and leave no room
 * for the other. Who stands in a cluster's directory means that. Errors: DIRECTORY_OF_MEMBER, DIRECTORY_OF_CLUSTER, thrown.
 */
function checkIsAlone(path: string): void {
  if (isMemberDirectory(path)) {
    const message = `${path} is of a cluster's member: start it with --join ${path}`;
    throw new Fault<NodeFaultDetail>({ code: "DIRECTORY_OF_MEMBER", path }, "fatal", message);
  }
  checkIsNoCluster(path);
  checkIsNoCluster(join(path, ".."));
}

interface Stores {
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly readModel: GatewayReadModel;
  readonly keys: KeyStore;
  /** Only the journal's newest segment has been verified so far. */
  readonly isTailOnly: boolean;
  /** Tells whoever listens what happens to the journal. */
  onJournal: (event: JournalEvent) => void;
}

async function openStores(
  options: NodeOptions,
  directory: DataDirectory,
  cleanup: AsyncDisposableStack,
): Promise<Stores> {
  const { settings, network, log } = options;
  const isTailOnly = directoryBytes(directory.journal) > settings.verifyBytes;
  const listener: { onJournal: (event: JournalEvent) => void } = { onJournal: () => undefined };
  const journal = await openFileJournal({
    directory: directory.journal,
    networkHash: network.hash,
    mode: settings.durability,
    segmentBytes: settings.segmentBytes,
    verify: isTailOnly ? "tail" : "all",
    observe: (event) => {
      logJournalEvent(log, event);
      listener.onJournal(event);
    },
  });
  cleanup.use(journal);
  const { hash: networkHash } = network;
  const snapshots = await openFileSnapshots({ directory: directory.snapshots, networkHash });
  const readModel = await useHistory(() => openReadModel(options, directory, journal, cleanup));
  await checkSnapshots(directory, journal, snapshots);
  const keys = cleanup.use(openKeys(directory, journal));
  return Object.assign(listener, { journal, snapshots, readModel, keys, isTailOnly });
}

export type NodeFaultDetail =
  | { readonly code: "DIRECTORY_OF_MEMBER"; readonly path: string }
  | {
      readonly code: "JOURNAL_BEHIND_HISTORY";
      readonly journal: string;
      readonly history: string;
      readonly journalSequence: number;
      readonly historySequence: number;
    }
  | {
      readonly code: "JOURNAL_BEHIND_SNAPSHOT";
      readonly journal: string;
      readonly snapshots: string;
      readonly journalSequence: number;
      readonly snapshotSequence: number;
    };

/**
 * The history is derived: where it knows more than a journal that a crash may have cut short, it is made anew.
 *
 * Errors   JOURNAL_BEHIND_HISTORY, thrown, where no crash can have: what was answered as durable is not forgotten in silence.
 */
async function openReadModel(
  options: NodeOptions,
  directory: DataDirectory,
  journal: Journal,
  cleanup: AsyncDisposableStack,
): Promise<GatewayReadModel> {
  const open = {
    path: directory.history,
    networkHash: encodeHex(options.network.hash),
    onFault: ({ detail }: StorageFault) => options.log.error({ fault: detail }, "history.failing"),
    onResumed: () => options.log.info("history.resumed"),
  };
  let history = await openHistory(open, options.log);
  if (history.durableSequence > journal.lastSequence) {
    const { durableSequence } = history;
    await history.close();
    if (journal.mode !== "memory") throw behindHistory(directory, journal, durableSequence);
    options.log.warn({ durableSequence, journal: journal.lastSequence }, "history.ahead");
    for (const suffix of ["", "-wal", "-shm"]) rmSync(directory.history + suffix, { force: true });
    history = await openHistory(open, options.log);
  }
  try {
    const readModel = await createReadModel({ history });
    cleanup.use(history);
    return readModel;
  } catch (error) {
    await history.close();
    throw error;
  }
}

const LOST_RECORDS =
  "records that were answered as durable are gone, as where the journal is an older copy, or its disk has lost writes. ";

function behindHistory(
  { journal: path, history, snapshots }: DataDirectory,
  { lastSequence: journalSequence }: Journal,
  historySequence: number,
): Fault<NodeFaultDetail> {
  const message =
    `The journal in ${path} ends with record ${journalSequence}, but ${history} holds what was made of records up to ${historySequence}: ` +
    LOST_RECORDS +
    `Put the journal back; or, to go on without them, move that file away, and ${snapshots}, which may be of them as well: ` +
    "both are made again from the journal.";
  const code = "JOURNAL_BEHIND_HISTORY";
  const detail = { code, journal: path, history, journalSequence, historySequence } as const;
  return new Fault<NodeFaultDetail>(detail, "fatal", message);
}

/**
 * A snapshot is saved when the journal has what it is of: one beyond the journal's end says what the history may not be there to say.
 *
 * Errors   JOURNAL_BEHIND_SNAPSHOT, thrown.
 */
async function checkSnapshots(
  { journal: path, snapshots: snapshotsPath }: DataDirectory,
  { mode, lastSequence: journalSequence }: Journal,
  snapshots: Snapshots,
): Promise<void> {
  const snapshotSequence = Math.max(0, ...(await snapshots.list()));
  if (mode === "memory" || snapshotSequence <= journalSequence) return;
  const message =
    `The journal in ${path} ends with record ${journalSequence}, but ${snapshotsPath} has a snapshot of what was made of records up to ${snapshotSequence}: ` +
    LOST_RECORDS +
    "Put the journal back; or, to go on without them, move those snapshots away: others are made from the journal.";
  const code = "JOURNAL_BEHIND_SNAPSHOT";
  const detail = {
    code,
    journal: path,
    snapshots: snapshotsPath,
    journalSequence,
    snapshotSequence,
  } as const;
  throw new Fault<NodeFaultDetail>(detail, "fatal", message);
}

interface Parts {
  readonly exchange: SoloExchange;
  readonly recovered: Recovered;
  readonly keeper: SnapshotKeeper;
  readonly finality: SoloFinality | undefined;
}

async function recoverExchange(
  options: NodeOptions,
  directory: DataDirectory,
  nodeId: string,
  stores: Stores,
  cleanup: AsyncDisposableStack,
): Promise<Parts> {
  const { settings, network, log, onFatal } = options;
  const { journal, snapshots, readModel } = stores;
  const nowMs = options.nowMs ?? Date.now;
  const finality = await openSoloFinality(options, directory, journal, {
    stateRoot: () => hashState(engine),
    cleanup,
  });
  const attester = finality?.attester;
  await beginJournal(journal, network.genesis, nowMs());
  const recovered = await recover({
    limits: network.config.capacities,
    hashKey: randomBytes(8).readBigUInt64LE(),
    journal,
    snapshots,
    readModel,
    ...(attester === undefined ? {} : { attester }),
    warn: (warning) => log.warn({ fault: warning.detail }, warning.message),
  });
  const { engine, lastRecordMs } = recovered;
  const keeper = new SnapshotKeeper({
    engine,
    journal,
    snapshots,
    readModel,
    everyCommands: settings.snapshotCommands,
    snapshotCommands: recovered.snapshotCommands,
    onTaken: () => attester?.writeOut(),
    onSaved: (saved) => log.info(saved, "snapshot.saved"),
    onFailed: (error) => log.error({ err: error }, "snapshot.failed"),
  });
  const exchange = new SoloExchange({
    network: network.config,
    networkHash: encodeHex(network.hash),
    nodeId,
    engine,
    journal,
    readModel,
    nowMs,
    queueBytesMax: settings.queueBytes,
    decisionTimeoutMs: settings.decisionTimeoutMs,
    lastRecordMs,
    onFatal: (error) => {
      // An engine that has broken in the middle of a record stands nowhere: nothing is said or kept of it any more.
      keeper.isEnabled = false;
      attester?.abandon();
      onFatal(error);
    },
    onExecuted: (batch) => {
      attester?.apply(batch);
      keeper.consider(batch);
    },
  });
  cleanup.use(new ClockWatch({ aheadMs: () => exchange.aheadMs, log }));
  stores.onJournal = (event) => noteJournalEvent(event, exchange);
  // Everything is left on disk as the next start likes it best.
  cleanup.defer(() => keeper.stop());
  cleanup.defer(() => writeOutHistory(readModel, log));
  // Before the last snapshot: the next start begins with that, and makes up for nothing.
  cleanup.defer(() => attester?.stop());
  cleanup.defer(() => exchange.drain());
  attester?.start();
  return { exchange, recovered, keeper, finality };
}

function noteJournalEvent(event: JournalEvent, exchange: SoloExchange): void {
  if (event.name === "journal.full") exchange.setTrouble(publicReason(event.fault));
  if (event.name === "journal.resumed") exchange.setTrouble("");
}

/** Verifies the journal from its beginning while the node runs: what was too large to do before. */
function startScrub(options: NodeOptions, journal: Journal, cleanup: AsyncDisposableStack): void {
  let isStopped = false;
  cleanup.defer(() => {
    isStopped = true;
  });
  const scrub = async (): Promise<void> => {
    for await (const { sequence } of journal.read(1)) {
      if (isStopped) return;
      if (sequence % SCRUB_RECORDS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    options.log.info({ lastSequence: journal.lastSequence }, "journal.verified");
  };
  scrub().catch((error: unknown) => {
    if (isStopped && isStorageFault(error)) return; // the journal was closed under it
    options.onFatal(error);
  });
}
