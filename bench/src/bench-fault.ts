import { Fault } from "@rialto/base";

/** What can be wrong with the files and tools that a benchmark reads. */
export type BenchFaultDetail =
  | { readonly code: "LOB1_SIZE"; readonly fileBytes: number; readonly expectedBytes: number }
  | { readonly code: "LOB1_MAGIC"; readonly magic: number }
  | { readonly code: "LOB1_HEADER"; readonly field: string; readonly value: number }
  | { readonly code: "LOB1_RECORD"; readonly recordIndex: number; readonly reason: string }
  | { readonly code: "WORKLOAD_READ"; readonly path: string }
  | { readonly code: "HISTORY_LINE"; readonly path: string; readonly line: number }
  | { readonly code: "ENGINE_MISMATCH"; readonly problem: string }
  | { readonly code: "FINALITY_MISMATCH"; readonly problem: string }
  | { readonly code: "LIMIT_BUILD"; readonly output: string }
  | { readonly code: "LIMIT_RUN"; readonly exitCode: number; readonly output: string };

export type BenchFault = Fault<BenchFaultDetail>;

/** Makes the fault of `detail`, with a message for people. */
export function benchFault(detail: BenchFaultDetail, message: string, cause?: unknown): BenchFault {
  return new Fault(detail, "error", message, cause);
}
