import type { RestClient } from "@rialto/client";
import { formatDecimal, parseDecimal, TEXT_DECIMALS } from "@rialto/protocol";
import { type ReplayFault, unfitFault } from "./replay-fault.ts";

// Prices and quantities of a recorded file, in the steps of the market that they are replayed on.

/** Units  tick and lot are integers of 10^-8. */
export interface MarketSteps {
  readonly symbol: string;
  readonly tick: bigint;
  readonly lot: bigint;
}

/** Reads a price as ticks. Returns what is wrong with it as text. */
export function parseTicks(text: unknown, steps: MarketSteps): number | string {
  return inSteps(text, steps.tick, "price");
}

/** Reads a quantity, which may be zero, as lots. Returns what is wrong with it as text. */
export function parseLots(text: unknown, steps: MarketSteps): number | string {
  return inSteps(text, steps.lot, "quantity");
}

function inSteps(text: unknown, step: bigint, name: string): number | string {
  if (typeof text !== "string") return `a ${name} is not text`;
  const value = parseDecimal(text, TEXT_DECIMALS);
  if (typeof value !== "bigint") return `${name} "${text.slice(0, 50)}": ${value}`;
  if (value % step !== 0n) return `${name} ${text} is not a multiple of ${short(step)}`;
  const count = Number(value / step);
  return Number.isSafeInteger(count) ? count : `${name} ${text} is too large`;
}

function short(step: bigint): string {
  return formatDecimal(step, TEXT_DECIMALS);
}

export function ticksText(ticks: number, steps: MarketSteps): string {
  return formatDecimal(BigInt(ticks) * steps.tick, TEXT_DECIMALS);
}

/** Also of sums over many orders, which may pass the safe integers. */
export function lotsText(lots: number | bigint, steps: MarketSteps): string {
  return formatDecimal(BigInt(lots) * steps.lot, TEXT_DECIMALS);
}

/** Asks a node for the steps of a market. */
export async function readMarketSteps(
  rest: RestClient,
  symbol: string,
): Promise<MarketSteps | ReplayFault> {
  const info = (await rest.request("GET", "/api/v3/exchangeInfo", { symbol })) as {
    readonly symbols: readonly {
      readonly filters: readonly Readonly<Record<string, unknown>>[];
    }[];
  };
  const filters = info.symbols[0]?.filters ?? [];
  const stepOf = (filterType: string, field: string): bigint => {
    const filter = filters.find((each) => each["filterType"] === filterType);
    const value = parseDecimal(String(filter?.[field]), TEXT_DECIMALS);
    return typeof value === "bigint" ? value : 0n;
  };
  const tick = stepOf("PRICE_FILTER", "tickSize");
  const lot = stepOf("LOT_SIZE", "stepSize");
  if (tick === 0n || lot === 0n) return unfitFault(symbol, "the node states no steps for it");
  return { symbol, tick, lot };
}
