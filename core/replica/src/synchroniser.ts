import type { BlockRef, Dag, PendingBlocks, VerifiedBlock } from "@rialto/consensus";
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
/** Timeouts that an unanswered request waits at most before it is tried again. */
const PATIENCE_MAX = 16;

interface Ask {
  readonly firstPeer: number;
  attempts: number;
  dueMs: number;
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
  readonly #conduct: ConductBook;
  readonly #settings: SyncSettings;
  readonly #memberCount: number;
  readonly #asks = new Map<string, Ask>();
  readonly #statuses: (MemberStatus | undefined)[];
  #isFresh = false;
  #nextMs = Infinity;
  #rangeUntilMs = -Infinity;
  #rangeTarget = 0;
  #rangeCount = 0;

  constructor(options: {
    readonly dag: Dag;
    readonly pending: PendingBlocks;
    readonly conduct: ConductBook;
    readonly settings: SyncSettings;
  }) {
    this.#dag = options.dag;
    this.#pending = options.pending;
    this.#conduct = options.conduct;
    this.#settings = options.settings;
    this.#memberCount = options.dag.committee.weights.length;
    this.#statuses = options.dag.committee.weights.map(() => undefined);
  }

  noteStatus(from: number, status: MemberStatus): void {
    this.#statuses[from] = status;
  }

  /**
   * True while more weight than may lie is farther ahead than a horizon: a block of ours for the round after
   * `quorumRound` would be dropped by all of them.
   */
  isTooFarBehind(quorumRound: number): boolean {
    const { weights, thresholds, gcDepth } = this.#dag.committee;
    let ahead = 0;
    this.#statuses.forEach((status, peer) => {
      if ((status?.quorumRound ?? 0) > quorumRound + gcDepth) ahead += weights[peer]!;
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
    const lags = this.#ahead(own).length > 0;
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

  /** First who sent the child, then the author, then everybody in turn. */
  #peerFor(ask: Ask, ref: BlockRef, self: number): number {
    let peer = ask.firstPeer;
    if (ask.attempts === 1) peer = ref.author;
    if (ask.attempts > 1) peer = (ref.author + ask.attempts) % this.#memberCount;
    return peer === self ? (peer + 1) % this.#memberCount : peer;
  }

  /** What is not wanted any more need not be remembered. */
  #forget(wanted: readonly BlockRef[]): void {
    if (this.#asks.size <= 4 * FETCH_REFS_MAX) return;
    const keep = new Set(wanted.map(refKey));
    for (const key of this.#asks.keys()) if (!keep.has(key)) this.#asks.delete(key);
  }

  /** Those who say that they are ahead. */
  #ahead(own: OwnProgress): number[] {
    const ahead: number[] = [];
    this.#statuses.forEach((status, peer) => {
      if (status !== undefined && peer !== own.self && isAhead(status, own)) ahead.push(peer);
    });
    return ahead;
  }

  #pollRange(nowMs: number, own: OwnProgress, outbox: Outbox): number {
    const ahead = this.#ahead(own);
    if (ahead.length === 0) return Infinity;
    const isDone = own.quorumRound >= this.#rangeTarget;
    if (nowMs < this.#rangeUntilMs && !isDone) return this.#rangeUntilMs;
    const peer = ahead[this.#rangeCount % ahead.length]!;
    // Now and then from the first undecided round: what decides it may be something that nobody refers to.
    const fromRound =
      this.#rangeCount % 3 === 2 ? own.decidedRound + 1 : Math.max(1, own.quorumRound - 1);
    this.#rangeCount++;
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

  /** Answers a request for rounds, in an order in which parents come before children, as far as the allowance goes. */
  answerRounds(
    to: number,
    { fromRound, roundCount }: { readonly fromRound: number; readonly roundCount: number },
    nowMs: number,
    outbox: Outbox,
  ): void {
    if (!this.#conduct.mayAnswer(to, roundCount, nowMs)) return;
    let left = this.#settings.blocksPerAnswerMax;
    const first = Math.max(fromRound, this.#dag.lowestRound, 1);
    const last = Math.min(fromRound + roundCount - 1, this.#dag.highestRound);
    for (let round = first; round <= last && left > 0; round++) {
      for (const { block } of this.#dag.round(round)) {
        if (block === undefined || left-- <= 0) continue;
        if (!this.#answer(to, block, nowMs, outbox)) return;
      }
    }
  }

  /** Sends a block. Returns false where that has used up what the asker may have. */
  #answer(to: number, block: VerifiedBlock, nowMs: number, outbox: Outbox): boolean {
    outbox.push({ kind: "send", to, message: encodeBlockMessage(block) });
    return this.#conduct.noteAnswer(to, block.bytes.length, nowMs);
  }
}

/** A peer that is one round further is only about to be heard of. */
function isAhead(status: MemberStatus, own: MemberStatus): boolean {
  return status.quorumRound > own.quorumRound + 1 || status.commitIndex > own.commitIndex + 1;
}
