import type { Prng } from "@rialto/base";
import {
  BAND_UP_PPM_MAX,
  FEE_PPM_MAX,
  LOTS_MAX,
  MarketState,
  PPM,
  QUANTA_MAX,
  type AssetIndex,
  type MarketTerms,
} from "@rialto/protocol";
import { between, pick } from "./random-draws.ts";
import { REFERENCE_SPREADS, type SwarmOptions } from "./random-options.ts";

/**
 * Draws the terms of a market in which an order of the usual size costs the usual amount.
 *
 * Returns  terms that are valid wherever the assets exist.
 */
export function drawTerms(prng: Prng, options: SwarmOptions, assetCount: number): MarketTerms {
  const baseAsset = prng.below(assetCount);
  const quoteAsset = (baseAsset + 1 + prng.below(assetCount - 1)) % assetCount;
  const prices = drawPrices(prng, options);
  const typicalLots = BigInt(options.typicalLots);
  const lotQuanta = atLeastOne(options.typicalQuanta / typicalLots + BigInt(prng.below(3)));
  const centreQuanta = typicalLots * BigInt(prices.referenceTicks);
  const tickLotQuanta = atLeastOne(
    min(
      options.typicalQuanta / centreQuanta + BigInt(prng.below(3)),
      QUANTA_MAX / BigInt(prices.priceTicksMax),
    ),
  );
  const lotsHigh = options.hasFloods
    ? BigInt(LOTS_MAX)
    : pick(prng, [typicalLots * 2n, typicalLots * 50n, BigInt(LOTS_MAX)]);
  const lotsMax = min(min(lotsHigh, BigInt(LOTS_MAX)), QUANTA_MAX / lotQuanta);
  const lotsLow = options.hasFloods ? 1n : pick(prng, [1n, 1n, typicalLots / 10n]);
  return {
    state: prng.chance(1, 30)
      ? ((1 + prng.below(MarketState.Closed)) as MarketState)
      : MarketState.Trading,
    baseAsset: baseAsset as AssetIndex,
    quoteAsset: quoteAsset as AssetIndex,
    ...prices,
    lotQuanta,
    tickLotQuanta,
    lotsMin: min(atLeastOne(lotsLow), lotsMax),
    lotsMax,
    ...drawNotionalBounds(prng, options),
    ...drawRates(prng, options),
  };
}

function drawPrices(
  prng: Prng,
  options: SwarmOptions,
): Pick<MarketTerms, "priceTicksMin" | "priceTicksMax" | "referenceTicks"> {
  const { spreadTicks } = options;
  const referenceTicks = pick(prng, [
    spreadTicks * 2 + prng.below(20),
    spreadTicks * REFERENCE_SPREADS + prng.below(100),
    between(prng, 1, 300),
  ]);
  const priceTicksMax = pick(prng, [
    referenceTicks + prng.below(spreadTicks + 1),
    referenceTicks * 2,
    Math.min(referenceTicks * 8, 40_000 + referenceTicks),
  ]);
  const priceTicksMin = pick(prng, [1, 1, Math.max(1, referenceTicks - spreadTicks)]);
  return { priceTicksMin, priceTicksMax, referenceTicks };
}

function drawNotionalBounds(
  prng: Prng,
  options: SwarmOptions,
): Pick<MarketTerms, "notionalMinQuanta" | "notionalMaxQuanta"> {
  if (!options.hasNotionalBounds) return { notionalMinQuanta: 1n, notionalMaxQuanta: QUANTA_MAX };
  const { typicalQuanta } = options;
  return {
    notionalMinQuanta: atLeastOne(typicalQuanta / pick(prng, [4n, 40n])),
    notionalMaxQuanta: min(typicalQuanta * pick(prng, [2n, 20n]), QUANTA_MAX),
  };
}

function drawRates(
  prng: Prng,
  options: SwarmOptions,
): Pick<MarketTerms, "makerFeePpm" | "takerFeePpm" | "bandUpPpm" | "bandDownPpm"> {
  const drawFee = (): number =>
    options.hasFees ? pick(prng, [0, 1, 333, 2_500, prng.below(20_000), FEE_PPM_MAX]) : 0;
  const drawBand = (widest: number): number =>
    options.hasBands
      ? pick(prng, [0, 1, 20_000, 100_000, 400_000, prng.below(999_999), widest])
      : 0;
  return {
    makerFeePpm: drawFee(),
    takerFeePpm: drawFee(),
    bandUpPpm: drawBand(BAND_UP_PPM_MAX),
    bandDownPpm: drawBand(Number(PPM)),
  };
}

/** Breaks one of the rules of a listing. */
export function spoilTerms(prng: Prng, terms: MarketTerms): MarketTerms {
  const u64 = pick(prng, [0n, 1n, QUANTA_MAX, QUANTA_MAX + 1n, 1n << 63n, (1n << 64n) - 1n]);
  const u32 = pick(prng, [0, 1, 0x3fff_ffff, 0x4000_0000, 0x8000_0000, 0xffff_ffff]);
  return pick<() => MarketTerms>(prng, [
    () => ({ ...terms, state: pick(prng, [0, 8, 9, 255]) as MarketState }),
    () => ({ ...terms, baseAsset: terms.quoteAsset }),
    () => ({ ...terms, quoteAsset: u32 as AssetIndex }),
    () => ({ ...terms, priceTicksMin: u32 }),
    () => ({ ...terms, priceTicksMax: u32 }),
    () => ({ ...terms, referenceTicks: u32 }),
    () => ({ ...terms, lotsMin: u64 }),
    () => ({ ...terms, lotsMax: u64 }),
    () => ({ ...terms, lotQuanta: u64 }),
    () => ({ ...terms, tickLotQuanta: u64 }),
    () => ({ ...terms, notionalMinQuanta: u64 }),
    () => ({ ...terms, notionalMaxQuanta: u64 }),
    () => ({ ...terms, makerFeePpm: u32 }),
    () => ({ ...terms, takerFeePpm: FEE_PPM_MAX + 1 }),
    () => ({ ...terms, bandUpPpm: BAND_UP_PPM_MAX + prng.below(2) }),
    () => ({ ...terms, bandDownPpm: Number(PPM) + prng.below(2) }),
  ])();
}

function atLeastOne(value: bigint): bigint {
  return value < 1n ? 1n : value;
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
