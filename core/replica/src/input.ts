import type { Frame } from "@rialto/consensus";
import type { FrameRefusal } from "./mempool.ts";
import type { PeerMessage } from "./messages.ts";

/**
 * What a replica is told. Time comes with every input, and from nowhere else: that of the machine's clock, which may be
 * set forward and back.
 *
 * A tick is given when all messages that have come are given: what has not come by then is late.
 */
export type Input =
  | { readonly kind: "tick"; readonly nowMs: number }
  | {
      readonly kind: "message";
      readonly nowMs: number;
      readonly from: number;
      readonly message: PeerMessage;
    }
  /** A client's frame, its signature verified by the host. */
  | {
      readonly kind: "frame";
      readonly nowMs: number;
      readonly frame: Uint8Array;
      /** The same frame with its id, where the host has found that out already. */
      readonly opened?: Frame;
      /** True where another frame is given at once: what this one makes due is left to that one's step. */
      readonly hasMore?: boolean;
    };

/** True for all frames but the last of those that are given at once. */
export function hasMore(input: Input): boolean {
  return input.kind === "frame" && input.hasMore === true;
}

/** Why an input was not taken; undefined where it was. */
export type StepFault =
  | FrameRefusal
  | "FRAME_MALFORMED"
  | "REPLICA_HALTED"
  /** This member has no part in the epoch: nothing that it takes would be proposed. */
  | "NOT_A_MEMBER"
  /** A change that may not be made: not signed by a quorum, unsafe, or of another epoch. */
  | "EPOCH_CHANGE_REFUSED"
  | undefined;
