import { equalBytes, Fault } from "@rialto/base";
import { type BlockRef, Consensus, ORDER_BEGINNING, type VerifiedBlock } from "@rialto/consensus";
import { genesisRefs, range, sketchBlock, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { ConductBook } from "./conduct.ts";
import { type Effect, Outbox } from "./effects.ts";
import {
  encodeBlockMessage,
  FETCH_ROUNDS_MAX,
  MessageKind,
  peekPlace,
  type PeerMessage,
  readPeerMessage,
} from "./messages.ts";
import { type OwnProgress, Synchroniser } from "./synchroniser.ts";
import { NOW_MS, SETTINGS, smallCommittee, smallVerify } from "./testing/small-replica.ts";

const MEMBERS = 4;
const SELF = 3;
const ROUNDS = 200;
const FRONT = 10;
const committee = smallCommittee(MEMBERS);
const checks = { committee, hash: testHash, verify: smallVerify };

/** Rounds in which everybody but the member that lags makes a block on all blocks of the round before. */
function makeRounds(): readonly (readonly VerifiedBlock[])[] {
  const rounds: VerifiedBlock[][] = [];
  let strong: readonly BlockRef[] = genesisRefs(committee);
  for (const index of range(ROUNDS)) {
    const round = index + 1;
    const blocks = range(MEMBERS - 1).map((author) =>
      sketchBlock(committee, { author, round, strong }),
    );
    rounds.push(blocks);
    strong = blocks.map(({ author, digest }) => ({ round, author, digest }));
  }
  return rounds;
}

/** A member that has the first rounds, and has been sent the newest one. */
class Laggard {
  readonly rounds: readonly (readonly VerifiedBlock[])[] = makeRounds();
  readonly consensus: Consensus = new Consensus({
    committee,
    hash: testHash,
    pendingLimits: SETTINGS.pending,
    retainRounds: SETTINGS.retainRounds,
    start: ORDER_BEGINNING,
  });
  readonly synchroniser: Synchroniser;

  constructor() {
    const { consensus } = this;
    const conduct = new ConductBook(MEMBERS);
    this.synchroniser = new Synchroniser({ consensus, conduct, settings: SETTINGS.sync });
    this.takeRounds(1, FRONT);
    for (const block of this.rounds[ROUNDS - 1]!) {
      this.consensus.offer(block);
      this.synchroniser.noteParked(block.author, block);
    }
  }

  takeRounds(from: number, to: number): void {
    for (const blocks of this.rounds.slice(from - 1, to)) {
      for (const block of blocks) this.consensus.offer(block);
    }
  }

  get #own(): OwnProgress {
    const { dag, committer, sequencer } = this.consensus;
    const { quorumRound } = dag;
    const { decidedRound } = committer;
    return { self: SELF, quorumRound, decidedRound, commitIndex: sequencer.lastIndex };
  }

  /** What it asks for. */
  ask(nowMs: number): PeerMessage[] {
    return this.send(nowMs).map(({ message: bytes }) => {
      const message = readPeerMessage(SELF, bytes, checks);
      if (message instanceof Fault) throw message;
      return message;
    });
  }

  send(nowMs: number): Extract<Effect, { readonly kind: "send" }>[] {
    const outbox = new Outbox();
    this.synchroniser.poll(nowMs, this.#own, outbox);
    return outbox.take().filter((effect) => effect.kind === "send");
  }

  hearThatOthersAreAt(quorumRound: number, commitIndex: number = quorumRound): void {
    const status = { quorumRound, decidedRound: quorumRound - 2, commitIndex };
    for (const peer of range(MEMBERS - 1)) this.synchroniser.noteStatus(peer, status, NOW_MS);
  }
}

const kindsOf = (messages: readonly PeerMessage[]): ReadonlySet<number> =>
  new Set(messages.map(({ kind }) => kind));

test("a member that lags asks for whole rounds, and for no single block far beyond them", () => {
  const laggard = new Laggard();
  laggard.hearThatOthersAreAt(ROUNDS);
  expect(kindsOf(laggard.ask(NOW_MS))).toEqual(new Set([MessageKind.FetchRounds]));
  // Also when it is time to ask once more.
  const laterMs = NOW_MS + SETTINGS.sync.fetchTimeoutMs;
  expect(kindsOf(laggard.ask(laterMs))).toEqual(new Set([MessageKind.FetchRounds]));
  laggard.takeRounds(FRONT + 1, ROUNDS - FETCH_ROUNDS_MAX);
  const nearMs = laterMs + SETTINGS.sync.fetchTimeoutMs;
  expect(kindsOf(laggard.ask(nearMs))).toContain(MessageKind.FetchBlocks);
});

test("where nobody says that there are rounds to be had it asks for single blocks at once", () => {
  const laggard = new Laggard();
  expect(kindsOf(laggard.ask(NOW_MS))).toEqual(new Set([MessageKind.FetchBlocks]));
});

test("everybody is asked in turn, but nobody who is known to lie", () => {
  const laggard = new Laggard();
  const { timeout, liar } = { timeout: SETTINGS.sync.fetchTimeoutMs, liar: 1 };
  const askedIn = (fromMs: number): ReadonlySet<number> =>
    new Set(
      range(2 * MEMBERS).flatMap((turn) =>
        laggard.send(fromMs + turn * timeout).map(({ to }) => to),
      ),
    );
  expect(askedIn(NOW_MS)).toEqual(new Set([0, 1, 2]));
  const strong = genesisRefs(committee);
  laggard.consensus.offer(
    sketchBlock(committee, { author: liar, round: 1, strong, twin: 1 }),
    liar,
  );
  expect(askedIn(NOW_MS + 100 * timeout)).toEqual(new Set([0, 2]));
});

test("one that is a single round further is asked for it once it has said so for a while", () => {
  const laggard = new Laggard();
  const { lastIndex } = laggard.consensus.sequencer;
  laggard.hearThatOthersAreAt(FRONT + 1, lastIndex);
  const untilMs = NOW_MS + SETTINGS.sync.fetchTimeoutMs;
  expect(kindsOf(laggard.ask(untilMs - 1))).not.toContain(MessageKind.FetchRounds);
  laggard.hearThatOthersAreAt(FRONT + 1, lastIndex);
  expect(kindsOf(laggard.ask(untilMs))).toContain(MessageKind.FetchRounds);
});

/** Who is asked for rounds, by the round that they are asked from. */
function askedForRounds(
  laggard: Laggard,
  own: OwnProgress,
  fromMs: number,
): Map<number, Set<number>> {
  const asked = new Map<number, Set<number>>();
  for (const turn of range(3 * MEMBERS)) {
    const outbox = new Outbox();
    laggard.synchroniser.poll(fromMs + turn * SETTINGS.sync.fetchTimeoutMs, own, outbox);
    for (const effect of outbox.take()) {
      if (effect.kind !== "send") continue;
      const message = readPeerMessage(SELF, effect.message, checks);
      if (message instanceof Fault || message.kind !== MessageKind.FetchRounds) continue;
      const peers = asked.get(message.fromRound) ?? new Set();
      asked.set(message.fromRound, peers.add(effect.to));
    }
  }
  return asked;
}

test("everybody who is ahead, and not known to lie, is asked for the newest rounds and for those from the first undecided one", () => {
  const laggard = new Laggard();
  laggard.hearThatOthersAreAt(ROUNDS);
  const own = { self: SELF, quorumRound: FRONT, decidedRound: 1, commitIndex: 1 };
  const froms = [FRONT - 1, own.decidedRound + 1];
  const others = new Set([0, 1, 2]);
  expect(askedForRounds(laggard, own, NOW_MS)).toEqual(
    new Map(froms.map((from) => [from, others])),
  );
  const lie = { author: 1, round: 1, strong: genesisRefs(committee), twin: 1 };
  laggard.consensus.offer(sketchBlock(committee, lie), 1);
  const honest = new Set([0, 2]);
  expect(askedForRounds(laggard, own, 2 * NOW_MS)).toEqual(
    new Map(froms.map((from) => [from, honest])),
  );
});

test("an author's many blocks for a round keep nobody from what stands behind them, and the last of them are told too", () => {
  const laggard = new Laggard();
  const max = SETTINGS.sync.blocksPerAnswerMax;
  const strong = laggard.rounds[0]!.map(({ author, digest }) => ({ round: 1, author, digest }));
  const { dag } = laggard.consensus;
  const twins = range(2 * max).map((twin) =>
    sketchBlock(committee, { author: 1, round: 2, strong, twin: twin + 1 }),
  );
  for (const twin of twins) laggard.consensus.offer(twin, 0);
  expect(dag.round(2)).toHaveLength(MEMBERS - 1 + twins.length);
  const outbox = new Outbox();
  laggard.synchroniser.answerRounds(0, { fromRound: 2, roundCount: 64 }, NOW_MS, outbox);
  const told = outbox.take().flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
  expect(told).toHaveLength(max);
  const rounds = new Set(told.map((message) => peekPlace(message)!.round));
  expect(rounds).toEqual(new Set(range(FRONT - 1).map((each) => 2 + each)));
  const last = encodeBlockMessage(twins.at(-1)!);
  expect(told.some((message) => equalBytes(message, last))).toBe(true);
});
