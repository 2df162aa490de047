// What the gateway needs of whoever certifies what the exchange has done: a node alone, its committee of one, or a
// replica of a cluster. Digests are hexadecimal here; the gateway never looks inside a certificate.

/** How final a hash is. Source: docs/protocol/finality.md §2. */
export type FinalityLevelName = "UNKNOWN" | "COMMITTED" | "CERTIFIED" | "FAST" | "ECONOMIC";

export interface FinalityAnswer {
  readonly level: FinalityLevelName;
  /** The commit that the hash belongs to; 0 where it is not known. */
  readonly commitIndex: number;
  /** A quorum has signed with ML-DSA-65 too. */
  readonly isQuantum: boolean;
}

/** The proof of a trade, or why there is none. */
export type ProofAnswer =
  | { readonly kind: "proof"; readonly text: string }
  /** The trade has happened, and no certificate covers it yet: soon. */
  | { readonly kind: "pending" }
  /** There is one, longer than anybody reads: so many epochs lead to its certificate. */
  | { readonly kind: "tooLong" }
  /** There is no such trade, or it was before what is kept here. */
  | { readonly kind: "absent" };

/** A block, as pictures of the DAG show it. */
export interface DagBlockView {
  readonly author: number;
  readonly digest: string;
  /** Digests of the blocks that it refers to, strong ones first. */
  readonly parents: readonly string[];
  readonly frames: number;
  /** The commit that has swept it up; 0 before. */
  readonly commitIndex: number;
  readonly isLeader: boolean;
}

export interface DagView {
  readonly members: number;
  /** Ascending. */
  readonly rounds: readonly { readonly round: number; readonly blocks: readonly DagBlockView[] }[];
}

export interface FinalityStatistics {
  /** Checkpoints that have a certificate, since the network began or the node's records do. */
  readonly certificates: number;
  /** Of these, with a quorum of ML-DSA-65 signatures. */
  readonly quantumCertificates: number;
  /** The newest commit that a certificate covers. */
  readonly certifiedCommit: number;
  readonly quantumCommit: number;
}

export interface FinalityPort {
  /** What the committee survives, in words for people: "single member, no fault tolerance". */
  readonly guarantee: string;
  /** The genesis file that proofs of this network are verified with. */
  readonly genesis: string;
  /** `hash` has 32 bytes: a commit's, a block's or a frame's. */
  find(hash: Uint8Array): FinalityAnswer;
  /** The proof of a trade, as text: docs/protocol/finality.md §5. */
  proveFill(market: number, tradeId: number): ProofAnswer;
  /** The newest rounds, at most so many. */
  dag(roundsMax: number): DagView;
  statistics(): FinalityStatistics;
}
