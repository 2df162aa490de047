import { leaderOf } from "./committee.ts";
import type { Committer } from "./committer.ts";
import type { Dag } from "./dag.ts";
import type { EvidenceBook } from "./evidence.ts";

/** Times of the pacemaker, all in milliseconds. Local: members may differ without harm to safety. */
export interface PacemakerSettings {
  /** How long a leader is waited for at first; twice the usual delay of the network. */
  readonly leaderTimeoutMs: number;
  readonly leaderTimeoutMaxMs: number;
  /** Least time between own blocks while all goes well. */
  readonly roundDelayMs: number;
  /** Time between own blocks while there is nothing to order. */
  readonly heartbeatMs: number;
}

/** What the pacemaker is told at each step besides the DAG. */
export interface PaceInput {
  readonly nowMs: number;
  /** Round of the last own block, or the last that must not be signed any more. */
  readonly lastProposed: number;
  /** True while frames wait here, or lie in blocks that are not committed. */
  readonly hasWork: boolean;
  /** True where all that has come in has been read: only then can it be said of a leader that nothing came of it. */
  readonly isAllRead: boolean;
  /** True while more frames wait here than the next own block takes: all are late then for having much to do. */
  readonly isCrowded: boolean;
}

/** When to make the next block. */
export type Pace =
  /** Now, for this round. */
  | { readonly kind: "propose"; readonly round: number; readonly isLate: boolean }
  /** Look again at this time, or earlier when something comes in. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Only something that comes in changes anything. */
  | { readonly kind: "stand" };

/** A leader without a block for so many of its turns is not waited for: who lives makes one in every round. */
const LEADER_MISSES_MAX = 1;
/** A leader is waited for at least as long as so many rounds have taken lately: under load all are late alike. */
const ROUNDS_WAITED = 3;
/** And as long as so many of the slowest of them: one that has collected its garbage comes in its time. */
const SLOWEST_WAITED = 2;
/** Where more comes than can be done, so many times as long: who is late there has much to do, and is not gone. */
const CROWDED_TIMES = 2;
/** Rounds that "lately" is. */
const ROUNDS_RECENT = 8;

/**
 * Says when this member makes a block, and for which round. Safety does not depend on it; progress does.
 *
 * Source   docs/protocol/consensus.md §5: threshold rounds with the repairs against the stall that Qiu, Xiao and
 *          Shao found (every round is filled before it is left), leader waits, safe catch-up, idle gate.
 */
export class Pacemaker {
  readonly #dag: Dag;
  readonly #committer: Committer;
  readonly #evidence: EvidenceBook;
  readonly #settings: PacemakerSettings;
  readonly #self: number;
  #timeoutMs: number;
  #enteredRound = 0;
  #enteredMs = 0;
  #isIdle = false;
  #proposedMs = -Infinity;
  /** Since when the next own block could have been made, but for the others. */
  #busyMs = -Infinity;
  /** What the last `ROUNDS_RECENT` rounds with something to do have taken together, about. */
  #recentMs = 0;
  /** What the slowest of them has taken, about: a quorum, or one leader as far as it is waited for at first. */
  #slowestMs = 0;
  #lateCount = 0;
  /** The newest round of which `noteCommit` was told. */
  #committedRound = 0;

  constructor(options: {
    readonly dag: Dag;
    readonly committer: Committer;
    readonly evidence: EvidenceBook;
    readonly settings: PacemakerSettings;
    /** Whose blocks it paces. */
    readonly self: number;
  }) {
    this.#self = options.self;
    this.#dag = options.dag;
    this.#committer = options.committer;
    this.#evidence = options.evidence;
    this.#settings = options.settings;
    this.#timeoutMs = options.settings.leaderTimeoutMs;
  }

  /** The next move. Call it again after every change of the DAG and at the time that it names. */
  next(input: PaceInput): Pace {
    const round = this.nextRound(input.lastProposed);
    if (round === undefined) return { kind: "stand" };
    if (round !== this.#enteredRound) {
      this.#enteredRound = round;
      this.#enteredMs = input.nowMs;
    }
    const { quorum } = this.#dag.committee.thresholds;
    // The others are already there: waiting would help nobody.
    if (this.#dag.roundWeight(round) >= quorum) return { kind: "propose", round, isLate: false };
    const { nowMs } = input;
    const idleUntilMs = this.#idleUntil(round, input);
    if (idleUntilMs > nowMs) {
      this.#isIdle = true;
      return { kind: "wait", untilMs: idleUntilMs };
    }
    // A leader has its full time from the moment that there is something to do.
    if (this.#isIdle) {
      this.#enteredMs = nowMs;
      this.#busyMs = nowMs;
    }
    this.#isIdle = false;
    const timeoutMs = this.#enteredMs + this.#patienceMs(input.isCrowded);
    if (nowMs >= timeoutMs && input.isAllRead) return { kind: "propose", round, isLate: true };
    if (!this.#isLeaderSeen(round)) return { kind: "wait", untilMs: timeoutMs };
    const delayMs = this.#proposedMs + this.#settings.roundDelayMs;
    if (nowMs >= delayMs) return { kind: "propose", round, isLate: false };
    return { kind: "wait", untilMs: Math.min(delayMs, timeoutMs) };
  }

  /**
   * The round of the next own block: the one after the newest quorum, but no round is left out in which a vote or
   * a certificate of ours could still matter, nor one that we lead and all others wait for. Undefined while the quorum for it
   * is not there.
   */
  nextRound(lastProposed: number): number | undefined {
    const newest = this.#dag.quorumRound + 1;
    if (newest <= lastProposed) return undefined;
    const undecided = this.#committer.decidedRound + 1;
    // A block votes for the round before it: once that is decided, the block may be left out.
    const firstThatMatters = this.#isLedByUs(undecided) ? undecided : undecided + 1;
    return Math.min(newest, Math.max(lastProposed + 1, firstThatMatters));
  }

  #isLedByUs(round: number): boolean {
    const { committee } = this.#dag;
    for (let place = 0; place < committee.leadersPerRound; place++) {
      if (leaderOf(committee, round, place) === this.#self) return true;
    }
    return false;
  }

  /** Without work, blocks are made only to answer somebody's, and as a heartbeat. */
  #idleUntil(round: number, input: PaceInput): number {
    if (input.hasWork || this.#dag.roundWeight(round) > 0) return input.nowMs;
    return this.#proposedMs + this.#settings.heartbeatMs;
  }

  /** True where nothing is to be gained by waiting for the leaders of the two rounds before. */
  #isLeaderSeen(round: number): boolean {
    const { committee } = this.#dag;
    for (let place = 0; place < committee.leadersPerRound; place++) {
      const leader = leaderOf(committee, round - 1, place);
      const isAbsent = round > 1 && this.#dag.first(round - 1, leader) === undefined;
      if (isAbsent && this.#isWaitedFor(leader, round - 1)) return false;
      if (committee.thresholds.wave === 3 && !this.#isVoteSettled(round - 2, place)) return false;
    }
    return true;
  }

  /** True once the blocks of the next round certify the slot's leader, or skip it, or are split so that they never will. */
  #isVoteSettled(round: number, place: number): boolean {
    if (round < 1 || this.#committer.tally(round, place) === undefined) return true;
    const leader = leaderOf(this.#dag.committee, round, place);
    if (!this.#isWaitedFor(leader, round)) return true;
    const { votes, blames } = this.#committer.voteWeights(round, place);
    const { certify, skip, quorum, total } = this.#dag.committee.thresholds;
    // Blames of a quorum settle it too: no certificate can come any more.
    const enough = Math.min(skip, quorum);
    if (votes >= certify || blames >= enough) return true;
    const unheard = total - this.#dag.roundWeight(round + 1);
    return votes + unheard < certify && blames + unheard < enough;
  }

  /** A leader that lied, or has been away for its last rounds, is not waited for. */
  #isWaitedFor(leader: number, round: number): boolean {
    if (this.#evidence.has(leader)) return false;
    const { leadersPerRound, weights } = this.#dag.committee;
    const away = round - (this.#dag.newest(leader)?.round ?? 0);
    return away <= LEADER_MISSES_MAX * Math.ceil(weights.length / leadersPerRound);
  }

  /** How long a leader is waited for just now. */
  #patienceMs(isCrowded: boolean): number {
    const firstMs = isCrowded ? CROWDED_TIMES * this.#timeoutMs : this.#timeoutMs;
    const averageMs = Math.floor((ROUNDS_WAITED * this.#recentMs) / ROUNDS_RECENT);
    const usualMs = Math.max(firstMs, averageMs, SLOWEST_WAITED * this.#slowestMs);
    return Math.max(this.#timeoutMs, Math.min(usualMs, this.#settings.leaderTimeoutMaxMs));
  }

  /** A block has been made. One that came late makes the next wait longer: the network is slower than thought. */
  noteProposed(nowMs: number, isLate: boolean): void {
    if (this.#busyMs > -Infinity) this.#noteRound(nowMs - this.#busyMs);
    this.#proposedMs = nowMs;
    this.#busyMs = nowMs;
    if (!isLate) return;
    this.#lateCount++;
    this.#timeoutMs = Math.min(this.#timeoutMs * 2, this.#settings.leaderTimeoutMaxMs);
  }

  #noteRound(ms: number): void {
    // No more than is ever waited: a process that was stopped for a minute says nothing of the rounds that come.
    const tookMs = Math.min(ms, this.#settings.leaderTimeoutMaxMs);
    this.#recentMs += tookMs - Math.floor(this.#recentMs / ROUNDS_RECENT);
    const fadedMs = this.#slowestMs - Math.ceil(this.#slowestMs / ROUNDS_RECENT);
    // More than the first wait only a quorum can show: a leader that came just before its time is over, each time that it leads,
    // would double what it is waited for.
    const quorumMs = this.#enteredMs - this.#busyMs;
    const shownMs = Math.min(tookMs, Math.max(quorumMs, this.#settings.leaderTimeoutMs));
    this.#slowestMs = Math.max(shownMs, fadedMs);
  }

  /** Own blocks that were made because a leader's time was over. */
  get lateCount(): number {
    return this.#lateCount;
  }

  /** A leader of a round has been committed: its time was enough. Once a round, whoever else leads it. */
  noteCommit(round: number): void {
    if (round <= this.#committedRound) return;
    this.#committedRound = round;
    this.#timeoutMs = Math.max(
      this.#settings.leaderTimeoutMs,
      Math.floor((this.#timeoutMs * 3) / 4),
    );
  }
}
