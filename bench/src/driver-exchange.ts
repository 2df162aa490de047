// The exchange that a workload runs on: its markets, ten thousand accounts, and money without end.

import { U32_MAX } from "@rialto/base";
import type { EngineLimits, SnapshotEngine } from "@rialto/engine";
import {
  type AccountIndex,
  type AssetIndex,
  BALANCES_MAX,
  type Command,
  CommandKind,
  encodeCommand,
  LEVEL_PAGES_MAX,
  LEVELS_PER_PAGE,
  MarketState,
  QUANTA_MAX,
} from "@rialto/protocol";
import type { Workload } from "./lob1.ts";

/** Accounts of the exchange. Buyers have even numbers, sellers odd: own makers are looked for, never met. */
const ACCOUNTS = 10_000;
/** Accounts that trade in one market, where there are many markets. */
const ACCOUNTS_PER_MARKET = 16;
/** All that there can be of an asset, shared out: as near to unlimited as an exact ledger comes. */
const FUNDS_QUANTA: bigint = QUANTA_MAX / BigInt(ACCOUNTS);
const MAKER_FEE_PPM = 100;
const TAKER_FEE_PPM = 300;
/** Slots beyond the most orders that ever wait: a taker holds one while it matches. */
const SPARE_SLOTS = 256;

/** The account that an order of a workload belongs to. */
export function accountOf(workload: Workload, symbol: number, side: number, id: number): number {
  const draw = id * 2 + side;
  if (workload.header.symbols === 1) return 1 + (draw % ACCOUNTS);
  const local = draw % ACCOUNTS_PER_MARKET;
  return 1 + ((symbol * ACCOUNTS_PER_MARKET + local) % ACCOUNTS);
}

/** Capacities that just hold the workload. */
export function driverLimits(workload: Workload): EngineLimits {
  const { symbols, pricesMax, liveOrdersMax } = workload.header;
  const entries = 2 * symbols * Math.ceil((pricesMax + 1) / LEVELS_PER_PAGE);
  return {
    ordersMax: liveOrdersMax + SPARE_SLOTS,
    levelPagesMax: Math.min(LEVEL_PAGES_MAX, entries),
    accountsMax: ACCOUNTS,
    balancesMax: Math.min(BALANCES_MAX, ACCOUNTS * 2 + symbols * ACCOUNTS_PER_MARKET),
    assetsMax: symbols + 1,
    marketsMax: symbols,
    ladderEntriesMax: entries,
    accountOrdersMax: 65_535,
    specialsMax: 1,
    volumesMax: 1,
  };
}

/** Lists a market for each symbol, all quoted in asset 0, and gives every account what it can spend. */
export function openExchange(engine: SnapshotEngine, workload: Workload): void {
  const { symbols, pricesMax } = workload.header;
  const queue: Command[] = [];
  const flush = (): void => {
    const view = new DataView(engine.commands.buffer, engine.commands.byteOffset);
    let end = 0;
    for (const command of queue.splice(0)) end = encodeCommand(view, end, command);
    for (let at = 0; at < end;) at = engine.execute(at, end, 0);
  };
  const send = (command: Command): void => {
    queue.push(command);
    if (queue.length === 1_000) flush();
  };
  for (let asset = 0; asset <= symbols; asset++) send({ kind: CommandKind.AddAsset });
  for (let symbol = 0; symbol < symbols; symbol++) send(listing(symbol, pricesMax));
  for (let number = 1; number <= ACCOUNTS; number++) {
    send({ kind: CommandKind.OpenAccount, number: BigInt(number) });
  }
  for (let account = 1; account <= ACCOUNTS; account++) send(deposit(account, 0));
  const locals = symbols === 1 ? ACCOUNTS : ACCOUNTS_PER_MARKET;
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (let local = 0; local < locals; local++) {
      const account = accountOf(workload, symbol, local & 1, local >> 1);
      send(deposit(account, symbol + 1));
    }
  }
  flush();
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

function listing(symbol: number, pricesMax: number): Command {
  return {
    kind: CommandKind.ListMarket,
    state: MarketState.Trading,
    baseAsset: (symbol + 1) as AssetIndex,
    quoteAsset: 0 as AssetIndex,
    priceTicksMin: 1,
    priceTicksMax: pricesMax,
    lotQuanta: 1n,
    tickLotQuanta: 1n,
    lotsMin: 1n,
    lotsMax: BigInt(U32_MAX),
    notionalMinQuanta: 1n,
    notionalMaxQuanta: QUANTA_MAX,
    makerFeePpm: MAKER_FEE_PPM,
    takerFeePpm: TAKER_FEE_PPM,
    bandUpPpm: 0,
    bandDownPpm: 0,
    referenceTicks: Math.ceil(pricesMax / 2),
  };
}
