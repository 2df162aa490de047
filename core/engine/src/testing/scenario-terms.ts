import { MarketState, QUANTA_MAX, type MarketTerms } from "@rialto/protocol";
import { parseInteger, parseNumber, parseWord, type WordReader } from "./scenario-text.ts";
import { assetNamed, type World } from "./scenario-world.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads the terms of a `market` row; what it leaves out does not get in the way. */
export function parseMarketTerms(
  world: World,
  pair: string,
  reader: WordReader,
  stateWords: Readonly<Record<string, number>>,
): MarketTerms {
  const [base = "", quote = ""] = pair.split("/");
  const terms: Writable<MarketTerms> = {
    state: MarketState.Trading,
    baseAsset: assetNamed(world, base),
    quoteAsset: assetNamed(world, quote),
    priceTicksMin: 1,
    priceTicksMax: 10_000,
    lotQuanta: 1n,
    tickLotQuanta: 1n,
    lotsMin: 1n,
    lotsMax: 1_000_000n,
    notionalMinQuanta: 1n,
    notionalMaxQuanta: QUANTA_MAX,
    makerFeePpm: 0,
    takerFeePpm: 0,
    bandUpPpm: 0,
    bandDownPpm: 0,
    referenceTicks: 1_000,
  };
  while (!reader.isAtEnd && reader.peek() !== "as") {
    readTerm(terms, reader.next(), reader.next(), stateWords);
  }
  return terms;
}

/** Reads the terms that a `change` row names. */
export function parseChanges(
  reader: WordReader,
  stateWords: Readonly<Record<string, number>>,
): Partial<MarketTerms> {
  const changes: Partial<Writable<MarketTerms>> = {};
  while (!reader.isAtEnd) readTerm(changes, reader.next(), reader.next(), stateWords);
  return changes;
}

function readTerm(
  terms: Partial<Writable<MarketTerms>>,
  key: string,
  value: string,
  stateWords: Readonly<Record<string, number>>,
): void {
  const [low = "", high = ""] = value.split(/\.\.|\//);
  switch (key) {
    case "state":
      terms.state = parseWord(stateWords, value) as MarketState;
      break;
    case "ticks":
      terms.priceTicksMin = parseNumber(low);
      terms.priceTicksMax = parseNumber(high);
      break;
    case "reference":
      terms.referenceTicks = parseNumber(value);
      break;
    case "lots":
      terms.lotsMin = parseInteger(low);
      terms.lotsMax = parseInteger(high);
      break;
    case "lot":
      terms.lotQuanta = parseInteger(value);
      break;
    case "tickLot":
      terms.tickLotQuanta = parseInteger(value);
      break;
    case "notional":
      terms.notionalMinQuanta = parseInteger(low);
      terms.notionalMaxQuanta = parseInteger(high);
      break;
    case "fees":
      terms.makerFeePpm = parseNumber(low);
      terms.takerFeePpm = parseNumber(high);
      break;
    case "band":
      terms.bandUpPpm = parseNumber(low);
      terms.bandDownPpm = parseNumber(high);
      break;
    default:
      throw new Error(`a market has no ${key}`);
  }
}
