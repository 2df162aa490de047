import { type DurableStep, type FaultName, stepPair } from "./fault-menu.ts";

/** Counts what has been injected: by kind, and by the durable step at which it struck. */
export class FaultCounter {
  readonly byKind = new Map<FaultName, number>();
  /** "fault @ step" pairs. */
  readonly bySteps = new Map<string, number>();

  count(kind: FaultName): void {
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
  }

  countAt(kind: FaultName, step: DurableStep): void {
    this.count(kind);
    const pair = stepPair(kind, step);
    this.bySteps.set(pair, (this.bySteps.get(pair) ?? 0) + 1);
  }
}
