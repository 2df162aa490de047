import { fail, Fault } from "@rialto/base";
import type { Certificate, Checkpoint } from "@rialto/consensus";
import {
  encodeCertifiedManifest,
  type EpochStep,
  isBlockRecord,
  MessageKind,
  type OfferedSnapshot,
  readPeerMessage,
} from "@rialto/replica";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Alone, AloneLife, journalOf, openAlone, recoverAlone } from "../../testing/alone.ts";
import { until } from "../../testing/small-cluster.ts";
import { blockChecksOf } from "../epoch-checks.ts";
import { openEpochPath } from "../epoch-file.ts";
import { sha256 } from "../../sha256.ts";
import { NO_READ_MODEL } from "../no-read-model.ts";
import { makeManifest } from "./make-manifest.ts";
import { MemberSnapshots } from "./member-snapshots.ts";
import { SnapshotRoom } from "./snapshot-room.ts";

// What a process that was killed between the files of a snapshot has left on the disk, and what the next one makes of it.

const EPOCHS = 3;

/** A snapshot as it was due. */
interface Taken {
  readonly checkpoint: Checkpoint;
  readonly content: Uint8Array;
  /** That have come to the journal by then. */
  readonly recordCount: number;
}

const cleanup = new AsyncDisposableStack();
let alone: Alone;
/** Of the whole life. */
let records: readonly Uint8Array[];
let steps: readonly EpochStep[];
/** Of the ends of the epochs, in their order. */
let ends: readonly Taken[];

beforeAll(async () => {
  const directory = cleanup.use(makeTemporaryDirectory("memory"));
  alone = await openAlone(directory.path, 1_000_000);
  const recovered = await recoverAlone(alone, await journalOf(alone.genesis, []));
  const { replica, frames } = recovered;
  const taken: Taken[] = [];
  const life: AloneLife = new AloneLife(alone, recovered, {
    onCommit: (_, { isSnapshotDue }) => {
      if (!isSnapshotDue) return;
      const { head, checkpoint } = replica.captureOrder() ?? fail("the epoch is over");
      const content = Uint8Array.from(Buffer.concat([head, ...frames.snapshot()]));
      taken.push({ checkpoint, content, recordCount: life.records.length });
    },
  });
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (let round = 0; round < 5; round++) life.tick();
    life.endEpoch();
  }
  ({ records } = life);
  ({ steps } = replica.path);
  ends = taken;
  if (ends.length !== EPOCHS) fail("each end is a snapshot");
});
afterAll(() => cleanup.disposeAsync());

const commitOf = (end: number): number => ends[end]!.checkpoint.commitIndex;
const certificateOf = (end: number): Certificate => steps[end]!.certificate;

/** The journal of a process that was killed when an epoch's last commit was executed, and nothing had closed it. */
function recordsBefore(end: number): readonly Uint8Array[] {
  const { recordCount } = ends[end]!;
  const closing = records.findIndex((each, at) => at >= recordCount && !isBlockRecord(each));
  return records.slice(0, closing);
}

interface Disk extends Disposable {
  readonly path: string;
  readonly warnings: Fault<{ readonly code: string }>[];
  readonly open: (nowMs?: () => number) => Promise<MemberSnapshots>;
}

function makeDisk(): Disk {
  const directory = makeTemporaryDirectory("memory");
  const warnings: Fault<{ readonly code: string }>[] = [];
  const { genesis } = alone;
  const open = (nowMs: () => number = () => 0): Promise<MemberSnapshots> =>
    MemberSnapshots.open({
      nowMs,
      directory: directory.path,
      genesis,
      path: openEpochPath(genesis, steps),
      warn: (warning) => warnings.push(warning),
    });
  return {
    path: directory.path,
    warnings,
    open,
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

async function save(snapshots: MemberSnapshots, end: number): Promise<void> {
  const { checkpoint, content } = ends[end]!;
  await snapshots.save({ checkpoint }, [content]);
}

async function keepManifest(snapshots: MemberSnapshots, end: number): Promise<void> {
  const { checkpoint, content } = ends[end]!;
  await snapshots.keepManifest(await makeManifest(checkpoint, [content]), certificateOf(end));
}

/** As it would lie on the disk, whatever else lies there. */
async function manifestOf(end: number): Promise<readonly [name: string, bytes: Uint8Array]> {
  const { checkpoint, content } = ends[end]!;
  const manifest = await makeManifest(checkpoint, [content]);
  const name = `snapshot-${String(commitOf(end)).padStart(16, "0")}.manifest`;
  return [name, encodeCertifiedManifest(manifest, certificateOf(end))];
}

interface Started extends AsyncDisposable {
  readonly room: SnapshotRoom;
  /** What it says when it is asked which snapshots others may have. */
  readonly offered: () => readonly OfferedSnapshot[];
  readonly path: ReturnType<typeof openEpochPath>;
}

/** Starts a process on a disk, with a journal. */
async function start(
  disk: Disk,
  journaled: readonly Uint8Array[],
  known: readonly EpochStep[] = [],
  opened?: MemberSnapshots,
): Promise<Started> {
  const { genesis } = alone;
  const journal = await journalOf(genesis, journaled);
  const recovered = await recoverAlone(alone, journal, { known });
  const { replica } = recovered;
  const said: Uint8Array[] = [];
  const room = await SnapshotRoom.open({
    genesis,
    recovered,
    linkKey: genesis.roster.members[0]!.linkKey,
    readModel: NO_READ_MODEL,
    isReadModelEmpty: true,
    snapshots: opened ?? (await disk.open()),
    keepEpochs: () => true,
    directory: disk.path,
    journal,
    prunes: false,
    memberMs: Date.now,
    send: (_, message) => void said.push(message),
    log: pino({ level: "silent" }),
    onInstalled: () => fail("nothing is fetched"),
    onFatal: (error) => {
      throw error;
    },
  });
  room.start();
  const { epoch } = replica.epoch.committee;
  const offered = (): readonly OfferedSnapshot[] => {
    room.noteMessage(0, { kind: MessageKind.SnapshotQuery, epoch });
    const answer = said.pop() ?? fail("every question is answered");
    const message = readPeerMessage(0, answer, blockChecksOf(genesis, replica.epoch));
    if (message instanceof Fault) throw message;
    return message.kind === MessageKind.SnapshotOffer ? message.snapshots : fail("it is an offer");
  };
  return { room, offered, path: replica.path, [Symbol.asyncDispose]: () => room.stop() };
}

async function expectOffered(started: Started, wanted: readonly number[]): Promise<void> {
  const indexes = (): readonly number[] => started.offered().map(({ commitIndex }) => commitIndex);
  const text = JSON.stringify(wanted);
  await until(`${text} is offered`, async () => JSON.stringify(indexes()) === text);
}

test("an epoch's end that was saved, and not its manifest, is offered after the start", async () => {
  using disk = makeDisk();
  await save(await disk.open(), 0);
  await using started = await start(disk, records);
  await expectOffered(started, [commitOf(0)]);
  const [offer] = started.offered();
  const snapshots = await disk.open();
  const [kept] = await snapshots.manifests();
  const [, bytes] = await manifestOf(0);
  expect(Buffer.compare(kept!.bytes, bytes)).toBe(0);
  expect(kept!.certified.digest).toEqual(offer!.digest);
  expect(disk.warnings).toEqual([]);
});

test("what is saved without a certificate is offered when that comes, from members or with the path", async () => {
  for (const wayOf of ["certificate", "path"] as const) {
    using disk = makeDisk();
    await save(await disk.open(), 0);
    await using started = await start(disk, recordsBefore(0));
    expect(started.offered()).toEqual([]);
    if (wayOf === "certificate") started.room.noteCertificate(certificateOf(0));
    else {
      started.path.add(steps[0]!);
      started.room.notePath();
    }
    await expectOffered(started, [commitOf(0)]);
  }
});

test("an epoch's end that was not saved whole is taken at the start, while nothing has come after it", async () => {
  using disk = makeDisk();
  await using started = await start(disk, recordsBefore(0), steps.slice(0, 1));
  await expectOffered(started, [commitOf(0)]);
  expect(await (await disk.open()).list()).toEqual([commitOf(0)]);
  using other = makeDisk();
  await save(await other.open(), 0);
  await keepManifest(await other.open(), 0);
  // It is the same that another member took in time.
  await using taken = await start(other, recordsBefore(0));
  expect(taken.offered()).toEqual(started.offered());
});

test("a manifest that a crash has left without its snapshot is not offered, and goes with the next", async () => {
  using disk = makeDisk();
  const snapshots = await disk.open();
  for (const end of [0, 1]) {
    await save(snapshots, end);
    await keepManifest(snapshots, end);
  }
  // It pushes the first out, whose manifest stays until its own is written.
  await save(snapshots, 2);
  {
    await using started = await start(disk, recordsBefore(2));
    expect(started.offered().map(({ commitIndex }) => commitIndex)).toEqual([commitOf(1)]);
    started.room.noteCertificate(certificateOf(2));
    await expectOffered(started, [commitOf(2), commitOf(1)]);
  }
  const manifests = (): readonly string[] =>
    readdirSync(disk.path).filter((name) => name.includes(".manifest"));
  expect(manifests()).toHaveLength(2);
  // Killed once it was written, or while it was.
  const [name, bytes] = await manifestOf(0);
  writeFileSync(join(disk.path, name), bytes);
  writeFileSync(join(disk.path, `${name}.unfinished`), bytes.subarray(9));
  await using started = await start(disk, records);
  // One more than an offer may name would be read as rubbish.
  await expectOffered(started, [commitOf(2), commitOf(1)]);
  expect(manifests()).not.toContain(`${name}.unfinished`);
});

/** The ends of two epochs, for others to have. */
async function keepTwo(snapshots: MemberSnapshots): Promise<void> {
  for (const end of [0, 1]) {
    await save(snapshots, end);
    await keepManifest(snapshots, end);
  }
}

test("a snapshot that is pushed out is offered no more, though the newest is not certified yet", async () => {
  using disk = makeDisk();
  const snapshots = await disk.open();
  await keepTwo(snapshots);
  await using started = await start(disk, recordsBefore(2), [], snapshots);
  await expectOffered(started, [commitOf(1)]);
  expect(await snapshots.list()).toEqual([commitOf(2), commitOf(1)]);
});

test("a snapshot that somebody is fetching is kept and offered though newer ones come, for a minute", async () => {
  using disk = makeDisk();
  let nowMs = 0;
  const snapshots = await disk.open(() => nowMs);
  await keepTwo(snapshots);
  {
    await using started = await start(disk, records, [], snapshots);
    const { digest } = started.offered()[1]!;
    started.room.noteMessage(0, { kind: MessageKind.FetchChunk, epoch: 1, digest, index: 0 });
    nowMs = 59_999;
    await save(snapshots, 2);
    await keepManifest(snapshots, 2);
  }
  expect(await snapshots.list()).toEqual([2, 1, 0].map(commitOf));
  {
    // Killed meanwhile: whoever was fetching it may go on.
    const next = await disk.open();
    await using started = await start(disk, records, [], next);
    await expectOffered(started, [2, 1, 0].map(commitOf));
  }
  nowMs = 60_000;
  await save(snapshots, 2);
  expect(await snapshots.list()).toEqual([commitOf(2), commitOf(1)]);
});

test("what a kill has left of a snapshot that somebody was fetching goes with the next that is saved", async () => {
  using disk = makeDisk();
  const killed = await disk.open();
  await keepTwo(killed);
  killed.noteAsked(2, commitOf(0));
  await save(killed, 2);
  const snapshots = await disk.open();
  expect(await snapshots.list()).toHaveLength(3);
  await save(snapshots, 2);
  expect(await snapshots.list()).toEqual([commitOf(2), commitOf(1)]);
  await keepManifest(snapshots, 2);
  expect(readdirSync(disk.path).filter((name) => name.includes(".manifest"))).toHaveLength(2);
});

test("a snapshot that is gone is offered no more once somebody has asked for a part of it", async () => {
  using disk = makeDisk();
  const snapshots = await disk.open();
  await save(snapshots, 0);
  await keepManifest(snapshots, 0);
  await using started = await start(disk, records);
  const [offer] = started.offered();
  expect(offer?.commitIndex).toBe(commitOf(0));
  for (const name of readdirSync(disk.path)) {
    if (name.endsWith(".state")) rmSync(join(disk.path, name));
  }
  const { digest } = offer!;
  started.room.noteMessage(0, { kind: MessageKind.FetchChunk, epoch: 1, digest, index: 0 });
  await expectOffered(started, []);
});

test("a snapshot is not offered under the certificate of another state, nor a damaged one under its own", async () => {
  using disk = makeDisk();
  const snapshots = await disk.open();
  const { checkpoint, content } = ends[0]!;
  const other = { ...certificateOf(0).checkpoint, stateRoot: sha256(content) };
  await save(snapshots, 0);
  {
    await using started = await start(disk, recordsBefore(0));
    started.room.noteCertificate({ ...certificateOf(0), checkpoint: other });
    await started.room.stop();
  }
  expect(await snapshots.manifests()).toEqual([]);
  const spoilt = Uint8Array.from(content);
  spoilt[9]! ^= 1;
  await snapshots.save({ checkpoint }, [spoilt]);
  await using started = await start(disk, records);
  await started.room.stop();
  expect(await snapshots.manifests()).toEqual([]);
  expect(disk.warnings.map(({ detail }) => detail.code)).toEqual(["SNAPSHOT_INVALID"]);
});
