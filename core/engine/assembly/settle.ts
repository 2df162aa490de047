import { DUE, UNSETTLED, getTouches, putOnAgenda, takeOffAgenda } from "./agenda";
import {
  beginUncrossing,
  noteBook,
  showAuction,
  showAuctions,
  stopTimer,
  uncrossMarkets,
} from "./auction";
import { EXPIRED, STATE_TRADING } from "./codes";
import { attendDeadline } from "./deadline";
import { emitCanceled } from "./events";
import {
  ACTIVATIONS_MAX,
  ACTIVATION_TOUCHES_MIN,
  DUE_MAX,
  IS_HIDDEN,
  NODE_KEY,
  NODE_SEQUENCE,
  RARE_REOPEN,
  RARE_SHOW,
  ROOT_DEADLINES,
  ROOT_EXPIRIES,
  ROOT_MARKET_TIMERS,
  ROOT_NEWS_HEAD,
  ROOT_NEXT_DUE,
  ROOT_NOTED,
  ROOT_NOW_MS,
  ROOT_RIPE_HEAD,
  ROOT_SUSPENDED,
  ROOT_TRIPPED_HEAD,
  ROOT_UNCROSSINGS,
  SPECIAL_DISPLAY,
  SPECIAL_EXPIRY,
  SPECIAL_FLAGS,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  TOUCHES_MAX,
} from "./memory";
import { allowNews, attendNews, endIfItHasTo, endPartnerOfPriced } from "./lists";
import { forgetPrevented } from "./matching";
import { smaller } from "./money";
import { accountOf, idOf, removeAnyOrder } from "./orders";
import { allowPegMoves } from "./pegs";
import { marketAt, orderAt } from "./root";
import { marketOfOrder, takeRipe } from "./specials";
import { admit } from "./place";
import { AT_MARKET } from "./place-special";
import { isKeptOut } from "./states";
import { firstNode } from "./tree";
import { awaitTrading, watchPrices } from "./triggers";

// What happens around each command, without being asked for by it.

/** Finds what is left over from earlier commands, or due by now. */
@inline
export function openAgenda(): void {
  if (load<u64>(ROOT_NEXT_DUE) <= load<u64>(ROOT_NOW_MS)) putOnAgenda(DUE);
  if (isUnsettled()) putOnAgenda(UNSETTLED);
}

function isUnsettled(): bool {
  const ripe = load<u32>(ROOT_RIPE_HEAD);
  const news = load<u32>(ROOT_NEWS_HEAD) | load<u32>(ROOT_TRIPPED_HEAD);
  return (ripe | news | load<u32>(ROOT_UNCROSSINGS) | load<u32>(ROOT_NOTED)) != 0;
}

/** Does what is due, as much as may be done before one command: matching.md §3.3. */
export function attendDue(): void {
  const now = load<u64>(ROOT_NOW_MS);
  let count: u32 = 0;
  while (count < DUE_MAX && timeOf(ROOT_EXPIRIES) <= now) {
    endExpired(firstNode(ROOT_EXPIRIES) - SPECIAL_EXPIRY);
    count++;
  }
  while (count < DUE_MAX && timeOf(ROOT_DEADLINES) <= now) {
    const account = <u32>load<u64>(firstNode(ROOT_DEADLINES), NODE_SEQUENCE);
    count += attendDeadline(account, DUE_MAX - count);
  }
  while (count < DUE_MAX && timeOf(ROOT_MARKET_TIMERS) <= now) {
    attendMarket(firstNode(ROOT_MARKET_TIMERS));
    count++;
  }
  const ends = smaller(timeOf(ROOT_EXPIRIES), timeOf(ROOT_DEADLINES));
  const next = smaller(ends, timeOf(ROOT_MARKET_TIMERS));
  store<u64>(ROOT_NEXT_DUE, next);
  if (next > now) takeOffAgenda(DUE);
}

/** When the first node of a tree is due. */
function timeOf(tree: usize): u64 {
  const node = firstNode(tree);
  return node == 0 ? u64.MAX_VALUE : load<u64>(node, NODE_KEY);
}

function endExpired(record: usize): void {
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const id = idOf(order);
  const market = marketOfOrder(order);
  emitCanceled(EXPIRED, id, removeAnyOrder(order));
  noteBook(market);
}

function attendMarket(node: usize): void {
  const sequence = load<u64>(node, NODE_SEQUENCE);
  const market = marketAt(<u32>(sequence >> 1));
  if ((sequence & 1) != 0) {
    stopTimer(market, RARE_SHOW);
    showAuction(market);
  } else {
    stopTimer(market, RARE_REOPEN);
    beginUncrossing(market, STATE_TRADING);
  }
}

/** Lets an order whose price has come, or that waits for none, come to its book. */
function activate(record: usize): void {
  const at = record + SPECIAL_TERMS;
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const market = marketAt(load<u32>(at, AT_MARKET));
  if (isKeptOut(accountOf(order), market, <u32>load<u8>(at, 2))) return awaitTrading(record);
  endPartnerOfPriced(record);
  const expires = load<u64>(record + SPECIAL_EXPIRY, NODE_KEY);
  const hidden = load<u32>(record, SPECIAL_FLAGS) & IS_HIDDEN;
  forgetPrevented();
  admit(at, order, load<u64>(record, SPECIAL_DISPLAY), expires, hidden);
}

/** Lets what the command has caused happen, as far as one command may: matching.md §3.2. */
export function settle(): void {
  allowNews();
  allowPegMoves();
  attendNews();
  uncrossMarkets();
  attendNews();
  watchPrices();
  comeRipe();
  showAuctions();
  if (!isUnsettled()) takeOffAgenda(UNSETTLED);
}

/** Lets ripe orders come to their books, the first first, as many as one command may. While trading is suspended they wait. */
function comeRipe(): void {
  if (load<u32>(ROOT_SUSPENDED) != 0) return;
  for (let count: u32 = 0; count < ACTIVATIONS_MAX; count++) {
    const record = <usize>load<u32>(ROOT_RIPE_HEAD);
    if (record == 0 || TOUCHES_MAX - getTouches() < ACTIVATION_TOUCHES_MIN) return;
    takeRipe(record);
    if (!endIfItHasTo(record)) activate(record);
    attendNews();
    watchPrices();
  }
}
