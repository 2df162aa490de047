import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { MEMBER_SEGMENT_BYTES_MIN } from "../../src/cluster/member-journal.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { findTestPort } from "../../src/testing/free-port.ts";
import { JournalFiller } from "../../src/testing/journal-filler.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Four members, one of which lies about what it has, whose snapshots are near and whose segments are small: journals shrink,
// restarts are short. The tests follow one another on the same cluster.

/** The honest ones. */
const ALL = [0, 1, 2] as const;
const LIAR = 3;
const PROGRAM = join(import.meta.dirname, "../../src/testing/lying-member.ts");
const MAKER = 1_001n;
const TAKER = 1_002n;
const SNAPSHOT_COMMITS = 40;
const filler = new JournalFiller();

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;
let entryPort: number;

beforeAll(async () => {
  const args = ["--segment-bytes", String(MEMBER_SEGMENT_BYTES_MIN)];
  entryPort = await findTestPort();
  cluster = cleanup.use(
    await SmallCluster.create(4, "byzantine", args, {
      snapshotCommits: SNAPSHOT_COMMITS,
      signers: [filler.card],
    }),
  );
  await Promise.all([
    cluster.start(0, "--entry-port", String(entryPort)),
    ...[1, 2].map((member) => cluster.start(member)),
    startLiar(),
  ]);
  await cluster.untilReady(ALL);
  for (const account of [MAKER, TAKER]) await cluster.fund(0, account);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

/** It says it is elsewhere, offers snapshots that nobody has, gives other bytes than were asked for, or nothing. */
async function startLiar(): Promise<void> {
  await cluster.startProgram(LIAR, PROGRAM, "--lies", "lyingSync");
}

const directoryOf = (member: number): ReturnType<typeof dataDirectory> =>
  dataDirectory(cluster.directories[member]!);

function snapshotsOf(member: number): string[] {
  const names = readdirSync(directoryOf(member).snapshots);
  return names.filter((name) => /^snapshot-\d+\.state$/.test(name)).toSorted();
}

function hasDroppedFirstSegment(member: number): boolean {
  const names = readdirSync(directoryOf(member).journal);
  return !names.includes("journal-0000000001.segment");
}

/** Has every member go through commits until each has let go of its first segment. */
async function moveOn(): Promise<void> {
  for (let times = 0; !ALL.every((member) => hasDroppedFirstSegment(member)); times++) {
    expect(times).toBeLessThan(2_000);
    await cluster.fund(times % 3, MAKER);
  }
}

test("members take snapshots, keep two, and let go of what no restart needs", async () => {
  await filler.fill(memberPaths(cluster.directories[0]!).genesis, entryPort);
  await moveOn();
  for (const member of ALL) expect(snapshotsOf(member)).toHaveLength(2);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
});

test("a member that is killed begins with its snapshot, and comes to the same state", async () => {
  await cluster.kill(1);
  const node = await cluster.start(1);
  const { vertices } = await cluster.stats(1);
  // All that was ever accepted, against what a restart went through again.
  expect(node.ready.recordsReplayed).toBeLessThan(vertices / 2);
  await cluster.untilReady(ALL);
  await cluster.fund(1, MAKER);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  await until("counts agree at one commit", async () => {
    const stats = await Promise.all(ALL.map((member) => cluster.stats(member)));
    const [first] = stats;
    if (!stats.every(({ committed }) => committed === first!.committed)) return false;
    expect(stats.map(({ finalized }) => finalized)).toEqual(ALL.map(() => first!.finalized));
    return true;
  });
});

test("all killed at once come back from their snapshots and go on", async () => {
  const [before] = await cluster.untilLevel(ALL);
  await Promise.all([...ALL, LIAR].map((member) => cluster.kill(member)));
  await Promise.all([cluster.startAll(ALL), startLiar()]);
  const states = await cluster.untilLevel(ALL);
  for (const state of states) expect(state.sequence).toBeGreaterThanOrEqual(before!.sequence);
  await cluster.fund(2, TAKER);
  expect(new Set((await cluster.untilLevel(ALL)).map(({ stateHash }) => stateHash)).size).toBe(1);
});

test("with the newest snapshot damaged a member begins with the one before", async () => {
  await cluster.kill(2);
  const path = join(directoryOf(2).snapshots, snapshotsOf(2).at(-1)!);
  const bytes = readFileSync(path);
  bytes[bytes.length - 700]! ^= 1;
  writeFileSync(path, bytes);
  const node = await cluster.start(2);
  expect(node.log()).toContain("SNAPSHOT_CORRUPT");
  await cluster.untilReady(ALL);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
});

test("proofs that are lost begin anew at a snapshot, and the history is left alone", async () => {
  await cluster.kill(2);
  const { proofs } = directoryOf(2);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(proofs + suffix, { force: true });
  const node = await cluster.start(2);
  expect(node.log()).toContain("proofs.begin");
  expect(node.log()).not.toContain("history.removed");
  await cluster.untilReady(ALL);
  await cluster.untilLevel(ALL);
  const historyOf = async (member: number): Promise<unknown> => {
    const client = cluster.client(member, cluster.makeKey(member, MAKER, ["read", "trade"]));
    return await client.signed("GET", "/api/v3/allOrders", { symbol: "BTCUSD" });
  };
  expect(await historyOf(2)).toEqual(await historyOf(0));
});

test("a history that is lost begins anew at the snapshot, and the member goes on with it", async () => {
  await cluster.kill(2);
  const { history } = directoryOf(2);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(history + suffix, { force: true });
  const node = await cluster.start(2);
  expect(node.log()).toContain("history.begins");
  await cluster.untilReady(ALL);
  const open = async (member: number): Promise<unknown> => {
    const client = cluster.client(member, cluster.makeKey(member, MAKER, ["read", "trade"]));
    const orders = (await client.signed("GET", "/api/v3/openOrders")) as { orderId: number }[];
    return orders.map(({ orderId }) => orderId).toSorted((left, right) => left - right);
  };
  await cluster.untilLevel(ALL);
  expect(await open(2)).toEqual(await open(0));
  await cluster.kill(2);
  await cluster.startAll([2]);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
});

test("a member that has lost its disk gets a snapshot of the honest others, whose journals do not reach back", async () => {
  // The liar's journal does reach back. Where it comes to tell the truth first, the member is there by blocks: once more, then.
  for (let times = 0; times === 0 || !cluster.node(1).log().includes("installed"); times++) {
    expect(times).toBeLessThan(4);
    await cluster.kill(1);
    cluster.wipe(1);
    await cluster.start(1);
    // It stops and begins again with what it got, at the same port: for a moment nobody is there.
    await until("the member is ready", () => cluster.isReady(1));
  }
  expect(cluster.node(1).log()).toContain("snapshot.installed");
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  // It votes again: with another one down there is no quorum without it.
  await cluster.kill(0);
  await until("three of four decide", () => cluster.isReady(1));
  await cluster.fund(1, TAKER);
  const pair = await cluster.untilLevel([1, 2]);
  expect(pair[0]!.stateHash).toBe(pair[1]!.stateHash);
});

test("a journal damaged in the middle is repaired from the others while the guard is whole, and left alone else", async () => {
  await cluster.startAll([0]);
  await cluster.untilReady(ALL);
  await cluster.fund(0, MAKER);
  await cluster.untilLevel(ALL);
  await cluster.kill(2);
  const { journal } = directoryOf(2);
  const [oldest] = readdirSync(journal)
    .filter((name) => name.endsWith(".segment"))
    .toSorted();
  const path = join(journal, oldest!);
  const bytes = readFileSync(path);
  bytes[4_096 + 300]! ^= 1;
  writeFileSync(path, bytes);
  // With the guard gone nobody here knows what was signed.
  const guard = memberPaths(cluster.directories[2]!).guard;
  const mark = readFileSync(guard);
  rmSync(guard);
  await expect(cluster.start(2)).rejects.toThrow("is damaged at byte");
  expect(readFileSync(path)).toEqual(bytes);
  writeFileSync(guard, mark);
  const node = await cluster.start(2);
  await until("the member is ready", () => cluster.isReady(2));
  expect(node.log()).toContain("this member repairs itself");
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
});
