/** Counts what has been injected: by kind, and by the durable step at which it struck. */
export class FaultCounter {
  readonly byKind = new Map<string, number>();
  /** "fault @ step" pairs. */
  readonly bySteps = new Map<string, number>();

  count(kind: string): void {
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
  }

  countAt(kind: string, step: string): void {
    this.count(kind);
    const pair = `${kind} @ ${step}`;
    this.bySteps.set(pair, (this.bySteps.get(pair) ?? 0) + 1);
  }
}
