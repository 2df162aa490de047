import { createPrng, Fault, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import { CommandKind } from "./command.ts";
import { encodeCommands } from "./command-codec.ts";
import { parseCommands } from "./command-parser.ts";
import {
  genesisCommands,
  type MarketConfig,
  networkBytes,
  type NetworkConfig,
} from "./network-config.ts";
import { ladderEntriesMaxBeside, MARKETS_MAX } from "./limits.ts";

const market: MarketConfig = {
  symbol: "BTCUSD",
  base: "BTC",
  quote: "USD",
  tickSize: "0.01",
  lotSize: "0.00001",
  priceMin: "0.01",
  priceMax: "1000000",
  quantityMin: "0.00001",
  quantityMax: "9000",
  notionalMin: "5",
  notionalMax: "9000000",
  makerFeePpm: 1_000,
  takerFeePpm: 1_000,
  bandUpPpm: 0,
  bandDownPpm: 0,
  referencePrice: "60000",
};
const network: NetworkConfig = {
  name: "test",
  assets: [
    { symbol: "BTC", decimals: 8 },
    { symbol: "USD", decimals: 8 },
  ],
  markets: [market],
  capacities: {
    ordersMax: 1_000,
    levelPagesMax: 1_000,
    accountsMax: 100,
    balancesMax: 200,
    assetsMax: 10,
    marketsMax: 10,
    ladderEntriesMax: 20_000_000,
    accountOrdersMax: 500,
    specialsMax: 100,
    volumesMax: 100,
  },
};

test("decimal text becomes exact ticks, lots and quanta", () => {
  const commands = genesisCommands(network);
  if (commands instanceof Fault) throw commands;
  expect(commands.map((command) => command.kind)).toEqual([
    CommandKind.AddAsset,
    CommandKind.AddAsset,
    CommandKind.ListMarket,
  ]);
  expect(commands[2]).toMatchObject({
    priceTicksMin: 1,
    priceTicksMax: 100_000_000,
    referenceTicks: 6_000_000,
    lotsMin: 1n,
    lotsMax: 900_000_000n,
    lotQuanta: 1_000n,
    tickLotQuanta: 10n,
    notionalMinQuanta: 500_000_000n,
  });
});

test("all problems are reported at once, in the operator's words", () => {
  const broken = {
    ...network,
    name: "No Such",
    capacities: { ...network.capacities, ordersMax: 0 },
    markets: [
      { ...market, base: "DOGE" },
      { ...market, symbol: "B", tickSize: "0.000001", lotSize: "0.00000001" },
      { ...market, symbol: "C", priceMin: "0.015", takerFeePpm: 200_000 },
      { ...market, symbol: "D", quantityMax: "x" },
    ],
  };
  const fault = genesisCommands(broken);
  if (!(fault instanceof Fault)) throw new Error("expected a fault");
  expect(fault.detail.problems).toEqual([
    "capacities.ordersMax: 0 is not in 1 to 4194303",
    'name: "No Such" is not lower-case-with-dashes',
    "market BTCUSD: base asset DOGE is not among the assets",
    "market B: one tick times one lot is not a whole number of quanta of USD",
    "market B: priceMax is over 1073741823 ticks",
    "market C: priceMin is not a whole number of ticks",
    'market D: quantityMax "x" is not a positive number of at most 8 decimals',
    "market D: quantityMax is not a whole number of lots",
  ]);
});

test.each([
  [
    "an amount that JSON has made a float",
    { markets: [{ ...market, tickSize: 0.01 }] },
    "not text",
  ],
  ["a number for a symbol", { assets: [{ symbol: 5, decimals: 8 }], markets: [] }, 'asset "5"'],
  [
    "decimals that are not whole",
    { assets: [network.assets[0], { symbol: "USD", decimals: 0.5 }] },
    "asset USD: decimals must be 0 to 18",
  ],
  [
    "decimals beyond reason",
    { assets: [network.assets[0], { symbol: "USD", decimals: 1e15 }] },
    "asset USD: decimals must be 0 to 18",
  ],
  [
    "more assets than there is room for",
    { capacities: { ...network.capacities, assetsMax: 1 } },
    "capacities.assetsMax: 1, and there are 2",
  ],
])("%s is a problem, not an exception", (_, change, problem) => {
  const fault = genesisCommands({ ...network, ...change } as NetworkConfig);
  if (!(fault instanceof Fault)) throw new Error("expected a fault");
  expect(fault.message).toContain(problem);
});

test("the network's bytes change with anything that members must agree on", () => {
  const bytesOf = (config: NetworkConfig): string => {
    const genesis = genesisCommands(config);
    if (genesis instanceof Fault) throw genesis;
    return Buffer.from(networkBytes(config, genesis)).toString("hex");
  };
  const original = bytesOf(network);
  expect(bytesOf({ ...network })).toBe(original);
  expect(bytesOf({ ...network, name: "other" })).not.toBe(original);
  expect(bytesOf({ ...network, markets: [{ ...market, takerFeePpm: 999 }] })).not.toBe(original);
  const capacities = { ...network.capacities, ordersMax: 999 };
  expect(bytesOf({ ...network, capacities })).not.toBe(original);
});

const FUZZ_CASES = 200_000;
/** What an operator's file may hold in any place, sensible in some and mad in most. */
const ODD_VALUES: readonly (string | number)[] = [
  ["", "0", "1", "-1", "0.00000001", "0.01", "0.015", "1e-8", "1e3", "1e999", ".5", "5.", " 5"],
  ["99999999999999999999", "9".repeat(40), "9".repeat(41), "NaN", "Infinity", "0x10", "\u0661"],
  ["BTC", "USD", "btc", "BTCUSD", "test", "no name", "__proto__", "constructor", "\ud800"],
  [0, -0, 1, -1, 0.5, 8, 18, 19, 255, 1_000_000, 1e15, 1e300, -1e300, 2 ** 32, 2 ** 53, 5e-324],
].flat();

/** The network above with one to four places changed. */
function drawConfig(prng: Prng): NetworkConfig {
  const pick = <T>(list: readonly T[]): T => list[prng.below(list.length)]!;
  const markets = [market, { ...market, symbol: "OTHER" }];
  const config = structuredClone({ ...network, assets: [...network.assets], markets });
  for (let changes = 1 + prng.below(4); changes > 0; changes--) {
    const list: object[] = pick<object[]>([config.assets, config.markets]);
    const draw = prng.below(8);
    if (draw === 0) list.splice(prng.below(list.length), 1);
    else if (draw === 1) list.push(structuredClone(pick([...list, { ...market }])));
    else {
      const records = [config, config.capacities, ...config.assets, ...config.markets];
      const record = pick(records) as unknown as Record<string, unknown>;
      const fields = Object.keys(record).filter((field) => typeof record[field] !== "object");
      const value = prng.chance(1, 4) ? record[pick(fields)] : pick(ODD_VALUES);
      if (fields.length > 0) record[pick(fields)] = value;
    }
  }
  return config;
}

test(`${FUZZ_CASES} changed networks yield problems, or commands that all have their bytes`, () => {
  let soundCount = 0;
  for (let seed = 0; seed < FUZZ_CASES; seed++) {
    const config = drawConfig(createPrng(seed));
    try {
      const genesis = genesisCommands(config);
      if (genesis instanceof Fault) {
        if (genesis.detail.problems.length === 0) throw new Error("a fault without a problem");
        continue;
      }
      soundCount++;
      networkBytes(config, genesis);
      const count = parseCommands(encodeCommands(genesis));
      if (count !== config.assets.length + config.markets.length) {
        throw new Error(`${String(count)} commands are read back`);
      }
    } catch (cause) {
      throw new Error(`seed ${seed}: ${JSON.stringify(config)}`, { cause });
    }
  }
  expect(soundCount).toBeGreaterThan(FUZZ_CASES / 50);
  expect(soundCount).toBeLessThan(FUZZ_CASES / 2);
});

test("markets whose ladders there is no room for are refused: the engine would leave them out, and number the others anew", () => {
  // 100,000,001 prices of two sides, 16 of them a page.
  const entries = 2 * Math.ceil((100_000_000 + 1) / 16);
  const withRoom = (ladderEntriesMax: number): NetworkConfig => {
    return { ...network, capacities: { ...network.capacities, ladderEntriesMax } };
  };
  expect(genesisCommands(withRoom(entries))).not.toBeInstanceOf(Fault);
  const fault = genesisCommands(withRoom(entries - 1));
  expect(fault instanceof Fault ? fault.detail.problems : []).toEqual([
    `capacities.ladderEntriesMax: ${entries - 1}, and the prices of the markets take ${entries}: raise it, or lower priceMax`,
  ]);
});

test("more room for ladders than the engine's memory has beside the markets is refused: it would end every start", () => {
  const withRoom = (ladderEntriesMax: number, marketsMax: number): NetworkConfig => {
    return { ...network, capacities: { ...network.capacities, ladderEntriesMax, marketsMax } };
  };
  for (const marketsMax of [64, MARKETS_MAX]) {
    const most = ladderEntriesMaxBeside(marketsMax);
    expect(genesisCommands(withRoom(most, marketsMax))).not.toBeInstanceOf(Fault);
    const fault = genesisCommands(withRoom(most + 1, marketsMax));
    expect(fault instanceof Fault ? fault.detail.problems : []).toEqual([
      `capacities.ladderEntriesMax: ${most + 1} is not in 1 to ${most}, beside ${marketsMax} markets`,
    ]);
  }
});
