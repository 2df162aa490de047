import type { MerkleProof } from "@rialto/crypto";
import type { Certificate, Commit } from "@rialto/consensus";

/** A results root, and the proof that it is the first leaf under the next one. */
export interface ProofLink {
  readonly root: Uint8Array;
  readonly path: MerkleProof;
}

/**
 * Everything that leads from one fill to a certificate. Nothing in it is believed: `verifyFillProof` judges it.
 *
 * Source   docs/protocol/finality.md §5.
 */
export interface FillProof {
  /** What is claimed: this trade of this market. */
  readonly market: number;
  readonly tradeId: number;
  /** Names the frame whose command caused the fill. 32 bytes. */
  readonly frameId: Uint8Array;
  /** Which piece of the frame's events, from 0. */
  readonly piece: number;
  /** The piece: whole events. */
  readonly events: Uint8Array;
  /** Where in the piece the fill begins. */
  readonly eventOffset: number;
  /** From the piece to the commit's events root. */
  readonly eventPath: MerkleProof;
  readonly commit: Commit;
  readonly eventsRoot: Uint8Array;
  /** From the commit to the first results root. */
  readonly commitPath: MerkleProof;
  /** From that root to the certificate's, through the checkpoints between; none where it is the same. */
  readonly links: readonly ProofLink[];
  /** What leads from the genesis to the epoch of the certificate (epoch-chain.ts); none in the first. */
  readonly epochs: readonly Uint8Array[];
  readonly certificate: Certificate;
}

/** Checkpoints between a commit and the certificate of its proof. Limit: a proof is a file to hand around. */
export const PROOF_LINKS_MAX = 1_024;
/** Epochs between the genesis and the certificate of a proof. */
export const PROOF_EPOCHS_MAX = 1_024;
/** Bytes of the commit in a proof: thirteen thousand blocks. */
export const PROOF_COMMIT_BYTES_MAX: number = 512 * 1024;
/** Characters of a proof: 128 signers with both schemes take a quarter of it. */
export const PROOF_TEXT_MAX: number = 4 * 1024 * 1024;

export type ProofFaultDetail =
  /** It is not written as proofs are. */
  | { readonly code: "PROOF_MALFORMED"; readonly problem: string }
  /** It is, and does not show what it claims. */
  | { readonly code: "PROOF_INVALID"; readonly problem: string };
