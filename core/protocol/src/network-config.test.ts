import { Fault } from "@rialto/base";
import { expect, test } from "vitest";
import { CommandKind } from "./command.ts";
import {
  genesisCommands,
  type MarketConfig,
  networkBytes,
  type NetworkConfig,
} from "./network-config.ts";

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
