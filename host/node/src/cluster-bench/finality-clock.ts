import { setTimeout as sleep } from "node:timers/promises";
import { type Percentiles, summarise } from "./load-run.ts";

const POLL_MS = 5;

/** An executed frame, when it was to be sent, and how long its certificate took. */
interface ClockedFrame {
  readonly commitIndex: number;
  readonly intendedMs: number;
  readonly latencyMs: number;
}

/** Measures the time from a frame's intended sending to the certificate of a checkpoint that covers it. */
export class FinalityClock {
  /** Executed frames without a certificate, in the order of their acknowledgement. */
  #open: ClockedFrame[] = [];
  #certified: ClockedFrame[] = [];

  noteDone(commitIndex: number, intendedMs: number): void {
    this.#open.push({ commitIndex, intendedMs, latencyMs: 0 });
  }

  noteCertified(commitIndex: number): void {
    const nowMs = performance.now();
    const left: ClockedFrame[] = [];
    for (const frame of this.#open) {
      if (frame.commitIndex > commitIndex) left.push(frame);
      else this.#certified.push({ ...frame, latencyMs: nowMs - frame.intendedMs });
    }
    this.#open = left;
  }

  /**
   * Leaves out the frames that were to be sent within the last `tailMs`, with a certificate or without: when a load has ended, the
   * next checkpoint comes later than under it. Then waits for the certificates of the others, and no longer than `waitMs`.
   */
  async endPhase(tailMs: number, waitMs: number): Promise<void> {
    const endMs = performance.now() + waitMs;
    const lastMs = [...this.#open, ...this.#certified].reduce(
      (last, { intendedMs }) => Math.max(last, intendedMs),
      -Infinity,
    );
    const isBefore = ({ intendedMs }: ClockedFrame): boolean => intendedMs <= lastMs - tailMs;
    this.#open = this.#open.filter(isBefore);
    this.#certified = this.#certified.filter(isBefore);
    while (this.#open.length > 0 && performance.now() < endMs) await sleep(POLL_MS);
  }

  /** What was measured since the last call, and how many frames have no certificate: the slowest are among them. */
  take(): { readonly certified: Percentiles | undefined; readonly open: number } {
    const certified = summarise(this.#certified.map(({ latencyMs }) => latencyMs));
    const open = this.#open.length;
    this.#certified = [];
    this.#open = [];
    return { certified, open };
  }
}
