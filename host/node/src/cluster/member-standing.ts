import { type CommittedBatch, profileLabel } from "@rialto/consensus";
import type { ConsensusStatistics, FinalityPort } from "@rialto/gateway";
import type { PeerStatus, Transport } from "@rialto/network";
import {
  type BegunEpoch,
  type ChainReplica,
  type HaltReason,
  type MemberConduct,
  MessageKind,
  type PeerMessage,
} from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { type Genesis, profileName } from "./genesis.ts";
import { QuorumWatch } from "./quorum-watch.ts";

export interface MemberStandingOptions {
  readonly genesis: Genesis;
  readonly journal: Journal;
  readonly memberMs: () => number;
}

/** While an epoch begins and links are opened anew, orders wait rather than being refused. */
const RELINK_MS = 2_000;

/** How a member stands in its cluster: for its gateway, its metrics and whoever asks. */
export class MemberStanding {
  readonly #options: MemberStandingOptions;
  /** Set once it is there; the recovery comes before. */
  replica: ChainReplica | undefined;
  transport: Transport | undefined;
  finality: FinalityPort | undefined;
  /** Told why it takes no part any more. */
  onHalt: (reason: string) => void = () => undefined;
  #commitIndex = 0;
  #finalized = 0;
  #lastCommitMs: number;
  /** Whether it has signed since it forgot what it had signed, if it has. */
  #isForgetful = false;

  /** The present epoch. */
  #begun: BegunEpoch;
  /** Absent where this member is none of the present epoch. */
  #watch: QuorumWatch | undefined;
  #relinkedMs = -Infinity;

  constructor(options: MemberStandingOptions) {
    this.#options = options;
    const { committee, roster } = options.genesis;
    const peers = roster.members.map((_, author) => author);
    this.#begun = { committee, roster, certificate: undefined, peers, self: undefined };
    this.#lastCommitMs = options.memberMs();
  }

  /** An epoch has begun; or, after the start, this is the present one. */
  enter(begun: BegunEpoch): void {
    this.#begun = begun;
    const { committee, self } = begun;
    // Who had a quorum in reach a moment ago will have one again.
    if (this.#isTrading) this.#relinkedMs = this.#options.memberMs();
    this.#watch = self === undefined ? undefined : new QuorumWatch(committee, self);
  }

  /** Looks at the links. */
  look(): void {
    this.#watch?.look(this.peers);
  }

  noteMessage(peer: number, message: PeerMessage): void {
    const author = this.authorOf(peer);
    const watch = this.#watch;
    if (author === undefined || watch === undefined || message.kind !== MessageKind.Status) return;
    const mayTurn = !watch.isEpochOver && this.#isTrading;
    watch.noteMessage(author, message);
    // The others have entered an epoch that this member is about to enter.
    if (mayTurn && watch.isEpochOver) this.#relinkedMs = this.#options.memberMs();
  }

  get #isTrading(): boolean {
    // The replica may be in the next epoch by now, and ask what it has signed in that.
    return this.#watch !== undefined && this.#restriction(false) === "";
  }

  /** Author number of a peer in the present epoch. */
  authorOf(peer: number): number | undefined {
    const author = this.#begun.peers.indexOf(peer);
    return author < 0 ? undefined : author;
  }

  /** Why this member takes no part in the present epoch; empty where it does. */
  get absence(): string {
    const { replica } = this;
    if (replica === undefined || replica.membership === "member") return "";
    const { epoch } = this.#begun.committee;
    if (replica.membership === "observer") {
      return `this member joins: it catches up, and is in epoch ${epoch}.`;
    }
    return `this member has no seat in epoch ${epoch}: it was removed, or holds no key of it.`;
  }

  /** This member has found that it does not know what it has signed: when it started, or since. */
  noteForgotten(): void {
    this.#isForgetful = true;
  }

  /** An own block is durable: from now on the others may count on this member. */
  noteSigned(): void {
    this.#isForgetful = false;
  }

  /** A recovery begins, with a commit and so many blocks in it and those before; or from nothing. */
  reset(commitIndex = 0, finalized = 0): void {
    this.#commitIndex = commitIndex;
    this.#finalized = finalized;
  }

  noteCommit({ commit, blocks }: CommittedBatch): void {
    this.#commitIndex = commit.index;
    this.#finalized += blocks.length;
    this.#lastCommitMs = this.#options.memberMs();
  }

  noteHalt({ code }: HaltReason): void {
    this.onHalt(`this member has halted: ${code}`);
  }

  /** Why only cancels are taken just now; empty where all is well. */
  restriction(): string {
    return this.#restriction(this.replica?.isDoubtful === true);
  }

  #restriction(isDoubtful: boolean): string {
    const watch = this.#watch;
    // The epoch has begun for the replica before its effects are performed.
    if (watch === undefined) return this.absence || "this member is about to enter an epoch.";
    const own = {
      commitIndex: this.#commitIndex,
      lastCommitMs: this.#lastCommitMs,
      isForgetful: this.#isForgetful,
      isDoubtful,
    };
    const nowMs = this.#options.memberMs();
    const isRelinking = nowMs < this.#relinkedMs + RELINK_MS && !this.#isForgetful;
    return isRelinking ? "" : watch.restriction(own, nowMs);
  }

  get round(): number {
    return this.replica?.consensus.dag.quorumRound ?? 0;
  }

  /** Weight of the members that are reached, this one included. */
  get reached(): number {
    return this.#watch?.reachedWeight ?? 0;
  }

  get waitingFrames(): number {
    return this.replica?.mempool.frameCount ?? 0;
  }

  get pendingBlocks(): number {
    return this.replica?.consensus.pending.count ?? 0;
  }

  /** The other members of the present epoch, by their author numbers. */
  get peers(): readonly PeerStatus[] {
    const statuses = this.transport?.peers() ?? [];
    return statuses.flatMap((status) => {
      const author = this.authorOf(status.member);
      return author === undefined ? [] : [{ ...status, member: author }];
    });
  }

  /** What each other member has cost this one. */
  get conduct(): readonly MemberConduct[] {
    return this.replica?.conduct(this.#options.memberMs()) ?? [];
  }

  get isHalted(): boolean {
    return this.replica?.halted !== undefined;
  }

  statistics(): ConsensusStatistics {
    const { journal } = this.#options;
    const { committee, roster } = this.#begun;
    return {
      profile: profileName(committee.profile),
      tolerance: profileLabel(committee.profile, committee.thresholds),
      voteThreshold: roster.voteThresholdPpm / 1_000_000,
      epoch: committee.epoch,
      members: roster.members.length,
      quorum: committee.thresholds.quorum,
      round: this.round,
      // Every accepted block is one record of the journal, none is two, and one more closes each epoch. A journal that began
      // anew lacks what a snapshot has taken the place of: at least the blocks in its commits were accepted.
      vertices: Math.max(this.#finalized, journal.lastSequence - (committee.epoch - 1)),
      finalized: this.#finalized,
      committed: this.#commitIndex,
      certificates: this.finality?.statistics().certificates ?? 0,
      isFpcEnabled: false,
      quantumFinality: this.finality?.statistics().quantumCertificates ?? 0,
    };
  }
}
