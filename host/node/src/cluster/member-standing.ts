import { type CommittedBatch, profileLabel } from "@rialto/consensus";
import type { ConsensusStatistics, FinalityPort } from "@rialto/gateway";
import type { PeerStatus, Transport } from "@rialto/network";
import type { HaltReason, MemberConduct, Replica } from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import type { Genesis } from "./genesis.ts";
import type { QuorumWatch } from "./quorum-watch.ts";

export interface MemberStandingOptions {
  readonly genesis: Genesis;
  readonly self: number;
  readonly journal: Journal;
  readonly watch: QuorumWatch;
  readonly memberMs: () => number;
}

/** How a member stands in its cluster: for its gateway, its metrics and whoever asks. */
export class MemberStanding {
  readonly #options: MemberStandingOptions;
  /** Set once it is there; the recovery comes before. */
  replica: Replica | undefined;
  transport: Transport | undefined;
  finality: FinalityPort | undefined;
  /** Told why it takes no part any more. */
  onHalt: (reason: string) => void = () => undefined;
  #commitIndex = 0;
  #finalized = 0;
  #lastCommitMs: number;
  /** Whether it has signed since it forgot what it had signed, if it has. */
  #isForgetful = false;

  constructor(options: MemberStandingOptions) {
    this.#options = options;
    this.#lastCommitMs = options.memberMs();
  }

  /** The recovery has found that this member does not know what it has signed. */
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
    const { watch, memberMs } = this.#options;
    const own = {
      commitIndex: this.#commitIndex,
      lastCommitMs: this.#lastCommitMs,
      isForgetful: this.#isForgetful,
    };
    return watch.restriction(own, memberMs());
  }

  get round(): number {
    return this.replica?.consensus.dag.quorumRound ?? 0;
  }

  /** Weight of the members that are reached, this one included. */
  get reached(): number {
    return this.#options.watch.reachedWeight;
  }

  get waitingFrames(): number {
    return this.replica?.mempool.frameCount ?? 0;
  }

  get pendingBlocks(): number {
    return this.replica?.consensus.pending.count ?? 0;
  }

  get peers(): readonly PeerStatus[] {
    return this.transport?.peers() ?? [];
  }

  /** What each other member has cost this one. */
  get conduct(): readonly MemberConduct[] {
    return this.replica?.conduct(this.#options.memberMs()) ?? [];
  }

  get isHalted(): boolean {
    return this.replica?.halted !== undefined;
  }

  statistics(): ConsensusStatistics {
    const { genesis, journal } = this.#options;
    const { file, committee } = genesis;
    return {
      profile: file.profile,
      tolerance: profileLabel(committee.profile, committee.thresholds),
      voteThreshold: file.voteThreshold,
      quorum: committee.thresholds.quorum,
      round: this.round,
      // Every accepted block is one record of the journal, and none is two.
      vertices: journal.lastSequence,
      finalized: this.#finalized,
      committed: this.#commitIndex,
      certificates: this.finality?.statistics().certificates ?? 0,
      isFpcEnabled: false,
      quantumFinality: this.finality?.statistics().quantumCertificates ?? 0,
    };
  }
}
