import type { BlockChecks } from "@rialto/consensus";
import type { Replica } from "../replica.ts";
import type { Seat } from "./chain-options.ts";
import type { Epoch } from "./epoch-change.ts";

/** An epoch as this process lives through it. */
export interface Stage {
  readonly epoch: Epoch;
  readonly replica: Replica;
  readonly checks: BlockChecks;
  /** Peers by author. */
  readonly peers: readonly number[];
  /** The same, where the numbers differ. */
  readonly routes: readonly number[] | undefined;
  readonly seat: Seat | undefined;
}

/** A peer's author number in an epoch; undefined where it is no member of it. */
export function authorOf({ peers }: Stage, peer: number): number | undefined {
  const author = peers.indexOf(peer);
  return author < 0 ? undefined : author;
}
