// The README's table of numbers: of all that was recorded, what a stranger asks first.

import { LIMIT_ANCHORS_NS } from "./anchors.ts";
import { clusterScenario } from "./cluster-tables.ts";
import { FEATURES_SCENARIO } from "./features/numbers.ts";
import { type HistoryEntry, newestEntries } from "./history.ts";
import { MARKETS_METRICS, MARKETS_SCENARIO, marketsFigure } from "./markets/numbers.ts";
import {
  COMMAND_METRIC,
  ENGINE_ROWS,
  finalityScenario,
  LOOKUP_METRIC,
  machines,
  SIGNATURE_METRICS,
  SIGNATURES_SCENARIO,
} from "./numbers-table.ts";
import { median } from "./statistics.ts";

/** A row, and the entries that it is made from. */
interface Headline {
  readonly title: string;
  readonly figure: string;
  readonly beside: string;
  readonly command: string;
  readonly entries: readonly HistoryEntry[];
}

type Look = (scenario: string, metric: string) => HistoryEntry | undefined;

/**
 * The table in Markdown, of the newest entries.
 *
 * Errors   a damaged history file, thrown.
 */
export function headlinesTable(directory?: string): string {
  const look: Look = (scenario, metric) => newestEntries(scenario, directory).get(metric);
  const rows = [
    ...engineHeadlines(look),
    ...marketsHeadlines(look),
    ...featureHeadlines([...newestEntries(FEATURES_SCENARIO, directory).values()]),
    ...finalityHeadlines(look),
    ...signatureHeadlines(look),
    ...clusterHeadlines(look),
  ];
  if (rows.length === 0) return "Nothing has been recorded yet.";
  return [
    "| what | figure | beside it | measured by |",
    "|---|---|---|---|",
    ...rows.map(
      ({ title, figure, beside, command }) =>
        `| ${title} | ${figure} | ${beside} | \`${command}\` |`,
    ),
    "",
    ...machines(rows.flatMap(({ entries }) => entries)),
  ].join("\n");
}

function engineHeadlines(look: Look): Headline[] {
  return ENGINE_ROWS.flatMap(({ scenario, title, command, profile }) => {
    const entry = look(scenario, COMMAND_METRIC);
    if (entry === undefined || profile === undefined) return [];
    const recorded = `recorded on another machine: ${LIMIT_ANCHORS_NS[profile].toFixed(1)} ns`;
    const ratio =
      entry.ratio === null ? "" : `${entry.ratio.toFixed(1)} times the C++ limit (${recorded})`;
    return [
      { title, figure: `${entry.value.toFixed(1)} ns`, beside: ratio, command, entries: [entry] },
    ];
  });
}

const MARKETS_SHOWN = ["tradedEngineBytes", "tradedResidentBytes", "placements", "headReads"];

function marketsHeadlines(look: Look): Headline[] {
  return MARKETS_METRICS.flatMap(({ metric, title, unit }) => {
    const entry = MARKETS_SHOWN.includes(metric) ? look(MARKETS_SCENARIO, metric) : undefined;
    if (entry === undefined) return [];
    const figure = marketsFigure(unit, entry.value);
    const command = "rialto bench markets";
    return [{ title: `21,000 markets: ${title}`, figure, beside: "", command, entries: [entry] }];
  });
}

function featureHeadlines(entries: readonly HistoryEntry[]): Headline[] {
  const ratios = entries.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  if (ratios.length === 0) return [];
  const beside = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
  const title = `${ratios.length} features: time of each to the plain way`;
  const figure = median(ratios).toFixed(2);
  return [{ title, figure, beside, command: "rialto bench features", entries }];
}

function finalityHeadlines(look: Look): Headline[] {
  const entry = look(finalityScenario(1_000_000), LOOKUP_METRIC);
  if (entry === undefined) return [];
  const beside =
    entry.ratio === null
      ? ""
      : `${entry.ratio.toFixed(2)} times a plain read of a table of that size`;
  const title = "how final a hash is, among 1,000,000 blocks";
  const figure = `${entry.value.toFixed(1)} ns`;
  return [{ title, figure, beside, command: "rialto bench finality", entries: [entry] }];
}

function signatureHeadlines(look: Look): Headline[] {
  const entry = look(SIGNATURES_SCENARIO, "verify-known");
  const library = look(SIGNATURES_SCENARIO, "verify-sodium");
  if (entry === undefined || library === undefined) return [];
  return [
    {
      title: SIGNATURE_METRICS["verify-known"],
      figure: `${entry.value.toFixed(1)} us`,
      beside: `libsodium ${library.value.toFixed(1)} us`,
      command: "rialto bench signatures",
      entries: [entry, library],
    },
  ];
}

const CLUSTERS = [
  { carrier: "rialto-byzantine-n-4", title: "4 members, one may lie", offered: 175_000 },
  { carrier: "rialto-crash-n-3", title: "3 members, one may be down", offered: 100_000 },
] as const;
const PEERS = [
  { carrier: "nats-jetstream-r3", title: "NATS" },
  { carrier: "etcd-n-3", title: "etcd" },
] as const;

function clusterHeadlines(look: Look): Headline[] {
  const command = "rialto bench cluster";
  const committed = (carrier: string, orders: number): HistoryEntry | undefined =>
    look(clusterScenario(carrier, orders, "saturated"), "committed");
  return CLUSTERS.flatMap(({ carrier, title, offered }) => {
    const rows: Headline[] = [];
    for (const orders of [16, 256]) {
      const own = committed(carrier, orders);
      if (own === undefined) continue;
      const peers = PEERS.flatMap((peer) => {
        const entry = committed(peer.carrier, orders);
        return entry === undefined ? [] : [{ entry, text: `${peer.title} ${rate(entry)}` }];
      });
      rows.push({
        title: `${title}: orders committed, ${orders} a signed frame`,
        figure: rate(own),
        beside: peers.map(({ text }) => text).join(", "),
        command,
        entries: [own, ...peers.map(({ entry }) => entry)],
      });
    }
    const p99 = look(clusterScenario(carrier, 256, `steady-at-${offered}`), "p99");
    if (p99 !== undefined) {
      const at = `at ${offered.toLocaleString("en-US")} orders/s`;
      const figure = `${p99.value.toFixed(1)} ms`;
      rows.push({
        title: `${title}: commit p99 ${at}`,
        figure,
        beside:
          p99.spread === null ? "" : `spread of its windows ${(p99.spread * 100).toFixed(0)} %`,
        command,
        entries: [p99],
      });
    }
    return rows;
  });
}

function rate({ value }: HistoryEntry): string {
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} K/s` : `${(value / 1e6).toFixed(2)} M/s`;
}
