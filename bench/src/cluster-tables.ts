// The tables of `rialto bench cluster`: what each carrier of the same frames commits, and how long a commit takes.

import { type HistoryEntry, newestEntries } from "./history.ts";
import { machines } from "./numbers-table.ts";

/** Who carries the frames, as the scenarios name them. */
interface Carrier {
  readonly name: string;
  readonly title: string;
}

const BYZANTINE: Carrier = { name: "rialto-byzantine-n-4", title: "4 members, one may lie" };
const LIAR: Carrier = {
  name: "rialto-byzantine-n-4-with-a-liar",
  title: "4 members, and one does lie",
};
const CRASH: Carrier = { name: "rialto-crash-n-3", title: "3 members, one may be down" };
const NATS: Carrier = { name: "nats-jetstream-r3", title: "NATS JetStream, 3 processes" };
const ETCD: Carrier = { name: "etcd-n-3", title: "etcd, 3 processes" };

/** Orders of a signed frame. */
const FRAMES = [1, 16, 256] as const;

/** A measured phase at a rate that was offered whatever was answered. */
interface Offered {
  readonly carrier: Carrier;
  readonly phase: string;
  readonly title: string;
}

const OFFERED: readonly Offered[] = [
  { carrier: BYZANTINE, phase: "steady", title: "half of what it commits" },
  ...offered(BYZANTINE, "steady", [175_000, 300_000], ""),
  ...offered(BYZANTINE, "one-dead", [175_000], ", one member killed meanwhile"),
  ...offered(LIAR, "one-lying", [175_000], ""),
  { carrier: CRASH, phase: "steady", title: "half of what it commits" },
  ...offered(CRASH, "steady", [100_000, 400_000], ""),
  ...offered(CRASH, "one-dead", [100_000], ", one member killed meanwhile"),
  { carrier: NATS, phase: "steady", title: "half of what it commits" },
  { carrier: ETCD, phase: "steady", title: "half of what it commits" },
];
const OFFERED_FRAME = 256;

function offered(
  carrier: Carrier,
  phase: string,
  rates: readonly number[],
  more: string,
): Offered[] {
  return rates.map((rate) => ({
    carrier,
    phase: `${phase}-at-${rate}`,
    title: `${rate.toLocaleString("en-US")} orders/s${more}`,
  }));
}

/** The scenario that a phase of `rialto bench cluster` is recorded under. */
export function clusterScenario(carrier: string, ordersPerFrame: number, phase: string): string {
  return `cluster-${carrier}-${ordersPerFrame}-${phase}`;
}

/**
 * Both tables, or a line that says that there is nothing.
 *
 * Errors   a damaged history file, thrown.
 */
export function clusterTables(directory?: string): string {
  const entries: HistoryEntry[] = [];
  const throughput = throughputRows(entries, directory);
  const latency = latencyRows(entries, directory);
  if (throughput.length === 0) return "Nothing has been recorded yet.";
  return [
    "| orders committed by | orders a signed frame | orders/s | orders a CPU-second | orders/s at 1.5 times that rate | leader timeouts then | checking a frame |",
    "|---|---|---|---|---|---|---|",
    ...throughput,
    "",
    `| ${OFFERED_FRAME} orders a frame, offered | to | commit p50 | p99 | p99.9 | certificate p50 | p99 | leader timeouts |`,
    "|---|---|---|---|---|---|---|---|",
    ...latency,
    "",
    "NATS and etcd carry the same frames in the same run, and neither check nor execute them. Times are from when a frame should have been sent.",
    "",
    ...machines(entries),
  ].join("\n");
}

/** Adds the entries that it shows to `shown`. */
function throughputRows(shown: HistoryEntry[], directory: string | undefined): string[] {
  return [BYZANTINE, CRASH, NATS, ETCD].flatMap(({ name, title }) =>
    FRAMES.flatMap((orders) => {
      const saturated = newestEntries(clusterScenario(name, orders, "saturated"), directory);
      const overload = newestEntries(clusterScenario(name, orders, "overload"), directory);
      const committed = saturated.get("committed");
      if (committed === undefined) return [];
      shown.push(committed);
      const figures = [
        count(committed),
        count(saturated.get("perCpuSecond")),
        withShare(overload.get("committed")),
        count(overload.get("leaderTimeouts")),
        micros(saturated.get("verify")),
      ];
      return [`| ${title} | ${orders} | ${figures.join(" | ")} |`];
    }),
  );
}

function latencyRows(shown: HistoryEntry[], directory: string | undefined): string[] {
  return OFFERED.flatMap(({ carrier, phase, title }) => {
    const newest = newestEntries(clusterScenario(carrier.name, OFFERED_FRAME, phase), directory);
    const p99 = newest.get("p99");
    if (p99 === undefined) return [];
    shown.push(p99);
    const times = ["p50", "p99", "p999", "finality p50", "finality p99"].map((metric) =>
      millisWithSpread(newest.get(metric)),
    );
    return [
      `| ${title} | ${carrier.title} | ${times.join(" | ")} | ${count(newest.get("leaderTimeouts"))} |`,
    ];
  });
}

function count(entry: HistoryEntry | undefined): string {
  return entry === undefined ? "" : Math.round(entry.value).toLocaleString("en-US");
}

function withShare(entry: HistoryEntry | undefined): string {
  if (entry === undefined || entry.ratio === null) return count(entry);
  return `${count(entry)} (${(entry.ratio * 100).toFixed(0)} %)`;
}

function micros(entry: HistoryEntry | undefined): string {
  return entry === undefined ? "" : `${entry.value.toFixed(0)} us`;
}

function millisWithSpread(entry: HistoryEntry | undefined): string {
  if (entry === undefined || entry.spread === null) return millis(entry);
  return `${millis(entry)} (${(entry.spread * 100).toFixed(0)} %)`;
}

function millis(entry: HistoryEntry | undefined): string {
  return entry === undefined ? "" : `${entry.value.toFixed(1)} ms`;
}
