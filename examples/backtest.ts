// A market maker in a recorded order flow: every order of the flow is placed, reduced and cancelled as it was, and two orders
// of ours stand among them, a tick behind the best prices.
//
//   node examples/backtest.ts FLOW.csv[.xz]     lines as HEADER names them

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as rialto from "@rialto/engine";

const [btc, usd] = [rialto.assetIndex(0), rialto.assetIndex(1)];
const market = rialto.marketIndex(0);
/** Whose orders the flow's bids and asks are, and ours: no two sides of the flow belong to one account. */
const [bids, asks, maker] = [1, 2, 3].map(rialto.accountIndex) as [
  rialto.AccountIndex,
  rialto.AccountIndex,
  rialto.AccountIndex,
];
const FUNDS = 1n << 58n;
const QUOTE_LOTS = 100_000_000n; // one bitcoin, of 10^-8 each
const TICKS_PER_DOLLAR = 100;
const PRICE_TICKS_MAX = 50_000_000;
const EVENTS_PER_QUOTE = 20;
const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";

const engine = rialto.createEngine();
/** Orders of the flow that are open, by their ids there. */
const open = new Map<string, rialto.OrderId>();
const held = { lots: 0n, ticks: 0n, fills: 0 };
let quotes: rialto.OrderId[] = [];

function send(commands: readonly rialto.Command[], nowMs: number): rialto.EngineEvent[] {
  const events = rialto.sendCommands(engine, commands, nowMs);
  for (const event of events) {
    if (event.kind !== rialto.EventKind.Fill || !quotes.includes(event.makerOrderId)) continue;
    // A taker that sells sells to us.
    const lots = BigInt(event.lots) * (event.takerSide === rialto.Side.Sell ? 1n : -1n);
    held.lots += lots;
    held.ticks -= lots * BigInt(event.priceTicks);
    held.fills += 1;
  }
  return events;
}

function acceptedOf(events: readonly rialto.EngineEvent[]): rialto.OrderId[] {
  return events.flatMap((event) =>
    event.kind === rialto.EventKind.Accepted ? [event.orderId] : [],
  );
}

/** Takes our orders back and places them behind the best prices of now. */
function quote(nowMs: number): void {
  send(
    quotes.map((orderId) => rialto.cancelOrder(maker, orderId)),
    nowMs,
  );
  const { Buy, Sell } = rialto.Side;
  const [bid, ask] = [engine.bestTicks(market, Buy), engine.bestTicks(market, Sell)];
  if (bid === 0 || ask === 0) return;
  const orderType = rialto.OrderType.PostOnly;
  const ours = { market, account: maker, lots: QUOTE_LOTS, orderType };
  const events = send(
    [
      rialto.limitOrder({ ...ours, side: Buy, priceTicks: bid - 1 }),
      rialto.limitOrder({ ...ours, side: Sell, priceTicks: ask + 1 }),
    ],
    nowMs,
  );
  quotes = acceptedOf(events);
}

/** Replays one line of the flow. Changes and deletions of orders that have traded here, or are older, find nothing. */
function replay(line: string): void {
  const [id = "", timestamp = "", , price = "", volume = "", action, direction] = line.split(",");
  const nowMs = Number(timestamp);
  const [side, account] = direction === "bid" ? [rialto.Side.Buy, bids] : [rialto.Side.Sell, asks];
  if (action === "created") {
    const priceTicks = Math.round(Number(price) * TICKS_PER_DOLLAR);
    const lots = BigInt(volume);
    const [orderId] = acceptedOf(
      send([rialto.limitOrder({ market, account, side, priceTicks, lots })], nowMs),
    );
    if (orderId !== undefined) open.set(id, orderId);
    return;
  }
  const orderId = open.get(id);
  const order = orderId === undefined ? undefined : engine.findOrder(orderId);
  if (order === undefined) return;
  const target = { orderId: order.orderId, clientOrderId: 0n };
  const orderType = rialto.OrderType.Limit;
  const selfTrade = rialto.SelfTrade.Allow;
  const { priceTicks } = order;
  const quantity = BigInt(volume);
  // Changed to nothing: it has traded there, and is not to trade here any more.
  if (action === "deleted" || quantity === 0n) {
    send([rialto.cancelOrder(account, order.orderId)], nowMs);
  } else if (quantity < BigInt(order.lots)) {
    const kind = rialto.CommandKind.Amend;
    const terms = { orderType, selfTrade, priceTicks, quantity, expectedLots: 0n };
    send([{ kind, account, target, ...terms }], nowMs);
  }
}

function readText(path: string): string {
  if (!path.endsWith(".xz")) return readFileSync(path, "utf8");
  const maxBuffer = 1 << 28;
  return execFileSync("xz", ["--decompress", "--stdout", "--", path], {
    maxBuffer,
    stdio: ["ignore", "pipe", "pipe"],
  }).toString();
}

function readLines(path: string): string[] {
  try {
    const [header, ...lines] = readText(path).trimEnd().split("\n");
    if (header?.trimEnd() !== HEADER) throw new Error(`its first line is not ${HEADER}`);
    return lines;
  } catch (error) {
    console.error(`${path} cannot be replayed: ${(error as Error).message.trimEnd()}`);
    process.exit(1);
  }
}

const [, , flow] = process.argv;
if (flow === undefined) {
  console.error("usage: node examples/backtest.ts FLOW.csv[.xz]");
  process.exit(2);
}
const lines = readLines(flow);
send(
  [
    rialto.addAsset(),
    rialto.addAsset(),
    rialto.listMarket({ baseAsset: btc, quoteAsset: usd, priceTicksMax: PRICE_TICKS_MAX }),
    ...[1n, 2n, 3n].map(rialto.openAccount),
    ...[bids, asks, maker].flatMap((account) => [
      rialto.deposit(account, btc, FUNDS),
      rialto.deposit(account, usd, FUNDS),
    ]),
  ],
  0,
);
const startMs = performance.now();
for (const [index, line] of lines.entries()) {
  replay(line);
  if (index % EVENTS_PER_QUOTE === 0) quote(Number(line.split(",")[1]));
}
const seconds = (performance.now() - startMs) / 1_000;
engine.audit();
const { lastTradeTicks, tradeCount } = engine.market(market);
const worth = Number(held.ticks + held.lots * BigInt(lastTradeTicks)) / 1e8 / TICKS_PER_DOLLAR;
const commands = engine.counts().commands;
console.log(`${lines.length} events, ${commands} commands, ${tradeCount} trades`);
console.log(
  `the maker: ${held.fills} fills, holds ${Number(held.lots) / 1e8}, made ${worth.toFixed(2)}`,
);
const digest = await crypto.subtle.digest("SHA-256", rialto.stateBytes(engine));
console.log("state", rialto.encodeHex(new Uint8Array(digest)));
console.error(`${Math.round(commands / seconds)} commands/s, the audit passes`);
