import { Fault } from "@rialto/base";
import { ORDER_BEGINNING } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test, vi } from "vitest";
import { CONDUCT_LIMITS_DEFAULT } from "../conduct.ts";
import { SETTINGS, smallFrame } from "../testing/small-replica.ts";
import {
  checksOf,
  SmallChainWorld,
  smallChange,
  type SmallProcess,
  smallRoster,
  type SmallSeat,
} from "../testing/small-chain.ts";
import { Outbox } from "../effects.ts";
import {
  encodeBlockMessage,
  encodeEpochClosed,
  encodeStatus,
  MessageKind,
  type PeerMessage,
} from "../messages.ts";
import { openSnapshot } from "../snapshot/content.ts";
import type { OrderEpoch } from "../snapshot/order-state.ts";
import type { ChainReplica } from "./chain-replica.ts";
import { walkEpochs } from "./epoch-chain.ts";

const seats = (...list: readonly (readonly [process: number, key: number])[]): SmallSeat[] =>
  list.map(([process, key]) => ({ process, key }));

/** Behind the kind: version, chain, committee, epoch, round and author. */
const TIME_AT = 1 + 2 + 32 + 32 + 8 + 4 + 2;

const epochOf = ({ chain }: SmallProcess): number => chain?.epoch.committee.epoch ?? 0;

/** Starts all, and has something executed. */
function startedWorld(count: number): SmallChainWorld {
  const world = new SmallChainWorld(count);
  for (const process of world.processes) world.start(process);
  expect(world.submit(world.processes[0]!, smallFrame(1, world.nowMs + 50_000))).toBeUndefined();
  const isThere = (): boolean => world.processes.every(({ executor }) => executor.count === 1);
  expect(world.run(5_000, isThere)).toBe(true);
  return world;
}

/** Whatever two processes have both committed is the same. */
function expectOneOrder(world: SmallChainWorld): void {
  const known = new Map<number, string>();
  for (const { commits } of world.processes) {
    for (const { index, digest, epoch } of commits) {
      const text = `${epoch} ${digest}`;
      expect(known.get(index) ?? text).toBe(text);
      known.set(index, text);
    }
  }
}

test("a block is judged once: what is known or too old is not looked at again, one that differs from it is", () => {
  const world = startedWorld(3);
  const [first, second] = world.processes;
  const { dag } = second!.chain!.consensus;
  const block = first!.chain!.replica.lastOwnSent!;
  expect(world.run(1_000, () => dag.find(block) !== undefined)).toBe(true);
  const message = encodeBlockMessage(block);
  expect(second!.chain!.read(0, message, world.nowMs)).toBeUndefined();
  const other = Uint8Array.from(message);
  // A bit of its time.
  other[TIME_AT]! ^= 1;
  expect(second!.chain!.read(0, other, world.nowMs)).toBeInstanceOf(Fault);
  expect(world.run(600_000, () => dag.horizon > 1)).toBe(true);
  const old = Uint8Array.from(second!.records[0]!);
  old[TIME_AT]! ^= 1;
  expect(second!.chain!.read(0, old, world.nowMs)).toBeUndefined();
});

test("frames given together are proposed at once, also where the last of them is refused", () => {
  const world = startedWorld(3);
  const [first] = world.processes;
  const { chain } = first!;
  // What was under way is done, and the next heartbeat is not yet due.
  world.run(200);
  const { nowMs } = world;
  const outbox = new Outbox();
  const frame = smallFrame(77, nowMs + 50_000);
  expect(chain!.step({ kind: "frame", nowMs, frame, hasMore: true }, outbox)).toBeUndefined();
  const roster = smallRoster(2, seats(...three), { profile: 2 });
  const unsigned = smallChange(world.genesis, roster, []);
  expect(chain!.step({ kind: "frame", nowMs, frame: unsigned }, outbox)).toBe(
    "EPOCH_CHANGE_REFUSED",
  );
  expect(outbox.hasOwnBlock).toBe(true);
});

test("what a peer says of an epoch that is far ahead puts off nothing that this member wants to be woken for", () => {
  const world = startedWorld(3);
  world.run(200);
  const [{ chain }] = world.processes as [SmallProcess];
  const wakeOf = (input: Parameters<ChainReplica["step"]>[0]): number => {
    const outbox = new Outbox();
    chain!.step(input, outbox);
    return outbox.wakeMs;
  };
  const wakeMs = wakeOf({ kind: "tick", nowMs: world.nowMs });
  expect(wakeMs).toBeLessThan(Infinity);
  const bytes = encodeStatus(9, { quorumRound: 1, decidedRound: 1, commitIndex: 1 });
  for (const nowMs of [wakeMs - 2, wakeMs - 1]) {
    const message = chain!.read(2, bytes, world.nowMs) as PeerMessage;
    expect(wakeOf({ kind: "message", nowMs, from: 2, message })).toBe(wakeMs);
  }
  expect(wakeOf({ kind: "tick", nowMs: wakeMs })).toBeGreaterThan(wakeMs);
});

const three = [
  [0, 0],
  [1, 1],
  [2, 2],
] as const;

test("members change while frames come: all end the epoch with the same commit, and nothing is lost", () => {
  const world = startedWorld(3);
  const [first, second, third] = world.processes;
  const roster = smallRoster(2, seats(...three, [3, 3]), { profile: 2, voteThresholdPpm: 750_000 });
  const change = smallChange(world.genesis, roster, [
    [0, 0],
    [1, 1],
  ]);
  expect(world.submit(first!, change)).toBeUndefined();
  let body = 2;
  const isIn2 = (): boolean => [first, second, third].every((each) => epochOf(each!) === 2);
  for (let turn = 0; turn < 60 && !isIn2(); turn++) {
    const frame = smallFrame(body++, world.nowMs + 50_000);
    expect(world.submit(world.processes[turn % 3]!, frame)).toBeUndefined();
    world.run(3);
  }
  expect(isIn2()).toBe(true);
  const isExecuted = (): boolean =>
    [first, second, third].every((each) => each!.executor.count === body);
  // The change itself is a frame, too.
  expect(world.run(5_000, isExecuted)).toBe(true);
  expectOneOrder(world);

  // The fourth joins with what closes the first epoch, and catches up through both.
  const fourth = world.add([3]);
  world.start(fourth, first!.chain!.steps);
  expect(fourth.chain!.membership).toBe("observer");
  expect(world.run(5_000, () => epochOf(fourth) === 2 && fourth.executor.count === body)).toBe(
    true,
  );
  expect(fourth.chain!.membership).toBe("member");
  expect(world.submit(fourth, smallFrame(body++, world.nowMs + 50_000))).toBeUndefined();
  // With four of a crash profile three decide: it is one of them.
  world.stop(second!);
  expect(
    world.run(5_000, () => [first, third, fourth].every((each) => each!.executor.count === body)),
  ).toBe(true);
  expectOneOrder(world);
});

test("what members take after a long silence is executed, though nothing that is ordered is of that time yet", () => {
  const world = startedWorld(3);
  const { executor: before } = world.processes[0]!;
  expect(before.count).toBe(1);
  // Their machines slept, say.
  world.nowMs += 10 * SETTINGS.mempool.lifetimeMsMax;
  for (const [body, process] of world.processes.entries()) {
    const frame = smallFrame(10 + body, world.nowMs + SETTINGS.mempool.lifetimeMsMax);
    expect(world.submit(process, frame)).toBeUndefined();
  }
  const isThere = (): boolean => world.processes.every(({ executor }) => executor.count === 4);
  expect(world.run(5_000, isThere)).toBe(true);
  expectOneOrder(world);
});

test("a member that is left out signs nothing more and takes nothing", () => {
  const world = startedWorld(4);
  const [first, , , last] = world.processes;
  const roster = smallRoster(2, seats(...three), { profile: 2 });
  const signers = [
    [0, 0],
    [1, 1],
    [2, 2],
  ] as const;
  expect(world.submit(first!, smallChange(world.genesis, roster, signers))).toBeUndefined();
  expect(world.run(5_000, () => world.processes.every((each) => epochOf(each) === 2))).toBe(true);
  expect(last!.chain!.membership).toBe("removed");
  expect(world.submit(last!, smallFrame(9, world.nowMs + 50_000))).toBe("NOT_A_MEMBER");
  const { size } = last!.signed;
  expect(world.submit(first!, smallFrame(10, world.nowMs + 50_000))).toBeUndefined();
  expect(world.run(5_000, () => first!.executor.count === 3)).toBe(true);
  expect(last!.signed.size).toBe(size);
  expect([...last!.signed.keys()].every((place) => place.split("/")[1] === "1")).toBe(true);
  expectOneOrder(world);
});

test("keys are rotated and a member replaced, one epoch after the other; a restart goes through all of them", () => {
  const world = startedWorld(3);
  const [first, second, third] = world.processes;
  second!.keys.push(21);
  const rotated = smallRoster(2, seats([0, 0], [1, 21], [2, 2]));
  const signers = [
    [0, 0],
    [2, 2],
  ] as const;
  expect(world.submit(first!, smallChange(world.genesis, rotated, signers))).toBeUndefined();
  expect(world.run(5_000, () => world.processes.every((each) => epochOf(each) === 2))).toBe(true);
  expect(world.submit(second!, smallFrame(2, world.nowMs + 50_000))).toBeUndefined();
  expect(world.run(5_000, () => third!.executor.count === 3)).toBe(true);
  expect([...second!.signed.keys()].some((place) => place.startsWith("21/2/"))).toBe(true);
  expect([...second!.signed.keys()].some((place) => place.startsWith("1/2/"))).toBe(false);

  // Process 3 takes the place of process 2, which is gone for good.
  world.stop(third!);
  const replaced = smallRoster(3, seats([0, 0], [1, 21], [3, 3]));
  const change = smallChange(second!.chain!.epoch, replaced, [
    [0, 0],
    [1, 21],
  ]);
  expect(world.submit(first!, change)).toBeUndefined();
  expect(world.run(5_000, () => epochOf(first!) === 3 && epochOf(second!) === 3)).toBe(true);
  const fourth = world.add([3]);
  world.start(fourth, first!.chain!.steps);
  expect(world.run(5_000, () => fourth.executor.count === first!.executor.count)).toBe(true);
  expect(epochOf(fourth)).toBe(3);

  // The end of every epoch stands in the journal: who starts again needs nobody for it.
  const { count } = second!.executor;
  world.stop(second!);
  world.stop(first!);
  world.start(second!);
  expect(epochOf(second!)).toBe(3);
  expect(second!.executor.count).toBe(count);
  expect(world.submit(second!, smallFrame(7, world.nowMs + 50_000))).toBeUndefined();
  expect(world.run(5_000, () => fourth.executor.count === count + 1)).toBe(true);
  expectOneOrder(world);

  const { steps } = second!.chain!;
  const walked = walkEpochs(steps, {
    genesis: world.genesis,
    hash: testHash,
    checksOf: (committee) => checksOf({ committee, roster: world.genesis.roster }),
  });
  if (walked instanceof Fault) throw walked;
  expect(walked.map(({ committee }) => committee.epoch)).toEqual([1, 2, 3]);
});

test("who was away while an epoch ended is brought to its end by those who are in the next", () => {
  const world = startedWorld(4);
  const [first, second, third, last] = world.processes;
  world.stop(last!);
  const roster = smallRoster(2, seats([0, 0], [1, 1], [2, 2], [3, 31]));
  last!.keys.push(31);
  const signers = [
    [0, 0],
    [1, 1],
    [2, 2],
  ] as const;
  expect(world.submit(first!, smallChange(world.genesis, roster, signers))).toBeUndefined();
  const others = [first!, second!, third!];
  expect(world.run(5_000, () => others.every((each) => epochOf(each) === 2))).toBe(true);
  world.start(last!);
  expect(epochOf(last!)).toBe(1);
  expect(world.run(5_000, () => epochOf(last!) === 2)).toBe(true);
  expect(world.submit(last!, smallFrame(8, world.nowMs + 50_000))).toBeUndefined();
  expect(world.run(5_000, () => others.every(({ executor }) => executor.count === 3))).toBe(true);
  expectOneOrder(world);
});

test("who has forgotten what it signed in the next epoch hears nothing of those for whom this one is over", () => {
  const world = startedWorld(3);
  const [first, second, third] = world.processes;
  const roster = smallRoster(2, seats([0, 0], [1, 1], [2, 2]), { leadersPerRound: 2 });
  const signers = [
    [0, 0],
    [1, 1],
  ] as const;
  // All come to the end, and only the first one to what closes it: it signs in the next epoch, and nobody hears of it.
  for (const kind of [MessageKind.CheckpointVote, MessageKind.EpochClosed]) world.lost.add(kind);
  expect(world.submit(first!, smallChange(world.genesis, roster, signers))).toBeUndefined();
  const areOver = (): boolean => world.processes.every(({ chain }) => chain!.replica.isOver);
  expect(world.run(5_000, areOver)).toBe(true);
  for (const link of ["0>1", "0>2", "1>2", "2>1"]) world.cut.add(link);
  world.lost.delete(MessageKind.CheckpointVote);
  const hasSigned = (): boolean => [...first!.signed.keys()].includes("0/2/1");
  expect(world.run(5_000, hasSigned)).toBe(true);
  expect([epochOf(second!), epochOf(third!)]).toEqual([1, 1]);
  // Then it loses its disk.
  world.stop(first!);
  first!.records.length = 0;
  first!.marks.clear();
  first!.isGuardLost = true;
  world.lost.add(MessageKind.CheckpointVote);
  world.cut.clear();
  world.start(first!);
  world.run(1_000);
  expect(first!.chain!.isRejoining).toBe(true);
  world.lost.clear();
  // Else the world fails: it would be asked to sign the first round of the next epoch once more.
  const isBack = (): boolean =>
    epochOf(first!) === 2 && !first!.chain!.isRejoining && first!.chain!.replica.lastProposed > 3;
  expect(world.run(10_000, isBack)).toBe(true);
  expectOneOrder(world);
});

test("who is a member only later begins with a snapshot, signs nothing of its epoch, and joins", () => {
  const world = startedWorld(3);
  const [first, second, third] = world.processes;
  const { head } = first!.chain!.captureOrder()!;
  const { committee } = world.genesis;
  const taken = openSnapshot(head, () => ({ committee, start: ORDER_BEGINNING }), testHash);
  if (taken instanceof Fault) throw taken;
  const snapshot = { start: { epoch: 1, order: taken.order }, count: first!.executor.count };
  const roster = smallRoster(2, seats(...three, [3, 3]), { profile: 2, voteThresholdPpm: 750_000 });
  const change = smallChange(world.genesis, roster, [
    [0, 0],
    [1, 1],
  ]);
  expect(world.submit(first!, change)).toBeUndefined();
  const isIn2 = (): boolean => [first, second, third].every((each) => epochOf(each!) === 2);
  expect(world.run(5_000, isIn2)).toBe(true);
  const fourth = world.add([3]);
  world.start(fourth, first!.chain!.steps, snapshot);
  expect(fourth.chain!.membership).toBe("observer");
  expect(world.run(5_000, () => epochOf(fourth) === 2)).toBe(true);
  expect(world.submit(fourth, smallFrame(2, world.nowMs + 50_000))).toBeUndefined();
  const isExecuted = (): boolean => world.processes.every(({ executor }) => executor.count === 3);
  expect(world.run(5_000, isExecuted)).toBe(true);
  expect([...fourth.signed.keys()].filter((place) => place.startsWith("3/1/"))).toEqual([]);
  expectOneOrder(world);
});

/** Three processes that take snapshots, and have gone on to epoch 3, into which a fourth is taken. */
function worldInEpoch3(): SmallChainWorld {
  const spacing = { checkpointEvery: 1, snapshotCommits: 1_000 };
  const world = new SmallChainWorld(3, { spacing });
  for (const process of world.processes) world.start(process);
  const [first] = world.processes;
  const rosters = [
    smallRoster(2, seats(...three)),
    smallRoster(3, seats(...three, [3, 3]), { profile: 2 }),
  ];
  for (const roster of rosters) {
    const frame = smallFrame(roster.epoch, world.nowMs + 50_000);
    expect(world.submit(first!, frame)).toBeUndefined();
    const signers = [
      [0, 0],
      [1, 1],
    ] as const;
    const change = smallChange(first!.chain!.epoch, roster, signers, roster.epoch);
    expect(world.submit(first!, change)).toBeUndefined();
    const isThere = (): boolean => world.processes.every((each) => epochOf(each) === roster.epoch);
    expect(world.run(5_000, isThere)).toBe(true);
  }
  return world;
}

test("all take a snapshot at the end of an epoch, and it is the same for all", () => {
  const world = worldInEpoch3();
  const heads = world.processes.map(({ taken }) => taken.map(({ head }) => Buffer.from(head)));
  expect(heads[0]).toHaveLength(2);
  for (const each of heads) expect(each).toEqual(heads[0]);
});

test("a member of epoch 3 that knows the genesis alone learns who the others are, and begins with the snapshot of their last end", () => {
  const world = worldInEpoch3();
  const [first, second, third] = world.processes;
  const fourth = world.add([3]);
  world.start(fourth, [], "awaited");
  // Who has nothing and is nobody yet is told by those whom it tells how far it is.
  const path = (): number => fourth.chain!.path.newest.committee.epoch;
  expect(world.run(5_000, () => path() === 3)).toBe(true);
  expect(epochOf(fourth)).toBe(1);
  expect(fourth.chain!.membership).toBe("observer");
  expect(fourth.records).toEqual([]);
  const { path: known } = fourth.chain!;
  const { head, count } = first!.taken.at(-1)!;
  const epochOfSnapshot = (epoch: number): OrderEpoch | undefined => {
    const committee = known.epochAt(epoch)?.committee;
    return committee && { committee, start: known.startOf(epoch) };
  };
  const opened = openSnapshot(head, epochOfSnapshot, testHash);
  if (opened instanceof Fault) throw opened;
  expect(opened.order.base).toBeUndefined();
  world.start(fourth, known.steps, { start: { epoch: 3, order: opened.order }, count });
  expect(fourth.chain!.membership).toBe("member");
  expect(world.submit(fourth, smallFrame(9, world.nowMs + 50_000))).toBeUndefined();
  const isExecuted = (): boolean => world.processes.every((each) => each.executor.count === 5);
  expect(world.run(5_000, isExecuted)).toBe(true);
  expectOneOrder(world);
  expect([...fourth.signed.keys()].every((place) => place.startsWith("3/3/"))).toBe(true);
  // It decides with two of the others, and goes on with them through another end.
  world.stop(third!);
  const roster = smallRoster(4, seats(...three, [3, 3]), { profile: 2 });
  const change = smallChange(first!.chain!.epoch, roster, [
    [0, 0],
    [1, 1],
    [3, 3],
  ]);
  expect(world.submit(fourth, change)).toBeUndefined();
  const isIn4 = (): boolean => [first, second, fourth].every((each) => epochOf(each!) === 4);
  expect(world.run(5_000, isIn4)).toBe(true);
  expectOneOrder(world);
});

test("an end of an epoch that is none leads nowhere, and is charged to who told it", () => {
  const world = startedWorld(3);
  const [first, second] = world.processes;
  const { chain } = first!;
  const tell = (step: Uint8Array): void => {
    const message = chain!.read(1, encodeEpochClosed(1, step), world.nowMs);
    if (message === undefined || message instanceof Fault) throw new Error("it is well formed");
    const input = { kind: "message", nowMs: world.nowMs, from: 1, message } as const;
    chain!.step(input, new Outbox());
  };
  const faultsOf = (): number => chain!.conduct(world.nowMs)[0]!.invalid;
  tell(new Uint8Array(500).fill(7));
  tell(new Uint8Array(0));
  expect(faultsOf()).toBe(2);
  expect(chain!.path.epochs).toHaveLength(1);
  expect(chain!.isTooFarBehind).toBe(false);
  // What is said of an epoch that is none of its own making is not looked at.
  const message = chain!.read(1, encodeEpochClosed(9, new Uint8Array(500)), world.nowMs);
  if (message === undefined || message instanceof Fault) throw new Error("it is well formed");
  chain!.step({ kind: "message", nowMs: world.nowMs, from: 1, message }, new Outbox());
  expect(faultsOf()).toBe(2);
  expect(epochOf(second!)).toBe(1);
});

test("who has used up what it may ask for costs nobody the making of an answer", () => {
  const conduct = { ...CONDUCT_LIMITS_DEFAULT, answerBytesBurst: 20_000, answerBytesPerSecond: 1 };
  const world = new SmallChainWorld(3, { conduct });
  for (const process of world.processes) world.start(process);
  const [first] = world.processes;
  const { chain } = first!;
  const roster = smallRoster(2, seats([0, 0], [1, 1], [2, 2]), { leadersPerRound: 2 });
  const signers = [
    [0, 0],
    [1, 1],
  ] as const;
  expect(world.submit(first!, smallChange(world.genesis, roster, signers))).toBeUndefined();
  expect(world.run(5_000, () => epochOf(first!) === 2)).toBe(true);
  const encode = vi.spyOn(chain!.path, "encode");
  const message = { kind: MessageKind.EpochQuery, epoch: 1 } as const;
  let answers = 0;
  for (let count = 0; count < 200; count++) {
    const outbox = new Outbox();
    chain!.step({ kind: "message", nowMs: world.nowMs, from: 1, message }, outbox);
    const sends = outbox.take().filter((each) => each.kind === "send");
    answers += sends.filter((each) => each.message[0] === MessageKind.EpochClosed).length;
  }
  expect(answers).toBeGreaterThan(0);
  expect(answers).toBeLessThan(200);
  expect(encode).toHaveBeenCalledTimes(answers);
});

test("who slept through two ends knows who the members are before it has read a block of them", () => {
  const world = startedWorld(3);
  const [first, second, third] = world.processes;
  world.stop(third!);
  for (const epoch of [2, 3]) {
    const change = smallChange(
      first!.chain!.epoch,
      smallRoster(epoch, seats(...three)),
      [
        [0, 0],
        [1, 1],
      ],
      epoch,
    );
    expect(world.submit(first!, change)).toBeUndefined();
    const isThere = (): boolean => [first, second].every((each) => epochOf(each!) === epoch);
    expect(world.run(5_000, isThere)).toBe(true);
  }
  world.start(third!);
  expect(third!.chain!.isTooFarBehind).toBe(false);
  world.lost.add(MessageKind.Block);
  expect(world.run(5_000, () => third!.chain!.path.newest.committee.epoch === 3)).toBe(true);
  expect(epochOf(third!)).toBe(1);
  expect(third!.chain!.isTooFarBehind).toBe(true);
  // By blocks it gets there, too, while they are to be had.
  world.lost.clear();
  expect(world.run(5_000, () => epochOf(third!) === 3)).toBe(true);
  expect(third!.chain!.isTooFarBehind).toBe(false);
  expectOneOrder(world);
});

test.each([
  ["its guard tells of the next epoch", false],
  ["its guard is gone, too", true],
])(
  "who has lost the end of its journal, over the end of an epoch, signs nothing twice: %s",
  (_, isGuardLost) => {
    const world = startedWorld(4);
    const [first, second, third, last] = world.processes;
    const roster = smallRoster(2, seats(...three, [3, 3]));
    const signers = [
      [0, 0],
      [1, 1],
      [2, 2],
    ] as const;
    const journaled = last!.records.length;
    expect(world.submit(first!, smallChange(world.genesis, roster, signers))).toBeUndefined();
    expect(world.run(5_000, () => world.processes.every((each) => epochOf(each) === 2))).toBe(true);
    expect(world.submit(last!, smallFrame(4, world.nowMs + 50_000))).toBeUndefined();
    expect(world.run(5_000, () => first!.executor.count === 3)).toBe(true);
    world.stop(last!);
    last!.records.length = journaled;
    last!.isGuardLost = isGuardLost;
    if (isGuardLost) last!.marks.clear();
    const { size } = last!.signed;
    world.start(last!);
    expect(epochOf(last!)).toBe(1);
    const since = (): string[] => [...last!.signed.keys()].slice(size);
    // Until it has signed again it counts as gone (consensus.md §9).
    const isBack = (): boolean => since().some((place) => place.startsWith("3/2/"));
    expect(world.run(10_000, isBack)).toBe(true);
    // `reserve` of the world ends the test at a second block for a place. In the first epoch it has signed nothing since.
    expect(since().filter((place) => place.startsWith("3/1/"))).toEqual([]);
    // It counts again: with another one gone the three that are left decide.
    world.stop(third!);
    expect(world.submit(last!, smallFrame(5, world.nowMs + 50_000))).toBeUndefined();
    const isExecuted = (): boolean =>
      [first, second, last].every((each) => each!.executor.count === 4);
    expect(world.run(20_000, isExecuted)).toBe(true);
    expectOneOrder(world);
  },
);

test.each([
  ["no quorum has signed it", smallRoster(2, seats(...three)), [[0, 0]]],
  [
    "a signature is somebody else's",
    smallRoster(2, seats(...three)),
    [
      [0, 0],
      [1, 2],
    ],
  ],
  [
    "it skips an epoch",
    smallRoster(3, seats(...three)),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  [
    "too many are new",
    smallRoster(2, seats([0, 0], [3, 3], [4, 4])),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  [
    "its threshold is below the quorum",
    smallRoster(2, seats(...three), { voteThresholdPpm: 300_000 }),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  [
    "too few are left for its profile",
    smallRoster(2, seats(...three), { profile: 3 }),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  [
    "a crash profile of one",
    smallRoster(2, seats([0, 0]), { profile: 2 }),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  [
    "nobody is left",
    smallRoster(2, []),
    [
      [0, 0],
      [1, 1],
    ],
  ],
] as const)("a change is refused where %s", (_, roster, signers) => {
  const world = startedWorld(3);
  const frame = smallChange(world.genesis, roster, signers);
  expect(world.submit(world.processes[0]!, frame)).toBe("EPOCH_CHANGE_REFUSED");
});
