import { Fault } from "@rialto/base";
import { createHotEngine } from "@rialto/engine";
import { type Checkpoint, checkpointSignMessage, concatBytes, NO_DIGEST } from "@rialto/consensus";
import {
  CHUNK_BYTES,
  type ChainReplica,
  computeManifestDigest,
  CONTENT_HEAD_BYTES,
  encodeCertifiedManifest,
  encodeManifest,
  MessageKind,
  type PeerMessage,
  readPeerMessage,
  type SnapshotMessage,
} from "@rialto/replica";
import { createMemoryJournal } from "@rialto/storage";
import { limitSmallDisk, type SmallDisk } from "@rialto/storage/testing";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Recorder } from "../../testing/recorder.ts";
import { until } from "../../testing/small-cluster.ts";
import { SMALL_NETWORK } from "../../testing/small-exchange.ts";
import { openEpochPath } from "../epoch-file.ts";
import { blockChecksOf } from "../epoch-checks.ts";
import { type Genesis, makeGenesis, openGenesis } from "../genesis.ts";
import { sha256 } from "../../sha256.ts";
import { createMember, type MemberKeys, openMemberKeys } from "../member-directory.ts";
import { recoverMember } from "../recover-member.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { makeManifest } from "./make-manifest.ts";
import { MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotFetcher } from "./snapshot-fetcher.ts";

const SELF = 2;
const CONTENT = Uint8Array.from({ length: 3 * CHUNK_BYTES - 7 }, (_, at) => (at * 31) % 251);
const FETCH = { queryMs: 1_000, chunkTimeoutMs: 500, stallMs: 10_000, lagRounds: 100 };
/** After which what found no room is tried again. */
const RETRY_MS = 5_000;

/** Three members of a crash profile; the last has nothing, and waits for a snapshot. */
interface World {
  readonly genesis: Genesis;
  readonly keys: readonly MemberKeys[];
  readonly replica: ChainReplica;
}

async function makeWorld(root: string): Promise<World> {
  const directories = [0, 1, 2].map((index) => join(root, `node-${index}`));
  const place = { address: "tcp://127.0.0.1:1", weight: 1 };
  const members = await Promise.all(directories.map((each) => createMember(each, place)));
  const choices = { network: SMALL_NETWORK, profile: "crash", voteThreshold: 0.65 } as const;
  const genesis = openGenesis(makeGenesis({ ...choices, members }));
  if (genesis instanceof Fault) throw genesis;
  const keys = directories.map((each) => openMemberKeys(each, genesis));
  const networkHash = genesis.committee.chainId;
  const { replica } = await recoverMember({
    genesis,
    linkKey: genesis.roster.members[SELF]!.linkKey,
    seatOf: () => undefined,
    guardMemory: () => ({ last: undefined, isAmnesiac: false }),
    known: [],
    journal: createMemoryJournal({ networkHash, mode: "group" }),
    isJournalDamaged: false,
    readModel: new Recorder(),
    start: undefined,
    queueBytes: 100_000,
    tableKey: undefined,
    onCommit: () => undefined,
    onEpoch: () => undefined,
  });
  expect(replica.awaitsSnapshot).toBe(true);
  return { genesis, keys, replica };
}

/** Answers of a member that has a snapshot which two have signed. */
async function answers(
  { genesis, keys }: World,
  content: Uint8Array,
): Promise<(message: PeerMessage) => SnapshotMessage | undefined> {
  const { chainId, hash: committeeHash, profile } = genesis.committee;
  const checkpoint: Checkpoint = {
    chainId,
    epoch: 1,
    committeeHash,
    profile,
    commitIndex: 40,
    commitDigest: sha256(Uint8Array.of(1)),
    resultsRoot: sha256(Uint8Array.of(2)),
    stateRoot: sha256(Uint8Array.of(3)),
    tsMs: 5,
    nextRoster: NO_DIGEST,
  };
  const manifest = await makeManifest(checkpoint, [content]);
  const signed = checkpointSignMessage(checkpoint);
  const signatures = [0, 1].map((author) => ({
    author,
    signature: keys[author]!.signer.sign(signed),
  }));
  const certified = encodeCertifiedManifest(manifest, {
    checkpoint,
    signatures,
    quantumSignatures: [],
  });
  const digest = computeManifestDigest(encodeManifest(manifest), sha256);
  return (message) => {
    if (message.kind === MessageKind.SnapshotQuery) {
      const snapshots = [{ epoch: 1, commitIndex: 40, digest }];
      return { kind: MessageKind.SnapshotOffer, epoch: 1, lowestRound: 99, snapshots };
    }
    if (message.kind === MessageKind.FetchManifest) {
      return { kind: MessageKind.Manifest, epoch: 1, bytes: certified };
    }
    if (message.kind !== MessageKind.FetchChunk) return undefined;
    const { index } = message;
    const bytes = content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    return { kind: MessageKind.Chunk, epoch: 1, digest, index, bytes };
  };
}

interface Fetching {
  readonly said: string[];
  readonly installed: number[];
  readonly failures: unknown[];
  readonly pass: (ms: number) => void;
}

type Answer = Awaited<ReturnType<typeof answers>>;

async function startFetcher(
  world: World,
  answer: Answer,
  disk: SmallDisk,
  cleanup: AsyncDisposableStack,
  incoming: IncomingSnapshot = new IncomingSnapshot(join(disk.path, "incoming")),
): Promise<Fetching> {
  const { genesis, replica } = world;
  const checks = blockChecksOf(genesis, genesis);
  let nowMs = 1_000_000;
  const said: string[] = [];
  const note = (_: unknown, event?: string): void => void said.push(String(event));
  const installed: number[] = [];
  const failures: unknown[] = [];
  const fetcher = new SnapshotFetcher({
    settings: FETCH,
    replica,
    linkKey: genesis.roster.members[SELF]!.linkKey,
    snapshots: await MemberSnapshots.open({
      directory: disk.path,
      genesis,
      path: openEpochPath(genesis, []),
      warn: (warning) => failures.push(warning),
      files: disk.files,
    }),
    keepEpochs: () => true,
    incoming,
    memberMs: () => nowMs,
    send: (to, bytes) => {
      const message = readPeerMessage(SELF, bytes, checks);
      if (message instanceof Fault) throw message;
      const answered = answer(message);
      if (answered !== undefined) setImmediate(() => fetcher.noteMessage(to, answered));
    },
    log: { info: note, warn: note, error: note },
    onInstalled: (commitIndex) => installed.push(commitIndex),
    onFatal: (error) => failures.push(error),
  });
  cleanup.defer(() => fetcher.stop());
  fetcher.start();
  return { said, installed, failures, pass: (ms) => void (nowMs += ms) };
}

test("a snapshot that finds no room is installed when there is, and what the disk has changed meanwhile is fetched again", async () => {
  await using cleanup = new AsyncDisposableStack();
  const disk = cleanup.use(limitSmallDisk(100_000));
  const world = await makeWorld(disk.path);
  const answer = await answers(world, CONTENT);
  const { said, installed, failures, pass } = await startFetcher(world, answer, disk, cleanup);
  const countOf = (event: string): number => said.filter((each) => each === event).length;
  await until("there is no room", async () => countOf("snapshot.uninstalled") === 1);
  pass(RETRY_MS);
  await until("it is tried again", async () => countOf("snapshot.uninstalled") === 2);
  disk.leaveFree(10_000_000);
  const incoming = join(disk.path, "incoming", "content");
  const bytes = readFileSync(incoming);
  bytes[CHUNK_BYTES + 5]! ^= 1;
  writeFileSync(incoming, bytes);
  pass(RETRY_MS * 2);
  await until("what has changed is noticed", async () => countOf("snapshot.uninstalled") === 3);
  expect(installed).toEqual([]);
  pass(RETRY_MS * 4);
  await until("it is installed", async () => installed.length > 0);
  expect(installed).toEqual([40]);
  // All of it once, and what had changed once more.
  expect(countOf("snapshot.fetching")).toBe(2);
  expect(failures).toEqual([]);
});

test("a snapshot for which not even a file can be made is begun with when one can", async () => {
  await using cleanup = new AsyncDisposableStack();
  const disk = cleanup.use(limitSmallDisk(100_000_000));
  const world = await makeWorld(disk.path);
  const answer = await answers(world, contentOfVersion(world, 0));
  const incoming = new IncomingSnapshot(join(disk.path, "incoming"));
  const begin = incoming.begin.bind(incoming);
  let refusals = 0;
  incoming.begin = async (manifest) => {
    if (++refusals <= 2) throw Object.assign(new Error("no room"), { code: "EDQUOT" });
    return begin(manifest);
  };
  const fetching = await startFetcher(world, answer, disk, cleanup, incoming);
  const { said, installed, failures, pass } = fetching;
  await until("it is installed", async () => {
    pass(FETCH.queryMs);
    return installed.length > 0 || failures.length > 0;
  });
  expect(failures).toEqual([]);
  expect(said.filter((event) => event === "snapshot.disk-full")).toHaveLength(2);
});

/** A content whose engine is of a memory layout so many later than this program's. */
function contentOfVersion({ genesis }: World, later: number): Uint8Array {
  const limits = genesis.network.config.capacities;
  const [engineHead, ...regions] = createHotEngine({ limits, hashKey: 1n }).snapshot();
  engineHead![4]! += later;
  // No order behind the checkpoint, and the sequence before the engine.
  const head = new Uint8Array(CONTENT_HEAD_BYTES + 8);
  return concatBytes(head, engineHead!, ...regions);
}

test("a snapshot of another version of the program is told of and left, and one of this version is installed", async () => {
  await using cleanup = new AsyncDisposableStack();
  const disk = cleanup.use(limitSmallDisk(100_000_000));
  const world = await makeWorld(disk.path);
  const [older, same] = await Promise.all(
    [1, 0].map((later) => answers(world, contentOfVersion(world, later))),
  );
  let answer = older!;
  const given: Answer = (message) => answer(message);
  const { said, installed, failures, pass } = await startFetcher(world, given, disk, cleanup);
  await until("it is told of", async () => said.includes("snapshot.unusable"));
  pass(RETRY_MS);
  pass(RETRY_MS);
  answer = same!;
  await until("one that can be used is installed", async () => {
    pass(FETCH.queryMs);
    return installed.length > 0;
  });
  expect(said.filter((event) => event === "snapshot.unusable")).toHaveLength(1);
  expect(failures).toEqual([]);
});
