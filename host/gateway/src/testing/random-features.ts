import type { Prng } from "@rialto/base";
import {
  type AccountIndex,
  ALL_MARKETS,
  type AssetIndex,
  type Command,
  CommandKind,
  ListKind,
  type MarketIndex,
  MarketState,
  type OrderTarget,
  type OrderTerms,
  OrderType,
  PegKind,
  Side,
  type SideFilter,
  type SpecialTerms,
  TriggerKind,
  TriggerSource,
  NOTHING_SPECIAL,
  type SpecialExtras,
} from "@rialto/protocol";
import type { MemoryExchange } from "./memory-exchange.ts";

// Commands that REST knows nothing of, but that traders send by order entry, and operators.

const CLOSED_STATES: readonly MarketState[] = [
  MarketState.Auction,
  MarketState.Auction,
  MarketState.PostOnly,
  MarketState.PreOpen,
  MarketState.CancelOnly,
  MarketState.Halted,
  MarketState.Closed,
];

export interface RandomFeaturesOptions {
  readonly exchange: MemoryExchange;
  readonly prng: Prng;
  readonly accounts: number;
  /** Terms of a plain order, and what names an open one of an account. */
  readonly terms: () => OrderTerms;
  readonly target: (account: AccountIndex) => OrderTarget;
}

export class RandomFeatures {
  readonly #options: RandomFeaturesOptions;
  readonly #prng: Prng;
  readonly #markets: number;
  #isSuspended = false;
  readonly #blocked = new Set<AccountIndex>();

  constructor(options: RandomFeaturesOptions) {
    this.#options = options;
    this.#prng = options.prng;
    this.#markets = options.exchange.network.markets.length;
  }

  command(): Command {
    const prng = this.#prng;
    // What keeps others from trading does not last.
    const reopening = prng.chance(1, 8) ? this.#reopening() : undefined;
    if (reopening !== undefined) return reopening;
    const draw = prng.below(100);
    if (draw < 48) return { kind: CommandKind.PlaceSpecial, ...this.#special() };
    if (draw < 62) return this.#list();
    if (draw < 80) return this.#amend();
    if (draw < 85) return { kind: CommandKind.SetProtection, ...this.#protection() };
    if (draw < 87) {
      const timeoutMs = BigInt(prng.below(100_000));
      return { kind: CommandKind.SetDeadline, account: this.#account(), timeoutMs };
    }
    if (draw < 90) return this.#transfer();
    return this.#byOperator(prng.below(12));
  }

  #byOperator(draw: number): Command {
    const prng = this.#prng;
    const market = this.#market();
    if (draw < 4) {
      const state = CLOSED_STATES[prng.below(CLOSED_STATES.length)]!;
      return { kind: CommandKind.SetMarketState, market, state };
    }
    if (draw < 6) return this.#guard(market);
    if (draw < 7) {
      this.#isSuspended = true;
      return { kind: CommandKind.SetTrading, enabled: 0 };
    }
    if (draw < 8) {
      const account = this.#account();
      this.#blocked.add(account);
      return { kind: CommandKind.SetAccountState, account, enabled: 0 };
    }
    if (draw < 9) {
      return {
        kind: CommandKind.MassCancel,
        account: (prng.chance(1, 3) ? 0 : this.#account()) as AccountIndex,
        market: prng.chance(1, 4) ? ALL_MARKETS : market,
        sides: prng.below(3) as SideFilter,
        withFamily: 0,
      };
    }
    if (draw < 10) return this.#feeTier();
    if (draw < 11) {
      const scheduleAndOne = prng.below(2);
      return { kind: CommandKind.SetAccountFees, account: this.#account(), scheduleAndOne };
    }
    const changes = { takerFeePpm: prng.below(3_000) };
    return { kind: CommandKind.ChangeMarket, market, changes };
  }

  #reopening(): Command | undefined {
    const [account] = this.#blocked;
    if (account !== undefined) {
      this.#blocked.delete(account);
      return { kind: CommandKind.SetAccountState, account, enabled: 1 };
    }
    if (this.#isSuspended) {
      this.#isSuspended = false;
      return { kind: CommandKind.SetTrading, enabled: 1 };
    }
    const { hotEngine } = this.#options.exchange;
    for (let index = 0; index < this.#markets; index++) {
      const market = index as MarketIndex;
      const { state } = hotEngine.market(market).terms;
      if (state === MarketState.Trading) continue;
      // Only by an auction can a book that crosses be opened.
      const viaAuction =
        state !== MarketState.Auction && (state === MarketState.Closed || this.#prng.chance(1, 2));
      const next = viaAuction ? MarketState.Auction : MarketState.Trading;
      return { kind: CommandKind.SetMarketState, market, state: next };
    }
    return undefined;
  }

  #account(): AccountIndex {
    return (1 + this.#prng.below(this.#options.accounts)) as AccountIndex;
  }

  #market(): MarketIndex {
    return this.#prng.below(this.#markets) as MarketIndex;
  }

  #special(): SpecialTerms {
    const prng = this.#prng;
    const terms = this.#options.terms();
    if (prng.chance(1, 5)) return this.#pegged(terms);
    const mayRest = terms.orderType === OrderType.Limit || terms.orderType === OrderType.PostOnly;
    const waits = terms.orderType !== OrderType.MarketByQuote && prng.chance(2, 5);
    const isIceberg = mayRest && prng.chance(1, 2);
    const ends = (mayRest || waits) && prng.chance(1, 5);
    return {
      ...terms,
      ...NOTHING_SPECIAL,
      ...(waits ? this.#trigger(terms) : {}),
      displayLots: isIceberg ? 1n + BigInt(prng.below(300)) : 0n,
      isHidden: mayRest && !isIceberg && prng.chance(1, 2) ? 1 : 0,
      isProtected: mayRest && !waits && prng.chance(1, 2) ? 1 : 0,
      expiresMs: ends ? this.#options.exchange.nowMs() + prng.below(100_000) : 0,
    };
  }

  #pegged(terms: OrderTerms): SpecialTerms {
    const prng = this.#prng;
    const { priceTicksMax, priceTicksMin } = this.#options.exchange.hotEngine.market(
      terms.market,
    ).terms;
    const free = terms.side === Side.Buy ? priceTicksMax : priceTicksMin;
    const notionalMax = prng.chance(1, 2) || terms.priceTicks === 0;
    return {
      ...terms,
      ...NOTHING_SPECIAL,
      orderType: OrderType.PostOnly,
      // A buy that may go to any price has to be small enough for the highest.
      priceTicks: notionalMax && terms.side === Side.Sell ? free : Math.max(1, terms.priceTicks),
      peg: (1 + prng.below(3)) as PegKind,
      pegTicks: prng.below(4),
    };
  }

  /** Mostly a price that is to come. */
  #trigger(terms: OrderTerms): Partial<SpecialExtras> {
    const prng = this.#prng;
    const trigger = (1 + prng.below(4)) as TriggerKind;
    const distance = 1 + prng.below(12);
    const isTrailing = trigger >= TriggerKind.TrailingStop;
    const trail = isTrailing ? { trailBasisPoints: 1 + prng.below(1_000) } : {};
    if (isTrailing && prng.chance(1, 2)) return { trigger, ...trail };
    const { lastTradeTicks } = this.#options.exchange.hotEngine.market(terms.market);
    const isStop = trigger === TriggerKind.Stop || trigger === TriggerKind.TrailingStop;
    const isUp = (terms.side === Side.Buy) === isStop;
    const ticks = lastTradeTicks + (isUp ? distance : -distance);
    return {
      trigger,
      ...trail,
      triggerSource: isTrailing ? 0 : (prng.below(2) as TriggerSource),
      triggerTicks: Math.max(1, ticks),
    };
  }

  #list(): Command {
    const prng = this.#prng;
    const listKind = (1 + prng.below(3)) as ListKind;
    const { market, account, side } = this.#options.terms();
    const isPair = listKind === ListKind.OneCancelsOther;
    const leg = (index: number): SpecialTerms => {
      const { orderType, ...drawn } = this.#options.terms();
      const terms = {
        ...drawn,
        market,
        account,
        side: isPair || index === 0 ? side : ((side ^ 1) as Side),
        orderType: orderType === OrderType.PostOnly ? OrderType.PostOnly : OrderType.Limit,
        priceTicks: Math.max(1, drawn.priceTicks),
        clientOrderId: index === 0 ? drawn.clientOrderId : 0n,
      };
      const mustWait = isPair ? index === 1 : index === 2;
      const trigger = mustWait || prng.chance(1, 4) ? this.#trigger(terms) : {};
      const displayLots = prng.chance(1, 4) ? 100n : 0n;
      return { ...terms, ...NOTHING_SPECIAL, ...trigger, displayLots };
    };
    const count = listKind === ListKind.OneTriggersPair ? 3 : 2;
    return {
      kind: CommandKind.PlaceList,
      listKind,
      legs: Array.from({ length: count }, (_, index) => leg(index)),
    };
  }

  #amend(): Command {
    const prng = this.#prng;
    const account = this.#account();
    const target = this.#options.target(account);
    const order = this.#options.exchange.hotEngine.findOrder(target.orderId);
    const { priceTicks, quantity, selfTrade } = this.#options.terms();
    const keeps = order !== undefined && prng.chance(1, 2);
    return {
      kind: CommandKind.Amend,
      account,
      target,
      orderType: prng.chance(1, 4) ? OrderType.PostOnly : OrderType.Limit,
      selfTrade,
      priceTicks: keeps ? order.priceTicks : Math.max(1, priceTicks),
      quantity: keeps ? BigInt(1 + prng.below(order.lots + 1)) : quantity,
      expectedLots: keeps && prng.chance(1, 2) ? BigInt(order.lots) : 0n,
    };
  }

  #protection() {
    const prng = this.#prng;
    return {
      account: this.#account(),
      market: this.#market(),
      windowMs: 3_600_000,
      lotsMax: BigInt(prng.below(4_000)),
      fillsMax: 1 + prng.below(2),
    };
  }

  #guard(market: MarketIndex): Command {
    const prng = this.#prng;
    return {
      kind: CommandKind.SetMarketGuard,
      market,
      upPpm: 500 + prng.below(20_000),
      downPpm: 500 + prng.below(20_000),
      windowMs: 10_000,
      auctionMs: 1_000 + prng.below(30_000),
    };
  }

  #transfer(): Command {
    return {
      kind: CommandKind.Transfer,
      source: this.#account(),
      target: this.#account(),
      asset: this.#prng.below(this.#options.exchange.network.assets.length) as AssetIndex,
      quanta: BigInt(1 + this.#prng.below(1_000_000)),
      reference: 9n,
    };
  }

  #feeTier(): Command {
    const prng = this.#prng;
    return {
      kind: CommandKind.SetFeeTier,
      schedule: 0,
      tier: 0,
      asset: 0 as AssetIndex,
      makerPpm: prng.below(1_000) - 500,
      takerPpm: prng.below(2_000),
      volumeQuanta: 0n,
    };
  }
}

/** True for the last two of several accounts: they are parts of the first. */
export function isPart(account: number, accounts: number): boolean {
  return accounts > 3 && account > accounts - 2;
}
