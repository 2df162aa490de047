import { encodeHex, Fault } from "@rialto/base";
import { describe, expect, test } from "vitest";
import type { Effect, Outbox } from "./effects.ts";
import type { CommitResult } from "./execution.ts";
import { MessageKind, type OwnAnswer, readPeerMessage } from "./messages.ts";
import {
  type GuardMemory,
  peekBlockRecord,
  readBlockRecord,
  type RecoveredState,
  recallSigned,
} from "./recovery.ts";
import type { Replica } from "./replica.ts";
import { OBSERVER } from "./replica-options.ts";
import {
  createSmallReplica,
  FRESH,
  NOW_MS,
  SETTINGS,
  smallCommittee,
  smallFrame,
  smallVerify,
} from "./testing/small-replica.ts";
import {
  type Committee,
  leaderOf,
  NO_DIGEST,
  Profile,
  verifyBlock,
  type VerifiedBlock,
} from "@rialto/consensus";
import { createTestCommittee, equalWeights, testHash } from "@rialto/consensus/testing";

/** An effect that has been performed, with what came of it. */
type Performed = Effect & { readonly result?: CommitResult | undefined };

const kindsOf = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.kind);

/** Takes the effects of a step and executes commits in their turn, as a host does. */
function perform(replica: Replica, outbox: Outbox): Performed[] {
  const performed: Performed[] = [];
  const open: Effect[] = outbox.take();
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next.kind === "commit") {
      performed.push({ ...next, result: replica.execute(next.batch, outbox) });
      open.push(...outbox.take());
    } else performed.push(next);
  }
  return performed;
}

function stepOf(replica: Replica, outbox: Outbox, frame: Uint8Array): Performed[] {
  expect(replica.step({ kind: "frame", nowMs: NOW_MS, frame }, outbox)).toBeUndefined();
  return perform(replica, outbox);
}

/** What a step of a member has done. */
interface Step {
  readonly member: ReturnType<typeof createSmallReplica>;
  readonly self: number;
  readonly nowMs: number;
  readonly effects: readonly Performed[];
}

/** Members that hear everything at once, until `isEnough` of a step. Returns all effects by member. */
function runCluster(
  count: number,
  frames: readonly Uint8Array[],
  isEnough: (step: Step) => boolean = () => false,
  committee: Committee = smallCommittee(count),
): Performed[][] {
  const checks = { committee, hash: testHash, verify: smallVerify };
  const members = Array.from({ length: count }, (_, self) => createSmallReplica(committee, self));
  const all: Performed[][] = members.map(() => []);
  const queue: { to: number; from: number; bytes: Uint8Array }[] = [];
  const collect = (self: number, nowMs = NOW_MS): boolean => {
    const member = members[self]!;
    const effects = perform(member.replica, member.outbox);
    all[self]!.push(...effects);
    for (const each of effects) {
      if (each.kind === "send") queue.push({ to: each.to, from: self, bytes: each.message });
    }
    return isEnough({ member, self, nowMs, effects });
  };
  for (const [index, frame] of frames.entries()) {
    const { replica, outbox } = members[index % count]!;
    replica.step({ kind: "frame", nowMs: NOW_MS, frame }, outbox);
    collect(index % count);
  }
  for (let nowMs = NOW_MS; nowMs < NOW_MS + 400; nowMs += 10) {
    for (const [self, { replica, outbox }] of members.entries()) {
      replica.step({ kind: "tick", nowMs }, outbox);
      if (collect(self, nowMs)) return all;
    }
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const message = readPeerMessage(next.from, next.bytes, checks);
      if (message instanceof Fault) throw message;
      const { replica, outbox } = members[next.to]!;
      replica.step({ kind: "message", nowMs, from: next.from, message }, outbox);
      if (collect(next.to, nowMs)) return all;
    }
  }
  return all;
}

describe("a committee of one", () => {
  test("commits a frame in the step that brings it, durable before anybody hears of it", () => {
    const { replica, executor, outbox } = createSmallReplica(smallCommittee(1), 0);
    const kinds = kindsOf(stepOf(replica, outbox, smallFrame(1)));
    expect(kinds.slice(0, 3)).toEqual(["append", "flush", "guard"]);
    expect(kinds.indexOf("commit")).toBeGreaterThan(2);
    expect(kinds).toContain("certificate");
    expect(executor.count).toBe(1);
  });

  test("comes back from its journal with the same commits, and never signs a round again", () => {
    const committee = smallCommittee(1);
    const checks = { committee, hash: testHash, verify: smallVerify };
    const first = createSmallReplica(committee, 0);
    const effects = [1, 2, 3].flatMap((body) =>
      stepOf(first.replica, first.outbox, smallFrame(body)),
    );
    const records = effects.flatMap((each) => (each.kind === "append" ? [each.record] : []));
    const marks = effects.flatMap((each) => (each.kind === "guard" ? [each.mark] : []));
    expect(records.map((record) => peekBlockRecord(record))).toEqual(
      records.map((_, index) => ({ epoch: 1, round: index + 1, author: 0 })),
    );
    const guard = { last: marks.at(-1)!, isAmnesiac: false };
    const blocks = records.map((record, index) => {
      const block = readBlockRecord(record, index, checks);
      if (block instanceof Fault) throw block;
      return block;
    });
    const own = blocks.filter(({ author }) => author === 0).map(({ round }) => round);
    const lastJournaled = Math.max(0, ...own);
    const recovered = {
      blocks,
      ...recallSigned({ guard, epoch: 1, horizon: 0, lastJournaled, isJournalDamaged: false }),
    };
    expect(recovered).toMatchObject({
      lastSigned: marks.at(-1)!.round,
      isAmnesiac: false,
    });
    const second = createSmallReplica(committee, 0, recovered);
    second.replica.recover(NOW_MS, second.outbox);
    const digestsOf = (list: readonly Effect[]): Uint8Array[] =>
      list.flatMap((each) => (each.kind === "commit" ? [each.batch.digest] : []));
    const before = digestsOf(effects);
    const again = perform(second.replica, second.outbox);
    expect(digestsOf(again).slice(0, before.length)).toEqual(before);
    expect(second.executor.count).toBe(3);
    expect(second.replica.lastProposed).toBeGreaterThan(marks.at(-1)!.round);
  });

  test("refuses what is no frame, what it holds, what is late and what is too much", () => {
    const { replica, outbox } = createSmallReplica(smallCommittee(4), 0);
    const submit = (frame: Uint8Array): string | undefined =>
      replica.step({ kind: "frame", nowMs: NOW_MS, frame }, outbox);
    expect(submit(new Uint8Array(7))).toBe("FRAME_MALFORMED");
    expect(submit(smallFrame(1))).toBeUndefined();
    expect(submit(smallFrame(1))).toBe("FRAME_KNOWN");
    expect(submit(smallFrame(2, NOW_MS))).toBe("FRAME_EXPIRED");
    expect(submit(smallFrame(2, NOW_MS + 60_001))).toBe("FRAME_LIVES_TOO_LONG");
    for (let body = 2; body <= 100; body++) submit(smallFrame(body));
    expect(submit(smallFrame(101))).toBe("MEMPOOL_FULL");
  });
});

test.each([3, 4, 7])(
  "%i members execute the same frames in the same order and certify it",
  (count) => {
    const frames = Array.from({ length: 12 }, (_, body) => smallFrame(body));
    const all = runCluster(count, frames);
    const ordersOf = all.map((effects) =>
      effects.flatMap((each) =>
        each.kind === "commit"
          ? each.result!.frames.map(({ frame, events }) => `${frame.key}=${encodeHex(events)}`)
          : [],
      ),
    );
    expect(new Set(ordersOf[0]).size).toBe(12);
    for (const order of ordersOf) expect(order).toEqual(ordersOf[0]);
    for (const effects of all) {
      expect(kindsOf(effects)).toContain("certificate");
      expect(kindsOf(effects)).not.toContain("halt");
    }
  },
);

describe("a commit that no client of a member waits for", () => {
  const hasKind = (step: Step, kind: Effect["kind"]): boolean =>
    step.effects.some((each) => each.kind === kind);

  test.each([3, 4])(
    "of %i goes with the flush of an own block, and has none of its own",
    (count) => {
      const flushed: Step[] = [];
      const executed = Array.from({ length: count }, () => 0);
      const all = runCluster(count, [smallFrame(1)], (step) => {
        const { self, effects, member } = step;
        executed[self]! += kindsOf(effects).filter((kind) => kind === "commit").length;
        if (hasKind(step, "flush")) flushed.push(step);
        // Whatever is decided by then goes with a flush.
        const { lastIndex } = member.replica.consensus.sequencer;
        expect(!hasKind(step, "flush") || executed[self] === lastIndex).toBe(true);
        expect(hasKind(step, "flush") || !hasKind(step, "commit")).toBe(true);
        return false;
      });
      const alone = flushed.filter((step) => !hasKind(step, "guard"));
      // The last of them, when rounds come to rest.
      expect(alone.map(({ self }) => self)).toEqual(all.map((_, self) => self));
      for (const [self, effects] of all.entries()) {
        const indexes = effects.flatMap((each) =>
          each.kind === "commit" ? [each.batch.commit.index] : [],
        );
        expect(indexes).toEqual(indexes.map((_, at) => at + 1));
        const decided = flushed.findLast((step) => step.self === self)!.member.replica;
        expect(indexes.length).toBe(decided.consensus.sequencer.lastIndex);
        expect(indexes.length).toBeGreaterThan(2);
      }
    },
  );

  test("is executed at once with one that a client does wait for", () => {
    const frames = Array.from({ length: 30 }, (_, body) => smallFrame(body));
    const weights = equalWeights(3);
    const allLead = createTestCommittee({ profile: Profile.Crash, weights, leadersPerRound: 3 });
    const decided = [0, 0, 0];
    /** Of each step that has one that is waited for, and no own block: how many commits are executed in it. */
    const together: number[] = [];
    runCluster(
      3,
      frames,
      ({ self, effects, member }) => {
        const batches = effects.flatMap((each) => (each.kind === "commit" ? [each.batch] : []));
        const awaited = batches.filter(({ blocks }) =>
          blocks.some(({ author, block }) => author === self && block!.frames.length > 0),
        );
        expect(awaited.every(({ commit }) => commit.index > decided[self]!)).toBe(true);
        decided[self] = member.replica.consensus.sequencer.lastIndex;
        const hasBlock = effects.some(({ kind }) => kind === "guard");
        if (awaited.length > 0 && !hasBlock) together.push(batches.length);
        return false;
      },
      allLead,
    );
    expect(Math.max(...together)).toBeGreaterThan(1);
  });

  test("does not wait where no blocks are made", () => {
    const committee = smallCommittee(3);
    const checks = { committee, hash: testHash, verify: smallVerify };
    const { replica, outbox } = createSmallReplica(committee, OBSERVER);
    let executed = 0;
    for (const [self, effects] of runCluster(3, [smallFrame(1)]).entries()) {
      for (const each of effects) {
        if (each.kind !== "send" || each.to !== (self + 1) % 3) continue;
        const message = readPeerMessage(self, each.message, checks);
        if (message instanceof Fault) throw message;
        replica.step({ kind: "message", nowMs: NOW_MS, from: self, message }, outbox);
        executed += kindsOf(perform(replica, outbox)).filter((kind) => kind === "commit").length;
        expect(executed).toBe(replica.consensus.sequencer.lastIndex);
      }
    }
    expect(executed).toBeGreaterThan(2);
  });

  test("has a flush of its own after ten milliseconds, where no own block comes", () => {
    let executed = 0;
    let holding: Step | undefined;
    runCluster(3, [smallFrame(1)], (step) => {
      if (step.self !== 1) return false;
      executed += kindsOf(step.effects).filter((kind) => kind === "commit").length;
      if (step.member.replica.consensus.sequencer.lastIndex > executed) holding = step;
      return holding !== undefined;
    });
    const { member, nowMs, effects } = holding!;
    const wakes = effects.flatMap((each) => (each.kind === "wake" ? [each.atMs] : []));
    expect(Math.min(...wakes)).toBeLessThanOrEqual(nowMs + 10);
    const after = (ms: number): string[] => {
      member.replica.step({ kind: "tick", nowMs: nowMs + ms }, member.outbox);
      return kindsOf(perform(member.replica, member.outbox));
    };
    expect(after(9)).not.toContain("commit");
    expect(after(10).slice(0, 2)).toEqual(["flush", "commit"]);
    expect(after(11)).not.toContain("flush");
  });
});

test("a member whose newest own block waits for what its journal lacks asks its guard for nothing older", () => {
  const committee = smallCommittee(3);
  const checks = { committee, hash: testHash, verify: smallVerify };
  const [effects] = runCluster(3, [smallFrame(1)]);
  const records = effects!.flatMap((each) => (each.kind === "append" ? [each.record] : []));
  const marks = effects!.flatMap((each) => (each.kind === "guard" ? [each.mark] : []));
  const blocks = records.flatMap((record, index) => {
    const block = readBlockRecord(record, index, checks);
    if (block instanceof Fault) throw block;
    // Of the others' first blocks nothing is left, so that of its own only the first has all that it refers to.
    return block.author !== 0 && block.round === 1 ? [] : [block];
  });
  const { round } = marks.at(-1)!;
  expect(round).toBeGreaterThan(5);
  const { replica, outbox } = createSmallReplica(committee, 0, {
    ...FRESH,
    blocks,
    lastSigned: round,
  });
  replica.recover(NOW_MS, outbox);
  const asked = perform(replica, outbox).flatMap((each) =>
    each.kind === "guard" ? [each.mark] : [],
  );
  expect(asked).toEqual([{ epoch: 1, round, digest: new Uint8Array(32) }]);
});

describe("what the disk says", () => {
  const committee = smallCommittee(4);
  const checks = { committee, hash: testHash, verify: smallVerify };
  const guardAt = (round: number, isAmnesiac = false): GuardMemory => ({
    last: { epoch: 1, round, digest: new Uint8Array(32) },
    isAmnesiac,
  });

  test.each([
    ["a new member", guardAt(0), false, 0, false],
    ["a guard beyond the journal", guardAt(7), false, 7, true],
    ["a damaged journal", guardAt(0), true, 0, true],
    ["a damaged guard", guardAt(6, true), false, 6, true],
    ["no guard at all", { last: undefined, isAmnesiac: true }, false, 0, true],
  ])("%s", (_, guard, isJournalDamaged, lastSigned, isAmnesiac) => {
    const recalled = recallSigned({
      guard,
      epoch: 1,
      horizon: 0,
      lastJournaled: 0,
      isJournalDamaged,
    });
    expect(recalled).toEqual({ lastSigned, isAmnesiac, isDoubtful: false });
  });

  test("a guard that was never used is doubted, and believed no more beside an own block", () => {
    const unused = {
      last: { epoch: 0, round: 0, digest: new Uint8Array(32) },
      isAmnesiac: false,
    };
    const recall = (guard: GuardMemory, lastJournaled: number, isJournalDamaged = false) =>
      recallSigned({ guard, epoch: 1, horizon: 0, lastJournaled, isJournalDamaged });
    const doubt = { lastSigned: 0, isAmnesiac: false, isDoubtful: true };
    expect(recall(unused, 0)).toEqual(doubt);
    // What it holds of the others' is as it may be: nothing was signed here.
    expect(recall(unused, 0, true)).toEqual(doubt);
    expect(recall(unused, 3)).toEqual({ lastSigned: 3, isAmnesiac: true, isDoubtful: false });
    // The end of doubt, and the first block after it, journaled and not guarded yet.
    expect(recall(guardAt(0), 1)).toEqual({ lastSigned: 1, isAmnesiac: false, isDoubtful: false });
    expect(recall({ ...unused, isAmnesiac: true }, 0)).toMatchObject({
      isAmnesiac: true,
      isDoubtful: false,
    });
  });

  test("an own block at a floor came back from others: who has forgotten goes on asking", () => {
    // The guard names no block there, and would refuse to vouch for this one at every start.
    const floor = guardAt(7);
    const signed = {
      last: { ...floor.last!, digest: testHash(new Uint8Array(1)) },
      isAmnesiac: false,
    };
    const recall = (guard: GuardMemory, lastJournaled: number) =>
      recallSigned({ guard, epoch: 1, horizon: 0, lastJournaled, isJournalDamaged: false });
    expect(recall(floor, 7)).toMatchObject({ lastSigned: 7, isAmnesiac: true });
    expect(recall(floor, 8)).toMatchObject({ lastSigned: 8, isAmnesiac: false });
    expect(recall(signed, 7)).toMatchObject({ lastSigned: 7, isAmnesiac: false });
  });

  test("a journal that was cut back behind a snapshot has not lost the block that the guard names", () => {
    // Who lagged, and had taken two snapshots before it signed again, asked as if it had: with one that had, two of four.
    const recall = (horizon: number, digest: Uint8Array, isJournalDamaged = false) =>
      recallSigned({
        guard: { last: { epoch: 1, round: 42, digest }, isAmnesiac: false },
        epoch: 1,
        horizon,
        lastJournaled: 0,
        isJournalDamaged,
      });
    const signed = testHash(new Uint8Array(1));
    expect(recall(42, signed)).toMatchObject({ lastSigned: 42, isAmnesiac: false });
    expect(recall(41, signed)).toMatchObject({ lastSigned: 42, isAmnesiac: true });
    expect(recall(42, signed, true)).toMatchObject({ lastSigned: 42, isAmnesiac: true });
    // It has yet to make a block since it asked.
    expect(recall(42, new Uint8Array(32))).toMatchObject({ lastSigned: 42, isAmnesiac: true });
  });

  test("a damaged journal makes nobody ask in an epoch that begins later: the guard says that nothing was signed in it", () => {
    // Two members that asked there again, and waited for each other: the simulator, 3 crash, seed 27, changePpm=200000,prunes=1.
    const recall = (guard: GuardMemory, epoch: number) =>
      recallSigned({ guard, epoch, horizon: 0, lastJournaled: 0, isJournalDamaged: true });
    expect(recall(guardAt(7), 2)).toMatchObject({ lastSigned: 0, isAmnesiac: false });
    expect(recall(guardAt(7), 1)).toMatchObject({ lastSigned: 7, isAmnesiac: true });
    expect(recall(guardAt(7, true), 2)).toMatchObject({ lastSigned: 0, isAmnesiac: true });
  });

  test("a record that is no block is a fault", () => {
    expect(readBlockRecord(new Uint8Array(200), 0, checks)).toBeInstanceOf(Fault);
  });
});

test("who has forgotten asks, and signs nothing before a quorum of others has answered", () => {
  const committee = smallCommittee(4);
  const { replica, outbox } = createSmallReplica(committee, 0, { ...FRESH, isAmnesiac: true });
  replica.recover(NOW_MS, outbox);
  const queries = outbox.take().filter((each) => each.kind === "send" && each.message[0] === 6);
  expect(queries).toHaveLength(3);
  const answer = (from: number, nonce: number): Effect[] => {
    replica.step(
      {
        kind: "message",
        nowMs: NOW_MS + 1,
        from,
        message: { kind: 7, epoch: 1, nonce, newest: undefined },
      },
      outbox,
    );
    return outbox.take();
  };
  answer(1, 77);
  answer(2, 77);
  expect(answer(3, 76).some((each) => each.kind === "guard")).toBe(false);
  expect(replica.isRejoining).toBe(true);
  const last = answer(3, 77);
  expect(last.find((each) => each.kind === "guard")).toMatchObject({ mark: { round: 1 } });
  expect(replica.isRejoining).toBe(false);
});

describe("who is in doubt", () => {
  const begin = (count: number) => {
    const committee = smallCommittee(count);
    const { replica, outbox } = createSmallReplica(committee, 0, { ...FRESH, isDoubtful: true });
    replica.recover(NOW_MS, outbox);
    const answer = (from: number, more: Partial<OwnAnswer> = {}): Effect[] => {
      const message = {
        kind: MessageKind.OwnAnswer,
        epoch: 1,
        nonce: 77,
        quorumRound: 0,
        newest: undefined,
        ...more,
      } as const;
      replica.step({ kind: "message", nowMs: NOW_MS + 1, from, message }, outbox);
      return outbox.take();
    };
    const asked = outbox.take().flatMap((each) => (each.kind === "send" ? [each.message[0]] : []));
    return { replica, outbox, answer, asked: asked.filter((kind) => kind === 16).length };
  };

  test("asks all others, and begins when a quorum has none of its blocks, with a mark before its first", () => {
    const { replica, outbox, answer, asked } = begin(4);
    expect(asked).toBe(3);
    expect(kindsOf(answer(1))).not.toContain("guard");
    // What was said at an earlier start, and by one that is where this member is not.
    expect(kindsOf(answer(2, { nonce: 76 }))).not.toContain("guard");
    expect(kindsOf(answer(2, { quorumRound: 1 }))).not.toContain("guard");
    expect(replica.isDoubtful).toBe(true);
    const last = answer(3);
    expect(last.flatMap((each) => (each.kind === "guard" ? [each.mark.round] : []))).toEqual([0]);
    expect(kindsOf(last)).not.toContain("append");
    expect(replica.isDoubtful).toBe(false);
    replica.step({ kind: "tick", nowMs: NOW_MS + 2 }, outbox);
    expect(outbox.take().find((each) => each.kind === "guard")).toMatchObject({
      mark: { round: 1 },
    });
  });

  test("asks again who was farther than it is, and may have lost that since", () => {
    const { replica, outbox, answer } = begin(3);
    answer(1, { quorumRound: 4 });
    const askedAt = (nowMs: number): number[] => {
      replica.step({ kind: "tick", nowMs }, outbox);
      const sent = outbox.take().flatMap((each) => (each.kind === "send" ? [each] : []));
      return sent.filter(({ message }) => message[0] === 16).map(({ to }) => to);
    };
    expect(askedAt(NOW_MS + SETTINGS.statusMs)).toEqual([1, 2]);
    // A crash took the newest blocks of others from it, and who made them is gone: without this member nobody goes on.
    answer(1, { quorumRound: 0 });
    expect(replica.isDoubtful).toBe(false);
  });

  test("has forgotten where it is shown a block of its own, by an answer or by anybody", () => {
    const own = { round: 5, author: 0 } as VerifiedBlock;
    const { replica, answer } = begin(4);
    const shown = answer(1, { newest: own });
    expect(shown.find((each) => each.kind === "forgotten")).toMatchObject({ shown: { round: 5 } });
    expect(replica.isRejoining).toBe(true);
    for (const from of [1, 2, 3]) answer(from);
    expect(replica.isRejoining).toBe(true);
    // Another's block says nothing.
    const other = begin(4);
    expect(kindsOf(other.answer(1, { newest: { round: 5, author: 2 } as VerifiedBlock }))).toEqual(
      expect.not.arrayContaining(["forgotten"]),
    );
    expect(other.replica.isDoubtful).toBe(true);
  });

  test("who has a block of the asker's sends it; who rejoins, or asks itself, says what it can", () => {
    const committee = smallCommittee(4);
    const ask = (recovered: Partial<RecoveredState>, blocks: VerifiedBlock[] = []) => {
      const { replica, outbox } = createSmallReplica(committee, 0, { ...FRESH, ...recovered });
      for (const block of blocks) {
        const message = { kind: MessageKind.Block, block } as const;
        replica.step({ kind: "message", nowMs: NOW_MS, from: 2, message }, outbox);
      }
      outbox.take();
      const message = { kind: MessageKind.OwnQuery, epoch: 1, nonce: 5 } as const;
      replica.step({ kind: "message", nowMs: NOW_MS, from: 1, message }, outbox);
      const answers = outbox.take().flatMap((each) => (each.kind === "send" ? [each.message] : []));
      return answers.filter((each) => each[0] === 17).map((bytes) => bytes.length);
    };
    const author = createSmallReplica(committee, 1);
    const effects = stepOf(author.replica, author.outbox, smallFrame(1));
    const record = effects.find((each) => each.kind === "append")!.record;
    const checks = { committee, hash: testHash, verify: smallVerify };
    const block = readBlockRecord(record, 0, checks);
    if (block instanceof Fault) throw block;
    expect(ask({})).toEqual([17]);
    expect(ask({}, [block])).toEqual([17 + block.bytes.length]);
    expect(ask({ isDoubtful: true })).toEqual([17]);
    expect(ask({ isAmnesiac: true })).toEqual([]);
    // With a snapshot whose horizon is 10, and nothing of the rounds behind it: they may hold blocks of the asker's.
    const refs = { previous: NO_DIGEST, framesRoot: NO_DIGEST, refs: [] };
    const author0 = leaderOf(committee, 74, 0);
    const leader = { round: 74, author: author0, digest: NO_DIGEST };
    const commit = { index: 9, leader, tsMs: NOW_MS, gcRound: 10, ...refs };
    const order = {
      at: { index: 9, digest: NO_DIGEST, tsMs: NOW_MS },
      base: { commits: [commit], digest: NO_DIGEST },
      blockCount: 300,
      resultsRoot: NO_DIGEST,
      stateRoot: NO_DIGEST,
      window: { sweptMs: 0, frameCount: 0, frames: [] },
    };
    expect(ask({ order, lastSigned: 74 })).toEqual([]);
  });
});

test("a liar that answers with a round far ahead silences nobody who has forgotten", () => {
  const committee = smallCommittee(7);
  const forgotten = { ...FRESH, isAmnesiac: true };
  const { replica, outbox } = createSmallReplica(committee, 0, forgotten);
  replica.recover(NOW_MS, outbox);
  const answer = (from: number, round: number): void => {
    const newest = round === 0 ? undefined : ({ round } as VerifiedBlock);
    const message = { kind: 7, epoch: 1, nonce: 77, newest } as const;
    replica.step({ kind: "message", nowMs: NOW_MS + 1, from, message }, outbox);
  };
  answer(1, 0xffff_ffff);
  answer(2, committee.gcDepth + 1);
  for (const from of [3, 4, 5]) answer(from, 0);
  expect(replica.isRejoining).toBe(true);
  // Asked again, the second one is within a horizon.
  answer(2, committee.gcDepth);
  answer(6, 0);
  expect(replica.isRejoining).toBe(false);
  expect(replica.lastProposed).toBe(committee.gcDepth + 1);
});

test("who is farther behind than a horizon makes no blocks, unless only liars may say so", () => {
  const claim = (count: number, rounds: number): string[] => {
    const committee = smallCommittee(count);
    const { replica, outbox } = createSmallReplica(committee, 0);
    const quorumRound = committee.gcDepth + rounds;
    const message = { kind: 4, epoch: 1, quorumRound, decidedRound: 0, commitIndex: 0 } as const;
    replica.step({ kind: "message", nowMs: NOW_MS, from: 1, message }, outbox);
    return kindsOf(outbox.take());
  };
  expect(claim(3, 1)).not.toContain("guard");
  expect(claim(3, 0)).toContain("guard");
  // One of four may lie: its word alone silences nobody.
  expect(claim(4, 1)).toContain("guard");
});

test.each([
  ["what waits fits its next block", 3, SETTINGS.pacemaker.leaderTimeoutMs],
  ["more waits than that", 90, 2 * SETTINGS.pacemaker.leaderTimeoutMs],
])("how long a leader is waited for where %s", (_, frames, waitedMs) => {
  const committee = smallCommittee(3);
  const checks = { committee, hash: testHash, verify: smallVerify };
  const [self, other] = committee.weights
    .map((__, at) => at)
    .filter((at) => at !== leaderOf(committee, 1, 0));
  const { replica, outbox } = createSmallReplica(committee, self!);
  const peer = createSmallReplica(committee, other!);
  stepOf(replica, outbox, smallFrame(0));
  for (let body = 1; body <= frames; body++) stepOf(replica, outbox, smallFrame(body));
  const sent = stepOf(peer.replica, peer.outbox, smallFrame(100)).find(
    (each) => each.kind === "send" && each.message[0] === 1,
  );
  const message = readPeerMessage(other!, (sent as { message: Uint8Array }).message, checks);
  if (message instanceof Fault) throw message;
  replica.step({ kind: "message", nowMs: NOW_MS, from: other!, message }, outbox);
  const late: number[] = [];
  for (let ms = 0; ms <= waitedMs; ms++) {
    perform(replica, outbox);
    replica.step({ kind: "tick", nowMs: NOW_MS + ms }, outbox);
    if (replica.leaderTimeouts > late.length) late.push(ms);
  }
  expect(late).toEqual([waitedMs]);
});

test("a lie in the crash profile stops the member that sees it, with the proof", () => {
  const committee = smallCommittee(3);
  const checks = { committee, hash: testHash, verify: smallVerify };
  const { replica, outbox } = createSmallReplica(committee, 0);
  const liars = [NOW_MS, NOW_MS + 1].map((nowMs) => {
    const liar = createSmallReplica(committee, 1);
    liar.replica.step({ kind: "tick", nowMs }, liar.outbox);
    const sent = liar.outbox.take().find((each) => each.kind === "send" && each.message[0] === 1);
    const message = readPeerMessage(1, (sent as { message: Uint8Array }).message, checks);
    if (message instanceof Fault) throw message;
    return message;
  });
  for (const message of liars)
    replica.step({ kind: "message", nowMs: NOW_MS, from: 1, message }, outbox);
  const halt = outbox.take().find((each) => each.kind === "halt");
  expect(halt).toMatchObject({ reason: { code: "CRASH_PROFILE_LIE" } });
  expect(replica.step({ kind: "tick", nowMs: NOW_MS }, outbox)).toBe("REPLICA_HALTED");
});

test("a block that the crash left in the journal alone stands in the guard before it goes out again", () => {
  const committee = smallCommittee(4);
  const first = createSmallReplica(committee, 0);
  const effects = stepOf(first.replica, first.outbox, smallFrame(1));
  const records = effects.flatMap((each) => (each.kind === "append" ? [each.record] : []));
  const [mark] = effects.flatMap((each) => (each.kind === "guard" ? [each.mark] : []));
  const block = verifyBlock(records[0]!.subarray(1), {
    committee,
    hash: testHash,
    verify: smallVerify,
  });
  if (block instanceof Fault) throw block;
  const recovered = { ...FRESH, blocks: [block], lastSigned: block.round };
  const second = createSmallReplica(committee, 0, recovered);
  second.replica.recover(NOW_MS, second.outbox);
  const again = second.outbox.take();
  const guardAt = again.findIndex((each) => each.kind === "guard");
  expect(again[guardAt]).toEqual({ kind: "guard", mark });
  expect(again.findIndex((each) => each.kind === "send")).toBeGreaterThan(guardAt);
});
