// The exchange of many markets: everything on, ten thousand accounts that have what they can spend.

import { viewOf } from "@rialto/base";
import { createHotEngine, type EngineLimits, type SnapshotEngine } from "@rialto/engine";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  CommandKind,
  encodeCommand,
  LEVEL_PAGES_MAX,
  LEVELS_PER_PAGE,
  MarketState,
  QUANTA_MAX,
} from "@rialto/protocol";
import { bareModule } from "../bare-module.ts";

/** Accounts of the exchange. Buyers have odd numbers, sellers even: own makers are looked for, never met. */
export const ACCOUNTS = 10_000;
/** Prices are 1 .. this many ticks. */
export const PRICE_TICKS_MAX = 1_023;
export const MIDDLE_TICKS = 512;
const FUNDS_QUANTA: bigint = QUANTA_MAX / BigInt(ACCOUNTS);
const LOTS_MAX = 1_000_000n;
const MAKER_FEE_PPM = 100;
const TAKER_FEE_PPM = 300;
/** Slots beyond the orders that rest: replacements come before all that they replace has gone. */
const SPARE_SLOTS = 65_536;
const COMMANDS_PER_CALL = 1_000;

/** How large an exchange is. */
export interface ExchangeSize {
  readonly markets: number;
  /** Accounts that trade in one market, an even number; 0 for an exchange without any. */
  readonly marketAccounts: number;
  /** Orders that rest at a time. */
  readonly orders: number;
  /** On the build without accounts. */
  readonly isBare: boolean;
}

/** The account of a market's trader. Those with even numbers, from 0, buy; the others sell. */
export function traderOf(market: number, marketAccounts: number, trader: number): number {
  return 1 + ((market * marketAccounts + trader) % ACCOUNTS);
}

/** Makes an exchange with all its markets listed and all its accounts funded, and no order. */
export function openMarkets(size: ExchangeSize): SnapshotEngine {
  const module = size.isBare ? { module: bareModule() } : {};
  const engine = createHotEngine({
    limits: limitsOf(size),
    hashKey: 0x9e37_79b9_7f4a_7c15n,
    ...module,
  });
  const sender = new Sender(engine);
  const { markets, marketAccounts } = size;
  for (let asset = 0; asset <= markets; asset++) sender.send({ kind: CommandKind.AddAsset });
  for (let market = 0; market < markets; market++) sender.send(listing(market));
  if (marketAccounts > 0) fund(sender, size);
  sender.flush();
  return engine;
}

function fund(sender: Sender, { markets, marketAccounts }: ExchangeSize): void {
  for (let number = 1; number <= ACCOUNTS; number++) {
    sender.send({ kind: CommandKind.OpenAccount, number: BigInt(number) });
  }
  for (let account = 1; account <= ACCOUNTS; account++) sender.send(deposit(account, 0));
  for (let market = 0; market < markets; market++) {
    for (let trader = 1; trader < marketAccounts; trader += 2) {
      sender.send(deposit(traderOf(market, marketAccounts, trader), market + 1));
    }
  }
}

function limitsOf({ markets, marketAccounts, orders }: ExchangeSize): EngineLimits {
  const entries = 2 * markets * Math.ceil((PRICE_TICKS_MAX + 1) / LEVELS_PER_PAGE);
  return {
    ordersMax: orders + SPARE_SLOTS,
    levelPagesMax: Math.min(LEVEL_PAGES_MAX, entries),
    accountsMax: ACCOUNTS,
    // One row for quote and one for each market's base; those in an account's own record come on top.
    balancesMax: ACCOUNTS + markets * marketAccounts,
    assetsMax: markets + 1,
    marketsMax: markets,
    ladderEntriesMax: entries,
    accountOrdersMax: 65_535,
    specialsMax: 1,
    volumesMax: 1,
  };
}

/** Sends commands in calls of a thousand. */
class Sender {
  readonly #engine: SnapshotEngine;
  #end = 0;
  #count = 0;

  constructor(engine: SnapshotEngine) {
    this.#engine = engine;
  }

  send(command: Command): void {
    this.#end = encodeCommand(viewOf(this.#engine.commands), this.#end, command);
    if (++this.#count === COMMANDS_PER_CALL) this.flush();
  }

  flush(): void {
    for (let at = 0; at < this.#end;) at = this.#engine.execute(at, this.#end, 0);
    this.#end = 0;
    this.#count = 0;
  }
}

function deposit(account: number, asset: number): Command {
  return {
    kind: CommandKind.Deposit,
    account: account as AccountIndex,
    asset: asset as AssetIndex,
    quanta: FUNDS_QUANTA,
    reference: 0n,
  };
}

function listing(market: number): Command {
  return {
    kind: CommandKind.ListMarket,
    state: MarketState.Trading,
    baseAsset: (market + 1) as AssetIndex,
    quoteAsset: 0 as AssetIndex,
    priceTicksMin: 1,
    priceTicksMax: PRICE_TICKS_MAX,
    lotQuanta: 1n,
    tickLotQuanta: 1n,
    lotsMin: 1n,
    lotsMax: LOTS_MAX,
    notionalMinQuanta: 1n,
    notionalMaxQuanta: QUANTA_MAX,
    makerFeePpm: MAKER_FEE_PPM,
    takerFeePpm: TAKER_FEE_PPM,
    bandUpPpm: 0,
    bandDownPpm: 0,
    referenceTicks: MIDDLE_TICKS,
  };
}
