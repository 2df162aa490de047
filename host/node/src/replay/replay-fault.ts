import { Fault } from "@rialto/base";

export type ReplayFaultDetail =
  | { readonly code: "REPLAY_FILE_UNREADABLE"; readonly path: string; readonly reason: string }
  /** A program that the file's format needs is not installed. */
  | { readonly code: "REPLAY_TOOL_MISSING"; readonly tool: string }
  /** `line` counts from 1. */
  | { readonly code: "REPLAY_LINE_INVALID"; readonly line: number; readonly problem: string }
  /** The file is readable but lacks what a replay begins with. */
  | { readonly code: "REPLAY_FILE_INCOMPLETE"; readonly problem: string }
  /** The node's market cannot take what the file holds. */
  | { readonly code: "REPLAY_MARKET_UNFIT"; readonly symbol: string; readonly problem: string }
  /** The node answered a command otherwise than the order flow demands. */
  | { readonly code: "REPLAY_ANSWER_UNEXPECTED"; readonly line: number; readonly problem: string }
  /** Somebody wanted it to stop. */
  | { readonly code: "REPLAY_INTERRUPTED" };

export type ReplayFault = Fault<ReplayFaultDetail>;

export function lineFault(line: number, problem: string): ReplayFault {
  const detail = { code: "REPLAY_LINE_INVALID", line, problem } as const;
  return new Fault(detail, "error", `line ${line}: ${problem}`);
}

export function incompleteFault(problem: string): ReplayFault {
  return new Fault({ code: "REPLAY_FILE_INCOMPLETE", problem }, "error", problem);
}

/** `line` is the line of the file that the command came from. */
export function answerFault(line: number, problem: string, cause?: unknown): ReplayFault {
  const detail = { code: "REPLAY_ANSWER_UNEXPECTED", line, problem } as const;
  return new Fault(detail, "error", `the command of line ${line}: ${problem}`, cause);
}

export function unfitFault(symbol: string, problem: string): ReplayFault {
  const detail = { code: "REPLAY_MARKET_UNFIT", symbol, problem } as const;
  return new Fault(detail, "error", `market ${symbol}: ${problem}`);
}

/** Ends a replay that is no longer wanted. Errors: REPLAY_INTERRUPTED, thrown. */
export function checkWanted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const message = "the replay was interrupted";
  throw new Fault<ReplayFaultDetail>({ code: "REPLAY_INTERRUPTED" }, "error", message);
}
