import {
  ALL_MARKETS,
  CommandKind,
  MarketState,
  type AccountIndex,
  type Command,
  type MarketIndex,
  type MarketTerms,
  type SideFilter,
  type Switch,
} from "@rialto/protocol";
import { pick, pickWeighted, popularIndex } from "./random-draws.ts";
import { drawDueMs } from "./random-due.ts";
import type { DrawState } from "./random-model.ts";
import { drawAccount } from "./random-orders.ts";
import { drawTerms, spoilTerms } from "./random-terms.ts";

// What an operator does: states of markets, mass cancels, the kill switches.

/** What would let trading go on where something keeps it from it, now and then. */
export function drawReopening(state: DrawState): Command | undefined {
  const { prng, model } = state;
  const closed = model.markets.find(
    ({ state: now }) => now !== MarketState.Trading && now !== MarketState.Delisted,
  );
  if (closed !== undefined && prng.chance(1, 8)) {
    return setState(closed.index, stepTowardsTrading(state, closed.state));
  }
  if (model.isSuspended && prng.chance(1, 8)) {
    return { kind: CommandKind.SetTrading, enabled: 1 };
  }
  const [blocked] = model.blockedAccounts;
  if (blocked !== undefined && prng.chance(1, 12)) {
    return { kind: CommandKind.SetAccountState, account: blocked, enabled: 1 };
  }
  return undefined;
}

function stepTowardsTrading({ prng }: DrawState, state: MarketState): MarketState {
  const mustGather = state === MarketState.PreOpen || state === MarketState.Closed;
  const mayGather = state !== MarketState.Auction && prng.chance(1, 3);
  return mustGather || mayGather ? MarketState.Auction : MarketState.Trading;
}

export function setState(market: MarketIndex, state: MarketState): Command {
  return { kind: CommandKind.SetMarketState, market, state };
}

export function drawStateChange(state: DrawState): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 6);
  const market = popularIndex(prng, model.markets.length) + (isHostile ? prng.below(2) * 99 : 0);
  const states = Object.values(MarketState);
  return setState(
    market as MarketIndex,
    pick(prng, isHostile ? [0, 9, 255, ...states] : states) as MarketState,
  );
}

export function drawOperatorCommand(state: DrawState): Command {
  const { prng, options } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 10);
  const enabled = pick(prng, isHostile ? [2, 255] : [0, 0, 1]) as Switch;
  return pickWeighted<() => Command>(prng, [
    [4, () => drawMassCancel(state, isHostile)],
    [6, () => drawChange(state, isHostile)],
    [2, () => drawDelisting(state)],
    [1, () => ({ kind: CommandKind.SetTrading, enabled })],
    [
      2,
      () => ({ kind: CommandKind.SetAccountState, account: drawOwner(state, isHostile), enabled }),
    ],
  ])();
}

/** Mostly some of the bounds and rates that another listing would have; now and then all terms, those too that have to stay. */
function drawChange(state: DrawState, isHostile: boolean): Command {
  const { prng, options, model } = state;
  const market = pick(prng, model.markets);
  const drawn = drawTerms(prng, options, Math.max(2, model.assetCount));
  const { lotsMax } = drawn;
  const terms = {
    ...market.terms,
    state: market.state,
    lotsMax: lotsMax < market.terms.lotsMax ? lotsMax : market.terms.lotsMax,
    lotsMin: 1n,
    notionalMinQuanta: drawn.notionalMinQuanta,
    notionalMaxQuanta: drawn.notionalMaxQuanta,
    makerFeePpm: drawn.makerFeePpm,
    takerFeePpm: drawn.takerFeePpm,
    bandUpPpm: drawn.bandUpPpm,
    bandDownPpm: drawn.bandDownPpm,
  };
  const spoilt = isHostile ? spoilTerms(prng, terms) : terms;
  const isWhole = prng.chance(1, 3);
  const names = (Object.keys(drawn) as (keyof MarketTerms)[]).filter(
    () => isWhole || prng.chance(1, 3),
  );
  const changes = Object.fromEntries(names.map((name) => [name, spoilt[name]]));
  const index = (market.index + (isHostile ? prng.below(2) * 99 : 0)) as MarketIndex;
  return { kind: CommandKind.ChangeMarket, market: index, changes };
}

/** Of a market that is closed, if there is one. */
function drawDelisting({ prng, model }: DrawState): Command {
  const closed = model.markets.filter((market) => market.state === MarketState.Closed);
  const market = pick(prng, prng.chance(1, 4) || closed.length === 0 ? model.markets : closed);
  return { kind: CommandKind.DelistMarket, market: market.index };
}

function drawOwner({ prng, model }: DrawState, isHostile: boolean): AccountIndex {
  return isHostile ? (pick(prng, [0, 0xffff_ffff]) as AccountIndex) : drawAccount(prng, model);
}

/** A guard that trades will run into now and then, or none. */
export function drawGuard(state: DrawState): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 12);
  const isOff = prng.chance(1, 6);
  const ppm = (): number => pick(prng, [0, 5_000, 30_000, 100_000, 400_000]);
  const market = popularIndex(prng, model.markets.length) as MarketIndex;
  const guard = {
    kind: CommandKind.SetMarketGuard,
    market: isHostile ? ((market + 99) as MarketIndex) : market,
    upPpm: ppm(),
    downPpm: ppm(),
    windowMs: 1 + prng.below(500),
    auctionMs: prng.chance(1, 2) ? drawDueMs(state) - state.nowMs : 1 + prng.below(200),
  };
  if (isOff) return { ...guard, upPpm: 0, downPpm: 0, windowMs: 0, auctionMs: 0 };
  return isHostile ? { ...guard, downPpm: pick(prng, [1_000_001, 0]), windowMs: 0 } : guard;
}

function drawMassCancel(state: DrawState, isHostile: boolean): Command {
  const { prng, model } = state;
  const known = popularIndex(prng, model.markets.length);
  const market = prng.chance(1, 6) ? ALL_MARKETS : known;
  const account = prng.chance(1, 2) ? 0 : drawAccount(prng, model);
  return {
    kind: CommandKind.MassCancel,
    account: (isHostile ? pick(prng, [account, 0xffff_ffff]) : account) as AccountIndex,
    market: isHostile ? pick(prng, [market, model.markets.length, 0xffff_fffe]) : market,
    sides: (isHostile ? pick(prng, [3, 255]) : prng.below(3)) as SideFilter,
    withFamily: (account !== 0 && prng.chance(1, 2)
      ? pick(prng, isHostile ? [2] : [1])
      : 0) as Switch,
  };
}
