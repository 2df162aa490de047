import {
  type Consensus,
  computePayloadRoot,
  EVIDENCE_PER_BLOCK_MAX,
  type Frame,
  payloadParts,
  type References,
  sealBlock,
  sumOfLengths,
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
    const frames = this.#takeFrames(round);
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

  /**
   * The frames of the next own block. In the first round of a committee there are none: the time of its commit is that
   * of round 0, and no frame could execute then.
   */
  #takeFrames(round: number): readonly Frame[] {
    const { committee, settings } = this.#options;
    if (round === 1 && committee.thresholds.wave > 1) return [];
    return this.#mempool.take(settings.payloadBytesMax, settings.payloadFramesMax);
  }
}

/** The message that carries a block which was made here. Shape: aliases its bytes. */
export function messageOf(made: VerifiedBlock): Uint8Array {
  return new Uint8Array(made.bytes.buffer);
}
