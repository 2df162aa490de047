import { Allowance } from "./allowance.ts";

/** What one member may cost another. Local: members may differ. */
export interface ConductLimits {
  /** Bytes of blocks that a member's requests are answered with, a second on average. */
  readonly answerBytesPerSecond: number;
  /** The same at once. */
  readonly answerBytesBurst: number;
  /** Messages that are no messages, or whose signature does not hold, before the member is not read for a while; a block's frames count. */
  readonly faultsPerSecond: number;
  /** The same at once. */
  readonly faultsBurst: number;
  /** Messages about what is known here already that are compared with it, before they are taken for the same unread. */
  readonly repeatsPerSecond: number;
  /** The same at once. */
  readonly repeatsBurst: number;
  /** Bytes of one author's second blocks that are taken in on the member's word, and `TWIN_COST_BYTES` for each. */
  readonly twinBytesPerSecond: number;
  /** The same at once. */
  readonly twinBytesBurst: number;
}

export const CONDUCT_LIMITS_DEFAULT: ConductLimits = {
  // What a member that comes back needs to catch up; a flood of requests gets no more.
  answerBytesPerSecond: 0x200_0000,
  answerBytesBurst: 0x200_0000,
  // A signature costs 0.1 ms to check: a member that sends only rubbish costs a hundredth of a core.
  faultsPerSecond: 100,
  faultsBurst: 1_000,
  // Who answers a member that catches up sends it some hundreds of blocks a second that it has.
  repeatsPerSecond: 1_000,
  repeatsBurst: 4_000,
  // Who is honest takes a few of each liar's for the first, and knows the liar within a round or two. More than that comes in
  // slower than a slow link brings it; but it comes in.
  twinBytesPerSecond: 0x10_0000,
  twinBytesBurst: 0x100_0000,
};

/**
 * What is answered to a member that keeps up counts so many times: what it makes rests on all that it asks for, or it lies. Not
 * without end, since of a peer to which its link is broken an honest one gets every block so.
 */
const KEEPING_UP_COST = 4;

/** What a second block costs beside its bytes: its place in the DAG, and the votes in it. */
export const TWIN_COST_BYTES = 0x1000;

/** What a member has cost since the start: counts for metrics. */
export interface MemberConduct {
  readonly member: number;
  /** Messages that were none, and ones whose signature or content does not hold. */
  readonly malformed: number;
  readonly invalid: number;
  /** Blocks, votes and answers about what was known here already, or is over. */
  readonly repeated: number;
  /** Messages that were not looked at, since there were too many of those. */
  readonly unread: number;
  /** Requests for blocks; those beyond its allowance, which nobody answered; bytes of the answers. */
  readonly requests: number;
  readonly unanswered: number;
  readonly answeredBytes: number;
  /** Blocks of its making that were pushed out of the waiting room. */
  readonly pushedOut: number;
  /** Bytes of others' second blocks that were taken in on its word, with what each costs besides. */
  readonly twinBytes: number;
  /** True where something of it was refused, or pushed out, within the last second. */
  readonly isThrottled: boolean;
}

interface Account {
  readonly answers: Allowance;
  readonly faults: Allowance;
  readonly repeats: Allowance;
  /** By author: of a liar that is known others' first blocks could leave no room for those of one that is not. */
  readonly twins: Map<number, Allowance>;
  malformed: number;
  invalid: number;
  repeated: number;
  unread: number;
  requests: number;
  unanswered: number;
  answeredBytes: number;
  pushedOut: number;
  twinBytes: number;
  /** When it last went beyond what it may. */
  throttledMs: number;
}

/** How long a member is called throttled after it was: allowances come back in drops. */
const THROTTLED_MS = 1_000;

/**
 * Keeps count of what each member costs, and stops what goes beyond its allowance. An account is never shared: what a
 * member does takes from its own allowances only. Times are steady (steady-clock.ts).
 *
 * Source   docs/protocol/consensus.md §11.
 */
export class ConductBook {
  readonly #accounts: readonly Account[];
  readonly #limits: ConductLimits;
  readonly #keepsUp: (member: number) => boolean;

  /** `keepsUp` says of which members blocks have come lately: they lack little. */
  constructor(
    memberCount: number,
    limits: ConductLimits = CONDUCT_LIMITS_DEFAULT,
    keepsUp: (member: number) => boolean = () => false,
  ) {
    this.#limits = limits;
    this.#keepsUp = keepsUp;
    this.#accounts = Array.from({ length: memberCount }, () => ({
      answers: new Allowance(limits.answerBytesPerSecond, limits.answerBytesBurst),
      faults: new Allowance(limits.faultsPerSecond, limits.faultsBurst),
      repeats: new Allowance(limits.repeatsPerSecond, limits.repeatsBurst),
      twins: new Map(),
      malformed: 0,
      invalid: 0,
      repeated: 0,
      unread: 0,
      requests: 0,
      unanswered: 0,
      answeredBytes: 0,
      pushedOut: 0,
      twinBytes: 0,
      throttledMs: -Infinity,
    }));
  }

  /** Whether the next message of a member is worth reading. Counts those that are not. */
  mayRead(member: number, nowMs: number): boolean {
    const account = this.#accounts[member]!;
    if (account.faults.has(nowMs)) return true;
    account.unread++;
    account.throttledMs = nowMs;
    return false;
  }

  /** A message of the member was none, or does not hold; `cost` is in signatures that were looked at to see it. */
  noteFault(member: number, isMalformed: boolean, cost: number): void {
    const account = this.#accounts[member]!;
    if (isMalformed) account.malformed++;
    else account.invalid++;
    account.faults.take(cost);
  }

  /**
   * A message of the member is about what is known here. `cost` counts what reading it costs, in blocks. Returns whether it is
   * worth comparing with that.
   */
  noteRepeat(member: number, cost: number, nowMs: number): boolean {
    const account = this.#accounts[member]!;
    account.repeated++;
    const isCompared = account.repeats.has(nowMs);
    if (isCompared) account.repeats.take(cost);
    else account.throttledMs = nowMs;
    return isCompared;
  }

  /** Whether a request of the member is answered. `requestBytes` is what asking alone costs it. */
  mayAnswer(member: number, requestBytes: number, nowMs: number): boolean {
    const account = this.#accounts[member]!;
    account.requests++;
    const isAnswered = account.answers.has(nowMs);
    if (isAnswered) account.answers.take(this.#costOf(member, requestBytes));
    else {
      account.unanswered++;
      account.throttledMs = nowMs;
    }
    return isAnswered;
  }

  /** Takes the bytes of one block of an answer. Returns whether there may be another one. */
  noteAnswer(member: number, bytes: number, nowMs: number): boolean {
    const account = this.#accounts[member]!;
    account.answeredBytes += bytes;
    account.answers.take(this.#costOf(member, bytes));
    return account.answers.has(nowMs);
  }

  #costOf(member: number, bytes: number): number {
    return this.#keepsUp(member) ? KEEPING_UP_COST * bytes : bytes;
  }

  /** Whether an author's second block of so many bytes is taken in on the word of this member, which has handed it over. */
  mayTakeTwin(member: number, author: number, bytes: number, nowMs: number): boolean {
    const account = this.#accounts[member]!;
    const { twinBytesPerSecond, twinBytesBurst } = this.#limits;
    const twins = account.twins.get(author) ?? new Allowance(twinBytesPerSecond, twinBytesBurst);
    account.twins.set(author, twins);
    const isTaken = twins.has(nowMs);
    if (isTaken) {
      twins.take(bytes + TWIN_COST_BYTES);
      account.twinBytes += bytes + TWIN_COST_BYTES;
    } else account.throttledMs = nowMs;
    return isTaken;
  }

  /** `count` of the member's blocks have been pushed out of the waiting room so far. */
  notePushedOut(member: number, count: number, nowMs: number): void {
    const account = this.#accounts[member]!;
    if (count > account.pushedOut) account.throttledMs = nowMs;
    account.pushedOut = count;
  }

  /** The counts of a member, for metrics. */
  of(member: number, nowMs: number): MemberConduct {
    const account = this.#accounts[member]!;
    const { answers: _1, faults: _2, repeats: _3, twins: _4, throttledMs, ...counts } = account;
    return { member, ...counts, isThrottled: nowMs < throttledMs + THROTTLED_MS };
  }
}
