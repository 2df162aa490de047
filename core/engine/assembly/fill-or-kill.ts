import { getTouches } from "./agenda";
import { SELF_EXPIRE_MAKER, SELF_FAMILY_EXPIRE_MAKER } from "./codes";
import { crossesAny, darkTree, hasDark, orderOfDark, ticksOfDark } from "./dark";
import { nextWorse, ticksOf } from "./ladder";
import { LEVEL_NEXT, MARKET_LEVEL, MARKET_WATCH, ORDER_NEXT, SPECIAL_DISPLAY, TOUCHES_MAX, WATCH_HIDDEN } from "./memory";
import { isOwn } from "./long-way";
import { accountOf, lotsOf } from "./orders";
import { hiddenOf, specialOf } from "./specials";
import { firstNode, nextNode } from "./tree";

// Whether a fill-or-kill order can be filled: matching.md §3.

const UNKNOWN: u32 = 0;
const YES: u32 = 1;
const NO: u32 = 2;

let touches: u32 = 0;
let found: u64 = 0;
let wanted: u64 = 0;
let taker: u32 = 0;
let mode: u32 = 0;

/** True if a fill-or-kill order can be filled in full. Changes nothing. */
export function canFill(
  market: usize,
  side: u32,
  limit: u32,
  lots: u64,
  account: u32,
  selfTrade: u32,
): bool {
  if (!crossesAny(market, side, limit)) return false;
  touches = getTouches();
  found = 0;
  wanted = lots;
  taker = account;
  mode = selfTrade;
  const theirs = side ^ 1;
  const flip = 0 - side;
  const hides = (load<u32>(market, MARKET_WATCH) & WATCH_HIDDEN) != 0;
  let level = <usize>load<u32>(market + ((<usize>theirs) << 2), MARKET_LEVEL);
  let node = hasDark(market) ? firstNode(darkTree(market, theirs)) : 0;
  while ((level | node) != 0) {
    // What is shown at a price goes before what is not.
    const dark = node == 0 ? u32.MAX_VALUE : ticksOfDark(node, theirs) ^ flip;
    const shown = level == 0 ? u32.MAX_VALUE : ticksOf(level) ^ flip;
    const isShown = level != 0 && shown <= dark;
    if ((isShown ? shown : dark) > (limit ^ flip)) return false;
    let answer = UNKNOWN;
    if (isShown) {
      answer = countLevel(level);
      if (answer == UNKNOWN && hides) answer = countHidden(level);
      level = nextWorse(market, theirs, level);
    } else {
      answer = countOrder(orderOfDark(node));
      node = nextNode(node);
    }
    if (answer != UNKNOWN) return answer == YES;
  }
  return false;
}

function isTakers(maker: usize): bool {
  return isOwn(accountOf(maker), taker, mode);
}

function countOrder(maker: usize): u32 {
  if (touches == TOUCHES_MAX) return NO;
  touches++;
  if (isTakers(maker)) return mode == SELF_EXPIRE_MAKER || mode == SELF_FAMILY_EXPIRE_MAKER ? UNKNOWN : NO;
  found += lotsOf(maker);
  return found >= wanted ? YES : UNKNOWN;
}

function countLevel(level: usize): u32 {
  let answer = UNKNOWN;
  let maker = <usize>load<u32>(level, LEVEL_NEXT);
  while (maker != level && answer == UNKNOWN) {
    answer = countOrder(maker);
    maker = <usize>load<u32>(maker, ORDER_NEXT);
  }
  return answer;
}

/** What icebergs hide comes to the end of the level, a slice at a time. */
function countHidden(level: usize): u32 {
  for (let maker = <usize>load<u32>(level, LEVEL_NEXT); maker != level; ) {
    const hidden = hiddenOf(maker);
    if (hidden != 0 && !isTakers(maker)) {
      const display = load<u64>(specialOf(maker), SPECIAL_DISPLAY);
      const slices = (hidden + display - 1) / display;
      if (slices > <u64>(TOUCHES_MAX - touches)) return NO;
      touches += <u32>slices;
      found += hidden;
      if (found >= wanted) return YES;
    }
    maker = <usize>load<u32>(maker, ORDER_NEXT);
  }
  return UNKNOWN;
}
