import { encodeHex, Fault } from "@rialto/base";
import { MarketCatalog } from "@rialto/gateway";
import { decodeCommands, Side } from "@rialto/protocol";
import {
  type JournalReader,
  openFileJournalReader,
  openFileSnapshotsReader,
} from "@rialto/storage";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { checkHoldsLog } from "../cluster/member-directory.ts";
import { loadNetworkOrThrow, type Network } from "../config/network-file.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { dataDirectory } from "../data-directory.ts";
import { hashState, readRecord, recover } from "../exchange/recovery.ts";
import { defineCommand, ExitCode } from "./command.ts";

const { dataDir, network } = NODE_SETTINGS;

export const inspectConfigCommand = defineCommand({
  name: "inspect config",
  summary: "print every setting of `rialto start`, and where its value comes from",
  positionals: "",
  options: NODE_SETTINGS,
  examples: ["rialto inspect config", "RIALTO_PORT=9000 rialto inspect config --json"],
  async run({ values, sources, print }) {
    const settings = Object.entries(NODE_SETTINGS).map(([name, { flag }]) => ({
      flag,
      value: values[name as keyof typeof values],
      source: sources[name],
    }));
    const rows = settings.map(
      ({ flag, value, source }) => `${flag.padEnd(22)} ${String(value).padEnd(16)} ${source}`,
    );
    print({ settings }, rows.join("\n"));
    return ExitCode.Done;
  },
});

export const inspectNetworkCommand = defineCommand({
  name: "inspect network",
  summary: "check a network file and print it with its hash; without one, the demo's",
  positionals: "[FILE]",
  options: {},
  examples: ["rialto inspect network > network.json", "rialto inspect network network.json --json"],
  async run({ positionals, json, print, note }) {
    const { config, hash } = loadNetworkOrThrow(positionals[0] ?? "demo");
    const networkHash = encodeHex(hash);
    if (!json) note(`network hash ${networkHash}`);
    print({ networkHash, ...config }, JSON.stringify(config, null, 2));
    return ExitCode.Done;
  },
});

export const inspectJournalCommand = defineCommand({
  name: "inspect journal",
  summary: "verify the journal of a stopped node and print its records",
  positionals: "",
  options: {
    dataDir,
    network,
    from: {
      kind: "integer",
      flag: "from",
      default: 1,
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      help: "sequence of the first record to print",
    },
    limit: {
      kind: "integer",
      flag: "limit",
      default: 10,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      help: "records to print; all of them are verified",
    },
  },
  examples: ["rialto inspect journal", "rialto inspect journal --from 1000 --limit 1 --json"],
  async run({ values, print }) {
    await using journal = await openJournal(values.dataDir, loadNetworkOrThrow(values.network));
    let printed = 0;
    let commands = 0;
    for await (const { sequence, payload, hash } of journal.read(1)) {
      const record = readRecord(payload, sequence);
      commands += record.commandCount;
      if (sequence < values.from || printed === values.limit) continue;
      printed++;
      const time = new Date(record.nowMs).toISOString();
      const decoded = decodeCommands(record.commands);
      const line = `${sequence}  ${time}  ${record.commandCount} commands  ${encodeHex(hash).slice(0, 16)}`;
      print({ sequence, nowMs: record.nowMs, hash: encodeHex(hash), commands: decoded }, line);
    }
    const { lastSequence } = journal;
    const lastHash = encodeHex(journal.lastHash);
    const summary = `${lastSequence} records, ${commands} commands, verified; head ${lastHash}`;
    print({ records: lastSequence, commands, lastHash }, summary);
    return ExitCode.Done;
  },
});

export const inspectStateCommand = defineCommand({
  name: "inspect state",
  summary: "recover the state of a stopped node and print what is in it",
  positionals: "",
  options: { dataDir, network },
  examples: ["rialto inspect state", "rialto inspect state --data-dir /var/lib/rialto --json"],
  async run({ values, print, note }) {
    const known = loadNetworkOrThrow(values.network);
    await using journal = await openJournal(values.dataDir, known);
    const { snapshots: directory } = dataDirectory(values.dataDir);
    const snapshots = openFileSnapshotsReader({ directory, networkHash: known.hash });
    const { engine, snapshotSequence, replayed } = await recover({
      limits: known.config.capacities,
      hashKey: randomBytes(8).readBigUInt64LE(),
      journal,
      snapshots,
      readModel: undefined,
      warn: (warning) => note(warning.message),
    });
    const catalog = new MarketCatalog(known.config, { engine });
    const markets = catalog.markets.map(({ symbol, index }) => ({
      symbol,
      bestBidTicks: engine.bestTicks(index, Side.Buy),
      bestAskTicks: engine.bestTicks(index, Side.Sell),
      lastTradeTicks: engine.market(index).lastTradeTicks,
    }));
    const counts = engine.counts();
    const stateHash = encodeHex(hashState(engine));
    const rows = markets.map(
      (each) =>
        `  ${each.symbol.padEnd(12)} bid ${each.bestBidTicks}  ask ${each.bestAskTicks}  last ${each.lastTradeTicks} ticks`,
    );
    const text = [
      `${journal.lastSequence} records (snapshot of ${snapshotSequence}, then ${replayed} replayed)`,
      ...Object.entries(counts).map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
      ...rows,
      `state hash ${stateHash}`,
    ];
    print(
      { records: journal.lastSequence, snapshotSequence, replayed, counts, markets, stateHash },
      text.join("\n"),
    );
    return ExitCode.Done;
  },
});

export type InspectFaultDetail =
  | { readonly code: "NODE_ABSENT"; readonly path: string }
  | { readonly code: "JOURNAL_EMPTY"; readonly path: string };

/** Errors: `InspectFaultDetail`, JOURNAL_OF_MEMBER, and what the journal finds, thrown. */
async function openJournal(path: string, { hash }: Network): Promise<JournalReader> {
  const { journal: directory } = dataDirectory(path);
  checkHoldsLog(path);
  if (!existsSync(directory))
    throw inspectFault(
      { code: "NODE_ABSENT", path },
      `there is no node in ${path}: see --data-dir`,
    );
  const journal = await openFileJournalReader({ directory, networkHash: hash });
  if (journal.lastSequence > 0) return journal;
  await journal.close();
  throw inspectFault({ code: "JOURNAL_EMPTY", path }, `the journal in ${path} is empty`);
}

function inspectFault(detail: InspectFaultDetail, message: string): Fault<InspectFaultDetail> {
  return new Fault(detail, "error", message);
}
