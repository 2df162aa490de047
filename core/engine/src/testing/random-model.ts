import type { Prng } from "@rialto/base";
import {
  CommandKind,
  decodeEvents,
  EventKind,
  MarketState,
  RejectCode,
  type AccountIndex,
  type AssetIndex,
  type Command,
  type EngineEvent,
  type MarketIndex,
  type MarketTerms,
  type OrderId,
  type OrderTerms,
} from "@rialto/protocol";
import type { SwarmOptions } from "./random-options.ts";

// What the generator knows of the engine it drives: only what it sent and what came.

export interface KnownMarket {
  readonly index: MarketIndex;
  terms: MarketTerms;
  state: MarketState;
  lastTradeTicks: number;
}

export interface KnownOrder {
  readonly id: OrderId;
  readonly terms: OrderTerms;
}

export interface Model {
  assetCount: number;
  accountCount: number;
  readonly markets: KnownMarket[];
  /** The open ones, in no order, to draw from. */
  readonly openOrders: KnownOrder[];
  /** The last ones that ended. */
  readonly deadOrders: KnownOrder[];
  /** Accounts and what they lacked, to be helped with a deposit. */
  readonly shortOrders: OrderTerms[];
  /** Accounts that got a deposit, by asset. */
  readonly fundedAccounts: Map<AssetIndex, AccountIndex[]>;
  /** Assets of which no more can be issued, or not to the accounts that lack it. */
  readonly exhaustedAssets: Set<AssetIndex>;
  /** Orders that a command of this batch is about: they may be gone before the next. */
  readonly targetedOrders: Set<OrderId>;
  /** Trading is stopped for all. */
  isSuspended: boolean;
  readonly blockedAccounts: Set<AccountIndex>;
  /** Masters and their sub-accounts; at first two accounts that may be strangers. */
  readonly families: [number, number][];
  /** Orders refused for want of room since the last one that was accepted. */
  fullCount: number;
}

/** What the next command is drawn from. */
export interface DrawState {
  readonly prng: Prng;
  readonly options: SwarmOptions;
  readonly model: Model;
  /** Of the batch that is drawn. */
  nowMs: number;
  /** Counts what needs an identity of its own. */
  serial: number;
  /** Orders that one level is being filled with. */
  flood: { left: number; readonly terms: OrderTerms } | undefined;
}

export interface ModelKeeper {
  readonly model: Model;
  /** Notes that the engine will be given `command` next. */
  expect(command: Command): void;
  observe(eventBytes: Uint8Array): void;
}

const DEAD_ORDERS_MAX = 64;
const SHORT_ORDERS_MAX = 16;

export function createModelKeeper(): ModelKeeper {
  const model: Model = {
    assetCount: 0,
    accountCount: 0,
    markets: [],
    openOrders: [],
    deadOrders: [],
    shortOrders: [],
    fundedAccounts: new Map(),
    exhaustedAssets: new Set(),
    targetedOrders: new Set(),
    isSuspended: false,
    blockedAccounts: new Set(),
    families: [[1, 2]],
    fullCount: 0,
  };
  const positions = new Map<OrderId, number>();
  const commands = new Map<number, Command>();
  let commandCount = 0;
  /** The one of the last event: more of its events may come in the next call. */
  let lastCommand = -1;
  let legsAccepted = 0;

  const addOpen = (order: KnownOrder): void => {
    positions.set(order.id, model.openOrders.length);
    model.openOrders.push(order);
  };
  /** Moves the last order into the gap: drawing needs no order of acceptance. */
  const removeOpen = (id: OrderId): void => {
    const position = positions.get(id);
    const last = model.openOrders.pop();
    if (position === undefined || last === undefined) {
      if (last !== undefined) model.openOrders.push(last);
      return;
    }
    const removed = last.id === id ? last : model.openOrders[position]!;
    if (last.id !== id) {
      model.openOrders[position] = last;
      positions.set(last.id, position);
    }
    positions.delete(id);
    keepLast(model.deadOrders, removed, DEAD_ORDERS_MAX);
  };
  const noteAccepted = (
    event: Extract<EngineEvent, { readonly kind: typeof EventKind.Accepted }>,
    command: Command,
  ): void => {
    if (command.kind === CommandKind.PlaceList) {
      const terms = command.legs[legsAccepted % command.legs.length];
      legsAccepted = (legsAccepted + 1) % command.legs.length;
      if (terms !== undefined) addOpen({ id: event.orderId, terms });
      return;
    }
    const isOpen = event.restingLots > 0 || event.waits;
    if (isOpen && isOrder(command)) addOpen({ id: event.orderId, terms: command });
  };
  const observeEvent = (event: EngineEvent): void => {
    const command = commands.get(event.command);
    if (command === undefined) throw new Error("an event is of a command that was sent");
    noteEvent(model, command, event);
    switch (event.kind) {
      case EventKind.Accepted:
        noteAccepted(event, command);
        break;
      case EventKind.Fill:
      case EventKind.Prevented:
        if (event.makerDone) removeOpen(event.makerOrderId);
        break;
      case EventKind.Canceled:
        removeOpen(event.orderId);
        break;
      case EventKind.Auctioned:
        if (event.buyDone) removeOpen(event.buyOrderId);
        if (event.sellDone) removeOpen(event.sellOrderId);
        break;
      case EventKind.Declined:
        removeOpen(event.orderId);
        break;
      case EventKind.Amended:
      case EventKind.Triggered:
        if (event.restingLots === 0) removeOpen(event.orderId);
        break;
      default:
        break;
    }
  };
  return {
    model,
    expect(command) {
      commands.set(commandCount >>> 0, command);
      commandCount += 1;
    },
    observe(eventBytes) {
      model.targetedOrders.clear();
      for (const event of decodeEvents(eventBytes)) {
        observeEvent(event);
        if (lastCommand !== event.command) commands.delete(lastCommand);
        lastCommand = event.command;
      }
    },
  };
}

function isOrder(command: Command): command is Command & OrderTerms {
  return (
    command.kind === CommandKind.Place ||
    command.kind === CommandKind.PlaceSpecial ||
    command.kind === CommandKind.Replace
  );
}

/** Learns all but which orders are open. */
function noteEvent(model: Model, command: Command, event: EngineEvent): void {
  switch (event.kind) {
    case EventKind.Accepted:
      model.fullCount = 0;
      break;
    case EventKind.Rejected:
      noteRefusal(model, command, event.code);
      break;
    case EventKind.BalanceMoved:
      if (!event.out) noteDeposit(model, event.account, event.asset);
      break;
    case EventKind.Fill:
    case EventKind.Auctioned: {
      const market = model.markets[event.market];
      if (market !== undefined) market.lastTradeTicks = event.priceTicks;
      break;
    }
    case EventKind.AccountOpened:
      model.accountCount += 1;
      if (event.parent !== 0) model.families.push([event.parent, event.account]);
      break;
    case EventKind.AssetAdded:
      model.assetCount += 1;
      break;
    case EventKind.MarketListed:
      if (command.kind !== CommandKind.ListMarket) throw new Error("a listing lists a market");
      model.markets.push({
        index: event.market,
        terms: command,
        state: command.state,
        lastTradeTicks: command.referenceTicks,
      });
      break;
    case EventKind.MarketChanged: {
      const market = model.markets[event.market];
      if (market !== undefined && command.kind === CommandKind.ChangeMarket) {
        market.terms = { ...market.terms, ...command.changes };
      }
      break;
    }
    case EventKind.MarketStateSet: {
      const market = model.markets[event.market];
      if (market !== undefined) market.state = event.state;
      break;
    }
    case EventKind.TradingSet:
      model.isSuspended = !event.enabled;
      break;
    case EventKind.AccountStateSet:
      if (event.enabled) model.blockedAccounts.delete(event.account);
      else model.blockedAccounts.add(event.account);
      break;
    default:
      break;
  }
}

function noteRefusal(model: Model, command: Command, code: RejectCode): void {
  switch (code) {
    case RejectCode.InsufficientBalance:
      if (isOrder(command)) keepLast(model.shortOrders, command, SHORT_ORDERS_MAX);
      break;
    case RejectCode.OrdersFull:
    case RejectCode.LevelsFull:
    case RejectCode.AccountOrdersFull:
    case RejectCode.SpecialsFull:
    case RejectCode.TrailingFull:
      model.fullCount += 1;
      break;
    case RejectCode.BalanceOverflow:
    case RejectCode.BalancesFull:
      if (command.kind === CommandKind.Deposit) model.exhaustedAssets.add(command.asset);
      break;
    default:
      break;
  }
}

function noteDeposit(model: Model, account: AccountIndex, asset: AssetIndex): void {
  const funded = model.fundedAccounts.get(asset);
  if (funded === undefined) model.fundedAccounts.set(asset, [account]);
  else if (!funded.includes(account)) funded.push(account);
}

function keepLast<T>(items: T[], item: T, countMax: number): void {
  items.push(item);
  if (items.length > countMax) items.shift();
}
