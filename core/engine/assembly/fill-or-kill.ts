import { getTouches } from "./agenda";
import { SELF_EXPIRE_MAKER, SELF_FAMILY_EXPIRE_MAKER } from "./codes";
import { crossesAny, darkTree, hasDark, orderOfDark, ticksOfDark } from "./dark";
import { nextWorse, ticksOf } from "./ladder";
import { TOUCHES_MAX } from "./bounds";
import { LEVEL_NEXT, MARKET_LEVEL, MARKET_WATCH, ORDER_NEXT, SPECIAL_DISPLAY, WATCH_HIDDEN } from "./memory";
import { isOwn } from "./long-way";
import { smaller } from "./money";
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

// What icebergs hide comes to the end of their level, a slice at a time, so that they take turns: a round is a slice of each
// that has one left. Rounds that are met as a whole are not counted one by one, for a level may have many orders and many rounds.

let roundsLots: u64 = 0;
let roundsTouches: u64 = 0;

/** Adds up the lots and the touches of a level's first rounds. Its orders have been counted: they are no more than touches. */
function addRounds(level: usize, rounds: u64): void {
  roundsLots = 0;
  roundsTouches = 0;
  for (let maker = <usize>load<u32>(level, LEVEL_NEXT); maker != level; ) {
    const hidden = hiddenOf(maker);
    if (hidden != 0 && !isTakers(maker)) {
      const display = load<u64>(specialOf(maker), SPECIAL_DISPLAY);
      roundsLots += smaller(hidden, rounds * display);
      roundsTouches += smaller((hidden + display - 1) / display, rounds);
    }
    maker = <usize>load<u32>(maker, ORDER_NEXT);
  }
}

function countHidden(level: usize): u32 {
  const left = <u64>(TOUCHES_MAX - touches);
  const missing = wanted - found;
  let rounds = left;
  addRounds(level, rounds);
  const isEnough = roundsLots >= missing;
  if (isEnough) {
    rounds = findRounds(level, missing, left);
    addRounds(level, rounds);
  }
  if (roundsTouches > left) return NO;
  touches += <u32>roundsTouches;
  found += roundsLots;
  return isEnough ? countRound(level, rounds) : UNKNOWN;
}

/** The most rounds of a level that do not give `missing` lots, where `most` rounds do. */
function findRounds(level: usize, missing: u64, most: u64): u64 {
  let few: u64 = 0;
  let enough = most;
  while (enough - few > 1) {
    const middle = (few + enough) / 2;
    addRounds(level, middle);
    if (roundsLots < missing) few = middle;
    else enough = middle;
  }
  return few;
}

/** Counts the round behind `rounds` others, in which enough is found if there are touches enough. */
function countRound(level: usize, rounds: u64): u32 {
  for (let maker = <usize>load<u32>(level, LEVEL_NEXT); found < wanted; maker = <usize>load<u32>(maker, ORDER_NEXT)) {
    const hidden = hiddenOf(maker);
    if (hidden == 0 || isTakers(maker)) continue;
    const display = load<u64>(specialOf(maker), SPECIAL_DISPLAY);
    if (hidden <= rounds * display) continue;
    if (touches == TOUCHES_MAX) return NO;
    touches++;
    found += smaller(display, hidden - rounds * display);
  }
  return YES;
}
