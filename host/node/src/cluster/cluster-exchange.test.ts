import { Fault } from "@rialto/base";
import { type CommittedBatch, isFrame, openFrame } from "@rialto/consensus";
import { createHotEngine } from "@rialto/engine";
import type { Submission, SubmitFaultDetail } from "@rialto/gateway";
import {
  type AccountIndex,
  ALL_MARKETS,
  CLIENT_ORDER_TEXT_MAX,
  CommandKind,
  EventKind,
  SideFilter,
} from "@rialto/protocol";
import type { StepFault } from "@rialto/replica";
import { afterEach, expect, test } from "vitest";
import { networkOf } from "../config/network-file.ts";
import { Recorder } from "../testing/recorder.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { ClusterExchange, type ClusterExchangeOptions } from "./cluster-exchange.ts";
import { FrameEngine } from "./frame-engine.ts";
import { sha256 } from "../sha256.ts";

// The exchange in front of an order that the test gives: frames come out, commits go in.

const network = networkOf(SMALL_NETWORK);
if (network instanceof Fault) throw network;
const { genesis, config } = network;
const DECISION_MS = 1_000;

class World {
  nowMs = 5_000;
  refusal: StepFault = undefined;
  restriction = "";
  readonly sent: Uint8Array[] = [];
  readonly readModel = new Recorder();
  readonly frames: FrameEngine;
  readonly exchange: ClusterExchange;
  #index = 0;

  constructor(more: Partial<ClusterExchangeOptions> = {}) {
    const engine = createHotEngine({ limits: config.capacities, hashKey: 1n });
    this.frames = new FrameEngine({ engine, readModel: this.readModel, createdMs: 1_000 });
    this.frames.begin(genesis);
    this.exchange = new ClusterExchange({
      network: config,
      networkHash: "",
      nodeId: "test",
      frames: this.frames,
      readModel: this.readModel,
      durability: "group",
      nowMs: () => this.nowMs,
      memberMs: () => this.nowMs,
      queueBytesMax: 10_000,
      decisionTimeoutMs: DECISION_MS,
      frameLifetimeMs: 60_000,
      submitFrame: async (frame) => {
        if (this.refusal === undefined) this.sent.push(frame.bytes);
        return this.refusal;
      },
      restriction: () => this.restriction,
      drainMs: 20,
      ...more,
    });
  }

  /** Orders frames: executes them as a commit at `tsMs`. */
  commit(tsMs: number, frames: readonly Uint8Array[]): void {
    for (const bytes of frames) this.frames.execute(openFrame(bytes, sha256), tsMs);
    const batch = { commit: { index: ++this.#index, tsMs } } as CommittedBatch;
    this.exchange.noteCommit(batch, this.frames.takeExecuted());
  }

  /** Lets what was submitted become frames. */
  async turn(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

let world = new World();
afterEach(async () => {
  world.nowMs += 3_600_000;
  await world.exchange.drain();
  world = new World();
});

const open = (number: bigint): Submission => ({
  commands: [{ kind: CommandKind.OpenAccount, number }],
});
const CANCEL: Submission = {
  commands: [
    {
      kind: CommandKind.CancelAll,
      account: 0 as AccountIndex,
      market: ALL_MARKETS,
      sides: SideFilter.Both,
      withFamily: 0,
    },
  ],
};

async function faultOf(promise: Promise<unknown>): Promise<SubmitFaultDetail> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof Fault)) throw new Error("it was not refused");
  return (error as Fault<SubmitFaultDetail>).detail;
}

test("submissions of one turn share a frame, and each gets its own events", async () => {
  const submitted = [7n, 8n, 7n].map((number) => world.exchange.submit(open(number)));
  await world.turn();
  expect(world.sent).toHaveLength(1);
  expect(world.exchange.status().queuedBytes).toBeGreaterThan(0);
  world.commit(5_010, world.sent);
  const events = await Promise.all(submitted);
  expect(events.map((each) => each.map(({ kind }) => kind))).toEqual([
    [EventKind.AccountOpened],
    [EventKind.AccountOpened],
    [EventKind.Rejected],
  ]);
  expect(world.exchange.status()).toMatchObject({ ready: true, sequence: 2, queuedBytes: 0 });
  expect(world.readModel.batches).toEqual([
    { sequence: 1, nowMs: 1_000 },
    { sequence: 2, nowMs: 5_010 },
  ]);
});

test("the same commands twice are two frames", async () => {
  void world.exchange.submit(open(7n));
  await world.turn();
  void world.exchange.submit(open(7n)).catch(() => undefined);
  await world.turn();
  const [first, second] = world.sent.map((bytes) => openFrame(bytes, sha256).key);
  expect(first).not.toBe(second);
  world.commit(5_001, world.sent);
});

test("what others have sent is told to the read model, and answers nobody here", async () => {
  const other = new World();
  void other.exchange.submit(open(9n));
  await other.turn();
  world.commit(5_001, other.sent);
  other.commit(5_001, other.sent);
  expect(world.exchange.status().sequence).toBe(2);
  expect(world.exchange.engine.findAccount(9n)).toBeDefined();
  await other.exchange.drain();
});

test("below the quorum orders are refused, cancels are not", async () => {
  world.restriction = "no quorum: members 1, 2 not reached";
  expect(await faultOf(world.exchange.submit(open(7n)))).toEqual({
    code: "EXCHANGE_CANCEL_ONLY",
    reason: world.restriction,
  });
  expect(world.exchange.status()).toMatchObject({
    ready: false,
    reason: `cancel-only: ${world.restriction}`,
  });
  const canceled = world.exchange.submit(CANCEL);
  await world.turn();
  world.restriction = "";
  world.commit(5_001, world.sent);
  expect(await canceled).toHaveLength(1);
});

test("an order that time has passed over is refused for good; a cancel is sent again", async () => {
  const ordered = faultOf(world.exchange.submit(open(7n)));
  const canceled = world.exchange.submit(CANCEL);
  await world.turn();
  // Orders and cancels never share a frame: what becomes of them differs.
  expect(world.sent).toHaveLength(2);
  world.sent.length = 0;
  world.nowMs += 3_600_000;
  world.commit(world.nowMs, []);
  expect(await ordered).toMatchObject({ code: "EXCHANGE_UNAVAILABLE" });
  await world.turn();
  expect(world.sent).toHaveLength(1);
  world.commit(world.nowMs + 10, world.sent);
  expect(await canceled).toHaveLength(1);
});

test("without a decision in time it is unknown, and the result is nobody's", async () => {
  const unknown = faultOf(world.exchange.submit(open(7n)));
  await world.turn();
  world.nowMs += DECISION_MS + 1;
  expect(await unknown).toMatchObject({ code: "EXCHANGE_UNKNOWN" });
  world.commit(5_001, world.sent);
  expect(world.exchange.engine.findAccount(7n)).toBeDefined();
});

test.each([
  ["MEMPOOL_FULL", "EXCHANGE_OVERLOADED"],
  ["REPLICA_HALTED", "EXCHANGE_UNAVAILABLE"],
  ["FRAME_EXPIRED", "EXCHANGE_UNAVAILABLE"],
] as const)("a frame refused with %s was not carried out: %s", async (refusal, code) => {
  world.refusal = refusal;
  expect(await faultOf(world.exchange.submit(open(7n)))).toMatchObject({ code });
  expect(world.exchange.status().queuedBytes).toBe(0);
});

test("a cancel that was told unknown is not lost when the mempool then refuses it", async () => {
  let admit: (fault: StepFault) => void = () => undefined;
  const sent: Uint8Array[] = [];
  const slow = new World({
    submitFrame: (frame) => {
      sent.push(frame.bytes);
      return new Promise((resolve) => (admit = resolve));
    },
  });
  const unknown = faultOf(slow.exchange.submit(CANCEL));
  await slow.turn();
  slow.nowMs += DECISION_MS + 1;
  expect(await unknown).toMatchObject({ code: "EXCHANGE_UNKNOWN" });
  admit("FRAME_EXPIRED");
  await slow.turn();
  // Not at once: what keeps the mempool full goes away with commits.
  expect(sent).toHaveLength(1);
  slow.commit(slow.nowMs, []);
  await slow.turn();
  expect(sent).toHaveLength(2);
  slow.commit(slow.nowMs + 1, [sent[1]!]);
  expect(slow.exchange.status().queuedBytes).toBe(0);
  await slow.exchange.drain();
});

test("a clock that is set back keeps nobody waiting for longer", async () => {
  let wallMs = 5_000_000;
  const set = new World({ nowMs: () => wallMs });
  const unknown = faultOf(set.exchange.submit(open(7n)));
  await set.turn();
  wallMs -= 3_600_000;
  set.nowMs += DECISION_MS + 1;
  expect(await unknown).toMatchObject({ code: "EXCHANGE_UNKNOWN" });
  await set.exchange.drain();
});

test("more than may wait is overload", async () => {
  const small = new World({ queueBytesMax: 40 });
  const first = small.exchange.submit(open(7n));
  expect(await faultOf(small.exchange.submit(open(8n)))).toMatchObject({
    code: "EXCHANGE_OVERLOADED",
  });
  await small.turn();
  small.commit(5_001, small.sent);
  await first;
  await small.exchange.drain();
});

test("a frame has room for the longest client order id of each of its commands", async () => {
  const busy = new World({ queueBytesMax: 10_000_000 });
  const text = "x".repeat(CLIENT_ORDER_TEXT_MAX);
  const submitted = Array.from({ length: 3_000 }, (_, number) =>
    busy.exchange.submit({ ...open(BigInt(number)), texts: [text] }),
  );
  await busy.turn();
  expect(busy.sent.length).toBeGreaterThan(1);
  expect(busy.sent.filter((frame) => !isFrame(frame))).toEqual([]);
  busy.commit(5_001, busy.sent);
  await Promise.all(submitted);
  await busy.exchange.drain();
});

test("what no frame could hold is refused, not cut in two", async () => {
  const commands = Array.from({ length: 5_000 }, () => open(7n).commands[0]!);
  const large = new World({ queueBytesMax: 10_000_000 });
  expect(await faultOf(large.exchange.submit({ commands }))).toMatchObject({
    code: "EXCHANGE_UNAVAILABLE",
    reason: expect.stringContaining("do not fit a frame"),
  });
  await large.exchange.drain();
});

test("a member that has halted takes nothing, and what is under way is unknown", async () => {
  const open7 = faultOf(world.exchange.submit(open(7n)));
  await world.turn();
  world.exchange.fail("this member has halted: STATE_DIVERGED");
  expect(await open7).toMatchObject({ code: "EXCHANGE_UNKNOWN" });
  expect(await faultOf(world.exchange.submit(CANCEL))).toEqual({
    code: "EXCHANGE_UNAVAILABLE",
    reason: "this member has halted: STATE_DIVERGED",
  });
});

test("draining answers what is decided meanwhile, and the rest unknown", async () => {
  const decided = world.exchange.submit(open(7n));
  await world.turn();
  const late = faultOf(world.exchange.submit(open(8n)));
  await world.turn();
  const drained = world.exchange.drain();
  expect(await faultOf(world.exchange.submit(open(9n)))).toMatchObject({
    code: "EXCHANGE_UNAVAILABLE",
  });
  world.commit(5_001, [world.sent[0]!]);
  expect(await decided).toHaveLength(1);
  await drained;
  expect(await late).toMatchObject({ code: "EXCHANGE_UNKNOWN" });
});
