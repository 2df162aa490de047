import { orderGeneration, orderSlot, Side } from "@rialto/protocol";
import type { EngineCounts, Level } from "../engine.ts";
import {
  createWordReader,
  parseInteger,
  parseNumber,
  type Row,
  type WordReader,
} from "./scenario-text.ts";
import {
  accountNamed,
  assetNamed,
  describeOrder,
  marketNamed,
  orderNamed,
  type World,
} from "./scenario-world.ts";

// Rows that say how the exchange stands.

type Check = (world: World, reader: WordReader) => void;

const LEVELS_MAX = 100;
const EMPTY = "-";

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["book", checkBook],
  ["heads", checkHeads],
  ["balance", checkBalance],
  ["fees", checkAssetTotals],
  ["issued", checkAssetTotals],
  ["rates", checkFeeRates],
  ["tiers", checkTiers],
  ["volume", checkVolume],
  ["guarded", checkGuard],
  ["protected", checkProtections],
  ["ends", checkDeadline],
  ["due", checkDue],
  ["suspended", checkSuspended],
  ["blocked", checkBlocked],
  ["order", checkOrder],
  ["orders", checkOrders],
  ["client", checkClient],
  ["last", checkLast],
  ["counts", checkCounts],
  ["time", setTime],
]);

export function isStateRow(row: Row): boolean {
  return checks.has(row.words[0] ?? "");
}

/** Errors   an `Error` that says how the exchange stands instead. */
export function checkStateRow(world: World, row: Row): void {
  // The bar only makes these rows line up with the others; commas part the levels of a book.
  const behindBar = (row.phrases ?? []).flatMap((words, index) =>
    index === 0 ? words : [",", ...words],
  );
  const reader = createWordReader([...row.words, ...behindBar].flatMap(splitComma));
  const verb = reader.peek() ?? "";
  checks.get(verb)?.(world, reader);
  reader.end();
}

function splitComma(word: string): string[] {
  return word.endsWith(",") && word !== "," ? [word.slice(0, -1), ","] : [word];
}

function expectSame(actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`it is ${actual}, not ${expected}`);
}

function checkBook(world: World, reader: WordReader): void {
  reader.expect("book");
  const market = marketNamed(world, reader.peek() === "bids" ? undefined : reader.next());
  reader.expect("bids");
  const bids = parseLevels(reader);
  reader.expect("asks");
  const asks = parseLevels(reader);
  const depth = (side: Side): string =>
    describeLevels(world.engine.depth(market, side, LEVELS_MAX));
  const actual = `bids ${depth(Side.Buy)} | asks ${depth(Side.Sell)}`;
  expectSame(actual, `bids ${describeLevels(bids)} | asks ${describeLevels(asks)}`);
}

function parseLevels(reader: WordReader): Level[] {
  const levels: Level[] = [];
  if (reader.accept(EMPTY)) return levels;
  do {
    const lots = parseInteger(reader.next());
    reader.expect("@");
    levels.push({ lots, priceTicks: parseNumber(reader.next()) });
  } while (reader.accept(","));
  return levels;
}

function describeLevels(levels: readonly Level[]): string {
  const texts = levels.map(({ lots, priceTicks }) => `${lots} @ ${priceTicks}`);
  return texts.length === 0 ? EMPTY : texts.join(", ");
}

/** Lots of the first orders at the best prices. */
function checkHeads(world: World, reader: WordReader): void {
  reader.expect("heads");
  const market = marketNamed(world, reader.peek() === "bid" ? undefined : reader.next());
  reader.expect("bid");
  const bid = parseHead(reader);
  reader.expect("ask");
  const ask = parseHead(reader);
  const lots = (side: Side): number => world.engine.headLots(market, side);
  expectSame(`bid ${lots(Side.Buy)} | ask ${lots(Side.Sell)}`, `bid ${bid} | ask ${ask}`);
}

function parseHead(reader: WordReader): bigint {
  return reader.accept(EMPTY) ? 0n : parseInteger(reader.next());
}

function checkBalance(world: World, reader: WordReader): void {
  reader.expect("balance");
  const account = accountNamed(world, reader.next());
  const asset = assetNamed(world, reader.next());
  const row = world.engine.balances(account).find((balance) => balance.asset === asset);
  const actual =
    row === undefined ? "none" : `available ${row.availableQuanta} reserved ${row.reservedQuanta}`;
  if (reader.accept("none")) {
    expectSame(actual, "none");
    return;
  }
  reader.expect("available");
  const available = parseInteger(reader.next());
  reader.expect("reserved");
  const reserved = parseInteger(reader.next());
  expectSame(actual, `available ${available} reserved ${reserved}`);
}

function checkAssetTotals(world: World, reader: WordReader): void {
  const verb = reader.next();
  const totals = world.engine.assetTotals(assetNamed(world, reader.next()));
  const actual = verb === "fees" ? totals.feesQuanta : totals.issuedQuanta;
  expectSame(String(actual), String(parseInteger(reader.next())));
}

function checkFeeRates(world: World, reader: WordReader): void {
  reader.expect("rates");
  const account = accountNamed(world, reader.next());
  const rates = world.engine.feeRates(account, marketNamed(world, reader.next()));
  const maker = rates.makerPpm < 0 ? `rebate ${-rates.makerPpm}` : `maker ${rates.makerPpm}`;
  const expected = `${reader.next()} ${parseInteger(reader.next())}`;
  reader.expect("taker");
  expectSame(
    `${maker} taker ${rates.takerPpm}`,
    `${expected} taker ${parseInteger(reader.next())}`,
  );
}

/** The words that are left of a row, numbers without their separators. */
function restOf(reader: WordReader): string {
  const words: string[] = [];
  while (!reader.isAtEnd) words.push(reader.next().replaceAll("_", ""));
  return words.join(" ");
}

/** `tiers 0 USD 0:1_000/2_000 5_000:-100/1_000`: volume, maker's and taker's rate of each. */
function checkTiers(world: World, reader: WordReader): void {
  reader.expect("tiers");
  const schedule = world.engine.feeSchedule(parseNumber(reader.next()));
  if (schedule !== undefined) {
    const asset = reader.next();
    expectSame(String(schedule.asset), String(assetNamed(world, asset)));
  }
  const tiers = schedule?.tiers.map(
    ({ volumeQuanta, makerPpm, takerPpm }) => `${volumeQuanta}:${makerPpm}/${takerPpm}`,
  );
  expectSame(tiers?.join(" ") ?? "none", restOf(reader));
}

/** `volume alice 0 5_000`: its schedule, and what counts. */
function checkVolume(world: World, reader: WordReader): void {
  reader.expect("volume");
  const volume = world.engine.feeVolume(accountNamed(world, reader.next()));
  const actual = volume === undefined ? "none" : `${volume.schedule} ${volume.volumeQuanta}`;
  expectSame(actual, restOf(reader));
}

/** As a guard is set: `guarded BTC/USD 50_000/50_000 window 1_000 auction 500`. */
function checkGuard(world: World, reader: WordReader): void {
  reader.expect("guarded");
  const guard = world.engine.guard(marketNamed(world, reader.next()));
  const actual =
    guard === undefined
      ? "none"
      : `${guard.upPpm}/${guard.downPpm} window ${guard.windowMs} auction ${guard.auctionMs}`;
  expectSame(actual, restOf(reader));
}

/** `protected alice 0 window 500 lots 6 fills 2 tripped`: the first market's, then others'. */
function checkProtections(world: World, reader: WordReader): void {
  reader.expect("protected");
  const protections = world.engine.protections(accountNamed(world, reader.next()));
  const actual = protections.map(
    ({ market, windowMs, lotsMax, fillsMax, isTripped }) =>
      `${market} window ${windowMs} lots ${lotsMax} fills ${fillsMax}${isTripped ? " tripped" : ""}`,
  );
  expectSame(actual.join(" ") || "none", restOf(reader));
}

/** When the account's orders end. */
function checkDeadline(world: World, reader: WordReader): void {
  reader.expect("ends");
  const deadlineMs = world.engine.deadlineMs(accountNamed(world, reader.next()));
  expectSame(deadlineMs === 0 ? "never" : String(deadlineMs), restOf(reader));
}

/** When something comes by itself. */
function checkDue(world: World, reader: WordReader): void {
  reader.expect("due");
  expectSame(String(world.engine.nextDueMs() ?? "never"), restOf(reader));
}

function checkSuspended(world: World, reader: WordReader): void {
  reader.expect("suspended");
  expectSame(describeSwitch(world.engine.isSuspended()), reader.next());
}

function checkBlocked(world: World, reader: WordReader): void {
  reader.expect("blocked");
  const account = accountNamed(world, reader.next());
  expectSame(describeSwitch(world.engine.isBlocked(account)), reader.next());
}

function describeSwitch(isOn: boolean): string {
  return isOn ? "yes" : "no";
}

function checkOrder(world: World, reader: WordReader): void {
  reader.expect("order");
  const id = orderNamed(world, reader.next());
  const order = world.engine.findOrder(id);
  if (reader.accept("is")) {
    expectSame(`${orderGeneration(id)}:${orderSlot(id)}`, reader.next());
    return;
  }
  const actual =
    order === undefined
      ? "gone"
      : `${order.waits ? "waits" : "open"} ${order.side === Side.Buy ? "buy" : "sell"} ${order.lots} @ ${order.priceTicks}${order.hiddenLots > 0 ? ` hides ${order.hiddenLots}` : ""}`;
  if (reader.accept("gone")) {
    expectSame(actual, "gone");
    return;
  }
  const where = reader.next();
  const side = reader.next();
  const lots = parseInteger(reader.next());
  reader.expect("@");
  const priceTicks = parseInteger(reader.next());
  const hidden = reader.accept("hides") ? ` hides ${parseInteger(reader.next())}` : "";
  expectSame(actual, `${where} ${side} ${lots} @ ${priceTicks}${hidden}`);
}

function checkOrders(world: World, reader: WordReader): void {
  reader.expect("orders");
  const orders = world.engine.openOrders(accountNamed(world, reader.next()));
  const names = orders.map((order) => describeOrder(world, order.orderId));
  const expected: string[] = [];
  while (!reader.isAtEnd) expected.push(reader.next());
  expectSame(names.length === 0 ? EMPTY : names.join(" "), expected.join(" "));
}

function checkClient(world: World, reader: WordReader): void {
  reader.expect("client");
  const account = accountNamed(world, reader.next());
  const order = world.engine.findClientOrder(account, parseInteger(reader.next()));
  const actual = order === undefined ? EMPTY : describeOrder(world, order.orderId);
  expectSame(actual, reader.next());
}

/** The next command comes at this time. */
function setTime(world: World, reader: WordReader): void {
  reader.expect("time");
  world.nowMs = parseNumber(reader.next()) - 1;
}

function checkLast(world: World, reader: WordReader): void {
  reader.expect("last");
  const isNamed = reader.peek()?.includes("/") === true;
  const view = world.engine.market(marketNamed(world, isNamed ? reader.next() : undefined));
  const priceTicks = parseNumber(reader.next());
  reader.expect("trades");
  const trades = parseNumber(reader.next());
  const actual = `${view.lastTradeTicks} trades ${view.tradeCount}`;
  expectSame(actual, `${priceTicks} trades ${trades}`);
}

const COUNT_WORDS: Readonly<Record<string, keyof EngineCounts>> = {
  orders: "openOrders",
  pages: "levelPages",
  balances: "balances",
  accounts: "accounts",
  assets: "assets",
  markets: "markets",
  commands: "commands",
  specials: "specials",
};

function checkCounts(world: World, reader: WordReader): void {
  reader.expect("counts");
  const counts = world.engine.counts();
  while (!reader.isAtEnd) {
    const word = reader.next();
    const field = COUNT_WORDS[word];
    if (field === undefined) throw new Error(`no such count: ${word}`);
    expectSame(`${word} ${counts[field]}`, `${word} ${parseNumber(reader.next())}`);
  }
}
