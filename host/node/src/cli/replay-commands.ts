import { Fault } from "@rialto/base";
import { defineCommand, ExitCode } from "./command.ts";
import { loadNetworkOrThrow } from "../config/network-file.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import type { IntegerSetting, TextSetting } from "../config/settings.ts";
import { parseCapture } from "../replay/capture.ts";
import { parseOrderFile } from "../replay/order-line.ts";
import { lotsText, ticksText } from "../replay/market-steps.ts";
import { readRecordedLines } from "../replay/recorded-file.ts";
import { type CaptureReplay, replayCapture } from "../replay/replay-capture.ts";
import { openReplayDesk } from "../replay/replay-desk.ts";
import {
  ENGINE_STEPS,
  type EngineReplay,
  replayEngine,
  type Uncrossing,
} from "../replay/replay-engine.ts";
import { replayJournal } from "../replay/replay-journal.ts";
import { CAPTURE_NETWORK, ORDERS_NETWORK } from "../replay/replay-network.ts";
import { type OrdersReplay, replayOrders } from "../replay/replay-orders.ts";
import { type FinalState, openReplayTarget, type ReplayTargetOptions } from "./replay-target.ts";
import { ReportedBook } from "../replay/reported-book.ts";

const url: TextSetting = {
  kind: "text",
  flag: "url",
  default: "",
  placeholder: "URL",
  help: "the node to replay into; without it one of its own, on a temporary directory",
};

function keySetting(flag: string, who: string): TextSetting {
  return {
    kind: "text",
    flag,
    default: "",
    placeholder: "FILE",
    help: `with --url: ${who}, as \`rialto keys new --json\` prints it`,
  };
}

const operatorKey = keySetting("operator-key", "key of an operator, to ask for the state hash");

const window: IntegerSetting = {
  kind: "integer",
  flag: "window",
  default: 250,
  min: 1,
  max: 10_000,
  help: "requests on their way at a time; a node reads no further than its own limit",
};

export const replayCaptureCommand = defineCommand({
  name: "replay capture",
  summary: "replay a recorded spot capture and compare the best prices after every change",
  positionals: "FILE",
  options: {
    url,
    makerKey: keySetting("maker-key", "Ed25519 key of the funded account that makes the book"),
    takerKey: keySetting("taker-key", "key of the funded account that takes"),
    operatorKey,
    window,
  },
  examples: [
    "rialto replay capture spot_btcusdt_20240808.gz",
    "rialto replay capture flow.gz --url http://127.0.0.1:8080 --maker-key maker.json --taker-key taker.json",
  ],
  async run({ values, positionals, print, progress, signal }) {
    const { makerKey: firstKey, takerKey: secondKey, ...rest } = values;
    progress("reading ...");
    const lines = orThrow(await readRecordedLines(positionals[0]!));
    const options: ReplayTargetOptions = { ...rest, firstKey, secondKey };
    await using target = await openReplayTarget(options, CAPTURE_NETWORK);
    const { steps, accounts } = target;
    const capture = orThrow(parseCapture(lines, steps));
    const windowMax = values.window;
    using desk = await openReplayDesk({ url: target.url, accounts, steps, windowMax });
    const replay = await replayCapture({ capture, desk, progress, signal });
    progress("verifying ...");
    const state = await target.finish();
    progress("");
    print({ ...replay, state }, describeCapture(replay, state));
    const isEqual = replay.isOpeningEqual && replay.statesEqual === replay.states;
    return isEqual ? ExitCode.Done : ExitCode.Failed;
  },
});

function describeCapture(replay: CaptureReplay, state: FinalState | null): string {
  const { states, statesEqual, firstDifference, trades, earlyTrades } = replay;
  const difference =
    firstDifference === null
      ? []
      : [
          `first difference: update ${firstDifference.update}, line ${firstDifference.line}`,
          `  the venue  ${firstDifference.expected}`,
          `  this node  ${firstDifference.found}`,
        ];
  return [
    `states   ${statesEqual} of ${states}: best bid and ask, price and size, equal the venue's`,
    ...difference,
    `trades   ${trades} at the venue's price and size; ${earlyTrades} from before the book left out`,
    describeSpeed(replay),
    describeState(state),
  ].join("\n");
}

export const replayOrdersCommand = defineCommand({
  name: "replay orders",
  summary: "replay an order-by-order file one to one and account for its volume",
  positionals: "FILE",
  options: {
    url,
    buyerKey: keySetting("buyer-key", "Ed25519 key of the funded account that bids"),
    sellerKey: keySetting("seller-key", "key of the funded account that asks"),
    operatorKey,
    window,
  },
  examples: ["rialto replay orders bitstamp.csv.xz", "rialto replay orders bitstamp.csv.xz --json"],
  async run(context) {
    const { values, print, progress } = context;
    const { buyerKey: firstKey, sellerKey: secondKey, ...rest } = values;
    progress("reading ...");
    const lines = orThrow(await readRecordedLines(context.positionals[0]!));
    const options: ReplayTargetOptions = { ...rest, firstKey, secondKey };
    await using target = await openReplayTarget(options, ORDERS_NETWORK);
    const { url: origin, steps, accounts } = target;
    const events = orThrow(parseOrderFile(lines, steps));
    const book = new ReportedBook(steps);
    using desk = await openReplayDesk({
      url: origin,
      accounts,
      steps,
      windowMax: values.window,
      onEvent: (event) => book.report(event),
    });
    const { signal } = context;
    const replay = await replayOrders({
      events,
      desk,
      book,
      accounts,
      url: origin,
      progress,
      signal,
    });
    progress("verifying ...");
    const state = await target.finish();
    progress("");
    print({ ...replay, state }, describeOrders(replay, state));
    return replay.isConserved && replay.crossed === null ? ExitCode.Done : ExitCode.Failed;
  },
});

function describeOrders(replay: OrdersReplay, state: FinalState | null): string {
  const { buy, sell, crossed } = replay;
  const volume = (name: string, { placed, traded, canceled, resting }: OrdersReplay["buy"]) =>
    `${name}     placed ${placed} = traded ${traded} + cancelled ${canceled} + resting ${resting}`;
  return [
    `events   ${replay.events}: ${replay.created} placed, ${replay.reduced} reduced, ${replay.canceled} ` +
      `cancelled, ${replay.overtaken} overtaken by trades`,
    `         ${replay.strangers} refer to orders older than the file, or gone by its own account`,
    volume("bids", buy),
    volume("asks", sell),
    `         ${replay.trades} trades; ${replay.isConserved ? "conserved to the lot" : "NOT CONSERVED"}`,
    crossed === null
      ? `book     never crossed after any of ${replay.checkedCommands} commands`
      : `book     CROSSED: ${crossed}`,
    describeSpeed(replay),
    describeState(state),
  ].join("\n");
}

export const replayEngineCommand = defineCommand({
  name: "replay engine",
  summary: "replay an order-by-order file on both engines, through auctions and a provoked halt",
  positionals: "FILE",
  options: {},
  examples: ["rialto replay engine bitstamp.csv.xz", "rialto replay engine bitstamp.csv.xz --json"],
  async run({ positionals, print, progress, signal }) {
    progress("replaying ...");
    const lines = orThrow(await readRecordedLines(positionals[0]!));
    const events = orThrow(parseOrderFile(lines, ENGINE_STEPS));
    const replay = replayEngine(events, signal);
    progress("");
    const text = (_: string, value: unknown): unknown =>
      typeof value === "bigint" ? lotsText(value, ENGINE_STEPS) : value;
    const result = JSON.parse(JSON.stringify(replay, text)) as object;
    print(result, describeEngine(replay));
    return ExitCode.Done;
  },
});

function describeEngine(replay: EngineReplay): string {
  const lots = (value: bigint): string => lotsText(value, ENGINE_STEPS);
  const auction = (name: string, { priceTicks, lots: traded, trades, line }: Uncrossing): string =>
    `${name} at ${ticksText(priceTicks, ENGINE_STEPS)}: ${lots(traded)} in ${trades} trades, line ${line}`;
  const side = (name: string, { placed, traded, canceled, resting }: EngineReplay["buy"]): string =>
    `${name}     placed ${lots(placed)} = traded ${lots(traded)} + cancelled ${lots(canceled)} + ` +
    `resting ${lots(resting)}`;
  return [
    `events   ${replay.events}; ${replay.commands} commands in ${replay.seconds.toFixed(1)} s on the hot core and ` +
      "the oracle, which agree on every event and the state",
    auction("opening ", replay.opening),
    `halt     by the guard, provoked before line ${replay.haltedBeforeLine}; ${replay.otherHalts} by the flow itself`,
    auction("reopened", replay.reopening),
    auction("closing ", replay.closing),
    side("bids", replay.buy),
    side("asks", replay.sell),
    `         ${replay.trades} trades; conserved to the lot and the quantum; never crossed outside an auction`,
    `state    ${replay.stateHash}`,
  ].join("\n");
}

function describeSpeed(replay: CaptureReplay | OrdersReplay): string {
  const { commands, seconds, commandsPerSecond } = replay;
  return (
    `commands ${commands} in ${seconds.toFixed(1)} s through the WebSocket API: ` +
    `${commandsPerSecond} commands/s`
  );
}

function describeState(state: FinalState | null): string {
  if (state === null) return "state    known to the node's operator: see --operator-key";
  const verified = state.isVerified ? "; a replay of its journal leads there too" : "";
  return `state    ${state.stateHash} after ${state.records} log records${verified}`;
}

export const replayJournalCommand = defineCommand({
  name: "replay journal",
  summary: "execute the journal of a stopped node again, from nothing, and print the state hash",
  positionals: "",
  options: { dataDir: NODE_SETTINGS.dataDir, network: NODE_SETTINGS.network },
  examples: ["rialto replay journal", "rialto replay journal --data-dir /var/lib/rialto --json"],
  async run({ values, print, progress, signal }) {
    const network = loadNetworkOrThrow(values.network);
    const replay = await replayJournal({ dataDir: values.dataDir, network, progress, signal });
    const { records, commands, commandsPerSecond, snapshotSequence } = replay;
    const snapshot =
      snapshotSequence === null
        ? "no snapshot to compare with"
        : `the snapshot of record ${snapshotSequence} is of the same state`;
    const text = [
      `journal  ${records} records, their hash chain verified; head ${replay.journalHash}`,
      `commands ${commands} executed: ${commandsPerSecond} commands/s`,
      `snapshot ${snapshot}`,
      `state    ${replay.stateHash}`,
    ];
    print(replay, text.join("\n"));
    return ExitCode.Done;
  },
});

function orThrow<T extends object>(value: T | Fault<{ readonly code: string }>): T {
  if (value instanceof Fault) throw value;
  return value;
}
