import type { Prng } from "@rialto/base";
import type { EpochStep, ReplicaSettings } from "@rialto/replica";
import type { Checker } from "./checker.ts";
import type { EpochBook, SimEpoch } from "./epoch-book.ts";
import type { FaultCounter } from "./fault-counter.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimNode } from "./sim-node.ts";

export interface SimNodeOptions {
  /** Names the process: by it members are told apart through all epochs. */
  readonly number: number;
  /** Told apart from the number: a lying member may run twice. */
  readonly instance: number;
  readonly isLiar: boolean;
  /** Makes of its snapshots what it gives to others. */
  readonly forges: boolean;
  readonly run: RunOptions;
  readonly settings: ReplicaSettings;
  readonly book: EpochBook;
  /** A first epoch that is almost the right one. */
  readonly otherFirst: SimEpoch;
  /** Its first signing key. */
  readonly key: number;
  /** Ends of epochs that its operator has told it of, for who joins. */
  readonly known: readonly EpochStep[];
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  readonly checker: Checker;
  readonly send: (node: SimNode, to: number, message: Uint8Array) => void;
  /** Whether one member more may find out that its disk has lost something. */
  readonly mayForget: (node: SimNode) => boolean;
  /** Told of each life that is over, while all of it is still there. */
  readonly onStop: (node: SimNode) => void;
}
