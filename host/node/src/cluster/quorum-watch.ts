import type { Committee } from "@rialto/consensus";
import type { PeerStatus } from "@rialto/network";
import { MessageKind, type PeerMessage } from "@rialto/replica";

/** Commits that a member may be behind without being said to catch up: what is under way between two statuses. */
const LAG_COMMITS_MAX = 256;
/** Without a commit for this long something is wrong: there is a heartbeat twice a second. */
const STALL_MS = 5_000;

export interface OwnStanding {
  readonly commitIndex: number;
  /** When the last commit was executed here. */
  readonly lastCommitMs: number;
  /** It has forgotten what it signed and has not signed since: the others must not count on it. */
  readonly isForgetful: boolean;
}

/** Says whether this member can have anything decided just now, from what it hears of the others. */
export class QuorumWatch {
  readonly #committee: Committee;
  readonly #self: number;
  /** The newest commit that each other member says it has. */
  readonly #claims: number[];
  #missing: readonly number[];
  #reached: number;
  #believedCommit = 0;

  constructor(committee: Committee, self: number) {
    this.#committee = committee;
    this.#self = self;
    this.#claims = committee.weights.map(() => 0);
    this.#reached = committee.weights[self]!;
    this.#missing = committee.weights.map((_, member) => member).filter((each) => each !== self);
  }

  /** Weight of the members that are reached, this one included. */
  get reachedWeight(): number {
    return this.#reached;
  }

  noteMessage(from: number, message: PeerMessage): void {
    if (message.kind !== MessageKind.Status) return;
    this.#claims[from] = message.commitIndex;
    this.#believedCommit = this.#findBelievedCommit();
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
    return this.#believedCommit;
  }

  #findBelievedCommit(): number {
    const { weights, thresholds } = this.#committee;
    const claims = this.#claims.map((index, member) => ({ index, weight: weights[member]! }));
    claims.sort((left, right) => right.index - left.index);
    let weight = 0;
    for (const claim of claims) {
      weight += claim.weight;
      if (weight > thresholds.liars) return claim.index;
    }
    return 0;
  }

  /** Why nothing new is decided just now, in words for a client; empty where all is well. */
  restriction(own: OwnStanding, nowMs: number): string {
    const { total, quorum } = this.#committee.thresholds;
    if (this.#reached < quorum) {
      const who = `member${this.#missing.length === 1 ? "" : "s"} ${this.#missing.join(", ")}`;
      return `no quorum: ${who} not reached, ${this.#reached} of ${total} here, ${quorum} decide.`;
    }
    if (own.isForgetful) return "this member has forgotten what it signed, and waits for its turn.";
    const behind = this.believedCommit - own.commitIndex;
    if (behind > LAG_COMMITS_MAX) return `this member catches up: ${behind} commits behind.`;
    const silentMs = nowMs - own.lastCommitMs;
    return silentMs > STALL_MS ? `nothing was decided for ${Math.floor(silentMs)} ms.` : "";
  }
}
