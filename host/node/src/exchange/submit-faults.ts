import { Fault } from "@rialto/base";
import type { SubmitFaultDetail } from "@rialto/gateway";

/** Nothing was done, and nothing will be. */
export function unavailable(reason: string, cause?: unknown): Fault<SubmitFaultDetail> {
  return new Fault({ code: "EXCHANGE_UNAVAILABLE", reason }, "error", reason, cause);
}

/** It may yet be executed, or have been. */
export function unknown(waitedMs: number): Fault<SubmitFaultDetail> {
  const message = `no decision after ${waitedMs} ms: ask for the order by its client order id`;
  return new Fault({ code: "EXCHANGE_UNKNOWN", waitedMs }, "error", message);
}
