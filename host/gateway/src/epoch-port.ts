// What the gateway needs of whoever knows the epochs of a cluster. It never looks inside a change: bytes, and words for people.

/** A member of the present epoch, in words. */
export interface EpochMemberView {
  readonly member: number;
  /** Ed25519, X25519: hexadecimal. */
  readonly publicKey: string;
  readonly linkKey: string;
  readonly address: string;
  readonly weight: number;
  /** True for the node that answers. */
  readonly isSelf: boolean;
}

export interface EpochView {
  readonly epoch: number;
  readonly profile: string;
  /** In millionths of the weight. */
  readonly voteThresholdPpm: number;
  /** The commit after which the epoch began; 0 for the first. */
  readonly startCommit: number;
  /** "member", "observer" or "removed": how the node that answers stands to it. */
  readonly membership: string;
  /** True where a change is in the order, and the epoch about to end. */
  readonly isEnding: boolean;
  readonly members: readonly EpochMemberView[];
  /** What leads from the genesis to this epoch, in hexadecimal: docs/protocol/finality.md §7. */
  readonly steps: readonly string[];
}

export interface EpochPort {
  /** The present epoch. */
  view(): EpochView;
  /** Hands in a change (docs/protocol/consensus.md §12). Returns why it is refused, or "" where it waits to be ordered. */
  change(bytes: Uint8Array): Promise<string>;
}
