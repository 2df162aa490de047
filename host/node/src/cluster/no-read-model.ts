import type { ReadModel } from "@rialto/gateway";

/** The read model of a member without a gateway: nobody asks it for orders or trades, so it keeps none. */
export const NO_READ_MODEL: ReadModel = {
  // What it holds is on disk at any time, beginning with nothing.
  durableSequence: 0,
  fault: undefined,
  load: () => undefined,
  apply: () => undefined,
  handOver: () => undefined,
  flush: () => undefined,
};
