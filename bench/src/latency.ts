// How long batches take, one by one.

import { percentiles } from "./statistics.ts";

/** Commands of a batch at the most, for each of which there is a run. */
export const LATENCY_BATCHES = [1, 16, 256] as const;

/** The times of all batches of a run. A command's latency is its batch's: it is answered with all of it. */
export interface BatchLatency {
  /** Commands of a batch at the most, and how many they were on average. */
  readonly commandsMax: number;
  readonly commandsMean: number;
  readonly batches: number;
  readonly nsP50: number;
  readonly nsP99: number;
  readonly nsP999: number;
  readonly nsMax: number;
  /** Median of what two readings of the clock take with nothing between them: part of every sample. */
  readonly clockNs: number;
}

/**
 * Sums up a run.
 *
 * Units    `samples`: nanoseconds of each batch; `commands`: of all of them.
 */
export function describeBatches(
  commandsMax: number,
  commands: number,
  samples: Float64Array,
): BatchLatency {
  const [nsP50, nsP99, nsP999, nsMax] = percentiles(samples, [50, 99, 99.9, 100]);
  return {
    commandsMax,
    commandsMean: commands / samples.length,
    batches: samples.length,
    nsP50: nsP50!,
    nsP99: nsP99!,
    nsP999: nsP999!,
    nsMax: nsMax!,
    clockNs: clockNs(),
  };
}

const CLOCK_READINGS = 10_001;

function clockNs(): number {
  const samples = new Float64Array(CLOCK_READINGS);
  for (let index = 0; index < CLOCK_READINGS; index++) {
    const start = performance.now();
    samples[index] = Math.round((performance.now() - start) * 1e6);
  }
  return percentiles(samples, [50])[0]!;
}
