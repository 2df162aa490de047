import {
  ACCOUNT_ORDERS_MAX,
  ACTIVATION_TOUCHES_MIN,
  ACTIVATIONS_PER_COMMAND_MAX,
  COMMAND_EVENT_BYTES_MAX,
  DUE_PER_STEP_MAX,
  INDICATIVES_PER_COMMAND_MAX,
  MASS_CANCELS_PER_COMMAND_MAX,
  NEWS_PER_COMMAND_MAX,
  PEG_MOVES_PER_COMMAND_MAX,
  TOUCHES_PER_COMMAND_MAX,
} from "@rialto/protocol";

/**
 * What one command, or one step before it, may take at most; the rest comes in others. Named as in assembly/bounds.ts.
 *
 * Source   matching.md §3.6.
 */
export interface StepBounds {
  readonly touchesMax: number;
  readonly massCancelsMax: number;
  readonly cancelAllMax: number;
  readonly activationsMax: number;
  /** With fewer touches left no waiting order comes. */
  readonly activationTouchesMin: number;
  readonly dueMax: number;
  readonly newsMax: number;
  readonly pegMovesMax: number;
  readonly indicativesMax: number;
  /** Room that the event buffer has to have before a command or a step. */
  readonly commandEventBytesMax: number;
}

/** Those of the protocol. */
export const STEP_BOUNDS: StepBounds = {
  touchesMax: TOUCHES_PER_COMMAND_MAX,
  massCancelsMax: MASS_CANCELS_PER_COMMAND_MAX,
  cancelAllMax: ACCOUNT_ORDERS_MAX,
  activationsMax: ACTIVATIONS_PER_COMMAND_MAX,
  activationTouchesMin: ACTIVATION_TOUCHES_MIN,
  dueMax: DUE_PER_STEP_MAX,
  newsMax: NEWS_PER_COMMAND_MAX,
  pegMovesMax: PEG_MOVES_PER_COMMAND_MAX,
  indicativesMax: INDICATIVES_PER_COMMAND_MAX,
  commandEventBytesMax: COMMAND_EVENT_BYTES_MAX,
};
