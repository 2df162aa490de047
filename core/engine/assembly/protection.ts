import { UNSETTLED, putOnAgenda } from "./agenda";
import { accountExists } from "./accounts";
import {
  EVENT_PROTECTION_SET,
  EVENT_PROTECTION_TRIPPED,
  MALFORMED,
  NOT_PROTECTED,
  PROTECTIONS_FULL,
  PROTECTION_TRIPPED_CODE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
} from "./codes";
import { emitPair, emitRejected } from "./events";
import { marketExists } from "./markets";
import {
  IS_PROTECTED,
  OWNER_PROTECTIONS,
  PROTECTIONS,
  PROTECTIONS_MAX,
  PROTECTIONS_PER_ACCOUNT_MAX,
  PROTECTION_ACCOUNT,
  PROTECTION_ENDS,
  PROTECTION_FILLS,
  PROTECTION_FILLS_MAX,
  PROTECTION_LOTS,
  PROTECTION_LOTS_MAX,
  PROTECTION_MARKET,
  PROTECTION_NEXT,
  PROTECTION_QUEUE_NEXT,
  PROTECTION_SHIFT,
  PROTECTION_TRIPPED,
  PROTECTION_WINDOW,
  ROOT_NOW_MS,
  ROOT_PROTECTIONS,
  ROOT_PROTECTIONS_CUT,
  ROOT_PROTECTION_FREE,
  ROOT_TRIPPED_HEAD,
  ROOT_TRIPPED_TAIL,
  SPECIAL_FLAGS,
} from "./memory";
import { isSpecial } from "./orders";
import { marketIndexOf, ownerAt } from "./root";
import { specialOf } from "./specials";

// Market makers' protection: matching.md §2.16.

/** SET_PROTECTION. */
export function setProtection(at: usize): void {
  const index = load<u32>(at, 4);
  const account = load<u32>(at, 8);
  const windowMs = load<u32>(at, 12);
  const lotsMax = load<u64>(at, 16);
  const fillsMax = load<u32>(at, 24);
  const isLimited = lotsMax != 0 || fillsMax != 0;
  if ((windowMs != 0) != isLimited) return emitRejected(MALFORMED, 0);
  if (!marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  const known = findProtection(account, index);
  if (windowMs != 0) {
    const spare = <u32>(known != 0);
    const isFull =
      countOf(account) - spare >= PROTECTIONS_PER_ACCOUNT_MAX ||
      load<u32>(ROOT_PROTECTIONS) - spare >= PROTECTIONS_MAX;
    if (isFull) return emitRejected(PROTECTIONS_FULL, 0);
  }
  if (known != 0) dropProtection(account, known);
  if (windowMs != 0) {
    const record = takeRecord();
    store<u32>(record, account, PROTECTION_ACCOUNT);
    store<u32>(record, index, PROTECTION_MARKET);
    store<u32>(record, windowMs, PROTECTION_WINDOW);
    store<u64>(record, lotsMax, PROTECTION_LOTS_MAX);
    store<u32>(record, fillsMax, PROTECTION_FILLS_MAX);
    let place = ownerAt(account) + OWNER_PROTECTIONS;
    while (load<u32>(place) != 0) place = <usize>load<u32>(place) + PROTECTION_NEXT;
    store<u32>(place, <u32>record);
  }
  emitPair(EVENT_PROTECTION_SET, account, index);
}

function takeRecord(): usize {
  let record = <usize>load<u32>(ROOT_PROTECTION_FREE);
  if (record != 0) {
    store<u32>(ROOT_PROTECTION_FREE, load<u32>(record, PROTECTION_NEXT));
  } else {
    const cut = load<u32>(ROOT_PROTECTIONS_CUT);
    store<u32>(ROOT_PROTECTIONS_CUT, cut + 1);
    record = PROTECTIONS + ((<usize>cut) << PROTECTION_SHIFT);
  }
  memory.fill(record, 0, 64);
  store<u32>(ROOT_PROTECTIONS, load<u32>(ROOT_PROTECTIONS) + 1);
  return record;
}

function dropProtection(account: u32, record: usize): void {
  let place = ownerAt(account) + OWNER_PROTECTIONS;
  while (<usize>load<u32>(place) != record) place = <usize>load<u32>(place) + PROTECTION_NEXT;
  store<u32>(place, load<u32>(record, PROTECTION_NEXT));
  store<u32>(record, 0, PROTECTION_ACCOUNT);
  store<u32>(record, load<u32>(ROOT_PROTECTION_FREE), PROTECTION_NEXT);
  store<u32>(ROOT_PROTECTION_FREE, <u32>record);
  store<u32>(ROOT_PROTECTIONS, load<u32>(ROOT_PROTECTIONS) - 1);
}

/** Takes the first of the protections that have tripped out of their queue: none of its orders is left. */
export function takeTripped(): void {
  const next = load<u32>(<usize>load<u32>(ROOT_TRIPPED_HEAD), PROTECTION_QUEUE_NEXT);
  store<u32>(ROOT_TRIPPED_HEAD, next);
  if (next == 0) store<u32>(ROOT_TRIPPED_TAIL, 0);
}

/** The protections of an account in the order of their making: 0 behind the last. */
@inline
export function firstProtection(account: u32): usize {
  return <usize>load<u32>(ownerAt(account), OWNER_PROTECTIONS);
}
@inline
export function nextProtection(record: usize): usize {
  return <usize>load<u32>(record, PROTECTION_NEXT);
}

function countOf(account: u32): u32 {
  let count: u32 = 0;
  for (let record = firstProtection(account); record != 0; record = nextProtection(record)) count++;
  return count;
}

function findProtection(account: u32, index: u32): usize {
  let record = firstProtection(account);
  while (record != 0 && load<u32>(record, PROTECTION_MARKET) != index) record = nextProtection(record);
  return record;
}

/** Check 8b of PLACE_SPECIAL. Returns a reject code, or 0. */
export function protectionRefusal(account: u32, market: usize): u32 {
  const record = findProtection(account, marketIndexOf(market));
  if (record == 0) return NOT_PROTECTED;
  return load<u32>(record, PROTECTION_TRIPPED) != 0 ? PROTECTION_TRIPPED_CODE : 0;
}

/** Counts a fill of a special order, if it is protected. */
export function countFill(order: usize, account: u32, market: usize, lots: u64): void {
  if (!isSpecial(order)) return;
  if ((load<u32>(specialOf(order), SPECIAL_FLAGS) & IS_PROTECTED) == 0) return;
  const index = marketIndexOf(market);
  const record = findProtection(account, index);
  if (record == 0 || load<u32>(record, PROTECTION_TRIPPED) != 0) return;
  const now = load<u64>(ROOT_NOW_MS);
  if (now >= load<u64>(record, PROTECTION_ENDS)) {
    store<u64>(record, now + <u64>load<u32>(record, PROTECTION_WINDOW), PROTECTION_ENDS);
    store<u64>(record, 0, PROTECTION_LOTS);
    store<u32>(record, 0, PROTECTION_FILLS);
  }
  const sum = load<u64>(record, PROTECTION_LOTS) + lots;
  const fills = load<u32>(record, PROTECTION_FILLS) + 1;
  store<u64>(record, sum, PROTECTION_LOTS);
  store<u32>(record, fills, PROTECTION_FILLS);
  const lotsMax = load<u64>(record, PROTECTION_LOTS_MAX);
  const fillsMax = load<u32>(record, PROTECTION_FILLS_MAX);
  const isOver = (lotsMax != 0 && sum >= lotsMax) || (fillsMax != 0 && fills >= fillsMax);
  if (!isOver) return;
  store<u32>(record, 1, PROTECTION_TRIPPED);
  store<u32>(record, 0, PROTECTION_QUEUE_NEXT);
  const tail = <usize>load<u32>(ROOT_TRIPPED_TAIL);
  if (tail == 0) store<u32>(ROOT_TRIPPED_HEAD, <u32>record);
  else store<u32>(tail, <u32>record, PROTECTION_QUEUE_NEXT);
  store<u32>(ROOT_TRIPPED_TAIL, <u32>record);
  putOnAgenda(UNSETTLED);
  emitPair(EVENT_PROTECTION_TRIPPED, account, index);
}
