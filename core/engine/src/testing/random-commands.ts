import { createPrng, type Prng } from "@rialto/base";
import {
  ALL_MARKETS,
  commandBytes,
  CommandKind,
  DAY_MS,
  encodeCommand,
  OrderType,
  ReplaceMode,
  SideFilter,
  type Switch,
  type Command,
  type MarketIndex,
  type SelfTrade,
} from "@rialto/protocol";
import type { EngineLimits } from "../engine.ts";
import { belowBig, pick, pickWeighted, popularIndex } from "./random-draws.ts";
import { drawDueMs } from "./random-due.ts";
import { drawFlood } from "./random-flood.ts";
import { createOpening, drawHelp, drawLedgerCommand } from "./random-ledger.ts";
import { createModelKeeper, type DrawState } from "./random-model.ts";
import { drawReopening } from "./random-operator.ts";
import { drawOptions, type SwarmOptions } from "./random-options.ts";
import { drawAccount, drawOrder, drawTarget } from "./random-orders.ts";
import { drawList, drawSpecial } from "./random-special.ts";

/**
 * A stream of commands that is the same for the same seed and the same events.
 *
 * Most are valid, and many trade; the rest is what a hostile or confused client would send. The
 * stream opens accounts, lists markets and deposits first, as its options say.
 */
export interface CommandSource {
  /** Of the engine that the stream is made for: some are scarce in some seeds. */
  readonly limits: EngineLimits;
  readonly options: SwarmOptions;
  /** The time for the next batch; now and then earlier than that of the one before. */
  readonly nowMs: number;
  /**
   * Writes the next commands to the beginning of `view`.
   *
   * Returns  how many bytes they take: at least one command, at most `commandsMax`.
   */
  nextBatch(view: DataView, commandsMax?: number): number;
  /** Is to be given all events of a batch, in one or more calls, before the next batch. */
  observe(eventBytes: Uint8Array): void;
}

const FIRST_TIMES_MS = [0, 1_000, 1_800_000_000_000, 2 ** 52];
const BATCH_COMMANDS_MAX = 64;
/** Mostly short ones: the longer a batch, the more of its cancels come too late. */
const BATCH_COMMANDS = [1, 4, 16, BATCH_COMMANDS_MAX];

/** Draws everything from `seed`: the options, the limits, the commands. */
export function createCommandSource(seed: number): CommandSource {
  const prng = createPrng(seed);
  const options = drawOptions(prng);
  const keeper = createModelKeeper();
  const { model } = keeper;
  const opening = createOpening(prng, options, model);
  const state: DrawState = { prng, options, model, nowMs: 0, serial: 0, flood: undefined };
  let commandCount = 0;
  let nowMs = pick(prng, FIRST_TIMES_MS);
  return {
    limits: options.limits,
    options,
    get nowMs() {
      return nowMs;
    },
    nextBatch(view, commandsMax = BATCH_COMMANDS_MAX) {
      nowMs = Math.max(0, nowMs + drawElapsed(prng, options.clock));
      if (options.hasTiers && prng.chance(1, 50)) nowMs += prng.below(20) * (DAY_MS / 4);
      state.nowMs = nowMs;
      const planned = opening.next(commandsMax);
      const count =
        planned?.length ?? 1 + prng.below(Math.min(commandsMax, pick(prng, BATCH_COMMANDS)));
      let end = 0;
      for (let index = 0; index < count; index++) {
        const command = planned?.[index] ?? drawCommand(state, commandCount);
        if (end + commandBytes(command.kind) > view.byteLength) break;
        end = encodeCommand(view, end, command);
        keeper.expect(command);
        commandCount += 1;
      }
      return end;
    },
    observe: (eventBytes) => keeper.observe(eventBytes),
  };
}

/** How much later the next batch comes, in ms; below 0 where the clock was set back. */
function drawElapsed(prng: Prng, clock: SwarmOptions["clock"]): number {
  if (clock === "still" && !prng.chance(1, 8)) return 0;
  if (clock === "jumping" && prng.chance(1, 12)) return prng.below(4_000);
  return prng.below(40) - 5;
}

function drawCommand(state: DrawState, commandCount: number): Command {
  const { prng, options, model } = state;
  state.serial += 1;
  const flood = drawFlood(state, commandCount);
  if (flood !== undefined) return flood;
  if (model.markets.length === 0) return drawLedgerCommand(state);
  const reopening = drawReopening(state);
  if (reopening !== undefined) return reopening;
  const short = model.shortOrders.at(-1);
  if (short !== undefined && prng.chance(1, 3)) {
    model.shortOrders.pop();
    return drawHelp(state, short) ?? drawCancel(state);
  }
  const isCrowded = model.openOrders.length > options.openOrdersAimed;
  const isFull = model.fullCount > 0;
  const usualWeight = options.hasCancels ? (isCrowded ? 160 : 20) : 2;
  const cancelWeight = isFull ? 480 : usualWeight;
  const draw = pickWeighted<() => Command>(prng, [
    [240, () => ({ kind: CommandKind.Place, ...drawOrder(prng, options, model, state.serial) })],
    [options.hasSpecials ? 120 : 0, () => drawSpecial(state)],
    [options.hasLists ? 60 : 0, () => drawList(state)],
    [cancelWeight, () => drawCancel(state)],
    [options.hasReplaces ? 36 : 0, () => drawReplace(state)],
    [options.hasAmends ? 30 : 0, () => drawAmend(state)],
    [options.hasProtections ? 16 : 0, () => drawProtection(state)],
    [options.hasDeadlines ? 4 : 0, () => drawDeadline(state)],
    [options.hasCancelAlls ? 1 : 0, () => drawCancelAll(state)],
    [14, () => drawLedgerCommand(state)],
  ]);
  return draw();
}

function drawCancel(state: DrawState): Command {
  const { prng, options, model } = state;
  const drawn = drawTarget(prng, options, model);
  if (drawn !== undefined) {
    return { kind: CommandKind.Cancel, account: drawn.account, target: drawn.target };
  }
  return { kind: CommandKind.Place, ...drawOrder(prng, options, model, state.serial) };
}

function drawReplace(state: DrawState): Command {
  const { prng, options, model } = state;
  const terms = drawOrder(prng, options, model, state.serial);
  const drawn = drawTarget(prng, options, model);
  if (drawn === undefined) return { kind: CommandKind.Place, ...terms };
  const { target, account } = drawn;
  const isHostile = options.hasHostileFields && prng.chance(1, 60);
  const mode = isHostile ? pick(prng, [2, 255]) : prng.below(2);
  const keepsClientId = target.clientOrderId !== 0n && prng.chance(1, 2);
  return {
    kind: CommandKind.Replace,
    ...terms,
    account,
    clientOrderId: keepsClientId ? target.clientOrderId : terms.clientOrderId,
    target,
    mode: mode as ReplaceMode,
  };
}

function drawAmend(state: DrawState): Command {
  const { prng, options, model } = state;
  const drawn = drawTarget(prng, options, model);
  if (drawn === undefined) {
    return { kind: CommandKind.Place, ...drawOrder(prng, options, model, state.serial) };
  }
  const isHostile = options.hasHostileFields && prng.chance(1, 40);
  const { orderType, selfTrade, priceTicks, quantity } = drawOrder(
    prng,
    options,
    model,
    state.serial,
  );
  const { order } = drawn;
  const keepsPrice = prng.chance(1, 2);
  const shrunk = 1n + belowBig(prng, order.terms.quantity);
  const isResting = orderType === OrderType.PostOnly || orderType === OrderType.Limit;
  return {
    kind: CommandKind.Amend,
    account: drawn.account,
    target: drawn.target,
    orderType: isResting || isHostile ? orderType : OrderType.Limit,
    selfTrade: (isHostile ? 5 : selfTrade) as SelfTrade,
    priceTicks: keepsPrice ? order.terms.priceTicks : priceTicks,
    quantity: prng.chance(1, 2) ? shrunk : quantity,
    expectedLots: prng.chance(1, 4) ? order.terms.quantity : 0n,
  };
}

function drawDeadline(state: DrawState): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 20);
  const isOff = prng.chance(1, 20);
  return {
    kind: CommandKind.SetDeadline,
    account: drawAccount(prng, model),
    timeoutMs: isHostile
      ? pick(prng, [1n << 40n, 1n << 63n])
      : BigInt(isOff ? 0 : drawDueMs(state) - state.nowMs),
  };
}

function drawProtection({ prng, options, model }: DrawState): Command {
  const isHostile = options.hasHostileFields && prng.chance(1, 30);
  const isOff = prng.chance(1, 10);
  const lotsMax = BigInt(options.typicalLots) * BigInt(prng.below(6));
  const fillsMax = lotsMax === 0n || prng.chance(1, 2) ? 1 + prng.below(5) : 0;
  return {
    kind: CommandKind.SetProtection,
    account: drawAccount(prng, model),
    market: (popularIndex(prng, model.markets.length) + (isHostile ? 99 : 0)) as MarketIndex,
    windowMs: isOff || (isHostile && prng.chance(1, 2)) ? 0 : 1 + prng.below(400),
    lotsMax: isOff ? 0n : lotsMax,
    fillsMax: isOff ? 0 : fillsMax,
  };
}

function drawCancelAll(state: DrawState): Command {
  const { prng, options, model } = state;
  const isHostile = options.hasHostileFields && prng.chance(1, 20);
  const known = popularIndex(prng, model.markets.length);
  const market = prng.chance(1, 3) ? ALL_MARKETS : known;
  return {
    kind: CommandKind.CancelAll,
    account: drawAccount(prng, model),
    market: isHostile ? pick(prng, [model.markets.length, 0xffff_fffe]) : market,
    sides: pick(prng, isHostile ? [3, 255] : [0, 1, 2]) as SideFilter,
    withFamily: pick(prng, isHostile ? [2, 255] : [0, 0, 1]) as Switch,
  };
}
