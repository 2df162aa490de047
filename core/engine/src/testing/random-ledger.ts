import type { Prng } from "@rialto/base";
import {
  CommandKind,
  QUANTA_MAX,
  Side,
  type AccountIndex,
  type AssetIndex,
  type Command,
  type MarketIndex,
  type OrderTerms,
} from "@rialto/protocol";
import { belowBig, pick, pickWeighted } from "./random-draws.ts";
import type { DrawState, Model } from "./random-model.ts";
import type { SwarmOptions } from "./random-options.ts";
import { drawGuard, drawOperatorCommand, drawStateChange } from "./random-operator.ts";
import { drawFamilyCommand } from "./random-family.ts";
import { drawAccount } from "./random-orders.ts";
import { drawTerms, spoilTerms } from "./random-terms.ts";

/** The opening of the stream: what there has to be before anything can be traded. */
export function createOpening(
  prng: Prng,
  options: SwarmOptions,
  model: Model,
): { next(countMax: number): Command[] | undefined } {
  const stages: (() => Command[])[] = [
    () => [
      ...times(options.assetCount, (): Command => ({ kind: CommandKind.AddAsset })),
      ...times(options.accountCount, (index): Command => {
        const number = options.accountNumbers(prng, index + 1);
        return { kind: CommandKind.OpenAccount, number };
      }),
    ],
    () =>
      times(options.marketCount, (): Command => {
        const terms = drawTerms(prng, options, Math.max(2, model.assetCount));
        return { kind: CommandKind.ListMarket, ...terms };
      }),
    () => drawFirstDeposits(prng, options, model),
  ];
  let queue: Command[] = [];
  return {
    next(countMax) {
      while (queue.length === 0) {
        const stage = stages.shift();
        if (stage === undefined) return undefined;
        queue = stage();
      }
      return queue.splice(0, countMax);
    },
  };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function drawFirstDeposits(prng: Prng, options: SwarmOptions, model: Model): Command[] {
  const deposits: Command[] = [];
  for (let account = 1; account <= model.accountCount; account++) {
    for (let asset = 0; asset < model.assetCount; asset++) {
      if (prng.chance(1, 10)) continue;
      deposits.push({
        kind: CommandKind.Deposit,
        account: account as AccountIndex,
        asset: asset as AssetIndex,
        quanta: drawWealth(prng, options),
        reference: BigInt(prng.nextU32()),
      });
    }
  }
  return deposits;
}

function drawWealth(prng: Prng, options: SwarmOptions): bigint {
  const mean = options.typicalQuanta * BigInt(options.wealthOrders);
  const drawn = mean / 2n + belowBig(prng, mean);
  return drawn < 1n ? 1n : drawn > QUANTA_MAX ? QUANTA_MAX : drawn;
}

/** A command about money, accounts, assets or markets. */
export function drawLedgerCommand(state: DrawState): Command {
  const { prng, options, model } = state;
  const draw = pickWeighted<() => Command>(prng, [
    [options.hasTransfers ? 30 : 1, () => drawTransfer(state, CommandKind.Deposit)],
    [options.hasTransfers ? 20 : 1, () => drawTransfer(state, CommandKind.Withdraw)],
    [
      options.hasLateListings ? 3 : 0,
      () => ({ kind: CommandKind.OpenAccount, number: options.accountNumbers(prng, state.serial) }),
    ],
    [options.hasLateListings ? 1 : 0, () => drawAsset(state)],
    [options.hasLateListings || model.markets.length === 0 ? 3 : 0, () => drawListing(state)],
    [options.hasStateChanges && model.markets.length > 0 ? 2 : 0, () => drawStateChange(state)],
    [options.hasTiers ? 8 : 0, () => drawFamilyCommand(state)],
    [options.hasGuards && model.markets.length > 0 ? 2 : 0, () => drawGuard(state)],
    [options.hasOperator && model.markets.length > 0 ? 2 : 0, () => drawOperatorCommand(state)],
  ]);
  return draw();
}

/** With a name that few or many have, or none. */
function drawAsset({ prng, options }: DrawState): Command {
  if (prng.chance(1, 3)) return { kind: CommandKind.AddAsset };
  const length = pick(prng, [1, 1, 2, 8, 9, 16, 17, 20]);
  const letters = pick(prng, [
    ["A", "Z"],
    ["0", "9"],
    ["A", "0"],
  ]);
  const symbol = times(length, () => pick(prng, letters)).join("");
  const isHostile = options.hasHostileFields && prng.chance(1, 4);
  const hostile = pick(prng, ["@", "[", "/", ":", "a", " ", "\u00ff"]);
  const name = {
    symbol: isHostile ? symbol.slice(1) + hostile : symbol,
    decimals: prng.below(isHostile ? 256 : 19),
  };
  return { kind: CommandKind.AddAsset, name };
}

function drawTransfer(
  state: DrawState,
  kind: typeof CommandKind.Deposit | typeof CommandKind.Withdraw,
): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 8);
  const edges = [0n, 1n, QUANTA_MAX + 1n, 1n << 63n, (1n << 64n) - 1n];
  if (options.hasOverflows) edges.push(QUANTA_MAX);
  const isOfFees = kind === CommandKind.Withdraw && prng.chance(1, 4);
  const typicalQuanta = isOfFees ? options.typicalQuanta / 1_000n + 1n : options.typicalQuanta;
  const usual =
    kind === CommandKind.Deposit
      ? drawWealth(prng, options) / 8n + 1n
      : 1n + belowBig(prng, typicalQuanta * 2n);
  return {
    kind,
    account: isOfFees ? (0 as AccountIndex) : drawAccount(prng, model),
    asset: prng.below(model.assetCount + (isHostile ? 2 : 0) || 1) as AssetIndex,
    quanta: isHostile ? pick(prng, edges) : usual,
    reference: (BigInt(prng.nextU32()) << 32n) | BigInt(state.serial),
  };
}

/** A deposit of what an order lacked, so that poor accounts go on trading. */
export function drawHelp(state: DrawState, short: OrderTerms): Command | undefined {
  const { prng, options, model } = state;
  const terms = model.markets[short.market]?.terms;
  if (terms === undefined) return undefined;
  const asset = short.side === Side.Buy ? terms.quoteAsset : terms.baseAsset;
  // Once refused, such help is seldom offered again.
  if (model.exhaustedAssets.has(asset) && !prng.chance(1, 20)) return undefined;
  return {
    kind: CommandKind.Deposit,
    account: short.account,
    asset,
    quanta: options.typicalQuanta * BigInt(1 + prng.below(8)),
    reference: BigInt(state.serial),
  };
}

function drawListing(state: DrawState): Command {
  const { prng, options, model } = state;
  const terms = drawTerms(prng, options, Math.max(2, model.assetCount));
  const isHostile = options.hasHostileFields && prng.chance(1, 2);
  const spoilt = isHostile ? spoilTerms(prng, terms) : terms;
  if (!prng.chance(1, 4)) return { kind: CommandKind.ListMarket, ...spoilt };
  const number = model.markets.length + (prng.chance(1, 3) ? prng.below(3) : 0);
  return { kind: CommandKind.ListMarket, number: number as MarketIndex, ...spoilt };
}
