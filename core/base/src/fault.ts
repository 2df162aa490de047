/** What the operator or caller should do: stop the process, give up this operation, or carry on. */
export type Severity = "fatal" | "error" | "warn";

/**
 * The world failed: a full disk, a lying peer, a wrong configuration. Never used for a domain
 * outcome (that is a reject code) nor for a bug (that is an `InvariantError`).
 *
 * Callers switch on `fault.detail.code`; the message is for people only.
 */
export class Fault<D extends { readonly code: string }> extends Error {
  readonly detail: D;
  readonly severity: Severity;

  constructor(detail: D, severity: Severity, message?: string, cause?: unknown) {
    super(message ?? detail.code, cause === undefined ? undefined : { cause });
    this.name = "Fault";
    this.detail = detail;
    this.severity = severity;
  }
}
