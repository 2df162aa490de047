import { accountExists } from "./accounts";
import { findClient } from "./clients";
import {
  ACCOUNT_ORDERS_FULL,
  DUPLICATE_CLIENT_ORDER_ID,
  LIMIT,
  LIST_OCO,
  LIST_OTO,
  LIST_OTOCO,
  MALFORMED,
  MARKET_BY_QUOTE,
  ORDERS_FULL,
  POST_ONLY,
  SPECIALS_FULL,
  TRAILING_FULL,
  TRIGGER_NONE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
} from "./codes";
import { emitAccepted, emitRejected, setWaiting } from "./events";
import { addChild, pairUp } from "./lists";
import { marketExists } from "./markets";
import {
  ACCOUNT_OPEN_ORDERS,
  IS_DORMANT,
  IS_PRICED,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_ORDERS_MAX,
  ROOT_SLOTS_FREE,
  ROOT_SLOTS_USED,
  ROOT_SPECIALS,
  ROOT_SPECIALS_MAX,
  SPECIAL_FLAGS,
  SPECIAL_TRIGGER_TICKS,
  SPECIAL_TRIGGER_TREE,
} from "./memory";
import { idOf } from "./orders";
import {
  AT_ACCOUNT,
  AT_CLIENT,
  AT_MARKET,
  AT_PEGGED,
  AT_PROTECTED,
  AT_TRIGGER,
  AT_TRIGGER_TICKS,
  hasComeAlready,
  takeWaiting,
  termsRefusal,
  trailFor,
  trails,
  treeFor,
  wordsAreKnown,
} from "./place-special";
import { accountAt, marketAt, orderAt } from "./root";
import { addRipe, specialOf } from "./specials";
import { UNSETTLED, putOnAgenda } from "./agenda";
import { roomForTrails, setTrail, watch } from "./triggers";

// PLACE_LIST: matching.md §2.12. Three legs of 64 bytes as PLACE_SPECIAL; the first byte of the second is the list's kind.

const LEG: usize = 64;

export function placeList(at: usize): void {
  const kind = <u32>load<u8>(at, LEG);
  const legs: usize = kind == LIST_OTOCO ? 3 : 2;
  if (!listIsValid(at, kind, legs)) return emitRejected(MALFORMED, 0);
  for (let leg: usize = 0; leg < legs; leg++) {
    const from = at + leg * LEG;
    const refusal = legRefusal(from, kind == LIST_OCO || leg == 0);
    if (refusal != 0) {
      const isDuplicate = refusal == DUPLICATE_CLIENT_ORDER_ID;
      return emitRejected(refusal, isDuplicate ? openIdOf(from) : 0);
    }
  }
  const refusal = listRefusal(at, legs);
  if (refusal != 0) return emitRejected(refusal, 0);
  const first = acceptLeg(at, true);
  const second = acceptLeg(at + LEG, kind == LIST_OCO);
  if (kind == LIST_OCO) return pairUp(first, second);
  addChild(first, second);
  if (kind == LIST_OTO) return;
  const third = acceptLeg(at + 2 * LEG, false);
  addChild(first, third);
  pairUp(second, third);
}

/** Check 1. */
function listIsValid(at: usize, kind: u32, legs: usize): bool {
  if (kind < LIST_OCO || kind > LIST_OTOCO) return false;
  for (let leg: usize = 0; leg < legs; leg++) {
    const from = at + leg * LEG;
    if (!wordsAreKnown(from)) return false;
    if ((load<u8>(from, AT_PROTECTED) | load<u8>(from, AT_PEGGED)) != 0) return false;
    if (load<u32>(from, AT_MARKET) != load<u32>(at, AT_MARKET)) return false;
    if (load<u32>(from, AT_ACCOUNT) != load<u32>(at, AT_ACCOUNT)) return false;
    if (leg == 0 || kind == LIST_OCO) continue;
    if (<u32>load<u8>(from, 2) == MARKET_BY_QUOTE) return false;
  }
  const firstType = <u32>load<u8>(at, 2);
  const rests = firstType == LIMIT || firstType == POST_ONLY;
  if (!rests && <u32>load<u8>(at, AT_TRIGGER) == TRIGGER_NONE) return false;
  if (kind == LIST_OTO) return true;
  const pair = kind == LIST_OCO ? at : at + LEG;
  if (load<u8>(pair, 1) != load<u8>(pair + LEG, 1)) return false;
  return <u32>load<u8>(pair + LEG, AT_TRIGGER) != TRIGGER_NONE;
}

function legRefusal(at: usize, isNow: bool): u32 {
  if (!marketExists(load<u32>(at, AT_MARKET))) return UNKNOWN_MARKET;
  const account = load<u32>(at, AT_ACCOUNT);
  if (!accountExists(account)) return UNKNOWN_ACCOUNT;
  const refusal = termsRefusal(at);
  if (refusal != 0) return refusal;
  const met = isNow ? hasComeAlready(at) : 0;
  if (met != 0) return met;
  const clientOrderId = load<u64>(at, AT_CLIENT);
  if (clientOrderId == 0 || findClient(account, clientOrderId) == 0) return 0;
  return DUPLICATE_CLIENT_ORDER_ID;
}

function openIdOf(at: usize): u64 {
  return idOf(orderAt(findClient(load<u32>(at, AT_ACCOUNT), load<u64>(at, AT_CLIENT))));
}

/** The checks of the list as a whole. */
function listRefusal(at: usize, legs: usize): u32 {
  let trailing: u32 = 0;
  for (let leg: usize = 0; leg < legs; leg++) {
    const name = load<u64>(at + leg * LEG, AT_CLIENT);
    for (let other: usize = 0; other < leg; other++) {
      if (name != 0 && load<u64>(at + other * LEG, AT_CLIENT) == name) {
        return DUPLICATE_CLIENT_ORDER_ID;
      }
    }
    if (trails(at + leg * LEG)) trailing++;
  }
  const open = load<u32>(accountAt(load<u32>(at, AT_ACCOUNT)), ACCOUNT_OPEN_ORDERS);
  if (open + <u32>legs > load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) return ACCOUNT_ORDERS_FULL;
  const unused = load<u32>(ROOT_ORDERS_MAX) - load<u32>(ROOT_SLOTS_USED);
  if (load<u32>(ROOT_SLOTS_FREE) + unused < <u32>legs) return ORDERS_FULL;
  if (load<u32>(ROOT_SPECIALS) + <u32>legs > load<u32>(ROOT_SPECIALS_MAX)) return SPECIALS_FULL;
  if (trailing == 0) return 0;
  const market = marketAt(load<u32>(at, AT_MARKET));
  return roomForTrails(market, load<u32>(at, AT_ACCOUNT), trailing) ? 0 : TRAILING_FULL;
}

/** Returns the record of the order that a leg has become. */
function acceptLeg(at: usize, isNow: bool): usize {
  const order = takeWaiting(at);
  const record = specialOf(order);
  const isPriced = <u32>load<u8>(at, AT_TRIGGER) != TRIGGER_NONE;
  const mark: u32 = isPriced ? IS_PRICED : 0;
  const flags = load<u32>(record, SPECIAL_FLAGS) | mark;
  store<u32>(record, isNow ? flags : flags | IS_DORMANT, SPECIAL_FLAGS);
  const tree = isPriced ? treeFor(at) : 0;
  const ticks = load<u32>(at, AT_TRIGGER_TICKS);
  store<u32>(record, tree, SPECIAL_TRIGGER_TREE);
  store<u32>(record, ticks, SPECIAL_TRIGGER_TICKS);
  setTrail(record, trailFor(at));
  if (isNow) {
    if (isPriced) {
      watch(record, tree, ticks);
    } else {
      addRipe(record);
      putOnAgenda(UNSETTLED);
    }
  }
  setWaiting(emitAccepted(idOf(order)));
  return record;
}
