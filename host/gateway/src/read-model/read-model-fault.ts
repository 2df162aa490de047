import { Fault } from "@rialto/base";

/** What can be wrong with a read model when it is loaded. */
export type ReadModelFaultDetail = {
  /** The history is not of this engine, or the node stands at another record than it. */
  readonly code: "READ_MODEL_MISMATCH";
  readonly problem: string;
};

export type ReadModelFault = Fault<ReadModelFaultDetail>;

export function readModelFault(problem: string): ReadModelFault {
  const message =
    `The history does not agree with the exchange: ${problem}. ` +
    "Move the history file away and start again: it is made anew from the journal.";
  return new Fault({ code: "READ_MODEL_MISMATCH", problem }, "fatal", message);
}
