import type { Committee } from "@rialto/consensus";
import type { PeerStatus } from "@rialto/network";
import { MessageKind, type PeerMessage } from "@rialto/replica";

/** Leaders' rounds that a member may be behind without being said to catch up: what is under way between two statuses. */
const LAG_ROUNDS_MAX = 256;
/** Without a commit for this long something is wrong: there is a heartbeat twice a second. */
const STALL_MS = 5_000;

/** How far a member says it is. */
interface Claim {
  readonly epoch: number;
  readonly commitIndex: number;
}

export interface OwnStanding {
  readonly commitIndex: number;
  /** When the last commit was executed here. */
  readonly lastCommitMs: number;
  /** It has forgotten what it signed and has not signed since: the others must not count on it. */
  readonly isForgetful: boolean;
  /** Its guard was never used, and the others have yet to say that they have nothing of it: it makes no blocks. */
  readonly isDoubtful: boolean;
}

/** Says whether this member can have anything decided just now, from what it hears of the others. */
export class QuorumWatch {
  readonly #committee: Committee;
  readonly #self: number;
  /** How far each other member says it is; absent before it has said so. */
  readonly #claims: (Claim | undefined)[];
  #missing: readonly number[];
  #reached: number;
  #believed: Claim;

  constructor(committee: Committee, self: number) {
    this.#committee = committee;
    this.#self = self;
    this.#claims = committee.weights.map(() => undefined);
    this.#believed = { epoch: committee.epoch, commitIndex: 0 };
    this.#reached = committee.weights[self]!;
    this.#missing = committee.weights.map((_, member) => member).filter((each) => each !== self);
  }

  /** Weight of the members that are reached, this one included. */
  get reachedWeight(): number {
    return this.#reached;
  }

  noteMessage(from: number, message: PeerMessage): void {
    if (message.kind !== MessageKind.Status) return;
    this.#claims[from] = message;
    this.#believed = {
      epoch: this.#findBelieved(({ epoch }) => epoch),
      commitIndex: this.#findBelieved(({ commitIndex }) => commitIndex),
    };
  }

  /** Looks at the links. */
  look(peers: readonly PeerStatus[]): void {
    const { weights } = this.#committee;
    const missing: number[] = [];
    let reached = weights[this.#self]!;
    for (const { member, isReachable, isHeard } of peers) {
      if (isReachable && isHeard) reached += weights[member]!;
      else missing.push(member);
    }
    this.#missing = missing;
    this.#reached = reached;
  }

  /** The newest commit that more weight claims to have than may lie. Every frame that comes asks for it. */
  get believedCommit(): number {
    return this.#believed.commitIndex;
  }

  /** Whether more weight claims to be in a later epoch than may lie. */
  get isEpochOver(): boolean {
    return this.#believed.epoch > this.#committee.epoch;
  }

  /** The highest figure that more weight claims than may lie; 0 where too few have claimed any. */
  #findBelieved(figureOf: (claim: Claim) => number): number {
    const { weights, thresholds } = this.#committee;
    const claims = this.#claims.map((claim, member) => ({
      figure: claim === undefined ? 0 : figureOf(claim),
      weight: weights[member]!,
    }));
    claims.sort((left, right) => right.figure - left.figure);
    let weight = 0;
    for (const claim of claims) {
      weight += claim.weight;
      if (weight > thresholds.liars) return claim.figure;
    }
    return 0;
  }

  /** Weight of the members that have said how far they are, this one included. */
  get #heardWeight(): number {
    const { weights } = this.#committee;
    const heard = weights.filter((_, member) => this.#claims[member] !== undefined);
    return heard.reduce((sum, weight) => sum + weight, weights[this.#self]!);
  }

  /** Why nothing new is decided just now, in words for a client; empty where all is well. */
  restriction(own: OwnStanding, nowMs: number): string {
    const { total, quorum } = this.#committee.thresholds;
    if (this.#reached < quorum) {
      const who = `member${this.#missing.length === 1 ? "" : "s"} ${this.#missing.join(", ")}`;
      return `no quorum: ${who} not reached, ${this.#reached} of ${total} here, ${quorum} decide.`;
    }
    if (own.isForgetful) return "this member has forgotten what it signed, and waits for its turn.";
    if (own.isDoubtful) {
      return "this member asks the others what it has signed: its guard was never used.";
    }
    if (this.#heardWeight < quorum) {
      return "this member has just begun, and does not know yet how far the others are.";
    }
    if (this.isEpochOver) {
      return `this member catches up: it is in epoch ${this.#committee.epoch} of ${this.#believed.epoch}.`;
    }
    const behind = this.believedCommit - own.commitIndex;
    if (behind > LAG_ROUNDS_MAX * this.#committee.leadersPerRound)
      return `this member catches up: ${behind} commits behind.`;
    const silentMs = nowMs - own.lastCommitMs;
    return silentMs > STALL_MS ? `nothing was decided for ${Math.floor(silentMs)} ms.` : "";
  }
}
