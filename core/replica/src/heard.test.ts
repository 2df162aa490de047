import { Fault } from "@rialto/base";
import {
  type Block,
  type BlockRef,
  checkpointSignMessage,
  NO_DIGEST,
  sealBlock,
} from "@rialto/consensus";
import { range, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { CONDUCT_LIMITS_DEFAULT } from "./conduct.ts";
import { Outbox } from "./effects.ts";
import {
  encodeBlockMessage,
  encodeCheckpointVote,
  encodeOwnAnswer,
  encodeRejoinAnswer,
  encodeStatus,
} from "./messages.ts";
import { isHeard, isNews } from "./heard.ts";
import { OBSERVER, type ReplicaSettings } from "./replica-options.ts";
import { signWith, SmallChainWorld, type SmallProcess } from "./testing/small-chain.ts";
import { createSmallReplica, FRESH, SETTINGS, smallCommittee } from "./testing/small-replica.ts";
import type { ChainReplica } from "./epoch/chain-replica.ts";

const LIAR = 3;
/** Enough to fill the room that votes for commits to come have. */
const VOTES_TRIED = 32;
/** Behind the kind: version, chain, committee, epoch, round and author. */
const TIME_AT = 1 + 2 + 32 + 32 + 8 + 4 + 2;

interface World {
  readonly world: SmallChainWorld;
  readonly first: SmallProcess;
  /** Of another member, which is told all this. */
  readonly chain: ChainReplica;
  /** What it makes of bytes of a member: undefined where it does not look at their signature. */
  readonly read: (from: number, bytes: Uint8Array) => ReturnType<ChainReplica["read"]>;
  /** The same of what is right, and new: it takes it in. */
  readonly take: (from: number, bytes: Uint8Array) => void;
}

/** Four members some rounds after their start. */
function startedWorld(settings: Partial<ReplicaSettings> = {}): World {
  const world = new SmallChainWorld(4, settings);
  for (const process of world.processes) world.start(process);
  const [first, second] = world.processes;
  const chain = second!.chain!;
  expect(world.run(60_000, () => chain.consensus.dag.quorumRound > 3)).toBe(true);
  const read: World["read"] = (from, bytes) => chain.read(from, bytes, world.nowMs);
  const take: World["take"] = (from, bytes) => {
    const message = read(from, bytes);
    if (message === undefined || message instanceof Fault) throw new Error("it is read");
    const input = { kind: "message", nowMs: world.nowMs, from, message } as const;
    chain.step(input, new Outbox());
  };
  return { world, first: first!, chain, read, take };
}

/** A block as its author may have made it too, signed by the author. */
function twinOf(block: Block, changed: Partial<Block>): Block {
  return sealBlock({ ...block, ...changed }, [block.payload], testHash, signWith(block.author));
}

test("who repeats what is known without end is named and not listened to for that, and what is new of it is read all the same", () => {
  const { world, first, chain, read } = startedWorld();
  const { repeatsBurst, repeatsPerSecond } = CONDUCT_LIMITS_DEFAULT;
  const known = chain.consensus.dag.first(chain.consensus.dag.quorumRound, 0)!.block!;
  const twin = encodeBlockMessage(known);
  // A bit of its time: not what its author has signed.
  twin[TIME_AT]! ^= 1;
  for (let count = 0; count < repeatsBurst; count++) {
    expect(read(0, encodeBlockMessage(known))).toBeUndefined();
  }
  expect(read(2, twin)).toBeInstanceOf(Fault);
  expect(read(0, twin)).toBeUndefined();
  const [flooder, ...others] = chain.conduct(world.nowMs);
  expect(flooder).toMatchObject({ member: 0, isThrottled: true });
  expect(flooder!.repeated).toBeGreaterThan(repeatsBurst);
  for (const { isThrottled, repeated } of others) {
    expect(isThrottled).toBe(false);
    expect(repeated).toBeLessThan(repeatsBurst / 10);
  }
  expect(chain.mayRead(0, world.nowMs)).toBe(true);
  const status = { quorumRound: 1, decidedRound: 1, commitIndex: 1 };
  expect(read(0, encodeStatus(1, status))).toMatchObject(status);
  const before = first.chain!.replica.lastProposed;
  world.cut.add("0>1");
  expect(world.run(60_000, () => first.chain!.replica.lastProposed > before)).toBe(true);
  const newest = encodeBlockMessage(first.chain!.replica.lastOwnSent!);
  expect(chain.read(0, newest, world.nowMs)).toMatchObject({ block: { author: 0 } });
  world.nowMs += Math.ceil(1_000 / repeatsPerSecond);
  expect(read(0, twin)).toBeInstanceOf(Fault);
});

test("blocks below the horizon and of an epoch's waiting room are known by their place", () => {
  const { world, chain, read, take } = startedWorld();
  const { dag, pending } = chain.consensus;
  const round = dag.quorumRound + 5;
  const refs = range(4).map((author): BlockRef => ({
    round: round - 1,
    author,
    digest: testHash(Uint8Array.of(author)),
  }));
  const sample = dag.first(dag.quorumRound, LIAR)!.block!;
  const strong = [refs[LIAR]!, ...refs.slice(0, LIAR)];
  const orphan = twinOf(sample, { round, strong, weak: [] });
  take(2, encodeBlockMessage(orphan));
  expect(pending.has(orphan)).toBe(true);
  expect(read(2, encodeBlockMessage(orphan))).toBeUndefined();
  const other = twinOf(orphan, { tsMs: orphan.tsMs + 1 });
  expect(read(2, encodeBlockMessage(other))).toMatchObject({ block: { round } });
  expect(world.run(600_000, () => dag.horizon > sample.round)).toBe(true);
  const { repeated } = chain.conduct(world.nowMs)[1]!;
  expect(read(2, encodeBlockMessage(twinOf(sample, { tsMs: 1 })))).toBeUndefined();
  expect(chain.conduct(world.nowMs)[1]!.repeated).toBe(repeated + 1);
});

/** A block of the liar whose parents nobody has. */
function orphanOf({ consensus }: ChainReplica, round: number): Block {
  const sample = consensus.dag.newest(LIAR)!.block!;
  const strong = [LIAR, 0, 1, 2].map((author): BlockRef => ({
    round: round - 1,
    author,
    digest: testHash(Uint8Array.of(author, round & 255, round >>> 8)),
  }));
  return twinOf(sample, { round, strong, weak: [] });
}

test("of whom a lie is known further seconds, accepted or waiting, are read from a voucher only", () => {
  const { chain, read, take } = startedWorld();
  const { dag, evidence, pending } = chain.consensus;
  const block = dag.newest(LIAR)!.block!;
  const orphan = orphanOf(chain, block.round + 5);
  take(LIAR, encodeBlockMessage(orphan));
  const twinsOf = (each: Block): Block[] =>
    [1, 2].map((more) => twinOf(each, { tsMs: each.tsMs + more }));
  const [lie, twin] = twinsOf(block) as [Block, Block];
  expect(read(LIAR, encodeBlockMessage(twin))).toMatchObject({ block: { author: LIAR } });
  take(LIAR, encodeBlockMessage(lie));
  expect(evidence.has(LIAR)).toBe(true);
  for (const each of [twin, twinsOf(orphan)[0]!]) {
    expect(read(LIAR, encodeBlockMessage(each))).toBeUndefined();
    const isNewsOf = (from: number): boolean =>
      isNews(encodeBlockMessage(each), from, chain.replica, testHash);
    // Of a stranger it would be taken as of its author, and dropped.
    expect([OBSERVER, LIAR, 2].map(isNewsOf)).toEqual([false, false, true]);
    take(2, encodeBlockMessage(each));
    expect(dag.find(each) ?? pending.has(each)).toBeTruthy();
  }
});

test("a block that is kept does not keep what else came with it in memory", () => {
  const { chain, read } = startedWorld();
  const orphan = orphanOf(chain, chain.consensus.dag.quorumRound + 5);
  const message = encodeBlockMessage(orphan);
  const packet = new Uint8Array(0x10_0000);
  packet.set(message, 100);
  const cut = read(2, packet.subarray(100, 100 + message.length));
  const alone = read(2, message);
  if (cut === undefined || !("block" in cut)) throw new Error("a block is read");
  expect(cut).toEqual(alone);
  const kept = [cut.block.bytes, cut.block.payload, cut.block.digest, ...cut.block.frames];
  for (const each of kept) {
    const { buffer } = each instanceof Uint8Array ? each : each.bytes;
    expect(buffer.byteLength).toBeLessThanOrEqual(2 * message.length);
  }
});

test("a block that would be pushed out as soon as it waited is not read", () => {
  const roomBytes = 2_000;
  const { chain, read, take } = startedWorld({
    pending: { blocksPerAuthor: 50, bytesPerAuthor: roomBytes },
  });
  const { dag, pending } = chain.consensus;
  const start = dag.quorumRound;
  const messageFor = (round: number): Uint8Array => encodeBlockMessage(orphanOf(chain, round));
  const areRead = (...rounds: number[]): boolean[] =>
    rounds.map((round) => read(LIAR, messageFor(round)) !== undefined);
  expect(areRead(start + 51, start + 50)).toEqual([false, true]);
  let round = start + 10;
  for (; pending.bytes + messageFor(round).length <= roomBytes; round++) {
    take(LIAR, messageFor(round));
  }
  expect(round).toBeGreaterThan(start + 12);
  expect(areRead(round, start + 40, start + 5)).toEqual([false, false, true]);
  take(LIAR, messageFor(start + 5));
  expect([pending.pushedOut(LIAR), pending.bytes <= roomBytes]).toEqual([1, true]);
});

/** A vote of the liar for a commit, signed. */
function voteOf({ epoch }: ChainReplica, commitIndex: number, state: number): Uint8Array {
  const { committee } = epoch;
  const checkpoint = {
    chainId: committee.chainId,
    epoch: committee.epoch,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex,
    commitDigest: NO_DIGEST,
    resultsRoot: NO_DIGEST,
    stateRoot: testHash(Uint8Array.of(state)),
    tsMs: 1,
    nextRoster: NO_DIGEST,
  };
  const signature = signWith(LIAR)(checkpointSignMessage(checkpoint));
  return encodeCheckpointVote({ checkpoint, signature, quantumSignature: undefined });
}

test("a second vote for a commit, and an answer that nobody asked for, are not verified", () => {
  const { world, chain, read, take } = startedWorld();
  const { checkpoints } = chain.replica;
  expect(world.run(60_000, () => checkpoints.lastCertified > 8)).toBe(true);
  const ahead = checkpoints.lastCertified + 1_000;
  // Of one that no vote of it can change any more, of one to come, and of that once more.
  expect(read(LIAR, voteOf(chain, 1, 1))).toBeUndefined();
  take(LIAR, voteOf(chain, ahead, 1));
  expect(read(LIAR, voteOf(chain, ahead, 1))).toBeUndefined();
  expect(read(LIAR, voteOf(chain, ahead, 2))).toBeUndefined();
  expect(read(2, voteOf(chain, ahead, 2))).toBeInstanceOf(Fault);
  const newest = chain.consensus.dag.newest(2)!.block;
  expect(read(2, encodeRejoinAnswer(chain.epoch.committee.epoch, 1, newest))).toBeUndefined();
});

test("of a member's answers to one that has forgotten one is verified for each time that it asks", () => {
  const { world } = startedWorld();
  const forgetful = world.processes[1]!;
  world.stop(forgetful);
  for (const from of [0, 2, LIAR]) world.cut.add(`${from}>1`);
  forgetful.isGuardLost = true;
  world.start(forgetful);
  const { chain } = forgetful;
  const newest = chain!.consensus.dag.newest(LIAR)!.block;
  // Of an earlier start, so that it counts for nothing.
  const answer = encodeRejoinAnswer(1, 0, newest);
  const read = (): ReturnType<ChainReplica["read"]> => chain!.read(LIAR, answer, world.nowMs);
  const message = read();
  if (message === undefined || message instanceof Fault) throw new Error("it is read");
  chain!.step({ kind: "message", nowMs: world.nowMs, from: LIAR, message }, new Outbox());
  expect(chain!.isRejoining).toBe(true);
  expect(read()).toBeUndefined();
  world.run(2 * SETTINGS.statusMs);
  expect(read()).toMatchObject({ newest: { author: LIAR } });
});

test("an answer to another question than the one that was asked is not verified", () => {
  // None of them would end the waiting: each would be verified, at nobody's cost.
  const { world } = startedWorld();
  const [, asker] = world.processes;
  world.stop(asker!);
  for (const from of [0, 2, LIAR]) world.cut.add(`${from}>1`);
  asker!.isGuardLost = true;
  world.start(asker!);
  const { chain } = asker!;
  const newest = chain!.consensus.dag.newest(LIAR)!.block;
  const own = encodeOwnAnswer({ epoch: 1, nonce: 0, quorumRound: 0, newest });
  const rejoin = encodeRejoinAnswer(1, 0, newest);
  expect(chain!.isRejoining).toBe(true);
  expect(chain!.read(LIAR, own, world.nowMs)).toBeUndefined();
  expect(chain!.read(LIAR, rejoin, world.nowMs)).toMatchObject({ newest: { author: LIAR } });
  const { replica, outbox } = createSmallReplica(smallCommittee(4), 0, {
    ...FRESH,
    isDoubtful: true,
  });
  replica.recover(world.nowMs, outbox);
  expect([own, rejoin].map((answer) => isHeard(answer, LIAR, replica))).toEqual([false, true]);
});

test("votes for ever more commits to come are verified up to an allowance", () => {
  const { world, chain, read, take } = startedWorld();
  const { repeatsBurst, repeatsPerSecond } = CONDUCT_LIMITS_DEFAULT;
  let index = 1_000_000;
  let readCount = 0;
  const end = index - repeatsBurst;
  for (; index > end; index--) {
    // Each takes the place of the one farthest on.
    const vote = voteOf(chain, index, 1);
    if (read(LIAR, vote) === undefined) continue;
    readCount++;
    if (readCount <= VOTES_TRIED) take(LIAR, vote);
  }
  // Each is worth ten blocks.
  expect(readCount).toBeGreaterThan(repeatsBurst / 10 - 50);
  expect(readCount).toBeLessThan(repeatsBurst / 10 + 50);
  world.nowMs += Math.ceil(10_000 / repeatsPerSecond);
  expect(read(LIAR, voteOf(chain, index, 1))).toMatchObject({ vote: { author: LIAR } });
});
