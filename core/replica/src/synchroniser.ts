import { TurnoverMap } from "@rialto/base";
import type {
  BlockRef,
  Consensus,
  Dag,
  EvidenceBook,
  PendingBlocks,
  VerifiedBlock,
} from "@rialto/consensus";
import { refKey } from "@rialto/consensus";
import type { ConductBook } from "./conduct.ts";
import type { Outbox } from "./effects.ts";
import {
  encodeBlockMessage,
  encodeFetchBlocks,
  encodeFetchRounds,
  FETCH_REFS_MAX,
  FETCH_ROUNDS_MAX,
  type MemberStatus,
} from "./messages.ts";

export interface SyncSettings {
  /** How long an answer is waited for before somebody else is asked. */
  readonly fetchTimeoutMs: number;
  /** Blocks that one request is answered with at most. */
  readonly blocksPerAnswerMax: number;
}

/** Bytes of a reference in a request: what a request costs at least. */
const REF_BYTES = 38;
/** Of an answer with whole rounds this part is kept for second blocks, where there are any. */
const SECONDS_SHARE = 4;
/** Timeouts that an unanswered request waits at most before it is tried again. */
const PATIENCE_MAX = 16;

interface Ask {
  readonly firstPeer: number;
  attempts: number;
  dueMs: number;
}

/** What a peer says of itself. */
interface Said {
  readonly status: MemberStatus;
  /** Since when. */
  readonly sinceMs: number;
}

/** How far this member has come. */
export interface OwnProgress extends MemberStatus {
  readonly self: number;
}

/**
 * Gets what this member lacks: single blocks that others refer to, and whole rounds where it lags. Decides whom to
 * ask; what comes back is judged like any other block.
 *
 * Source   docs/protocol/consensus.md §8.
 */
export class Synchroniser {
  readonly #dag: Dag;
  readonly #pending: PendingBlocks;
  readonly #evidence: EvidenceBook;
  readonly #conduct: ConductBook;
  readonly #settings: SyncSettings;
  readonly #memberCount: number;
  readonly #asks = new TurnoverMap<string, Ask>();
  readonly #statuses: (Said | undefined)[];
  #isFresh = false;
  #nextMs = Infinity;
  #rangeUntilMs = -Infinity;
  #rangeTarget = 0;
  #rangeCount = 0;
  /** Who was asked last: each kind of question goes round by itself, for else one that is ahead may never be asked the one. */
  readonly #rangePeers = { newest: -1, undecided: -1 };

  constructor(options: {
    readonly consensus: Consensus;
    readonly conduct: ConductBook;
    readonly settings: SyncSettings;
  }) {
    const { dag, pending, evidence } = options.consensus;
    this.#dag = dag;
    this.#pending = pending;
    this.#evidence = evidence;
    this.#conduct = options.conduct;
    this.#settings = options.settings;
    this.#memberCount = dag.committee.weights.length;
    this.#statuses = dag.committee.weights.map(() => undefined);
  }

  noteStatus(from: number, status: MemberStatus, nowMs: number): void {
    const before = this.#statuses[from];
    const isAsBefore =
      before?.status.quorumRound === status.quorumRound &&
      before.status.commitIndex === status.commitIndex;
    this.#statuses[from] = { status, sinceMs: isAsBefore ? before.sinceMs : nowMs };
  }

  /**
   * True while more weight than may lie is farther ahead than a horizon: a block of ours for the round after
   * `quorumRound` would be dropped by all of them.
   */
  isTooFarBehind(quorumRound: number): boolean {
    const { weights, thresholds, gcDepth } = this.#dag.committee;
    let ahead = 0;
    this.#statuses.forEach((said, peer) => {
      if ((said?.status.quorumRound ?? 0) > quorumRound + gcDepth) ahead += weights[peer]!;
    });
    return ahead > thresholds.liars;
  }

  /** A block from `from` is parked: who sent it should have what it refers to. */
  noteParked(from: number, block: VerifiedBlock): void {
    for (const ref of this.#dag.missing(block)) {
      const key = refKey(ref);
      if (this.#asks.has(key)) continue;
      this.#asks.set(key, { firstPeer: from, attempts: 0, dueMs: -Infinity });
      this.#isFresh = true;
    }
  }

  /** Asks for what is wanted and not under way. Returns when to look again. */
  poll(nowMs: number, own: OwnProgress, outbox: Outbox): number {
    if (this.#isFresh || nowMs >= this.#nextMs) {
      this.#isFresh = false;
      this.#nextMs = this.#pollBlocks(nowMs, own, outbox);
    }
    return Math.min(this.#nextMs, this.#pollRange(nowMs, own, outbox));
  }

  /**
   * Asks for single blocks, but not for those that whole rounds will bring: of a member that lags, what comes in meanwhile rests on
   * blocks far ahead of it, those on others, and it would ask for all of them one by one, backwards. They lie in the journals of
   * the others, and those who read them there for it would have no time for its rounds.
   */
  #pollBlocks(nowMs: number, own: OwnProgress, outbox: Outbox): number {
    const { self } = own;
    const all = this.#pending.wanted(Math.floor(FETCH_REFS_MAX / this.#memberCount) + 1);
    const lags = this.#ahead(nowMs, own).length > 0;
    const reach = lags ? own.quorumRound + FETCH_ROUNDS_MAX : Infinity;
    const wanted = all.filter(({ round }) => round <= reach);
    const byPeer = new Map<number, BlockRef[]>();
    let nextMs = wanted.length < all.length ? nowMs + this.#settings.fetchTimeoutMs : Infinity;
    for (const ref of wanted) {
      const key = refKey(ref);
      const ask = this.#asks.get(key) ?? { firstPeer: ref.author, attempts: 0, dueMs: -Infinity };
      this.#asks.set(key, ask);
      if (nowMs >= ask.dueMs) {
        const peer = this.#peerFor(ask, ref, self);
        // What nobody seems to have is asked for less and less often.
        const patience = Math.max(1, Math.floor(ask.attempts / this.#memberCount));
        ask.dueMs = nowMs + this.#settings.fetchTimeoutMs * Math.min(patience, PATIENCE_MAX);
        ask.attempts++;
        byPeer.set(peer, [...(byPeer.get(peer) ?? []), ref]);
      }
      nextMs = Math.min(nextMs, ask.dueMs);
    }
    this.#forget(wanted);
    const { epoch } = this.#dag.committee;
    for (const [to, refs] of byPeer) {
      for (let at = 0; at < refs.length; at += FETCH_REFS_MAX) {
        const message = encodeFetchBlocks(epoch, refs.slice(at, at + FETCH_REFS_MAX));
        outbox.push({ kind: "send", to, message });
      }
    }
    return nextMs;
  }

  /**
   * First who sent the child, then the author, then everybody in turn; but nobody who is known to lie. What is needed
   * somebody honest has, and who lies vouches for nothing.
   */
  #peerFor(ask: Ask, ref: BlockRef, self: number): number {
    const turn = ask.attempts === 0 ? ask.firstPeer : ref.author + ask.attempts - 1;
    for (let more = 0; more < this.#memberCount; more++) {
      const peer = (turn + more) % this.#memberCount;
      if (peer !== self && !this.#evidence.has(peer)) return peer;
    }
    // More lie than may.
    return (self + 1) % this.#memberCount;
  }

  /** What is not wanted any more need not be remembered. */
  #forget(wanted: readonly BlockRef[]): void {
    if (this.#asks.size <= 4 * FETCH_REFS_MAX) return;
    const keep = new Set(wanted.map(refKey));
    for (const key of this.#asks.keys()) if (!keep.has(key)) this.#asks.delete(key);
  }

  /**
   * Those who say that they are ahead, and are not known to lie. A peer that is one round, or commit, further is only about to
   * be heard of; but who has ended an epoch makes no block any more, and what it has decided by may be something that nobody
   * else was shown.
   */
  #ahead(nowMs: number, own: OwnProgress): number[] {
    const ahead: number[] = [];
    this.#statuses.forEach((said, peer) => {
      if (said === undefined || peer === own.self || this.#evidence.has(peer)) return;
      const slack = nowMs < said.sinceMs + this.#settings.fetchTimeoutMs ? 1 : 0;
      if (isBeyond(said.status, own, slack)) ahead.push(peer);
    });
    return ahead;
  }

  #pollRange(nowMs: number, own: OwnProgress, outbox: Outbox): number {
    const ahead = this.#ahead(nowMs, own);
    if (ahead.length === 0) return Infinity;
    const isDone = own.quorumRound >= this.#rangeTarget;
    if (nowMs < this.#rangeUntilMs && !isDone) return this.#rangeUntilMs;
    // Now and then from the first undecided round: what decides it may be something that nobody refers to.
    const kind = this.#rangeCount++ % 3 === 2 ? "undecided" : "newest";
    const fromRound =
      kind === "undecided" ? own.decidedRound + 1 : Math.max(1, own.quorumRound - 1);
    const peer = ahead.find((each) => each > this.#rangePeers[kind]) ?? ahead[0]!;
    this.#rangePeers[kind] = peer;
    this.#rangeTarget = own.quorumRound + FETCH_ROUNDS_MAX / 2;
    this.#rangeUntilMs = nowMs + this.#settings.fetchTimeoutMs;
    const { epoch } = this.#dag.committee;
    const message = encodeFetchRounds(epoch, fromRound, FETCH_ROUNDS_MAX);
    outbox.push({ kind: "send", to: peer, message });
    return this.#rangeUntilMs;
  }

  /** Answers a request for single blocks with those that are held, as far as the asker's allowance goes. */
  answerBlocks(to: number, refs: readonly BlockRef[], nowMs: number, outbox: Outbox): void {
    if (!this.#conduct.mayAnswer(to, refs.length * REF_BYTES, nowMs)) return;
    for (const ref of refs) {
      const block = this.#dag.find(ref)?.block;
      if (block !== undefined && !this.#answer(to, block, nowMs, outbox)) return;
    }
  }

  /**
   * Answers a request for rounds, in an order in which parents come before children, as far as the allowance goes. Somebody's
   * second blocks for a round come behind, the last ones first: they may be many, and would keep all else from coming; and
   * those that nothing rests on come in no other way, of which the last is the likeliest to have decided something.
   */
  answerRounds(
    to: number,
    { fromRound, roundCount }: { readonly fromRound: number; readonly roundCount: number },
    nowMs: number,
    outbox: Outbox,
  ): void {
    if (!this.#conduct.mayAnswer(to, roundCount, nowMs)) return;
    const max = this.#settings.blocksPerAnswerMax;
    const { firsts, seconds } = this.#blocksOf(fromRound, fromRound + roundCount - 1);
    // Whatever there is of either, it has a share.
    const secondsLeft = Math.max(Math.floor(max / SECONDS_SHARE), max - firsts.length);
    const chosen = seconds.reverse().slice(0, secondsLeft);
    for (const block of [...firsts.slice(0, max - chosen.length), ...chosen]) {
      if (!this.#answer(to, block, nowMs, outbox)) return;
    }
  }

  /** Everybody's first blocks of as many of these rounds as one answer may hold, and the others of the same rounds. */
  #blocksOf(
    fromRound: number,
    toRound: number,
  ): { readonly firsts: VerifiedBlock[]; readonly seconds: VerifiedBlock[] } {
    const firsts: VerifiedBlock[] = [];
    const seconds: VerifiedBlock[] = [];
    const last = Math.min(toRound, this.#dag.highestRound);
    let round = Math.max(fromRound, this.#dag.lowestRound, 1);
    for (; round <= last && firsts.length < this.#settings.blocksPerAnswerMax; round++) {
      const seen = new Set<number>();
      for (const { block, author } of this.#dag.round(round)) {
        if (block !== undefined) (seen.has(author) ? seconds : firsts).push(block);
        seen.add(author);
      }
    }
    return { firsts, seconds };
  }

  /** Sends a block. Returns false where that has used up what the asker may have. */
  #answer(to: number, block: VerifiedBlock, nowMs: number, outbox: Outbox): boolean {
    outbox.push({ kind: "send", to, message: encodeBlockMessage(block) });
    return this.#conduct.noteAnswer(to, block.bytes.length, nowMs);
  }
}

function isBeyond(status: MemberStatus, own: MemberStatus, by: number): boolean {
  return status.quorumRound > own.quorumRound + by || status.commitIndex > own.commitIndex + by;
}
