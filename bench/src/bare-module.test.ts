import {
  accountIndex,
  addAsset,
  assetIndex,
  createHotEngine,
  deposit,
  type EngineEvent,
  EventKind,
  limitOrder,
  listMarket,
  marketIndex,
  openAccount,
  sendCommands,
  Side,
} from "@rialto/engine";
import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { bareModule } from "./bare-module.ts";

const LIMITS = {
  ordersMax: 4_096,
  levelPagesMax: 1_024,
  accountsMax: 16,
  balancesMax: 64,
  assetsMax: 2,
  marketsMax: 1,
  ladderEntriesMax: 1_024,
  accountOrdersMax: 4_096,
  specialsMax: 1,
  volumesMax: 1,
};
const [base, quote] = [assetIndex(0), assetIndex(1)];
const market = marketIndex(0);
const terms = { baseAsset: base, quoteAsset: quote, priceTicksMax: 1_000 };
const listing = [addAsset(), addAsset(), listMarket(terms)];

test("without accounts anybody may trade, with money or without", () => {
  const engine = createHotEngine({ limits: LIMITS, hashKey: 1n, module: bareModule() });
  const [nobody, other] = [accountIndex(7), accountIndex(8)];
  const events = sendCommands(
    engine,
    [
      ...listing,
      limitOrder({ market, account: nobody, side: Side.Sell, priceTicks: 100, lots: 5n }),
      limitOrder({ market, account: other, side: Side.Buy, priceTicks: 100, lots: 5n }),
    ],
    0,
  );
  expect(events.at(-1)).toMatchObject({ kind: EventKind.Fill, priceTicks: 100, lots: 5 });
});

test("where all can pay and nobody is charged, both builds say the same of every command", () => {
  const prng = createPrng(11);
  const accounts = [1, 2, 3, 4].map(accountIndex);
  const orders = Array.from({ length: 3_000 }, () =>
    limitOrder({
      market,
      account: accounts[prng.below(4)]!,
      side: prng.chance(1, 2) ? Side.Buy : Side.Sell,
      priceTicks: 480 + prng.below(40),
      lots: BigInt(1 + prng.below(50)),
    }),
  );
  const funds = accounts.flatMap((account) => [
    deposit(account, base, 10n ** 9n),
    deposit(account, quote, 10n ** 12n),
  ]);
  const opening = accounts.map((account) => openAccount(BigInt(account)));
  const run = (other: { readonly module?: WebAssembly.Module }): readonly EngineEvent[] => {
    const engine = createHotEngine({ limits: LIMITS, hashKey: 1n, ...other });
    sendCommands(engine, [...listing, ...opening, ...funds], 0);
    return sendCommands(engine, orders, 0);
  };
  const events = run({ module: bareModule() });
  expect(events.filter(({ kind }) => kind === EventKind.Fill).length).toBeGreaterThan(1_000);
  expect(events).toEqual(run({}));
});
