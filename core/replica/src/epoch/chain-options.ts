import type { BlockChecks, HashFunction, SignFunction } from "@rialto/consensus";
import type { Executor } from "../execution.ts";
import type { readPeerMessage } from "../messages.ts";
import type { readBlockRecord, SignedMemory } from "../recovery.ts";
import type { ReplicaSettings } from "../replica-options.ts";
import type { OrderState } from "../snapshot/order-state.ts";
import type { EpochStep } from "./epoch-chain.ts";
import type { Epoch, EpochRules } from "./epoch-change.ts";

// What a member through all epochs is made of and from.

/** Where this process sits among the members of an epoch. */
export interface Seat {
  readonly author: number;
  readonly sign: SignFunction;
  /** Only where the committee has an ML-DSA-65 key of this member. */
  readonly signQuantum?: SignFunction | undefined;
}

export interface ChainReplicaOptions {
  readonly genesis: Epoch;
  /** X25519 key of this process: by it rosters name it. */
  readonly linkKey: Uint8Array;
  /** This process's seat in an epoch, if it has the keys of one. */
  readonly seatOf: (epoch: Epoch) => Seat | undefined;
  /** What this process may still sign in an epoch that begins, by guard and journal, with a snapshot of this horizon or 0. */
  readonly recall: (epoch: number, author: number, horizon: number) => SignedMemory;
  readonly checksOf: (epoch: Epoch) => BlockChecks;
  readonly rules: EpochRules;
  readonly hash: HashFunction;
  readonly executor: Executor;
  readonly settings: ReplicaSettings;
  /** Different at every start. */
  readonly startNonce: number;
  /** Epochs whose blocks stay in memory after their end, to serve those who lag. */
  readonly pastKept: number;
  /** Ends of epochs that are known, checked, from the genesis on: also of such as this process has yet to reach. */
  readonly known?: readonly EpochStep[];
  /** The snapshot that the executor has been restored from, if any. */
  readonly start?: ChainStart | undefined;
  /**
   * True for who has nothing to begin with and shall get a snapshot: it learns who the members are, and takes no blocks.
   */
  readonly awaitsSnapshot?: boolean;
  /** For whoever has judged the same bytes before: what reads messages and blocks of the journal otherwise. */
  readonly readMessage?: typeof readPeerMessage;
  readonly readRecord?: typeof readBlockRecord;
}

/** Where a snapshot lets a chain go on. */
export interface ChainStart {
  /** The epoch to go on in, which is known: the one after it where the snapshot is of an epoch's end. */
  readonly epoch: number;
  readonly order: OrderState;
}
