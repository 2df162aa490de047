import { UNSETTLED, putOnAgenda } from "./agenda";
import { noteBook } from "./auction";
import { LIST_PARTNER, PROTECTION } from "./codes";
import { emitCanceled } from "./events";
import { NEWS_MAX } from "./bounds";
import {
  FLAGS_KEPT,
  HAS_TO_BEGIN,
  HAS_TO_END,
  IS_PRICED,
  IS_PROTECTED,
  IS_WAITING,
  PROTECTION_ACCOUNT,
  PROTECTION_MARKET,
  ROOT_NEWS_HEAD,
  ROOT_NEWS_TAIL,
  ROOT_TRIPPED_HEAD,
  SPECIAL_CHILDREN,
  SPECIAL_FLAGS,
  SPECIAL_NEWS_NEXT,
  SPECIAL_NEWS_PREV,
  SPECIAL_PARENT,
  SPECIAL_PARTNER,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_TRIGGER_TICKS,
  SPECIAL_TRIGGER_TREE,
} from "./memory";
import { idOf, isSpecial, removeAnyOrder } from "./orders";
import { takeTripped } from "./protection";
import { gatherOwned, gathered } from "./owned";
import { marketAt, orderAt } from "./root";
import { addRipe, marketOfOrder, specialOf } from "./specials";
import { showFirst, watch } from "./triggers";

// What the orders of a list do to each other: matching.md §2.12. What one does to another waits in a queue until the
// command is done, for the other may stand in the very level that is being traded with.

/** True if other orders hang on this one, or it on others. */
export function isLinked(record: usize): bool {
  return (load<u32>(record, SPECIAL_PARTNER) | load<u32>(record, SPECIAL_CHILDREN)) != 0;
}

/** Makes two orders a pair of which one cancels the other. */
export function pairUp(record: usize, other: usize): void {
  store<u32>(record, load<u32>(other, SPECIAL_SLOT), SPECIAL_PARTNER);
  store<u32>(other, load<u32>(record, SPECIAL_SLOT), SPECIAL_PARTNER);
}

/** Lets an order wait for another to trade in full. */
export function addChild(parent: usize, child: usize): void {
  const isFirst = load<u32>(parent, SPECIAL_CHILDREN) == 0;
  const place = parent + (isFirst ? 0 : 4);
  store<u32>(place, load<u32>(child, SPECIAL_SLOT), SPECIAL_CHILDREN);
  store<u32>(child, load<u32>(parent, SPECIAL_SLOT), SPECIAL_PARENT);
}

/** A special order has lost lots: of a pair, it is the one that stays; what waits for it ends unless they were traded. */
export function noteLost(order: usize, isTraded: bool): void {
  const record = specialOf(order);
  const partner = takePartner(record);
  if (partner != 0) addNews(partner, HAS_TO_END);
  if (!isTraded) tellChildren(record, HAS_TO_END);
}

/** Lets the orders that wait for one begin or end, and wait for it no more. */
function tellChildren(record: usize, news: u32): void {
  for (let place: usize = 0; place < 8; place += 4) {
    const slot = load<u32>(record + place, SPECIAL_CHILDREN);
    if (slot == 0) continue;
    const child = specialOf(orderAt(slot));
    store<u32>(record + place, 0, SPECIAL_CHILDREN);
    store<u32>(child, 0, SPECIAL_PARENT);
    addNews(child, news);
  }
}

/** Parts a pair. Returns the record of the other order, or 0 if there is none. */
function takePartner(record: usize): usize {
  const slot = load<u32>(record, SPECIAL_PARTNER);
  if (slot == 0) return 0;
  const partner = specialOf(orderAt(slot));
  store<u32>(record, 0, SPECIAL_PARTNER);
  store<u32>(partner, 0, SPECIAL_PARTNER);
  return partner;
}

/** A special order is no more, or rests and is plain. `isComplete`: it has nothing left. */
export function unlink(record: usize, isComplete: bool): void {
  const partner = takePartner(record);
  if (partner != 0) addNews(partner, HAS_TO_END);
  const parentSlot = load<u32>(record, SPECIAL_PARENT);
  if (parentSlot != 0) {
    const parent = specialOf(orderAt(parentSlot));
    const second = load<u32>(parent, SPECIAL_CHILDREN + 4);
    if (load<u32>(parent, SPECIAL_CHILDREN) == load<u32>(record, SPECIAL_SLOT)) {
      store<u32>(parent, second, SPECIAL_CHILDREN);
    }
    store<u32>(parent, 0, SPECIAL_CHILDREN + 4);
  }
  tellChildren(record, isComplete ? HAS_TO_BEGIN : HAS_TO_END);
  if ((load<u32>(record, SPECIAL_FLAGS) & (HAS_TO_END | HAS_TO_BEGIN)) != 0) takeNews(record);
}

function addNews(record: usize, news: u32): void {
  const flags = load<u32>(record, SPECIAL_FLAGS);
  if ((flags & (HAS_TO_END | HAS_TO_BEGIN)) == 0) {
    const tail = <usize>load<u32>(ROOT_NEWS_TAIL);
    store<u32>(record, 0, SPECIAL_NEWS_NEXT);
    store<u32>(record, <u32>tail, SPECIAL_NEWS_PREV);
    if (tail == 0) store<u32>(ROOT_NEWS_HEAD, <u32>record);
    else store<u32>(tail, <u32>record, SPECIAL_NEWS_NEXT);
    store<u32>(ROOT_NEWS_TAIL, <u32>record);
  }
  putOnAgenda(UNSETTLED);
  // What is to end does not begin any more.
  if ((flags & HAS_TO_END) != 0) return;
  store<u32>(record, (flags & ~HAS_TO_BEGIN) | news, SPECIAL_FLAGS);
}

function takeNews(record: usize): void {
  const next = <usize>load<u32>(record, SPECIAL_NEWS_NEXT);
  const prev = <usize>load<u32>(record, SPECIAL_NEWS_PREV);
  if (next == 0) store<u32>(ROOT_NEWS_TAIL, <u32>prev);
  else store<u32>(next, <u32>prev, SPECIAL_NEWS_PREV);
  if (prev == 0) store<u32>(ROOT_NEWS_HEAD, <u32>next);
  else store<u32>(prev, <u32>next, SPECIAL_NEWS_NEXT);
  const others = load<u32>(record, SPECIAL_FLAGS) & ~(HAS_TO_END | HAS_TO_BEGIN);
  store<u32>(record, others, SPECIAL_FLAGS);
}

let newsLeft: u32 = 0;

/** Before the first of a command's news. */
export function allowNews(): void {
  newsLeft = NEWS_MAX;
}

/**
 * Carries out the news there is, the first first, then what tripped protections end, as much as is left of what the
 * command may.
 */
export function attendNews(): void {
  attendOrders();
  while (newsLeft != 0 && load<u32>(ROOT_TRIPPED_HEAD) != 0) {
    endProtected(<usize>load<u32>(ROOT_TRIPPED_HEAD));
    attendOrders();
  }
}

/** Ends an account's protected orders in a market, the lowest slot first. */
function endProtected(protection: usize): void {
  const market = marketAt(load<u32>(protection, PROTECTION_MARKET));
  const account = load<u32>(protection, PROTECTION_ACCOUNT);
  const owned = gatherOwned(account);
  for (let each: u32 = 0; each < owned && newsLeft != 0; each++) {
    const order = gathered(each);
    if (!isSpecial(order) || marketOfOrder(order) != market) continue;
    if ((load<u32>(specialOf(order), SPECIAL_FLAGS) & IS_PROTECTED) == 0) continue;
    const id = idOf(order);
    emitCanceled(PROTECTION, id, removeAnyOrder(order));
    noteBook(market);
    newsLeft--;
  }
  if (newsLeft == 0) return;
  newsLeft--;
  takeTripped();
}

function attendOrders(): void {
  while (newsLeft != 0) {
    const record = <usize>load<u32>(ROOT_NEWS_HEAD);
    if (record == 0) return;
    const flags = load<u32>(record, SPECIAL_FLAGS);
    newsLeft--;
    takeNews(record);
    if ((flags & HAS_TO_END) != 0) endByPartner(record);
    else begin(record);
  }
}

/** Ends an order because of another of its list. */
function endByPartner(record: usize): void {
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const id = idOf(order);
  const market = marketOfOrder(order);
  emitCanceled(LIST_PARTNER, id, removeAnyOrder(order));
  noteBook(market);
}

/** An order comes because its price has: of a pair, the other ends before. */
export function endPartnerOfPriced(record: usize): void {
  if ((load<u32>(record, SPECIAL_FLAGS) & IS_PRICED) == 0) return;
  const partner = takePartner(record);
  if (partner != 0) endByPartner(partner);
}

/** Lets an order that was dormant wait for its price, or be ripe. */
function begin(record: usize): void {
  const flags = load<u32>(record, SPECIAL_FLAGS);
  store<u32>(record, IS_WAITING | (flags & FLAGS_KEPT), SPECIAL_FLAGS);
  if ((flags & IS_PRICED) == 0) return addRipe(record);
  const market = marketAt(load<u32>(record, SPECIAL_TERMS + 4));
  showFirst(market);
  watch(record, load<u32>(record, SPECIAL_TRIGGER_TREE), load<u32>(record, SPECIAL_TRIGGER_TICKS));
}
