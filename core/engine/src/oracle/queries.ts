import { fail } from "@rialto/base";
import { OrderType, SelfTrade, Side, TriggerKind } from "@rialto/protocol";
import type { Engine, OpenOrder } from "../engine.ts";
import { computeAuction } from "./auction.ts";
import { bookSide, findAccount, ordersBySlot } from "./exchange.ts";
import { ratesOf, volumeOf } from "./fees.ts";
import type { Exchange, Order, Trail } from "./exchange.ts";
import { remainingLots } from "./orders.ts";
import { nextDueMs } from "./settle.ts";
import { ANY_TICKS } from "./triggers.ts";

type Queries = Pick<
  Engine,
  | "counts"
  | "isSuspended"
  | "findAccount"
  | "isBlocked"
  | "balances"
  | "assetTotals"
  | "assetName"
  | "feeRates"
  | keyof RuleQueries
  | "findOrder"
  | "findClientOrder"
  | "openOrders"
  | "market"
  | "depth"
  | "headLots"
  | "auction"
>;

/** The reading half of an engine: each answer is a copy. */
export function createQueries(exchange: Exchange): Queries {
  return {
    counts: () => ({
      commands: exchange.commandCount,
      assets: exchange.assets.length,
      accounts: exchange.accounts.length,
      markets: exchange.markets.length,
      openOrders: exchange.orders.size,
      specials: exchange.specialCount,
      levelPages: exchange.levelPageCount,
      balances: exchange.balanceCount,
    }),
    isSuspended: () => exchange.isSuspended,
    findAccount: (number) => exchange.accountsByNumber.get(number)?.index,
    isBlocked: (account) => findAccount(exchange, account)?.isBlocked ?? false,
    balances: (account) =>
      [...(findAccount(exchange, account)?.rows.values() ?? [])].map((row) => ({ ...row })),
    assetTotals: (index) => {
      const asset = exchange.assets[index] ?? fail("an asset that is asked for exists");
      const { issuedQuanta, feesQuanta } = asset;
      return { issuedQuanta, feesQuanta };
    },
    assetName: (index) => {
      const { name } = exchange.assets[index] ?? fail("an asset that is asked for exists");
      return name && { ...name };
    },
    feeRates: (account, index) => {
      const market = exchange.markets[index] ?? fail("a market that is asked for exists");
      const { makerPpm, takerPpm } = ratesOf(exchange, findAccount(exchange, account), market);
      return { makerPpm, takerPpm };
    },
    ...createRuleQueries(exchange),
    findOrder: (orderId) => viewOrder(exchange.orders.get(orderId)),
    findClientOrder: (account, clientOrderId) =>
      viewOrder(findAccount(exchange, account)?.clientOrders.get(clientOrderId)),
    openOrders: (account) => {
      const owner = findAccount(exchange, account);
      return owner === undefined ? [] : ordersBySlot(owner).map(toOpenOrder);
    },
    market: (index) => {
      const market = exchange.markets[index] ?? fail("a market that is asked for exists");
      return {
        terms: { ...market.terms, state: market.state },
        lastTradeTicks: market.lastTradeTicks,
        tradeCount: market.tradeCount,
      };
    },
    auction: (index) => {
      const market = exchange.markets[index] ?? fail("a market that is asked for exists");
      return computeAuction(market);
    },
    depth: (index, side, levelsMax) => {
      const market = exchange.markets[index] ?? fail("a market that is asked for exists");
      const levels = bookSide(market, side).levels.slice(0, levelsMax);
      return levels.map(({ priceTicks, lots }) => ({ priceTicks, lots }));
    },
    headLots: (index, side) => {
      const market = exchange.markets[index] ?? fail("a market that is asked for exists");
      return Number(bookSide(market, side).levels[0]?.orders[0]?.lots ?? 0n);
    },
  };
}

type RuleQueries = Pick<
  Engine,
  "feeSchedule" | "feeVolume" | "guard" | "protections" | "deadlineMs" | "nextDueMs"
>;

/** What an operator, or an account's owner, has set. */
function createRuleQueries(exchange: Exchange): RuleQueries {
  return {
    feeSchedule: (number) => {
      const schedule = exchange.feeSchedules[number];
      return schedule && { ...schedule, tiers: schedule.tiers.map((tier) => ({ ...tier })) };
    },
    feeVolume: (account) => volumeOf(exchange, findAccount(exchange, account)),
    guard: (index) => {
      const { guard } = exchange.markets[index] ?? fail("a market that is asked for exists");
      if (guard === undefined) return undefined;
      const { upPpm, downPpm, windowMs, auctionMs } = guard;
      return { upPpm, downPpm, windowMs, auctionMs };
    },
    protections: (account) =>
      (findAccount(exchange, account)?.protections ?? []).map(
        ({ market, windowMs, lotsMax, fillsMax, isTripped }) => {
          return { market: market.index, windowMs, lotsMax, fillsMax, isTripped };
        },
      ),
    nextDueMs: () => nextDueMs(exchange),
    deadlineMs: (account) => findAccount(exchange, account)?.deadlineMs ?? 0,
  };
}

function viewOrder(order: Order | undefined): OpenOrder | undefined {
  return order === undefined ? undefined : toOpenOrder(order);
}

function toOpenOrder(order: Order): OpenOrder {
  const { special } = order;
  const isAway = order.isWaiting || order.isDark;
  const { orderType = OrderType.Limit, selfTrade = SelfTrade.Allow } = special?.terms ?? {};
  return {
    orderId: order.id,
    market: order.market.index,
    side: order.side,
    account: order.account.index,
    priceTicks: order.priceTicks,
    lots: order.isDark ? 0 : Number(order.lots),
    hiddenLots: Number(order.isDark ? order.lots : order.hiddenLots),
    waits: order.isWaiting,
    clientOrderId: order.clientOrderId,
    displayLots: Math.min(Number(special?.displayLots ?? 0n), Number(remainingLots(order))),
    ...viewTrigger(order),
    terms: special !== undefined && isAway ? { orderType, selfTrade } : undefined,
  };
}

/** What an order waits for; what it will wait for, if it is dormant. */
function viewTrigger(
  order: Order,
): Pick<OpenOrder, "trigger" | "triggerTicks" | "trailBasisPoints" | "follows"> {
  const { special } = order;
  const trail = special?.trail;
  return {
    ...viewPrice(order),
    ...(trail === undefined ? {} : { trigger: trailKind(trail) }),
    trailBasisPoints: trail?.basisPoints ?? 0,
    follows: special?.watch !== undefined && special.watch.peakTicks !== 0,
  };
}

function trailKind({ takesProfit }: Trail): TriggerKind {
  return takesProfit ? TriggerKind.TrailingTakeProfit : TriggerKind.TrailingStop;
}

function viewPrice({ side, special }: Order): Pick<OpenOrder, "trigger" | "triggerTicks"> {
  const watch = special?.watch;
  if (watch === undefined || watch.ticks === ANY_TICKS) {
    const dormant = special?.isDormant === true ? special.trigger : undefined;
    const { trigger = TriggerKind.None, triggerTicks = 0 } = dormant ?? {};
    return { trigger, triggerTicks };
  }
  const isStop = (watch.goes === "up") === (side === Side.Buy);
  const trigger = isStop ? TriggerKind.Stop : TriggerKind.TakeProfit;
  return { trigger, triggerTicks: watch.ticks };
}
