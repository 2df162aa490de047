import {
  CommandKind,
  FEE_PPM_MAX,
  QUANTA_MAX,
  type AccountIndex,
  type AssetIndex,
  type Command,
} from "@rialto/protocol";
import { belowBig, pick, pickWeighted } from "./random-draws.ts";
import type { DrawState } from "./random-model.ts";
import { drawAccount } from "./random-orders.ts";

// Fee schedules, sub-accounts, and what is moved between them.

/** A command about fees or families of accounts. */
export function drawFamilyCommand(state: DrawState): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 12);
  return pickWeighted<() => Command>(prng, [
    [4, () => drawTier(state, isHostile)],
    [
      4,
      () => ({
        kind: CommandKind.SetAccountFees,
        account: drawAccount(prng, model),
        scheduleAndOne: isHostile ? pick(prng, [17, 255]) : pick(prng, [0, 1, 1, 2, 3]),
      }),
    ],
    [
      2,
      () => ({
        kind: CommandKind.OpenSubAccount,
        number: options.accountNumbers(prng, state.serial),
        parent: (isHostile ? 0 : drawAccount(prng, model)) as AccountIndex,
      }),
    ],
    [3, () => drawMove(state, isHostile)],
  ])();
}

function drawTier({ prng, options, model }: DrawState, isHostile: boolean): Command {
  const tier = isHostile ? pick(prng, [8, 255, 3]) : prng.below(3);
  return {
    kind: CommandKind.SetFeeTier,
    schedule: isHostile ? pick(prng, [0, 16]) : prng.below(2),
    tier,
    asset: prng.below(model.assetCount + (isHostile ? 2 : 0) || 1) as AssetIndex,
    makerPpm: pick(prng, [-FEE_PPM_MAX, -2_000, -1, 0, 500, isHostile ? FEE_PPM_MAX + 1 : 9]),
    takerPpm: pick(prng, [0, 1, 1_500, FEE_PPM_MAX, isHostile ? FEE_PPM_MAX + 1 : 77]),
    volumeQuanta: tier === 0 ? 0n : BigInt(tier % 8) * belowBig(prng, options.typicalQuanta * 16n),
  };
}

/** Between accounts that may be of one family: a sub-account is opened last. */
function drawMove({ prng, options, model, serial }: DrawState, isHostile: boolean): Command {
  const [source, target] = pick(prng, model.families);
  const isBack = prng.chance(1, 2);
  const usual = 1n + belowBig(prng, options.typicalQuanta * 2n);
  return {
    kind: CommandKind.Transfer,
    source: (isBack ? target : source) as AccountIndex,
    target: (isHostile ? drawAccount(prng, model) : isBack ? source : target) as AccountIndex,
    asset: prng.below(model.assetCount + (isHostile ? 1 : 0) || 1) as AssetIndex,
    quanta: isHostile ? pick(prng, [0n, QUANTA_MAX + 1n]) : usual,
    reference: BigInt(serial),
  };
}
