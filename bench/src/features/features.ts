// The features whose cost is measured, each against the plain way to the same end.

import { cancelClientOrder, cancelOrder, limitOrder, marketOrder } from "@rialto/engine";
import {
  type Command,
  CommandKind,
  ListKind,
  MarketState,
  type OrderId,
  OrderType,
  PegKind,
  ReplaceMode,
  SelfTrade,
  Side,
  SideFilter,
  type SpecialTerms,
  TriggerKind,
  NOTHING_SPECIAL,
} from "@rialto/protocol";
import { assetIndex } from "@rialto/engine";
import {
  accountOf,
  ASK_TICKS,
  BID_TICKS,
  MAKER,
  MARKET,
  MIDDLE_TICKS,
  TAKER,
  type Setup,
} from "./lap.ts";

export interface Feature {
  /** Small letters, digits and hyphens: the metric that it is recorded under. */
  readonly name: string;
  readonly title: string;
  /** What `plain` does. */
  readonly against: string;
  readonly plain: Setup;
  readonly featured: Setup;
}

const LOTS = 10n;
/** Distances at which resting orders stand, so that they are on levels of their own, and on those of others. */
const REST_LEVELS = 50;
const FAR_FUTURE_MS = 1_000_000_000;
const NEVER_TICKS = 1_900;
const WAITING = 1_000;
const STANDING_PEGS = 32;

const restTicks = (unit: number): number => BID_TICKS + 1 + (unit % REST_LEVELS);
const resting = { market: MARKET, account: MAKER, side: Side.Buy, lots: LOTS } as const;
const selling = { market: MARKET, account: MAKER, side: Side.Sell, lots: LOTS } as const;
const taking = { market: MARKET, account: TAKER, side: Side.Buy, lots: LOTS } as const;
const allow = { selfTrade: SelfTrade.Allow } as const;

const placeRest = (unit: number): Command =>
  limitOrder({ ...resting, ...allow, priceTicks: restTicks(unit) });
const cancelIt = (_: number, orderId: OrderId): Command => cancelOrder(MAKER, orderId);
const placeMaker = (): Command => limitOrder({ ...selling, ...allow, priceTicks: MIDDLE_TICKS });
const take = (): Command => limitOrder({ ...taking, ...allow, priceTicks: MIDDLE_TICKS });

const REST: Setup = { stages: [placeRest, cancelIt], events: { Accepted: 1, Canceled: 1 } };
const TRADE: Setup = { stages: [placeMaker, take], events: { Accepted: 2, Fill: 1 } };
const AWAY: Command = {
  kind: CommandKind.MassCancel,
  account: MAKER,
  market: MARKET,
  sides: SideFilter.Both,
  withFamily: 0,
};

function special(terms: Partial<SpecialTerms>): Command {
  return { kind: CommandKind.PlaceSpecial, ...specialTerms(terms) };
}

function specialTerms(terms: Partial<SpecialTerms>): SpecialTerms {
  return {
    market: MARKET,
    account: MAKER,
    side: Side.Buy,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: BID_TICKS + 1,
    quantity: LOTS,
    clientOrderId: 0n,
    ...NOTHING_SPECIAL,
    ...terms,
  };
}

function ofRest(name: string, title: string, change: Partial<Setup>): Feature {
  const against = "place, then cancel";
  return { name, title, against, plain: REST, featured: { ...REST, ...change } };
}

function ofTrade(name: string, title: string, change: Partial<Setup>): Feature {
  const against = "a maker, then its taker";
  return { name, title, against, plain: TRADE, featured: { ...TRADE, ...change } };
}

/** Orders that come from `place` instead, and go like all others. */
function placed(place: (unit: number) => Command): Partial<Setup> {
  return { stages: [place, cancelIt] };
}

/** Special orders of which an account may have only some, placed and cancelled by all accounts in turns. */
function ofAll(terms: (unit: number) => Partial<SpecialTerms>): Partial<Setup> {
  return {
    stages: [
      (unit) => special({ ...terms(unit), account: accountOf(unit) }),
      (unit, orderId) => cancelOrder(accountOf(unit), orderId),
    ],
  };
}

const pegged = (unit: number): Partial<SpecialTerms> => ({
  orderType: OrderType.PostOnly,
  pegTicks: 1 + unit,
});

/** A taker of another kind. */
function takenBy(taker: (unit: number) => Command): Partial<Setup> {
  return { stages: [placeMaker, taker] };
}

const stop = (terms: Partial<SpecialTerms> = {}): Command =>
  special({ trigger: TriggerKind.Stop, triggerTicks: NEVER_TICKS, ...terms });

const RESTING: readonly Feature[] = [
  ofRest("client-ids", "client order ids, cancels by them", {
    stages: [
      (unit) =>
        limitOrder({
          ...resting,
          ...allow,
          priceTicks: restTicks(unit),
          clientOrderId: clientId(unit),
        }),
      (unit) => cancelClientOrder(MAKER, clientId(unit)),
    ],
  }),
  ofRest(
    "post-only",
    "post-only",
    placed((unit) =>
      limitOrder({
        ...resting,
        ...allow,
        priceTicks: restTicks(unit),
        orderType: OrderType.PostOnly,
      }),
    ),
  ),
  ofRest("price-bands", "price bands", { terms: { bandUpPpm: 700_000, bandDownPpm: 700_000 } }),
  ofRest(
    "good-till-date",
    "good till a time",
    placed((unit) => special({ priceTicks: restTicks(unit), expiresMs: FAR_FUTURE_MS + unit })),
  ),
  ofRest("iceberg-resting", "icebergs, resting", {
    ...placed((unit) => special({ priceTicks: restTicks(unit), displayLots: 1n })),
    events: { Accepted: 1, Shown: 1, Canceled: 1 },
  }),
  ofRest(
    "stop",
    "stops, placed and cancelled",
    placed((unit) => stop({ triggerTicks: 1_200 + unit })),
  ),
  ofRest(
    "trailing-stop",
    "trailing stops, placed and cancelled",
    ofAll((unit) => ({ trigger: TriggerKind.TrailingStop, trailBasisPoints: 500 + unit })),
  ),
  ofRest("oco", "lists of two orders (one cancels the other)", {
    ...placed((unit) => ({
      kind: CommandKind.PlaceList,
      listKind: ListKind.OneCancelsOther,
      legs: [
        specialTerms({ trigger: TriggerKind.TakeProfit, triggerTicks: 500 - unit }),
        specialTerms({ trigger: TriggerKind.Stop, triggerTicks: NEVER_TICKS - unit }),
      ],
    })),
    events: { Accepted: 2, Canceled: 2 },
  }),
  ofRest("pegged", "pegged orders, placed and cancelled", {
    ...ofAll((unit) => ({ ...pegged(unit), peg: PegKind.Primary })),
    events: { Accepted: 1, Pegged: 1, Canceled: 1 },
  }),
  ofRest("pegged-midpoint", "orders pegged to the middle, placed and cancelled", {
    ...ofAll((unit) => ({ ...pegged(unit), peg: PegKind.Midpoint })),
    events: { Accepted: 1, Pegged: 1, Canceled: 1 },
  }),
  ofRest("hidden-resting", "hidden orders, resting", {
    ...placed((unit) => special({ priceTicks: restTicks(unit), isHidden: 1 })),
    events: { Accepted: 1, Shown: 1, Canceled: 1 },
  }),
  ofRest("market-in-auction", "market orders that rest for an auction", {
    ...placed(() => marketOrder({ ...resting, ...allow })),
    terms: { state: MarketState.Auction },
    events: { Accepted: 1, Shown: 1, Canceled: 1 },
  }),
  ofRest("protected-resting", "orders under a maker's protection", {
    ...placed((unit) => special({ priceTicks: restTicks(unit), isProtected: 1 })),
    opening: [protection()],
  }),
  ofRest("deadline", "a dead-man switch that is set", {
    opening: [{ kind: CommandKind.SetDeadline, account: MAKER, timeoutMs: BigInt(FAR_FUTURE_MS) }],
  }),
  ofRest("stops-waiting", "a thousand stops that wait", {
    opening: Array.from({ length: WAITING }, (_, index) =>
      stop({ account: TAKER, triggerTicks: NEVER_TICKS - (index % 400) }),
    ),
  }),
  ofRest("auction", "while orders gather in an auction", { terms: { state: MarketState.Auction } }),
];

const TRADING: readonly Feature[] = [
  ofTrade(
    "ioc",
    "immediate-or-cancel takers",
    takenBy(() =>
      limitOrder({
        ...taking,
        ...allow,
        priceTicks: MIDDLE_TICKS,
        orderType: OrderType.ImmediateOrCancel,
      }),
    ),
  ),
  ofTrade(
    "fok",
    "fill-or-kill takers",
    takenBy(() =>
      limitOrder({
        ...taking,
        ...allow,
        priceTicks: MIDDLE_TICKS,
        orderType: OrderType.FillOrKill,
      }),
    ),
  ),
  ofTrade(
    "market",
    "market takers",
    takenBy(() => marketOrder({ ...taking, ...allow })),
  ),
  ofTrade(
    "market-by-quote",
    "market takers by quote",
    takenBy(() =>
      marketOrder({
        ...taking,
        ...allow,
        lots: LOTS * BigInt(MIDDLE_TICKS),
        orderType: OrderType.MarketByQuote,
      }),
    ),
  ),
  ofTrade("iceberg-trading", "icebergs that show their second half", {
    stages: [
      () => special({ side: Side.Sell, priceTicks: MIDDLE_TICKS, displayLots: LOTS / 2n }),
      take,
    ],
    // Both slices trade; the second is shown when the first has gone.
    events: { Accepted: 2, Fill: 2, Shown: 2 },
  }),
  ofTrade("protection-trading", "makers under a protection that counts", {
    stages: [() => special({ side: Side.Sell, priceTicks: MIDDLE_TICKS, isProtected: 1 }), take],
    opening: [protection()],
  }),
  ofTrade("fee-tiers", "both on a fee schedule, by volume", { opening: feeSchedule(100) }),
  ofTrade("rebate", "the same with a maker's rebate", { opening: feeSchedule(-100) }),
  ofTrade("guard", "a guard that does not stop it", { opening: [guard()] }),
  ofTrade("stops-beside", "a thousand stops that wait", {
    opening: Array.from({ length: WAITING }, (_, index) =>
      stop({ account: TAKER, triggerTicks: NEVER_TICKS - (index % 400) }),
    ),
  }),
  ofTrade("pegs-beside", "pegged orders that do not move", {
    opening: Array.from({ length: STANDING_PEGS }, (_, index) =>
      special({ ...pegged(index), account: accountOf(index), peg: PegKind.Primary }),
    ),
  }),
  ofTrade("self-trade-check", "self-trade prevention, nobody's own order met", {
    ...takenBy(() =>
      limitOrder({ ...taking, priceTicks: MIDDLE_TICKS, selfTrade: SelfTrade.ExpireTaker }),
    ),
  }),
  ofTrade("family-check", "the same for the whole family", {
    ...takenBy(() =>
      limitOrder({ ...taking, priceTicks: MIDDLE_TICKS, selfTrade: SelfTrade.FamilyExpireTaker }),
    ),
  }),
  ofTrade("hidden-beside", "an order that rests unseen, and is not met", {
    opening: [special({ account: TAKER, isHidden: 1 })],
  }),
  ...ownMet(),
];

/** Takers that meet an order of their own account, in each mode. */
function ownMet(): Feature[] {
  const own = (selfTrade: SelfTrade) => (): Command =>
    limitOrder({
      ...taking,
      account: MAKER,
      priceTicks: MIDDLE_TICKS,
      selfTrade,
      orderType: OrderType.ImmediateOrCancel,
    });
  // One maker is there for each taker, but ExpireTaker leaves them all.
  return [
    ofTrade("self-trade-expire-taker", "self-trade: the taker ends", {
      ...takenBy(own(SelfTrade.ExpireTaker)),
      events: { Accepted: 2, Canceled: 1 },
      after: [AWAY],
    }),
    ofTrade("self-trade-expire-both", "self-trade: both end", {
      ...takenBy(own(SelfTrade.ExpireBoth)),
      events: { Accepted: 2, Canceled: 2 },
    }),
    ofTrade("self-trade-decrement", "self-trade: both are decremented", {
      ...takenBy(own(SelfTrade.Decrement)),
      events: { Accepted: 2, Prevented: 1 },
    }),
  ];
}

/** Takers of one maker each, at a higher price each time; then the last price goes down again. */
const RISING = {
  before: [
    (unit: number) => limitOrder({ ...selling, ...allow, priceTicks: MIDDLE_TICKS + 1 + unit }),
  ],
  stages: [() => limitOrder({ ...taking, ...allow, priceTicks: ASK_TICKS })],
  after: [
    AWAY,
    limitOrder({ ...selling, ...allow, priceTicks: MIDDLE_TICKS }),
    limitOrder({ ...taking, ...allow, priceTicks: MIDDLE_TICKS }),
  ],
  events: { Accepted: 1, Fill: 1 },
} satisfies Setup;

const CHANGING: readonly Feature[] = [
  {
    name: "replace",
    title: "replace",
    against: "cancel, then place again",
    plain: {
      before: [placeRest],
      stages: [cancelIt, placeRest],
      after: [AWAY],
      events: { Accepted: 1, Canceled: 1 },
    },
    featured: {
      before: [placeRest],
      stages: [replaceIt],
      after: [AWAY],
      events: { Accepted: 1, Canceled: 1 },
    },
  },
  {
    name: "amend",
    title: "amend down, keeping priority",
    against: "replace",
    plain: {
      before: [placeRest],
      stages: [replaceIt],
      after: [AWAY],
      events: { Accepted: 1, Canceled: 1 },
    },
    featured: {
      before: [placeRest],
      stages: [
        (unit, orderId) => ({
          kind: CommandKind.Amend,
          account: MAKER,
          target: { orderId, clientOrderId: 0n },
          orderType: OrderType.Limit,
          selfTrade: SelfTrade.Allow,
          priceTicks: restTicks(unit),
          quantity: LOTS - 1n,
          expectedLots: 0n,
        }),
      ],
      after: [AWAY],
      events: { Amended: 1 },
    },
  },
  {
    name: "triggered",
    title: "each trade triggers a stop, which rests",
    against: "a taker alone, prices rising",
    plain: RISING,
    featured: {
      ...RISING,
      before: [
        ...RISING.before,
        (unit) => stop({ triggerTicks: MIDDLE_TICKS + 1 + unit, priceTicks: BID_TICKS + 1 }),
      ],
      events: { Accepted: 1, Fill: 1, Triggered: 1 },
    },
  },
];

/** The features, in the order of the documents. */
export const FEATURES: readonly Feature[] = [...RESTING, ...TRADING, ...CHANGING];

function replaceIt(unit: number, orderId: OrderId): Command {
  return {
    kind: CommandKind.Replace,
    target: { orderId, clientOrderId: 0n },
    mode: ReplaceMode.StopOnFailure,
    market: MARKET,
    account: MAKER,
    side: Side.Buy,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: restTicks(unit),
    quantity: LOTS,
    clientOrderId: 0n,
  };
}

function clientId(unit: number): bigint {
  return BigInt.asUintN(64, BigInt(unit + 1) * 0x9e37_79b9_7f4a_7c15n);
}

function protection(): Command {
  const [windowMs, lotsMax, fillsMax] = [1_000, 1_000_000_000_000n, 0];
  return {
    kind: CommandKind.SetProtection,
    account: MAKER,
    market: MARKET,
    windowMs,
    lotsMax,
    fillsMax,
  };
}

function guard(): Command {
  return {
    kind: CommandKind.SetMarketGuard,
    market: MARKET,
    upPpm: 500_000,
    downPpm: 500_000,
    windowMs: 1_000,
    auctionMs: 1_000,
  };
}

function feeSchedule(makerPpm: number): Command[] {
  const tier = { kind: CommandKind.SetFeeTier, schedule: 0, asset: assetIndex(1) } as const;
  return [
    { ...tier, tier: 0, makerPpm, takerPpm: 300, volumeQuanta: 0n },
    { ...tier, tier: 1, makerPpm, takerPpm: 200, volumeQuanta: 1n << 57n },
    ...[MAKER, TAKER].map((account): Command => ({
      kind: CommandKind.SetAccountFees,
      account,
      scheduleAndOne: 1,
    })),
  ];
}
