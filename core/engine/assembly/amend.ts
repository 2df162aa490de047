import { availableOf, getPairRow } from "./accounts";
import {
  INSUFFICIENT_BALANCE,
  LEVELS_FULL,
  LIMIT,
  LOTS_OUT_OF_RANGE,
  MALFORMED,
  NOT_AMENDABLE,
  ORDER_CHANGED,
  POST_ONLY,
  SELF_FAMILY_DECREMENT,
  WOULD_TAKE,
} from "./codes";
import { noteBook } from "./auction";
import { crossesAny } from "./dark";
import { isGuarded, isHeld, pause, reachOf } from "./guard";
import { emitAmended, emitCanceled, emitRejected, setResting } from "./events";
import { renewHead } from "./heads";
import { isLinked } from "./lists";
import { marketOf, roomForLevel, ticksOf } from "./ladder";
import { goesLong, matchLong } from "./long-way";
import { leftOfTaker, matchTaker, takerComplete, takerEnded } from "./matching";
import { ORDER_LEVEL, ORDER_LOTS, ORDER_PREV, SPECIAL_ACCOUNT, SPECIAL_DISPLAY, SPECIAL_PEG } from "./memory";
import { enterLevel, idOf, isSpecial, liftOrder, lotsOf, releaseLots, reserveOf, sideOf } from "./orders";
import { endAnyOrder, isAway, specialOf } from "./specials";
import { isGathering, stateOf, stateRefusal } from "./states";
import { findTarget } from "./cancel";
import { checkTerms } from "./terms";

// AMEND: matching.md §2.10. Fields: core/protocol command.ts.

const AT_TYPE: usize = 2;
const AT_SELF: usize = 3;
const AT_ACCOUNT: usize = 8;
const AT_PRICE: usize = 12;
const AT_QUANTITY: usize = 16;
const AT_EXPECTED: usize = 24;
const AT_TARGET: usize = 32;
const AT_TARGET_CLIENT: usize = 40;

export function amend(at: usize): void {
  const orderType = <u32>load<u8>(at, AT_TYPE);
  const selfTrade = <u32>load<u8>(at, AT_SELF);
  const account = load<u32>(at, AT_ACCOUNT);
  const ticks = load<u32>(at, AT_PRICE);
  const quantity = load<u64>(at, AT_QUANTITY);
  if (orderType != LIMIT && orderType != POST_ONLY) return emitRejected(MALFORMED, 0);
  if (selfTrade > SELF_FAMILY_DECREMENT) return emitRejected(MALFORMED, 0);
  const order = findTarget(account, load<u64>(at, AT_TARGET), load<u64>(at, AT_TARGET_CLIENT));
  if (order == 0) return;
  if (quantity == 0) return emitRejected(LOTS_OUT_OF_RANGE, 0);
  if (isSpecial(order) && !isPlainInBook(order)) return emitRejected(NOT_AMENDABLE, 0);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  const had = lotsOf(order);
  const keeps = ticks == ticksOf(level) && quantity <= had;
  const expected = load<u64>(at, AT_EXPECTED);
  if (expected != 0 && (expected != had || !keeps)) return emitRejected(ORDER_CHANGED, 0);
  if (keeps) {
    const market = marketOf(level);
    releaseLots(market, sideOf(order), ticks, account, had - quantity);
    store<u64>(order, load<u64>(order, ORDER_LOTS) - (had - quantity), ORDER_LOTS);
    if (<usize>load<u32>(order, ORDER_PREV) == level) renewHead(market, sideOf(order));
    emitAmended(1, idOf(order), quantity);
    noteBook(market);
    return;
  }
  const refusal = moveRefusal(order, account, orderType, ticks, quantity);
  if (refusal != 0) return emitRejected(refusal, 0);
  move(order, account, selfTrade, ticks, quantity);
}

/** True for a special order that rests, shows all it has, and is of no list. */
function isPlainInBook(order: usize): bool {
  const record = specialOf(order);
  if (isAway(order) || load<u64>(record, SPECIAL_DISPLAY) != 0) return false;
  return load<u32>(record, SPECIAL_PEG) == 0 && !isLinked(record);
}

/** The checks of PLACE that an order which moves has to pass again. Returns a reject code, or 0. */
function moveRefusal(
  order: usize,
  account: u32,
  orderType: u32,
  ticks: u32,
  quantity: u64,
): u32 {
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  const market = marketOf(level);
  const side = sideOf(order);
  const closed = stateRefusal(account, market, orderType);
  if (closed != 0) return closed;
  const refusal = checkTerms(market, orderType, ticks, quantity);
  if (refusal != 0) return refusal;
  const funds =
    availableOf(getPairRow(account, market, side ^ 1)) +
    reserveOf(market, side, ticksOf(level), lotsOf(order));
  if (funds < reserveOf(market, side, ticks, quantity)) return INSUFFICIENT_BALANCE;
  if (orderType == POST_ONLY && crossesAny(market, side, ticks)) return WOULD_TAKE;
  return roomForLevel(market, side, ticks) ? 0 : LEVELS_FULL;
}

/** Lets the order come again, under its old id. */
function move(order: usize, account: u32, selfTrade: u32, ticks: u32, quantity: u64): void {
  const market = marketOf(<usize>load<u32>(order, ORDER_LEVEL));
  const side = sideOf(order);
  const id = idOf(order);
  liftOrder(order);
  const amended = emitAmended(0, id, 0);
  const payRow = getPairRow(account, market, side ^ 1);
  let left = quantity;
  let pauses = false;
  const guarded = isGuarded(market);
  const reach = guarded ? reachOf(market, side, ticks) : ticks;
  if (!isGathering(stateOf(market))) {
    const receiveRow = getPairRow(account, market, side);
    if (goesLong(market, selfTrade)) {
      matchLong(market, side, LIMIT, reach, quantity, account, selfTrade, id, payRow, receiveRow);
    } else {
      matchTaker(market, side, LIMIT, reach, quantity, account, selfTrade, id, payRow, receiveRow);
    }
    if (takerComplete()) return endAnyOrder(order, true);
    left = leftOfTaker();
    pauses = guarded && takerEnded() == 0 && isHeld(market, side, ticks, reach);
    if (takerEnded() != 0) {
      emitCanceled(takerEnded(), id, left);
      return endAnyOrder(order, false);
    }
  }
  setResting(amended, left);
  const owner = isSpecial(order) ? account | SPECIAL_ACCOUNT : account;
  const need = reserveOf(market, side, ticks, left);
  enterLevel(order, market, side, ticks, left, owner, payRow, need);
  noteBook(market);
  if (pauses) pause(market);
}
