import { type Percentiles, summarise } from "./load-run.ts";

/** Measures the time from a frame's intended sending to the certificate of a checkpoint that covers it. */
export class FinalityClock {
  /** Executed frames without a certificate, in the order of their acknowledgement. */
  #open: { readonly commitIndex: number; readonly intendedMs: number }[] = [];
  #latencies: number[] = [];

  noteDone(commitIndex: number, intendedMs: number): void {
    this.#open.push({ commitIndex, intendedMs });
  }

  noteCertified(commitIndex: number): void {
    const nowMs = performance.now();
    const left = [];
    for (const each of this.#open) {
      if (each.commitIndex > commitIndex) left.push(each);
      else this.#latencies.push(nowMs - each.intendedMs);
    }
    this.#open = left;
  }

  /** What was measured since the last call. */
  take(): Percentiles | undefined {
    const latencies = this.#latencies;
    this.#latencies = [];
    this.#open = [];
    return summarise(latencies);
  }
}
