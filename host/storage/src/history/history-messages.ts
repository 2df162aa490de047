import type { MessagePort } from "node:worker_threads";
import type { StorageFaultDetail } from "../storage-fault.ts";
import type { ChangesMessage } from "./history-changes.ts";
import type { HistoryHead, HistoryReader, HistoryRetention } from "./history.ts";

// What the two threads of a file history say to each other.

export interface WorkerOptions {
  readonly path: string;
  readonly networkHash: string;
  readonly retention: HistoryRetention;
  /** To the thread that opened the history. */
  readonly port: MessagePort;
  /** Two i32 and an f64 that both threads see, at the places below. */
  readonly shared: SharedArrayBuffer;
}

export const SHARED_BYTES = 16;
/** How many writes and syncs the worker has dealt with. */
export const SHARED_DONE = 0;
/** 1 while something handed over cannot be written. */
export const SHARED_IS_FAILING = 1;
/** As f64: the sequence that is written. */
export const SHARED_SEQUENCE_AT = 8;

export type QueryName = keyof HistoryReader;

export type ToWorker =
  | { readonly kind: "write"; readonly changes: ChangesMessage }
  | { readonly kind: "sync" }
  | {
      readonly kind: "query";
      readonly id: number;
      readonly name: QueryName;
      readonly args: readonly unknown[];
    }
  | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "opened"; readonly head: HistoryHead }
  | { readonly kind: "refused"; readonly fault: StorageFaultDetail }
  | { readonly kind: "failing"; readonly fault: StorageFaultDetail }
  | { readonly kind: "resumed" }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "unanswered"; readonly id: number; readonly fault: StorageFaultDetail }
  | { readonly kind: "closed" };
