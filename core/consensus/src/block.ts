import { equalBytes } from "@rialto/base";

/** Names a block: where it stands, and what it is. */
export interface BlockRef {
  readonly round: number;
  readonly author: number;
  readonly digest: Uint8Array;
}

/** A block that a commit has. */
export interface CommittedRef {
  readonly ref: BlockRef;
  readonly commitIndex: number;
}

/** The digest of the commit at `index`, as the block's author has decided it. */
export interface CommitVote {
  readonly index: number;
  readonly digest: Uint8Array;
}

/** The digests of two blocks that one author signed for one round. */
export interface EvidenceDigests {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

/** What an author says in a block, but for the frames. Source: docs/protocol/consensus.md §3. */
export interface BlockHeader {
  readonly chainId: Uint8Array;
  readonly committeeHash: Uint8Array;
  readonly epoch: number;
  readonly round: number;
  readonly author: number;
  readonly tsMs: number;
  /** Blocks of the round before; votes for its leader. Own first, then by author. */
  readonly strong: readonly BlockRef[];
  /** Older blocks that nothing else of ours leads to. Own first, then by author. */
  readonly weak: readonly BlockRef[];
  readonly payloadRoot: Uint8Array;
  readonly payloadBytes: number;
  readonly frameCount: number;
  readonly isEpochClose: boolean;
  /** Ascending by index. */
  readonly commitVotes: readonly CommitVote[];
  readonly evidence: readonly EvidenceDigests[];
}

/** A block as it stands in the DAG. */
export interface Block extends BlockHeader {
  /** Of the header alone: signing the same content twice yields the same block. */
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  /** Each frame's length, then the frame. */
  readonly payload: Uint8Array;
  /** The whole message: header, signature, payload. */
  readonly bytes: Uint8Array;
}

/** One frame of a block's payload. */
export interface Frame {
  readonly id: Uint8Array;
  /** The id as text, for maps. */
  readonly key: string;
  /** Aliases the block's payload. */
  readonly bytes: Uint8Array;
}

declare const verified: unique symbol;
/** A block whose form, signature and payload have been checked, by `verifyBlock` or by having made it. */
export type VerifiedBlock = Block & {
  readonly [verified]: true;
  readonly frames: readonly Frame[];
};

export function equalRefs(left: BlockRef, right: BlockRef): boolean {
  return (
    left.round === right.round &&
    left.author === right.author &&
    equalBytes(left.digest, right.digest)
  );
}
