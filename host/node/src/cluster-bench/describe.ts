import { clusterScenario, type FinalityBenchResult, type Measurement, spread } from "@rialto/bench";
import type { Absent, ClusterPhase, ClusterVerdict } from "./bench-cluster.ts";
import type { Percentiles } from "./load-run.ts";

// The results of `rialto bench cluster` as lines for people, and for the history.

export function describePhase(phase: ClusterPhase): string {
  const { carrier, ordersPerFrame, load, durability, verifyMicros, machineLoad } = phase;
  const offered = load.offered === 0 ? "" : `, ${rate(load.offered)} offered`;
  const share =
    phase.shareOfSaturated === null || phase.phase === "saturated"
      ? ""
      : `, ${(phase.shareOfSaturated * 100).toFixed(0)} % of the saturated rate`;
  const lines = [
    `${carrier}, ${ordersPerFrame} orders a frame, ${phase.phase}: ` +
      `${rate(load.ordersPerSecond)} committed${offered}${share}`,
    `  latency   ${latency(load.latencyMs)}, from the intended time of sending${apart(load.windowsMs)}`,
    `  cost      ${rate(load.ordersPerCpuSecond)} per second of processor time of all its processes` +
      (verifyMicros === null ? "" : `; one frame verified in ${verifyMicros.toFixed(1)} us`),
    `  frames    ${load.framesDone} of ${load.framesSent} done, ${load.framesRefused} refused, ` +
      `${load.framesUnknown} unknown${reasons(load.refusals)}${late(load.framesSignedLate)}`,
  ];
  if (phase.finalityMs !== null) {
    const { framesUncertified: without } = phase;
    const left = without === 0 ? "" : `, without ${without} frames that had none in time`;
    lines.push(`  finality  ${latency(phase.finalityMs)}, to a certificate${left}`);
  }
  if (phase.leaderTimeouts !== null) {
    lines.push(`  leaders   ${phase.leaderTimeouts} timeouts in ${phase.rounds} rounds`);
  }
  lines.push(
    `  sync      ${durability}`,
    `  machine   load average ${machineLoad.map((each) => each.toFixed(1)).join(" before, ")} after`,
  );
  return lines.join("\n");
}

export function describeVerdict(verdict: ClusterVerdict): string {
  const { carrier, framesAcknowledged, commands, trades, stateRoot, problems } = verdict;
  const wrong = problems.map((problem) => `  WRONG: ${problem}`);
  if (wrong.length > 0) return [`${carrier}: the result does not hold`, ...wrong].join("\n");
  if (stateRoot === "") return `${carrier}: verified: it holds the ${framesAcknowledged} frames`;
  return (
    `${carrier}: verified: ${framesAcknowledged} acknowledged frames are in the state of all ` +
    `members, none twice; ${commands} commands, ${trades} trades; state ${stateRoot}`
  );
}

export function describeAbsent({ carrier, reason }: Absent): string {
  return `${carrier}: not measured: ${reason}`;
}

export function describeLookup(result: FinalityBenchResult): string {
  const { nsPerLookupMedian, blocks } = result;
  return `asking how final something is: ${nsPerLookupMedian.toFixed(1)} ns a lookup among ${blocks} blocks`;
}

function rate(ordersPerSecond: number): string {
  return `${Math.round(ordersPerSecond).toLocaleString("en-US")} orders/s`;
}

function latency(percentiles: Percentiles | undefined): string {
  if (percentiles === undefined) return "none: no frame was done";
  const { p50, p99, p999 } = percentiles;
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms`;
}

function apart(windows: readonly Percentiles[]): string {
  if (windows.length < 2) return "";
  const p99 = windows.map((each) => each.p99);
  const [least, most] = [Math.min(...p99), Math.max(...p99)].map((each) => each.toFixed(1));
  return `; medians of ${windows.length} windows, p99 ${least} to ${most} ms`;
}

function late(framesSigned: number): string {
  return framesSigned === 0 ? "" : `; ${framesSigned} signed by the load while the clock ran`;
}

function reasons(refusals: Readonly<Record<string, number>>): string {
  const all = Object.entries(refusals).map(([reason, count]) => `${reason} ${count}`);
  return all.length === 0 ? "" : ` (${all.join(", ")})`;
}

/** The figures of a phase as entries of the history, without their provenance. */
export function historyOf(phase: ClusterPhase, stateHash: string | null): Measurement[] {
  const { carrier, ordersPerFrame, load, durability, finalityMs } = phase;
  const name = carrier.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const given = phase.givenRate === null ? "" : `-at-${phase.givenRate}`;
  const scenario = clusterScenario(name, ordersPerFrame, phase.phase.replaceAll(" ", "-") + given);
  const common = { scenario, ratio: phase.shareOfSaturated, stateHash, durability };
  const measurements: Measurement[] = [];
  const add = (metric: string, unit: string, value: number | null, of: number[] = []): void => {
    if (value === null) return;
    measurements.push({
      ...common,
      metric,
      unit,
      value,
      spread: of.length < 2 ? null : spread(of),
    });
  };
  add("committed", "orders/s", load.ordersPerSecond);
  add("perCpuSecond", "orders/CPU-s", load.ordersPerCpuSecond);
  for (const metric of ["p50", "p99", "p999"] as const) {
    const windows = load.windowsMs.map((each) => each[metric]);
    add(metric, "ms", load.latencyMs?.[metric] ?? null, windows);
  }
  // To a certificate: another time than that to a commit, and never mixed with it. Without the slowest it is no percentile.
  const certified = phase.framesUncertified === 0 ? finalityMs : null;
  for (const [metric, value] of Object.entries(certified ?? {})) {
    add(`finality ${metric}`, "ms", value);
  }
  add("refused", "frames", load.framesRefused);
  add("unknown", "frames", load.framesUnknown);
  add("signedLate", "frames", load.framesSignedLate);
  add("leaderTimeouts", "timeouts", phase.leaderTimeouts);
  add("verify", "us", phase.verifyMicros);
  return measurements;
}
