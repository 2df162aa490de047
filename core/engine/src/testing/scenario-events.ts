import {
  CancelReason,
  CommandKind,
  EventKind,
  MarketState,
  RejectCode,
  ReplaceMode,
  Side,
  type Command,
  type EngineEvent,
  type OrderId,
  type OrderTerms,
} from "@rialto/protocol";
import { STATE_WORDS } from "./scenario-commands.ts";
import {
  createWordReader,
  parseInteger,
  parseNumber,
  parseWord,
  type Row,
  type WordReader,
} from "./scenario-text.ts";
import { accountNamed, orderNamed, type World } from "./scenario-world.ts";

/** A command that was executed, and what came. */
export interface Executed {
  readonly command: Command;
  /** How many commands the engine had executed before. */
  readonly commandCount: number;
  readonly events: readonly EngineEvent[];
}

/** What a row expects of one event. */
type Expectation = (event: EngineEvent) => boolean;
type EventOf<Kind extends EventKind> = Extract<EngineEvent, { readonly kind: Kind }>;
type Meeting = EventOf<typeof EventKind.Fill> | EventOf<typeof EventKind.Prevented>;

/** Compares the events with the row's phrases and with what must hold of any event. */
export function checkEvents(world: World, row: Row, executed: Executed): string | undefined {
  const { command, commandCount } = executed;
  // Indicative prices would be in the way of rows that are about something else.
  const isTold = row.phrases?.some(([verb]) => verb === "indicates") === true;
  const events = executed.events.filter(({ kind }) => isTold || kind !== EventKind.Indicative);
  const expectations = parseExpectations(world, row, command);
  const isAsExpected =
    expectations.length === events.length &&
    expectations.every((expectation, index) => expectation(events[index]!));
  if (!isAsExpected) return "other events were expected";
  if (events.some((event) => event.command !== commandCount)) return "an event has a wrong command";
  return checkMeetings(world, command, events);
}

/** Checks what the tables leave out of fills: the taker, the trade number, whether makers are done. */
function checkMeetings(
  world: World,
  command: Command,
  events: readonly EngineEvent[],
): string | undefined {
  const meetings = events.filter(
    (event): event is Meeting =>
      event.kind === EventKind.Fill || event.kind === EventKind.Prevented,
  );
  const tradeFault = checkTradeIds(world, events);
  if (tradeFault !== undefined) return tradeFault;
  const takers = new Set<OrderId>();
  const placed = events.find((event) => event.kind === EventKind.Accepted);
  for (const event of events) {
    if (isComing(event)) takers.add(event.orderId);
    if (event.kind !== EventKind.Fill && event.kind !== EventKind.Prevented) continue;
    if (!takers.has(event.takerOrderId)) return "a fill names another taker";
    if (isOrder(command) && event.takerOrderId === placed?.orderId) {
      if (event.takerSide !== command.side) return "a fill has the taker's side wrong";
      if (event.market !== command.market) return "a fill is of another market";
    }
  }
  return checkMakers(world, events, meetings);
}

function checkTradeIds(world: World, events: readonly EngineEvent[]): string | undefined {
  const trades = events.filter(
    (event) => event.kind === EventKind.Fill || event.kind === EventKind.Auctioned,
  );
  for (const [index, trade] of trades.entries()) {
    const { tradeCount } = world.engine.market(trade.market);
    if (trade.tradeId !== tradeCount - trades.length + 1 + index) {
      return "trades are counted from 1";
    }
  }
  return undefined;
}

/** True for the events that let an order take. */
function isComing(event: EngineEvent): event is EngineEvent & { readonly orderId: OrderId } {
  return (
    event.kind === EventKind.Accepted ||
    event.kind === EventKind.Amended ||
    event.kind === EventKind.Triggered
  );
}

function checkMakers(
  world: World,
  events: readonly EngineEvent[],
  meetings: readonly Meeting[],
): string | undefined {
  const ended = new Set<OrderId>();
  for (const event of events) {
    if (event.kind === EventKind.Canceled) ended.add(event.orderId);
  }
  const isDone = new Map<OrderId, boolean>();
  for (const event of events) {
    if (event.kind !== EventKind.Auctioned) continue;
    isDone.set(event.buyOrderId, event.buyDone);
    isDone.set(event.sellOrderId, event.sellDone);
  }
  for (const meeting of meetings) {
    if (isDone.get(meeting.makerOrderId) === true) return "a maker trades after it is done";
    isDone.set(meeting.makerOrderId, meeting.makerDone);
  }
  for (const [id, done] of isDone) {
    const isOpen = world.engine.findOrder(id) !== undefined;
    if (isOpen === (done || ended.has(id))) return "a maker is open exactly if it is not done";
  }
  return undefined;
}

function parseExpectations(world: World, row: Row, command: Command): Expectation[] {
  const phrases = row.phrases ?? [defaultPhrase(command)];
  const expectations: Expectation[] = [];
  let restingLots = 0;
  let waits = false;
  let dueCount = 0;
  for (const words of phrases) {
    const reader = createWordReader(words);
    if (reader.accept("then")) dueCount = expectations.length;
    if (reader.accept("rests")) restingLots = parseNumber(reader.next());
    else if (command.kind === CommandKind.PlaceList && reader.accept("waits")) {
      expectations.push((event) => event.kind === EventKind.Accepted && event.waits);
    } else if (reader.accept("waits")) waits = true;
    else if (!reader.accept("completes")) {
      const expectation = parsePhrase(world, reader, command);
      const times = reader.accept("times") ? parseNumber(reader.next()) : 1;
      for (let left = times; left > 0; left--) expectations.push(expectation);
      // What ended before the command came before it was accepted.
      const isBefore = ["Expired", "Deadline", "passes"].some((word) => words.includes(word));
      if (isBefore && dueCount === expectations.length - times) dueCount += times;
    }
    reader.end();
  }
  if (isOrder(command) && !isRefused(command, phrases)) {
    // The first event of a replace is that of its cancel.
    const position = dueCount + (command.kind === CommandKind.Replace ? 1 : 0);
    expectations.splice(position, 0, (event) => {
      return (
        event.kind === EventKind.Accepted &&
        event.restingLots === restingLots &&
        event.waits === waits
      );
    });
  }
  return expectations;
}

/** True if the row's order itself is refused: of a replace whose cancel may fail only its last phrase says so. */
function isRefused(command: Command, phrases: readonly (readonly string[])[]): boolean {
  const mayGoOn = command.kind === CommandKind.Replace && command.mode === ReplaceMode.AllowFailure;
  return phrases.slice(mayGoOn ? -1 : 0).some(([verb]) => verb === "rejects");
}

function isOrder(command: Command): command is Command & OrderTerms {
  return (
    command.kind === CommandKind.Place ||
    command.kind === CommandKind.PlaceSpecial ||
    command.kind === CommandKind.Replace
  );
}

function defaultPhrase(command: Command): string[] {
  switch (command.kind) {
    case CommandKind.PlaceSpecial:
      return command.trigger === 0 && command.peg === 0
        ? ["rests", String(command.quantity)]
        : ["waits"];
    case CommandKind.Place:
      return ["rests", String(command.quantity)];
    case CommandKind.Cancel:
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
    case CommandKind.Replace:
    case CommandKind.Amend:
    case CommandKind.PlaceList:
      throw new Error("this row has to say what comes of it");
    default:
      return ["done"];
  }
}

function parsePhrase(world: World, reader: WordReader, command: Command): Expectation {
  const verb = reader.next();
  switch (verb) {
    case "fills":
      return parseFill(world, reader);
    case "prevents": {
      const { lots, priceTicks, maker } = parseMeeting(world, reader);
      return (event) =>
        event.kind === EventKind.Prevented &&
        event.lots === lots &&
        event.priceTicks === priceTicks &&
        (maker === undefined || event.makerOrderId === maker);
    }
    case "cancels":
      return parseCancels(world, reader, command);
    case "ends": {
      const remaining = parseInteger(reader.next());
      const reason = parseReason(reader.next());
      return (event) =>
        event.kind === EventKind.Canceled &&
        event.remaining === remaining &&
        event.reason === reason &&
        world.engine.findOrder(event.orderId) === undefined;
    }
    case "count": {
      const count = parseNumber(reader.next());
      const more = reader.accept("more");
      return (event) =>
        event.kind === EventKind.CanceledAll && event.count === count && event.more === more;
    }
    case "shows": {
      const lots = parseNumber(reader.next());
      const orderId = reader.isAtEnd ? undefined : orderNamed(world, reader.next());
      return (event) =>
        event.kind === EventKind.Shown &&
        event.lots === lots &&
        (orderId === undefined || event.orderId === orderId);
    }
    case "triggers": {
      const orderId = parseOrder(world, reader);
      const restingLots = reader.isAtEnd ? 0 : parseNumber(reader.next());
      return (event) =>
        event.kind === EventKind.Triggered &&
        (orderId === undefined || event.orderId === orderId) &&
        event.restingLots === restingLots;
    }
    case "declines": {
      const orderId = orderNamed(world, reader.next());
      const code = parseCode(reader.next());
      return (event) =>
        event.kind === EventKind.Declined && event.orderId === orderId && event.code === code;
    }
    case "auctionsAny":
      return (event) => event.kind === EventKind.Auctioned;
    case "auctions":
      return parseAuctioned(world, reader);
    case "indicates": {
      const lots = parseInteger(reader.next());
      reader.expect("@");
      const priceTicks = parseNumber(reader.next());
      const side = reader.isAtEnd ? "buy" : reader.next();
      const surplusLots = reader.isAtEnd ? 0n : parseInteger(reader.next());
      return (event) =>
        event.kind === EventKind.Indicative &&
        event.lots === lots &&
        event.priceTicks === priceTicks &&
        event.surplusSide === (side === "buy" ? Side.Buy : Side.Sell) &&
        event.surplusLots === surplusLots;
    }
    case "pegs": {
      const orderId = orderNamed(world, reader.next());
      const restingLots = parseNumber(reader.next());
      const priceTicks = reader.accept("@") ? parseNumber(reader.next()) : 0;
      return (event) =>
        event.kind === EventKind.Pegged &&
        event.orderId === orderId &&
        event.restingLots === restingLots &&
        event.priceTicks === priceTicks;
    }
    case "trips": {
      const account = accountNamed(world, reader.next());
      return (event) => event.kind === EventKind.ProtectionTripped && event.account === account;
    }
    case "passes": {
      const account = accountNamed(world, reader.next());
      return (event) => event.kind === EventKind.DeadlinePassed && event.account === account;
    }
    case "turns": {
      const state = parseWord(STATE_WORDS, reader.next());
      return (event) => event.kind === EventKind.MarketStateSet && event.state === state;
    }
    case "amends": {
      const restingLots = parseNumber(reader.next());
      const kept = reader.accept("kept");
      if (!kept) reader.expect("moved");
      return (event) =>
        event.kind === EventKind.Amended &&
        event.restingLots === restingLots &&
        event.kept === kept;
    }
    case "rejects":
      return parseRejects(world, reader, command);
    case "done":
      return (event) => isDoneEvent(world, command, event);
    default:
      throw new Error(`no such phrase: ${verb}`);
  }
}

function parseMeeting(
  world: World,
  reader: WordReader,
): { readonly lots: number; readonly priceTicks: number; readonly maker: OrderId | undefined } {
  const lots = parseNumber(reader.next());
  reader.expect("@");
  const priceTicks = parseNumber(reader.next());
  const isNamed = reader.peek()?.includes("#") === true;
  return { lots, priceTicks, maker: isNamed ? orderNamed(world, reader.next()) : undefined };
}

function parseFill(world: World, reader: WordReader): Expectation {
  const { lots, priceTicks, maker } = parseMeeting(world, reader);
  const parseFee = (who: string): bigint => {
    if (!reader.accept(who)) return 0n;
    reader.expect("fee");
    return parseInteger(reader.next());
  };
  const makerRebate = reader.accept("rebate");
  const makerFeeQuanta = makerRebate ? parseInteger(reader.next()) : parseFee("maker");
  const takerFeeQuanta = parseFee("taker");
  return (event) =>
    event.kind === EventKind.Fill &&
    event.lots === lots &&
    event.priceTicks === priceTicks &&
    (maker === undefined || event.makerOrderId === maker) &&
    event.makerRebate === makerRebate &&
    event.makerFeeQuanta === makerFeeQuanta &&
    event.takerFeeQuanta === takerFeeQuanta;
}

/** Reads `4 @ 105 alice#1 bob#1`: buyer, then seller. */
function parseAuctioned(world: World, reader: WordReader): Expectation {
  const { lots, priceTicks, maker: buyOrderId } = parseMeeting(world, reader);
  const sellOrderId = orderNamed(world, reader.next());
  const parseFee = (): bigint => (reader.isAtEnd ? 0n : parseInteger(reader.next()));
  if (!reader.isAtEnd) reader.expect("fees");
  const buyFeeQuanta = parseFee();
  const sellFeeQuanta = parseFee();
  return (event) =>
    event.kind === EventKind.Auctioned &&
    event.lots === lots &&
    event.priceTicks === priceTicks &&
    event.buyOrderId === buyOrderId &&
    event.sellOrderId === sellOrderId &&
    event.buyFeeQuanta === buyFeeQuanta &&
    event.sellFeeQuanta === sellFeeQuanta;
}

function parseCancels(world: World, reader: WordReader, command: Command): Expectation {
  const orderId = parseOrder(world, reader);
  const remaining = parseInteger(reader.next());
  const reason = reader.isAtEnd ? defaultReason(command) : parseReason(reader.next());
  return (event) =>
    event.kind === EventKind.Canceled &&
    (orderId === undefined || event.orderId === orderId) &&
    event.remaining === remaining &&
    event.reason === reason;
}

/** Reads alice#1, or `any`. */
function parseOrder(world: World, reader: WordReader): OrderId | undefined {
  return reader.accept("any") ? undefined : orderNamed(world, reader.next());
}

function defaultReason(command: Command): CancelReason {
  if (command.kind === CommandKind.Cancel) return CancelReason.Requested;
  if (command.kind === CommandKind.CancelAll) return CancelReason.RequestedAll;
  if (command.kind === CommandKind.Replace) return CancelReason.Replaced;
  if (command.kind === CommandKind.MassCancel) return CancelReason.Operator;
  throw new Error("the row has to give the reason");
}

function parseReason(word: string): CancelReason {
  const entry = Object.entries(CancelReason).find(([name]) => name === word);
  if (entry === undefined) throw new Error(`no such reason: ${word}`);
  return entry[1];
}

function parseRejects(world: World, reader: WordReader, command: Command): Expectation {
  const code = parseCode(reader.next());
  const subject = reader.isAtEnd
    ? defaultSubject(command, code)
    : parseSubject(world, reader.next());
  return (event) =>
    event.kind === EventKind.Rejected && event.code === code && event.subject === subject;
}

function parseCode(name: string): RejectCode {
  const entry = Object.entries(RejectCode).find(([known]) => known === name);
  if (entry === undefined) throw new Error(`no such code: ${name}`);
  return entry[1];
}

function parseSubject(world: World, word: string): bigint {
  const isOrderName = word.includes("#") || word.includes(":");
  return BigInt(isOrderName ? orderNamed(world, word) : accountNamed(world, word));
}

/** A cancel that fails speaks of the order it was given, where it is about the order. */
function defaultSubject(command: Command, code: RejectCode): bigint {
  const isAboutTarget =
    code === RejectCode.UnknownOrder ||
    code === RejectCode.NotOrderOwner ||
    (code === RejectCode.MarketHalted && command.kind === CommandKind.Cancel);
  const hasTarget =
    command.kind === CommandKind.Cancel ||
    command.kind === CommandKind.Replace ||
    command.kind === CommandKind.Amend;
  return isAboutTarget && hasTarget ? BigInt(command.target.orderId) : 0n;
}

/** True if `event` says that `command`, which is not about orders, was done as it says. */
function isDoneEvent(world: World, command: Command, event: EngineEvent): boolean {
  const counts = world.engine.counts();
  switch (command.kind) {
    case CommandKind.OpenAccount:
      return (
        event.kind === EventKind.AccountOpened &&
        event.parent === 0 &&
        event.number === command.number &&
        event.account === counts.accounts &&
        world.engine.findAccount(command.number) === event.account
      );
    case CommandKind.Deposit:
    case CommandKind.Withdraw:
      return (
        event.kind === EventKind.BalanceMoved &&
        event.out === (command.kind === CommandKind.Withdraw) &&
        event.account === command.account &&
        event.asset === command.asset &&
        event.quanta === command.quanta &&
        event.reference === command.reference
      );
    case CommandKind.AddAsset:
      return event.kind === EventKind.AssetAdded && event.asset === counts.assets - 1;
    case CommandKind.ListMarket:
      return event.kind === EventKind.MarketListed && event.market === counts.markets - 1;
    case CommandKind.SetMarketState:
      return (
        event.kind === EventKind.MarketStateSet &&
        event.market === command.market &&
        event.state === command.state &&
        world.engine.market(command.market).terms.state === command.state
      );
    case CommandKind.ChangeMarket:
      return event.kind === EventKind.MarketChanged && event.market === command.market;
    case CommandKind.DelistMarket:
      return event.kind === EventKind.MarketStateSet && event.state === MarketState.Delisted;
    case CommandKind.SetProtection:
      return (
        event.kind === EventKind.ProtectionSet &&
        event.account === command.account &&
        event.market === command.market
      );
    case CommandKind.SetDeadline:
      return (
        event.kind === EventKind.DeadlineSet &&
        event.account === command.account &&
        event.deadlineMs ===
          (command.timeoutMs === 0n ? 0 : world.nowMs + Number(command.timeoutMs))
      );
    case CommandKind.OpenSubAccount:
      return (
        event.kind === EventKind.AccountOpened &&
        event.parent === command.parent &&
        event.number === command.number &&
        event.account === counts.accounts
      );
    case CommandKind.Transfer:
      return (
        event.kind === EventKind.Transferred &&
        event.source === command.source &&
        event.target === command.target &&
        event.asset === command.asset &&
        event.quanta === command.quanta &&
        event.reference === command.reference
      );
    case CommandKind.SetFeeTier:
      return (
        event.kind === EventKind.FeeTierSet &&
        event.schedule === command.schedule &&
        event.tier === command.tier
      );
    case CommandKind.SetAccountFees:
      return (
        event.kind === EventKind.AccountFeesSet &&
        event.account === command.account &&
        event.scheduleAndOne === command.scheduleAndOne
      );
    case CommandKind.SetMarketGuard:
      return event.kind === EventKind.MarketGuardSet && event.market === command.market;
    case CommandKind.SetTrading:
      return event.kind === EventKind.TradingSet && event.enabled === (command.enabled === 1);
    case CommandKind.SetAccountState:
      return (
        event.kind === EventKind.AccountStateSet &&
        event.account === command.account &&
        event.enabled === (command.enabled === 1)
      );
    default:
      throw new Error('"done" is not said of orders');
  }
}
