import type { Fault } from "@rialto/base";
import type { ExecutedBatch, ReadModel } from "@rialto/gateway";

/** A read model that remembers what it was told, and has trouble when it is told to. */
export class Recorder implements ReadModel {
  durableSequence = 0;
  fault: Fault<{ readonly code: string }> | undefined = undefined;
  readonly batches: { readonly sequence: number; readonly nowMs: number }[] = [];
  load(): void {
    // It starts at nothing.
  }
  apply({ sequence, nowMs }: ExecutedBatch): void {
    this.batches.push({ sequence, nowMs });
  }
  handOver(): void {
    // Nothing is kept.
  }
  flush(): void {
    // Nothing is kept.
  }
}
