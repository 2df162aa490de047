import { EntryServer, GatewayReadModel, type ReadModel } from "@rialto/gateway";
import { makeDataDirectory, openIdentity } from "../data-directory.ts";
import { openDemoAccount } from "../demo/demo.ts";
import type { FinalityKeeper } from "../finality/finality-keeper.ts";
import { serveMetrics } from "../metrics-server.ts";
import { followTls, makeGateway, type RunningNode } from "../node-parts.ts";
import { writeOutHistory } from "../open-history.ts";
import { ArchiveDesk } from "./archive-desk.ts";
import type { ClusterExchange } from "./cluster-exchange.ts";
import type { EntryDesk } from "./entry-desk.ts";
import { EpochDesk } from "./epoch-desk.ts";
import { tuneHeap } from "./heap-tuning.ts";
import { MemberMetrics } from "./member-metrics.ts";
import {
  makeDesk,
  makeExchange,
  makeFinality,
  makeKeeper,
  makeLinks,
  makeMember,
  openLinks,
  openRoom,
} from "./member-parts.ts";
import { MemberStanding } from "./member-standing.ts";
import {
  type MemberNodeOptions,
  type Opened,
  openKnown,
  openStores,
  type Work,
} from "./member-work.ts";
import { ProofKeeper } from "./proof-keeper.ts";
import type { RecoveredMember } from "./recover-member.ts";
import { recoverWithHistory } from "./recover-with-history.ts";
import { startDemoLater } from "./start-demo-later.ts";

// The composition root of a member of a cluster.

/** How often the links are looked at for a quorum, and whether there is room for what waits for it. */
const LOOK_MS = 100;

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
      return { ...running, origin: "", demo: undefined, examples: [] };
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
    followTls(options, gateway, cleanup);
    await gateway.listen();
    if (settings.metricsPort > 0) await serveMetrics(gateway, settings.metricsPort, cleanup);
    // One of the members has the robots: with them in every one, they would trade among themselves.
    if (demo !== undefined && replica.self === 0) startDemoLater(options, exchange, cleanup);
    const examples = demo === undefined ? [] : gateway.examples();
    return { ...running, origin: gateway.origin, demo, examples };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
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
  cleanup.defer(() => writeOutHistory(readModel, options.log));
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

/** The wall clock of the start, which then goes on steadily: a clock that is set must not stop the rounds. */
function monotoneClock(): () => number {
  const startMs = Date.now() - performance.now();
  return () => Math.floor(startMs + performance.now());
}
