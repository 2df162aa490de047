import { Fault } from "@rialto/base";
import { type BlockRef, Consensus, ORDER_BEGINNING, type VerifiedBlock } from "@rialto/consensus";
import { genesisRefs, range, sketchBlock, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { ConductBook } from "./conduct.ts";
import { Outbox } from "./effects.ts";
import { FETCH_ROUNDS_MAX, MessageKind, type PeerMessage, readPeerMessage } from "./messages.ts";
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
    const { dag, pending } = this.consensus;
    const conduct = new ConductBook(MEMBERS);
    this.synchroniser = new Synchroniser({ dag, pending, conduct, settings: SETTINGS.sync });
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
    const outbox = new Outbox();
    this.synchroniser.poll(nowMs, this.#own, outbox);
    return outbox.take().flatMap((effect) => {
      if (effect.kind !== "send") return [];
      const message = readPeerMessage(SELF, effect.message, checks);
      if (message instanceof Fault) throw message;
      return [message];
    });
  }

  hearThatOthersAreAt(quorumRound: number): void {
    const status = { quorumRound, decidedRound: quorumRound - 2, commitIndex: quorumRound };
    for (const peer of range(MEMBERS - 1)) this.synchroniser.noteStatus(peer, status);
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
