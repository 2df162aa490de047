import {
  ACCOUNT_ORDERS_MAX,
  ALL_MARKETS,
  CommandKind,
  EventKind,
  ListKind,
  MarketState,
  NO_ORDER,
  OrderType,
  PegKind,
  ReplaceMode,
  SelfTrade,
  Side,
  SideFilter,
  TriggerKind,
  TriggerSource,
  type AccountIndex,
  type AssetName,
  type Command,
  type MarketIndex,
  type EngineEvent,
  type OrderTarget,
  type OrderTerms,
  type SpecialTerms,
  type Switch,
} from "@rialto/protocol";
import type { EngineLimits } from "../engine.ts";
import {
  createWordReader,
  parseInteger,
  parseNumber,
  parseWord,
  type Row,
  type WordReader,
} from "./scenario-text.ts";
import { parseChanges, parseMarketTerms } from "./scenario-terms.ts";
import {
  accountNamed,
  assetNamed,
  marketNamed,
  nameOrder,
  orderNamed,
  type World,
} from "./scenario-world.ts";

/** A command of a scenario, and how its events give names to what it made. */
export interface ParsedCommand {
  readonly command: Command;
  learn(events: readonly EngineEvent[]): void;
}

const SIDE_WORDS = { buy: Side.Buy, sell: Side.Sell };
const SIDES_WORDS = { buys: SideFilter.Buys, sells: SideFilter.Sells, both: SideFilter.Both };
const TYPE_WORDS = {
  gtc: OrderType.Limit,
  ioc: OrderType.ImmediateOrCancel,
  fok: OrderType.FillOrKill,
  post: OrderType.PostOnly,
  market: OrderType.Market,
  quote: OrderType.MarketByQuote,
};
const SELF_WORDS = {
  allow: SelfTrade.Allow,
  taker: SelfTrade.ExpireTaker,
  maker: SelfTrade.ExpireMaker,
  both: SelfTrade.ExpireBoth,
  decrement: SelfTrade.Decrement,
  familyTaker: SelfTrade.FamilyExpireTaker,
  familyMaker: SelfTrade.FamilyExpireMaker,
  familyBoth: SelfTrade.FamilyExpireBoth,
  familyDecrement: SelfTrade.FamilyDecrement,
};
const MODE_WORDS = { stop: ReplaceMode.StopOnFailure, allow: ReplaceMode.AllowFailure };
export const STATE_WORDS: Readonly<Record<string, MarketState>> = {
  trading: MarketState.Trading,
  cancelOnly: MarketState.CancelOnly,
  halted: MarketState.Halted,
  preOpen: MarketState.PreOpen,
  auction: MarketState.Auction,
  postOnly: MarketState.PostOnly,
  closed: MarketState.Closed,
  delisted: MarketState.Delisted,
};
const TRIGGER_WORDS = {
  stop: TriggerKind.Stop,
  take: TriggerKind.TakeProfit,
  trail: TriggerKind.TrailingStop,
  trailTake: TriggerKind.TrailingTakeProfit,
};
const PEG_WORDS = {
  pegged: PegKind.Primary,
  pegMarket: PegKind.Market,
  pegMid: PegKind.Midpoint,
};
const SOURCE_WORDS = { last: TriggerSource.LastTrade, quote: TriggerSource.BestQuote };
const SWITCH_WORDS = { on: 1, off: 0 };
const FIRST_ACCOUNT_NUMBER = 1001n;

/** Reads the `limits` row; what it leaves out is plentiful. */
export function parseLimits(words: readonly string[]): EngineLimits {
  const reader = createWordReader(words);
  const given = new Map<string, number>();
  while (!reader.isAtEnd) given.set(reader.next(), parseNumber(reader.next()));
  const limit = (name: string, plenty: number): number => {
    const value = given.get(name) ?? plenty;
    given.delete(name);
    return value;
  };
  const limits = {
    ordersMax: limit("orders", 65_536),
    levelPagesMax: limit("pages", 4_096),
    accountsMax: limit("accounts", 1_000),
    balancesMax: limit("balances", 4_000),
    assetsMax: limit("assets", 100),
    marketsMax: limit("markets", 100),
    ladderEntriesMax: limit("ladder", 1_000_000),
    accountOrdersMax: limit("accountOrders", ACCOUNT_ORDERS_MAX),
    specialsMax: limit("specials", 10_000),
    volumesMax: limit("volumes", 1_000),
  };
  if (given.size > 0) throw new Error(`unknown limits: ${[...given.keys()].join(" ")}`);
  return limits;
}

/** Reads a row that is a command. */
export function parseCommandRow(world: World, row: Row): ParsedCommand {
  const reader = createWordReader(row.words);
  const parsed = parseByVerb(world, reader);
  reader.end();
  return parsed;
}

function parseByVerb(world: World, reader: WordReader): ParsedCommand {
  const verb = reader.next();
  switch (verb) {
    case "place":
      return parsePlace(world, reader);
    case "replace":
      return parseReplace(world, reader);
    case "cancel": {
      const account = accountNamed(world, reader.next());
      const target = parseTarget(world, reader);
      return plain({ kind: CommandKind.Cancel, account, target });
    }
    case "cancelAll": {
      const account = accountNamed(world, reader.next());
      const sides = parseWord(SIDES_WORDS, reader.next()) as SideFilter;
      const market = reader.accept("on") ? marketNamed(world, reader.next()) : ALL_MARKETS;
      const withFamily = reader.accept("family") ? 1 : 0;
      return plain({ kind: CommandKind.CancelAll, account, market, sides, withFamily });
    }
    case "amend":
      return parseAmend(world, reader);
    case "massCancel":
      return parseMassCancel(world, reader);
    case "oco":
      return parseList(world, reader, ListKind.OneCancelsOther);
    case "oto":
      return parseList(world, reader, ListKind.OneTriggersOther);
    case "otoco":
      return parseList(world, reader, ListKind.OneTriggersPair);
    case "list":
      return parseList(world, reader, parseNumber(reader.next()) as ListKind);
    case "tier":
      return parseTier(world, reader);
    case "schedule": {
      const account = accountNamed(world, reader.next());
      const scheduleAndOne = reader.accept("none") ? 0 : parseNumber(reader.next()) + 1;
      return plain({ kind: CommandKind.SetAccountFees, account, scheduleAndOne });
    }
    case "subaccount":
      return parseSubAccount(world, reader);
    case "transfer": {
      const source = accountNamed(world, reader.next());
      const target = accountNamed(world, reader.next());
      const quanta = parseInteger(reader.next());
      const asset = assetNamed(world, reader.next());
      return plain({ kind: CommandKind.Transfer, source, target, asset, quanta, reference: 7n });
    }
    case "change":
      return parseChange(world, reader);
    case "delist":
      return plain({ kind: CommandKind.DelistMarket, market: marketNamed(world, reader.next()) });
    case "protection": {
      const account = accountNamed(world, reader.next());
      const market = marketNamed(world, reader.next());
      const windowMs = reader.accept("window") ? parseNumber(reader.next()) : 0;
      const lotsMax = reader.accept("lots") ? parseInteger(reader.next()) : 0n;
      const fillsMax = reader.accept("fills") ? parseNumber(reader.next()) : 0;
      const terms = { account, market, windowMs, lotsMax, fillsMax };
      return plain({ kind: CommandKind.SetProtection, ...terms });
    }
    case "deadline": {
      const account = accountNamed(world, reader.next());
      const timeoutMs = reader.accept("off") ? 0n : parseInteger(reader.next());
      return plain({ kind: CommandKind.SetDeadline, account, timeoutMs });
    }
    case "guard":
      return parseGuard(world, reader);
    case "trading": {
      const enabled = parseWord(SWITCH_WORDS, reader.next()) as Switch;
      return plain({ kind: CommandKind.SetTrading, enabled });
    }
    case "trader": {
      const account = accountNamed(world, reader.next());
      const enabled = parseWord(SWITCH_WORDS, reader.next()) as Switch;
      return plain({ kind: CommandKind.SetAccountState, account, enabled });
    }
    case "deposit":
      return parseTransfer(world, reader, CommandKind.Deposit);
    case "withdraw":
      return parseTransfer(world, reader, CommandKind.Withdraw);
    case "state": {
      const market = marketNamed(world, reader.next());
      const state = parseWord(STATE_WORDS, reader.next()) as MarketState;
      return plain({ kind: CommandKind.SetMarketState, market, state });
    }
    case "account":
      return parseAccount(world, reader);
    case "asset":
      return parseAsset(world, reader);
    case "market":
      return parseMarket(world, reader);
    default:
      throw new Error(`no such row: ${verb}`);
  }
}

/** Reads `alice alice#1 to 5 @ 100`, with what it expects, a type and a self-trade mode if they matter. */
function parseAmend(world: World, reader: WordReader): ParsedCommand {
  const account = accountNamed(world, reader.next());
  const target = parseTarget(world, reader);
  reader.expect("to");
  const quantity = parseInteger(reader.next());
  reader.expect("@");
  const priceTicks = parseNumber(reader.next());
  const expectedLots = reader.accept("if") ? parseInteger(reader.next()) : 0n;
  const hasType = !reader.isAtEnd && reader.peek() !== "self";
  const orderType = hasType ? parseWord(TYPE_WORDS, reader.next()) : OrderType.Limit;
  const hasSelf = reader.accept("self");
  const selfTrade = hasSelf ? parseWord(SELF_WORDS, reader.next()) : SelfTrade.Allow;
  return plain({
    kind: CommandKind.Amend,
    account,
    target,
    orderType: orderType as OrderType,
    selfTrade: selfTrade as SelfTrade,
    priceTicks,
    quantity,
    expectedLots,
  });
}

/** Reads `0 1 USD maker N taker N from N`: schedule, tier; `rebate N` for a maker that is paid. */
function parseTier(world: World, reader: WordReader): ParsedCommand {
  const schedule = parseNumber(reader.next());
  const tier = parseNumber(reader.next());
  const asset = assetNamed(world, reader.next());
  const sign = reader.accept("rebate") ? -1 : 1;
  if (sign > 0) reader.expect("maker");
  const makerPpm = sign * parseNumber(reader.next());
  reader.expect("taker");
  const takerPpm = parseNumber(reader.next());
  const volumeQuanta = reader.accept("from") ? parseInteger(reader.next()) : 0n;
  const terms = { schedule, tier, asset, makerPpm, takerPpm, volumeQuanta };
  return plain({ kind: CommandKind.SetFeeTier, ...terms });
}

function parseSubAccount(world: World, reader: WordReader): ParsedCommand {
  const name = reader.next();
  reader.expect("of");
  const parent = accountNamed(world, reader.next());
  const number = FIRST_ACCOUNT_NUMBER + BigInt(world.engine.counts().accounts);
  return {
    command: { kind: CommandKind.OpenSubAccount, number, parent },
    learn: ([event]) => {
      if (event?.kind === EventKind.AccountOpened) world.accounts.set(name, event.account);
    },
  };
}

/** Reads `BTC/USD up/down window N auction N`, or `BTC/USD off`. */
function parseGuard(world: World, reader: WordReader): ParsedCommand {
  const market = marketNamed(world, reader.next());
  const off = { upPpm: 0, downPpm: 0, windowMs: 0, auctionMs: 0 };
  if (reader.accept("off")) return plain({ kind: CommandKind.SetMarketGuard, market, ...off });
  const [up, down] = reader.next().split("/");
  reader.expect("window");
  const windowMs = parseNumber(reader.next());
  reader.expect("auction");
  const auctionMs = parseNumber(reader.next());
  return plain({
    kind: CommandKind.SetMarketGuard,
    market,
    upPpm: parseNumber(up),
    downPpm: parseNumber(down),
    windowMs,
    auctionMs,
  });
}

/** Reads `both on MARKET of alice`: without `on` all markets, without `of` everybody. */
function parseMassCancel(world: World, reader: WordReader): ParsedCommand {
  const sides = parseWord(SIDES_WORDS, reader.next()) as SideFilter;
  const market = reader.accept("on") ? marketNamed(world, reader.next()) : ALL_MARKETS;
  const account = reader.accept("of") ? accountNamed(world, reader.next()) : 0;
  return plain({
    kind: CommandKind.MassCancel,
    account: account as AccountIndex,
    market,
    sides,
    withFamily: reader.accept("family") ? 1 : 0,
  });
}

function plain(command: Command): ParsedCommand {
  return { command, learn: () => {} };
}

function parsePlace(world: World, reader: WordReader): ParsedCommand {
  const accountName = reader.next();
  const terms = parseOrderTerms(world, accountName, reader);
  const command: Command = reader.isAtEnd
    ? { kind: CommandKind.Place, ...terms }
    : { kind: CommandKind.PlaceSpecial, ...terms, ...parseExtras(reader) };
  return {
    command,
    learn: (events) => learnOrders(world, accountName, events),
  };
}

function parseReplace(world: World, reader: WordReader): ParsedCommand {
  const accountName = reader.next();
  const target = parseTarget(world, reader);
  reader.expect("with");
  const terms = parseOrderTerms(world, accountName, reader);
  const mode = reader.accept("mode") ? parseWord(MODE_WORDS, reader.next()) : 0;
  return {
    command: { kind: CommandKind.Replace, ...terms, target, mode: mode as ReplaceMode },
    learn: (events) => learnOrders(world, accountName, events),
  };
}

function learnOrders(world: World, accountName: string, events: readonly EngineEvent[]): void {
  for (const event of events) {
    if (event.kind === EventKind.Accepted) nameOrder(world, accountName, event.orderId);
  }
}

function parseOrderTerms(world: World, accountName: string, reader: WordReader): OrderTerms {
  const side = parseWord(SIDE_WORDS, reader.next()) as Side;
  const quantity = parseInteger(reader.next());
  const priceTicks = reader.accept("@") ? parseNumber(reader.next()) : 0;
  const orderType = parseWord(TYPE_WORDS, reader.next()) as OrderType;
  const hasSelf = reader.accept("self");
  const selfTrade = hasSelf ? parseWord(SELF_WORDS, reader.next()) : SelfTrade.Allow;
  const clientOrderId = reader.accept("client") ? parseInteger(reader.next()) : 0n;
  const market = marketNamed(world, reader.accept("on") ? reader.next() : undefined);
  return {
    market,
    account: accountNamed(world, accountName),
    side,
    orderType,
    selfTrade: selfTrade as SelfTrade,
    priceTicks,
    quantity,
    clientOrderId,
  };
}

/** Reads `alice sell 5 @ 110 gtc and sell 5 market stop 90`. */
function parseList(world: World, reader: WordReader, listKind: ListKind): ParsedCommand {
  const accountName = reader.next();
  const legs: SpecialTerms[] = [];
  do {
    const terms = parseOrderTerms(world, accountName, reader);
    legs.push({ ...terms, ...parseExtras(reader) });
  } while (reader.accept("and"));
  return {
    command: { kind: CommandKind.PlaceList, listKind, legs },
    learn: (events) => learnOrders(world, accountName, events),
  };
}

type Extras = Omit<SpecialTerms, keyof OrderTerms>;

/** Reads what an order has beyond a plain one, in this order: show, hidden, until, and what it waits for. */
function parseExtras(reader: WordReader): Extras {
  const displayLots = reader.accept("show") ? parseInteger(reader.next()) : 0n;
  const isHidden = reader.accept("hidden") ? 1 : 0;
  const isProtected = reader.accept("protected") ? 1 : 0;
  const expiresMs = reader.accept("until") ? parseNumber(reader.next()) : 0;
  const isPegged = Object.hasOwn(PEG_WORDS, reader.peek() ?? "");
  const peg = isPegged ? parseWord(PEG_WORDS, reader.next()) : PegKind.None;
  const pegTicks = isPegged ? parseNumber(reader.next()) : 0;
  const isWaiting = Object.hasOwn(TRIGGER_WORDS, reader.peek() ?? "") || reader.accept("trigger");
  const trigger = isWaiting ? parseWord(TRIGGER_WORDS, reader.next()) : TriggerKind.None;
  const distance = isWaiting ? parseNumber(reader.next()) : 0;
  const triggerSource = reader.accept("by") ? parseWord(SOURCE_WORDS, reader.next()) : 0;
  const isTrailing = (
    [TriggerKind.TrailingStop, TriggerKind.TrailingTakeProfit] as number[]
  ).includes(trigger);
  const fromTicks = isTrailing && reader.accept("from") ? parseNumber(reader.next()) : 0;
  return {
    displayLots,
    isHidden,
    isProtected,
    expiresMs,
    trigger: trigger as TriggerKind,
    triggerSource: triggerSource as TriggerSource,
    triggerTicks: isTrailing ? fromTicks : distance,
    trailBasisPoints: isTrailing ? distance : 0,
    peg: peg as PegKind,
    pegTicks,
  };
}

/** Reads an order, `client N`, both, or `nothing`. */
function parseTarget(world: World, reader: WordReader): OrderTarget {
  const isById = reader.peek() !== "client" && !reader.accept("nothing");
  const orderId = isById ? orderNamed(world, reader.next()) : NO_ORDER;
  const clientOrderId = reader.accept("client") ? parseInteger(reader.next()) : 0n;
  return { orderId, clientOrderId };
}

function parseTransfer(
  world: World,
  reader: WordReader,
  kind: typeof CommandKind.Deposit | typeof CommandKind.Withdraw,
): ParsedCommand {
  const account = accountNamed(world, reader.next());
  const quanta = parseInteger(reader.next());
  const asset = assetNamed(world, reader.next());
  const reference = reader.accept("ref") ? parseInteger(reader.next()) : 0n;
  return plain({ kind, account, asset, quanta, reference });
}

function parseAccount(world: World, reader: WordReader): ParsedCommand {
  const name = reader.next();
  const number = reader.isAtEnd
    ? FIRST_ACCOUNT_NUMBER + BigInt(world.engine.counts().accounts)
    : parseInteger(reader.next());
  return {
    command: { kind: CommandKind.OpenAccount, number },
    learn: ([event]) => {
      if (event?.kind === EventKind.AccountOpened) world.accounts.set(name, event.account);
    },
  };
}

function parseAsset(world: World, reader: WordReader): ParsedCommand {
  const name = reader.next();
  const { AddAsset: kind } = CommandKind;
  return {
    command: reader.accept("named") ? { kind, name: parseName(reader) } : { kind },
    learn: ([event]) => {
      if (event?.kind === EventKind.AssetAdded) world.assets.set(name, event.asset);
    },
  };
}

/** Reads `GOLD 4`: a symbol and decimals. */
function parseName(reader: WordReader): AssetName {
  const symbol = reader.next();
  return { symbol, decimals: parseNumber(reader.next()) };
}

/** Reads `BTC/USD lots 1..9`, or `BTC/USD whole lots 1..9`, which names all other terms too, as they are. */
function parseChange(world: World, reader: WordReader): ParsedCommand {
  const market = marketNamed(world, reader.next());
  const others = reader.accept("whole") ? world.engine.market(market).terms : {};
  const changes = { ...others, ...parseChanges(reader, STATE_WORDS) };
  return plain({ kind: CommandKind.ChangeMarket, market, changes });
}

function parseMarket(world: World, reader: WordReader): ParsedCommand {
  const pair = reader.next();
  const number = reader.accept("number") ? parseNumber(reader.next()) : undefined;
  const terms = parseMarketTerms(world, pair, reader, STATE_WORDS);
  const name = reader.accept("as") ? reader.next() : pair;
  return {
    command: {
      kind: CommandKind.ListMarket,
      ...terms,
      ...(number !== undefined && { number: number as MarketIndex }),
    },
    learn: ([event]) => {
      if (event?.kind === EventKind.MarketListed) world.markets.set(name, event.market);
    },
  };
}
