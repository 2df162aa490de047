import { fail } from "@rialto/base";
import {
  type BlockRef,
  type Consensus,
  computePayloadRoot,
  EVIDENCE_PER_BLOCK_MAX,
  type Frame,
  payloadParts,
  type References,
  sealBlock,
  sumOfLengths,
  timeReached,
  type VerifiedBlock,
} from "@rialto/consensus";
import type { CommitVotes } from "./commit-votes.ts";
import type { EpochEnd } from "./epoch/epoch-end.ts";
import type { Mempool } from "./mempool.ts";
import { BLOCK_MESSAGE_HEAD } from "./messages.ts";
import type { ReplicaOptions } from "./replica-options.ts";

/** Makes this member's blocks: what waits in its mempool, and what it says about commits and about who has lied. */
export class BlockMaker {
  readonly #options: Pick<ReplicaOptions, "committee" | "self" | "hash" | "sign" | "settings">;
  readonly #consensus: Consensus;
  readonly #mempool: Mempool;
  readonly #commitVotes: CommitVotes;
  readonly #end: EpochEnd | undefined;

  constructor(parts: {
    readonly options: Pick<ReplicaOptions, "committee" | "self" | "hash" | "sign" | "settings">;
    readonly consensus: Consensus;
    readonly mempool: Mempool;
    readonly commitVotes: CommitVotes;
    readonly end: EpochEnd | undefined;
  }) {
    this.#options = parts.options;
    this.#consensus = parts.consensus;
    this.#mempool = parts.mempool;
    this.#commitVotes = parts.commitVotes;
    this.#end = parts.end;
  }

  /**
   * The own block of a round, signed. No second one may ever be made for it.
   *
   * Shape    its bytes lie in the memory of the message that carries it, `messageOf`: blocks are nearly all that a member holds.
   * Effects  takes frames out of the mempool.
   */
  make(round: number, references: References, tsMs: number): VerifiedBlock {
    const { committee, self, hash, sign } = this.#options;
    const frames = this.#takeFrames(references);
    const payload = payloadParts(frames.map((frame) => frame.bytes));
    const sealed = sealBlock(
      {
        chainId: committee.chainId,
        committeeHash: committee.hash,
        epoch: committee.epoch,
        round,
        author: self,
        tsMs,
        ...references,
        payloadRoot: computePayloadRoot(frames, hash),
        payloadBytes: sumOfLengths(payload),
        frameCount: frames.length,
        isEpochClose: this.#end?.next !== undefined,
        commitVotes: this.#commitVotes.forHeader(),
        evidence: this.#consensus.evidence
          .all()
          .slice(-EVIDENCE_PER_BLOCK_MAX)
          .map((each) => ({ first: each.first.digest, second: each.second.digest })),
      },
      payload,
      hash,
      sign,
      BLOCK_MESSAGE_HEAD,
    );
    return { ...sealed, frames } as VerifiedBlock;
  }

  /** True while more frames wait than the next own block takes. */
  get isCrowded(): boolean {
    const { payloadBytesMax, payloadFramesMax } = this.#options.settings;
    return this.#mempool.exceeds(payloadBytesMax, payloadFramesMax);
  }

  /**
   * The frames of the next own block. Those wait that its commit may find too early: the time of a commit is that of its leader's
   * parents, and in the first rounds of a committee, and after a silence, these are from long ago.
   */
  #takeFrames({ strong }: References): readonly Frame[] {
    const { payloadBytesMax, payloadFramesMax, mempool } = this.#options.settings;
    const expiresMsMax = this.#commitMsMin(strong) + 2 * mempool.lifetimeMsMax;
    return this.#mempool.take(payloadBytesMax, payloadFramesMax, expiresMsMax);
  }

  /**
   * The earliest time that a commit may have which sweeps up an own block with these parents: what two quorums have in common, at
   * least, of their weight is as old.
   *
   * For such a leader has parents that old, of our round or a later one. Any of them rests on a quorum of the round before ours that
   * is as old, and our parents are a quorum of that round too. Alone, a block has its own time.
   *
   * Source   docs/protocol/consensus.md §7.
   */
  #commitMsMin(strong: readonly BlockRef[]): number {
    const { weights, thresholds } = this.#options.committee;
    if (thresholds.wave === 1) return Infinity;
    const { dag } = this.#consensus;
    const shared = 2 * thresholds.quorum - thresholds.total;
    const parents = strong.map((ref) => ({ author: ref.author, tsMs: dag.find(ref)?.tsMs ?? 0 }));
    return timeReached(parents, weights, shared) ?? fail("the parents of a block are a quorum");
  }
}

/** The message that carries a block which was made here. Shape: aliases its bytes. */
export function messageOf(made: VerifiedBlock): Uint8Array {
  return new Uint8Array(made.bytes.buffer);
}
