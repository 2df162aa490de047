import type { Fault } from "@rialto/base";
import type { Engine } from "@rialto/engine";
import type { Command, EngineEvent, NetworkConfig, Note } from "@rialto/protocol";

// What the gateway needs of the exchange behind it. The node gives it the solo log today; a replica of a
// cluster is the same port with another way to agree.

/** The questions of the engine, without the power to change it. */
export type EngineReader = Pick<
  Engine,
  | "counts"
  | "isSuspended"
  | "findAccount"
  | "isBlocked"
  | "balances"
  | "assetTotals"
  | "assetName"
  | "feeRates"
  | "feeSchedule"
  | "feeVolume"
  | "guard"
  | "protections"
  | "deadlineMs"
  | "nextDueMs"
  | "findOrder"
  | "findClientOrder"
  | "openOrders"
  | "market"
  | "depth"
  | "auction"
>;

export interface Submission {
  readonly commands: readonly Command[];
  /** Text of the client order id of each command that has one, by index. */
  readonly texts?: readonly (string | undefined)[];
}

/** Why a submission has no result. Only UNKNOWN leaves open whether it was executed. */
export type SubmitFaultDetail =
  /** The queue is full. Nothing was done; try again later. */
  | { readonly code: "EXCHANGE_OVERLOADED"; readonly queuedBytes: number }
  /** The disk is full or failing, or the node is stopping. Nothing was done. */
  | { readonly code: "EXCHANGE_UNAVAILABLE"; readonly reason: string }
  /** A cluster that cannot decide just now takes nothing but cancels. Nothing was done. */
  | { readonly code: "EXCHANGE_CANCEL_ONLY"; readonly reason: string }
  /** No decision within the time allowed. It may yet be executed: ask by client order id. */
  | { readonly code: "EXCHANGE_UNKNOWN"; readonly waitedMs: number };

export type SubmitFault = Fault<SubmitFaultDetail>;

/** One executed batch, in commit order. All bytes are borrowed for the call. */
export interface ExecutedBatch {
  /** Of the log record, from 1 without gaps. */
  readonly sequence: number;
  readonly nowMs: number;
  /** How many commands the engine had executed before. `event.command` holds its low 32 bits. */
  readonly firstCommand: number;
  readonly commandCount: number;
  readonly commands: Uint8Array;
  readonly notes: readonly Note[];
  readonly events: Uint8Array;
}

/** A view of the exchange that is kept up to date from its batches: orders, trades, candles, books. */
export interface ReadModel {
  /** Sequence of the last batch whose effects are on disk, 0 for none: where a restart goes on. */
  readonly durableSequence: number;
  /** Why nothing can be written just now, and no more should be executed. */
  readonly fault: Fault<{ readonly code: string }> | undefined;
  /** Called once at start, when the engine stands exactly at `durableSequence`. */
  load(engine: EngineReader): void;
  /** Called for every batch after that, in order, right after the engine has executed it. */
  apply(batch: ExecutedBatch): void;
  /** Hands what is not on disk yet to the disk, without waiting for it. */
  handOver(): void;
  /** Writes out what is not on disk yet. */
  flush(): void;
}

export interface ExchangePort {
  readonly network: NetworkConfig;
  /** SHA-256 that names the network, in hexadecimal. */
  readonly networkHash: string;
  readonly nodeId: string;
  readonly engine: EngineReader;
  /** Milliseconds since the epoch by the host's clock, for request windows and server time. */
  nowMs(): number;

  /**
   * Has commands agreed on, made durable and executed, in this order and with nothing between.
   *
   * Returns  the events they caused, once they are final in the node's durability mode.
   * Errors   a `SubmitFault`, by rejection.
   */
  submit(submission: Submission): Promise<readonly EngineEvent[]>;

  status(): ExchangeStatus;

  /**
   * Names the state that the engine has reached with the records so far, in hexadecimal: what two nodes, or a node
   * and a replay of its journal, compare.
   *
   * Effects  reads all of the state: milliseconds for a small exchange, and for a large one as many seconds as it has
   *          ten million rows.
   */
  stateHash(): string;
}

export interface ExchangeStatus {
  /** Ready to take orders. */
  readonly ready: boolean;
  /** Why not, in words for an operator; empty when ready. */
  readonly reason: string;
  readonly durability: "strict" | "group" | "memory";
  /** Log records committed, and commands executed. */
  readonly sequence: number;
  readonly commands: number;
  readonly queuedBytes: number;
  readonly startedMs: number;
}
