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
    const frames = this.#takeFrames(references, tsMs);
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
   * The frames of the next own block. A leader's own is committed at a time that its parents say: in the first round of a committee that is
   * of no time at all, and after a silence of long ago. What is ordered then is found too early, and does not execute: so there are none.
   */
  #takeFrames(references: References, tsMs: number): readonly Frame[] {
    const { committee, settings } = this.#options;
    if (committee.thresholds.wave > 1 && this.#followsSilence(references, tsMs)) return [];
    return this.#mempool.take(settings.payloadBytesMax, settings.payloadFramesMax);
  }

  /**
   * True for the first two own blocks after none for as long as a frame may live, by this member's own clock. Two, for beside the first there may
   * be others' of the same round from before.
   */
  #followsSilence({ strong, weak }: References, tsMs: number): boolean {
    const { self, settings } = this.#options;
    const { lifetimeMsMax } = settings.mempool;
    const own = [...strong, ...weak].find(({ author }) => author === self);
    const parent = own && this.#consensus.dag.find(own);
    if (parent === undefined || tsMs > parent.tsMs + lifetimeMsMax) return true;
    // All others begin with a committee as well.
    if (parent.round === 1) return false;
    const before = parent.strong[self] ?? parent.weak.find(({ author }) => author === self);
    return before === undefined || parent.tsMs > before.tsMs + lifetimeMsMax;
  }
}

/** The message that carries a block which was made here. Shape: aliases its bytes. */
export function messageOf(made: VerifiedBlock): Uint8Array {
  return new Uint8Array(made.bytes.buffer);
}
