import { setTimeout as sleep } from "node:timers/promises";
import { type Percentiles, summarise } from "./load-run.ts";

const POLL_MS = 5;

/**
 * Measures the time from a frame's intended sending to the certificate of a checkpoint that covers it.
 *
 * Shape    numbers in columns: an object for each frame would be collected while latencies are taken, by the process that takes them.
 */
export class FinalityClock {
  /** Of executed frames without a certificate, in the order of their acknowledgement: their commits, and when they were to be sent. */
  readonly #openCommits: number[] = [];
  readonly #openMs: number[] = [];
  /** Of those with one: when they were to be sent, and how long it took. */
  readonly #certifiedMs: number[] = [];
  readonly #latenciesMs: number[] = [];

  noteDone(commitIndex: number, intendedMs: number): void {
    this.#openCommits.push(commitIndex);
    this.#openMs.push(intendedMs);
  }

  noteCertified(commitIndex: number): void {
    const nowMs = performance.now();
    this.#keepOpen((at) => {
      if (this.#openCommits[at]! > commitIndex) return true;
      const intendedMs = this.#openMs[at]!;
      this.#certifiedMs.push(intendedMs);
      this.#latenciesMs.push(nowMs - intendedMs);
      return false;
    });
  }

  /**
   * Leaves out the frames that were to be sent within the last `tailMs`, with a certificate or without: when a load has ended, the
   * next checkpoint comes later than under it. Then waits for the certificates of the others, and no longer than `waitMs`.
   */
  async endPhase(tailMs: number, waitMs: number): Promise<void> {
    const endMs = performance.now() + waitMs;
    let lastMs = -Infinity;
    for (const times of [this.#openMs, this.#certifiedMs]) {
      for (const intendedMs of times) lastMs = Math.max(lastMs, intendedMs);
    }
    const isBefore = (intendedMs: number): boolean => intendedMs <= lastMs - tailMs;
    this.#keepOpen((at) => isBefore(this.#openMs[at]!));
    keep([this.#certifiedMs, this.#latenciesMs], (at) => isBefore(this.#certifiedMs[at]!));
    while (this.#openMs.length > 0 && performance.now() < endMs) await sleep(POLL_MS);
  }

  /** What was measured since the last call, and how many frames have no certificate: the slowest are among them. */
  take(): { readonly certified: Percentiles | undefined; readonly open: number } {
    const certified = summarise(this.#latenciesMs);
    const open = this.#openMs.length;
    for (const column of [this.#openCommits, this.#openMs, this.#certifiedMs, this.#latenciesMs]) {
      column.length = 0;
    }
    return { certified, open };
  }

  #keepOpen(isKept: (at: number) => boolean): void {
    keep([this.#openCommits, this.#openMs], isKept);
  }
}

/** Keeps the rows of these columns for which `isKept` says so, asked once for each, in their order. */
function keep(columns: readonly number[][], isKept: (at: number) => boolean): void {
  const count = columns[0]!.length;
  let kept = 0;
  for (let at = 0; at < count; at++) {
    if (!isKept(at)) continue;
    for (const column of columns) column[kept] = column[at]!;
    kept++;
  }
  for (const column of columns) column.length = kept;
}
