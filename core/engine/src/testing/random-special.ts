import {
  CommandKind,
  OrderType,
  Side,
  TriggerKind,
  TriggerSource,
  type Command,
  type OrderTerms,
  type SpecialTerms,
} from "@rialto/protocol";
import { belowBig, between, pick, pickWeighted } from "./random-draws.ts";
import type { DrawState, KnownMarket } from "./random-model.ts";
import { drawOrder } from "./random-orders.ts";

type Extras = Omit<SpecialTerms, keyof OrderTerms>;

const NOTHING: Extras = {
  displayLots: 0n,
  expiresMs: 0,
  trigger: TriggerKind.None,
  triggerSource: TriggerSource.LastTrade,
  triggerTicks: 0,
  trailTicks: 0,
};

/** An order with some of the terms that plain ones do not have. */
export function drawSpecial(state: DrawState): Command {
  return { kind: CommandKind.PlaceSpecial, ...drawSpecialTerms(state) };
}

export function drawSpecialTerms(state: DrawState): SpecialTerms {
  const { prng, options, model } = state;
  const drawn = drawOrder(prng, options, model, state.serial);
  const isByQuote = drawn.orderType === OrderType.MarketByQuote;
  const terms =
    isByQuote && prng.chance(19, 20) ? { ...drawn, orderType: OrderType.Market } : drawn;
  const market = model.markets[terms.market];
  const mayRest = terms.orderType === OrderType.Limit || terms.orderType === OrderType.PostOnly;
  const waits = prng.chance(1, 2);
  const trigger = waits && market !== undefined ? drawTrigger(state, market, terms) : {};
  const isIceberg = mayRest && prng.chance(1, waits ? 4 : 2);
  const ends = (mayRest || waits) && prng.chance(1, 3);
  const extras: Extras = {
    ...NOTHING,
    ...trigger,
    displayLots: isIceberg ? drawDisplay(state, terms) : 0n,
    expiresMs: ends ? Math.max(0, state.nowMs + prng.below(300) - 3) : 0,
  };
  const isHostile = options.hasHostileFields && prng.chance(1, 30);
  return { ...terms, ...(isHostile ? spoil(state, extras) : extras) };
}

function drawDisplay({ prng }: DrawState, terms: OrderTerms): bigint {
  const part = terms.quantity / BigInt(between(prng, 2, 6));
  return part > 0n && prng.chance(5, 6) ? part : 1n + belowBig(prng, terms.quantity);
}

function drawTrigger(state: DrawState, market: KnownMarket, terms: OrderTerms): Partial<Extras> {
  const { prng, options } = state;
  const trigger = pickWeighted(prng, [
    [4, TriggerKind.Stop],
    [3, TriggerKind.TakeProfit],
    [2, TriggerKind.Trailing],
  ]);
  const distance = 1 + prng.below(options.spreadTicks);
  if (trigger === TriggerKind.Trailing) return { trigger, trailTicks: distance };
  const isUp = (terms.side === Side.Buy) === (trigger === TriggerKind.Stop);
  const away = prng.chance(9, 10) ? distance : -distance;
  const ticks = market.lastTradeTicks + (isUp ? away : -away);
  const { priceTicksMin, priceTicksMax } = market.terms;
  return {
    trigger,
    triggerSource: pick(prng, Object.values(TriggerSource)),
    triggerTicks: Math.max(priceTicksMin, Math.min(priceTicksMax, ticks)),
  };
}

function spoil({ prng, nowMs }: DrawState, extras: Extras): Extras {
  const u32 = pick(prng, [0, 1, 0x3fff_ffff, 0x4000_0000, 0xffff_ffff]);
  return pick<() => Extras>(prng, [
    () => ({ ...extras, trigger: pick(prng, [0, 1, 2, 3, 4, 255]) as TriggerKind }),
    () => ({ ...extras, triggerSource: pick(prng, [1, 2, 255]) as TriggerSource }),
    () => ({ ...extras, triggerTicks: u32 }),
    () => ({ ...extras, trailTicks: u32 }),
    () => ({ ...extras, displayLots: pick(prng, [1n, 1n << 40n, (1n << 64n) - 1n]) }),
    () => ({ ...extras, expiresMs: pick(prng, [nowMs, 1, Number.MAX_SAFE_INTEGER]) }),
  ])();
}
