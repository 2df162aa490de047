import { Fault } from "@rialto/base";
import { openFrame } from "@rialto/consensus";
import { MemoryNetwork, openTransport } from "@rialto/network";
import { type ChainReplica, MessageKind, Outbox, peekBlockRecord } from "@rialto/replica";
import { judgeGuard, openSigningGuard } from "@rialto/signing";
import { createMemoryJournal, type StorageFaultDetail } from "@rialto/storage";
import { hookFiles } from "@rialto/storage/testing/hooked-files";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { recoverAlone } from "../testing/alone.ts";
import { until } from "../testing/small-cluster.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { makeGenesis, openGenesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";
import { Member } from "./member.ts";
import { createMember, memberPaths, openMemberKeys } from "./member-directory.ts";
import { RecordWriter } from "./record-writer.ts";

/** Disks are slow here: what does not wait for them is seen to be early, and the guard's wait hides not the journal's. */
const GUARD_MS = 20;
const JOURNAL_MS = 200;
/** Several times the pause after which a member says its last block again. */
const QUIET_MS = 700;

/** A block that has come to another member, and what the disk of its maker held by then. */
interface Heard {
  readonly round: number;
  readonly guarded: number;
  readonly journaled: readonly number[];
}

interface World {
  readonly member: Member;
  readonly replica: ChainReplica;
  readonly heard: readonly Heard[];
  readonly failures: readonly unknown[];
}

/** The first of three members, and a second one that only listens. Writes of the guard and the journal may be refused. */
async function openWorld(
  cleanup: AsyncDisposableStack,
  writeGuard: () => Promise<void>,
  writeJournal: () => Promise<void> = () => Promise.resolve(),
): Promise<World> {
  const { path: root } = cleanup.use(makeTemporaryDirectory("memory"));
  const directories = [0, 1, 2].map((index) => join(root, `node-${index}`));
  const place = { address: "tcp://127.0.0.1:1", weight: 1 };
  const members = await Promise.all(directories.map((each) => createMember(each, place)));
  const choices = { network: SMALL_NETWORK, profile: "crash", voteThreshold: 0.65 } as const;
  const genesis = openGenesis(makeGenesis({ ...choices, members }));
  if (genesis instanceof Fault) throw genesis;
  const { committee } = genesis;
  const keys = openMemberKeys(directories[0]!, genesis);
  const { guard: path } = memberPaths(directories[0]!);
  let isOpen = false;
  const files = hookFiles(async ({ operation }) => {
    if (isOpen && operation === "write") await writeGuard();
  });
  const guard = cleanup.use(await openSigningGuard({ path, scope: keys.guardScope, files }));
  // The others have said that they have nothing of it.
  await guard.reserve({ epoch: 1, round: 0, digest: new Uint8Array(32) });
  isOpen = true;
  const schedule = (step: () => void): void => void setTimeout(step, JOURNAL_MS);
  const networkHash = committee.chainId;
  const journal = createMemoryJournal({ networkHash, mode: "group", schedule });
  const { replica } = await recoverAlone({ genesis, keys }, journal, {
    guardMemory: () => ({ last: guard.last, isAmnesiac: guard.isAmnesiac }),
  });
  const journaled: number[] = [];
  const failures: unknown[] = [];
  const heard: Heard[] = [];
  const nothing = (): void => undefined;
  const member = new Member({
    replica,
    records: new RecordWriter({
      journal: { append: (record) => writeJournal().then(() => journal.append(record)) },
      onWritten: (record) => journaled.push(peekBlockRecord(record).round),
      onTrouble: nothing,
    }),
    guardOf: () => Promise.resolve(guard),
    nowMs: Date.now,
    events: {
      onSigned: nothing,
      onCommit: nothing,
      onCertificate: nothing,
      onEvidence: nothing,
      onHalt: nothing,
      onForgotten: nothing,
      onEpoch: () => Promise.resolve(),
      onAhead: () => Promise.resolve(),
      onMessage: nothing,
      onHostile: nothing,
      onFatal: (error) => failures.push(error),
    },
  });
  const network = new MemoryNetwork({ memberCount: 3 });
  const open = async (self: number, onMessage: (from: number, message: Uint8Array) => void) =>
    cleanup.use(await openTransport(network.createWire(self), { onMessage }));
  await open(1, (_, message) => {
    if (message[0] !== MessageKind.Block) return;
    const found = judgeGuard(readFileSync(path), keys.guardScope);
    const guarded = typeof found === "object" && "newest" in found ? found.newest : undefined;
    // A message is a byte and a block, as a record is.
    const { round } = peekBlockRecord(message);
    heard.push({ round, guarded: guarded?.mark.round ?? 0, journaled: [...journaled] });
  });
  const transport = await open(0, (from, message) => void member.receive(from, message));
  cleanup.defer(() => member.stop());
  member.start(transport);
  return { member, replica, heard, failures };
}

test("a block is heard of only when journal and guard have it on disk", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { heard, failures } = await openWorld(cleanup, () => sleep(GUARD_MS));
  await until("the first block has come", async () => heard.length > 0);
  expect(heard[0]).toEqual({ round: 1, guarded: 1, journaled: [1] });
  expect(failures).toEqual([]);
});

test("a guard that fails to write ends the member: told once, and nothing goes out", async () => {
  await using cleanup = new AsyncDisposableStack();
  const broken = new Error("EIO");
  const { heard, failures, member } = await openWorld(cleanup, () => Promise.reject(broken));
  await until("it has failed", async () => failures.length > 0);
  // Whatever is asked of it: a write that failed is never tried again.
  void member.submit(openFrame(new Uint8Array(9), sha256));
  await sleep(QUIET_MS);
  expect(failures).toEqual([broken]);
  expect(heard).toEqual([]);
});

test("a frame that waits is taken in before a message, which might make an own block due", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { member, replica } = await openWorld(cleanup, () => Promise.resolve());
  const taken: string[] = [];
  const step = replica.step.bind(replica);
  vi.spyOn(replica, "step").mockImplementation((input, outbox) => {
    if (input.kind === "frame") taken.push("frame");
    return step(input, outbox);
  });
  const read = replica.read.bind(replica);
  vi.spyOn(replica, "read").mockImplementation((from, bytes, nowMs) => {
    taken.push(`message of ${from}`);
    return read(from, bytes, nowMs);
  });
  const submit = () => member.submit(openFrame(new Uint8Array(9), sha256));
  // Who took turns would be at the peers' now.
  void member.receive(2, new Uint8Array(1));
  await until("it has been read", async () => taken.length === 1);
  await submit();
  void member.receive(1, new Uint8Array(1));
  await submit();
  await until("all has been taken in", async () => taken.length === 4);
  expect(taken).toEqual(["message of 2", "frame", "frame", "message of 1"]);
});

test("an own block that frames have made due is sent before a message is read", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { member, replica } = await openWorld(cleanup, () => Promise.resolve());
  cleanup.defer(() => void vi.restoreAllMocks());
  let hasOwnBlock = false;
  // True for whoever looks first behind the frame.
  vi.spyOn(Outbox.prototype, "hasOwnBlock", "get").mockImplementation(() => {
    const had = hasOwnBlock;
    hasOwnBlock = false;
    return had;
  });
  const performed = vi.spyOn(Outbox.prototype, "take");
  const read = vi.spyOn(replica, "read").mockReturnValue(undefined);
  const step = vi.spyOn(replica, "step").mockImplementation(({ kind }) => {
    hasOwnBlock ||= kind === "frame";
    return undefined;
  });
  void member.receive(1, new Uint8Array(1));
  await member.submit(openFrame(new Uint8Array(9), sha256));
  await until("the message has been read", async () => read.mock.calls.length > 0);
  const frameAt =
    step.mock.invocationCallOrder[step.mock.calls.findIndex(([{ kind }]) => kind === "frame")]!;
  const readAt = read.mock.invocationCallOrder[0]!;
  const between = performed.mock.invocationCallOrder.filter((at) => at > frameAt && at < readAt);
  expect(between).toHaveLength(1);
});

const FULL: StorageFaultDetail = { code: "JOURNAL_BUSY", queuedBytes: 9, limitBytes: 9 };

test.each([
  ["breaks", "nobody waits for", new Error("EIO"), 1],
  ["breaks", "somebody waits for", new Error("EIO"), 1],
  ["is full", "nobody waits for", new Fault<StorageFaultDetail>(FULL, "error"), 0],
])(
  "a disk that %s under what is written last and %s is a failure unless it is only full",
  async (_, by, fault, told) => {
    await using cleanup = new AsyncDisposableStack();
    let isBroken = false;
    const { member, replica, heard, failures } = await openWorld(
      cleanup,
      () => Promise.resolve(),
      async () => {
        if (!isBroken) return;
        await sleep(GUARD_MS);
        throw fault;
      },
    );
    await until("the first block has come", async () => heard.length > 0);
    isBroken = true;
    // Without a flush it is written with something else, or a little later.
    vi.spyOn(replica, "step").mockImplementation((input, outbox) => {
      if (input.kind !== "frame") return undefined;
      outbox.append(new Uint8Array(9));
      if (by === "somebody waits for") outbox.requireFlush();
      return undefined;
    });
    void member.submit(openFrame(new Uint8Array(9), sha256));
    await nextTurn();
    await member.stop();
    expect(failures).toEqual(told === 1 ? [fault] : []);
  },
);
