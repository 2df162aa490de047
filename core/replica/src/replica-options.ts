import type {
  Committee,
  HashFunction,
  OrderStart,
  PacemakerSettings,
  PendingLimits,
  Roster,
  SignFunction,
} from "@rialto/consensus";
import type { CheckpointSpacing } from "./checkpoint-rule.ts";
import type { ConductLimits } from "./conduct.ts";
import type { EpochRules } from "./epoch/epoch-change.ts";
import type { Execution, Executor } from "./execution.ts";
import type { Mempool, MempoolLimits } from "./mempool.ts";
import type { RecoveredState } from "./recovery.ts";
import type { SyncSettings } from "./synchroniser.ts";

// What a replica is made of and from.

export interface ReplicaSettings {
  readonly pacemaker: PacemakerSettings;
  readonly pending: PendingLimits;
  readonly mempool: MempoolLimits;
  readonly sync: SyncSettings;
  /** What one other member may cost; default: CONDUCT_LIMITS_DEFAULT. */
  readonly conduct?: ConductLimits;
  /** Bytes of payload that an own block takes at most. */
  readonly payloadBytesMax: number;
  /** Frames that an own block takes at most: what the others have to verify before they can vote. Default: no bound. */
  readonly payloadFramesMax?: number;
  /** Rounds that stay in memory below the horizon, to serve those who lag. */
  readonly retainRounds: number;
  /** Where checkpoints and snapshots are. The same for all members. */
  readonly spacing: CheckpointSpacing;
  /** How often others are told how far this member has come. */
  readonly statusMs: number;
}

export interface ReplicaOptions {
  readonly committee: Committee;
  /** Author number of this member. */
  readonly self: number;
  readonly hash: HashFunction;
  readonly sign: SignFunction;
  /** Signs checkpoints with ML-DSA-65. Only where the committee has a key for it of this member. */
  readonly signQuantum?: SignFunction;
  readonly executor: Executor;
  readonly settings: ReplicaSettings;
  readonly recovered: RecoveredState;
  /** Different at every start: tells answers to this start from late ones to an earlier. */
  readonly startNonce: number;
  /** Who the members are and what may change them; absent where nothing ever does. */
  readonly change?: { readonly roster: Roster; readonly rules: EpochRules };
  /** What the epoch before has left; absent in the first, and after a snapshot. */
  readonly carried?: Carried;
  /** Where the epoch before has ended, after a snapshot of one that is not the first. */
  readonly start?: OrderStart;
}

/** Author number of who is no member: it takes part in nothing, and executes what the others decide. */
export const OBSERVER = -1;

/** What goes over from one epoch into the next. */
export interface Carried {
  readonly order: OrderStart;
  readonly mempool: Mempool;
  readonly execution: Execution;
}
