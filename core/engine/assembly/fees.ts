import { accountExists, credit, getPairRow } from "./accounts";
import {
  EVENT_ACCOUNT_FEES_SET,
  EVENT_FEE_TIER_SET,
  INVALID_FEE_TIER,
  MALFORMED,
  NOT_MASTER_ACCOUNT,
  UNKNOWN_ACCOUNT,
  UNKNOWN_ASSET,
  UNKNOWN_FEE_SCHEDULE,
  VOLUMES_FULL,
} from "./codes";
import { emitIndex, emitRejected } from "./events";
import { masterOf } from "./ledger";
import {
  DAY_MS,
  DAY_VOLUME_MAX,
  FEE_PPM_MAX,
  FEE_SCHEDULES_MAX,
  FEE_TIERS_MAX,
  MARKET_ASSET,
  MARKET_MAKER_PPM,
  MARKET_TAKER_PPM,
  OWNER_MASTER,
  OWNER_VOLUME,
  PPM,
  ROOT_ASSETS,
  ROOT_NOW_MS,
  ROOT_VOLUMES,
  ROOT_VOLUMES_CUT,
  ROOT_VOLUMES_MAX,
  ROOT_VOLUME_FREE,
  SCHEDULES,
  SCHEDULE_ASSET,
  SCHEDULE_COUNT,
  SCHEDULE_SHIFT,
  SCHEDULE_TIERS,
  VOLUMES,
  VOLUME_ACCOUNT,
  VOLUME_DAY,
  VOLUME_DAYS,
  VOLUME_NEXT,
  VOLUME_RING,
  VOLUME_SCHEDULE,
  VOLUME_SHIFT,
  VOLUME_TOTAL,
} from "./memory";
import { ownerAt } from "./root";
import { feeOf, smaller } from "./money";

// Fee schedules, and the volume that an account's tier follows: matching.md §2.13.

@inline
export function scheduleAt(schedule: u32): usize {
  return SCHEDULES + ((<usize>schedule) << SCHEDULE_SHIFT);
}

/** SET_FEE_TIER. */
export function setFeeTier(at: usize): void {
  const schedule = <u32>load<u8>(at, 1);
  const tier = <u32>load<u8>(at, 2);
  const asset = load<u32>(at, 4);
  const maker = load<i32>(at, 8);
  const taker = load<u32>(at, 12);
  const volume = load<u64>(at, 16);
  if (schedule >= FEE_SCHEDULES_MAX || tier >= FEE_TIERS_MAX) return emitRejected(MALFORMED, 0);
  if (asset >= load<u32>(ROOT_ASSETS)) return emitRejected(UNKNOWN_ASSET, 0);
  const record = scheduleAt(schedule);
  if (!tierIsValid(record, tier, asset, maker, taker, volume)) {
    return emitRejected(INVALID_FEE_TIER, 0);
  }
  if (load<u32>(record, SCHEDULE_ASSET) != asset) forgetVolumes(schedule);
  store<u32>(record, tier + 1, SCHEDULE_COUNT);
  store<u32>(record, asset, SCHEDULE_ASSET);
  const place = record + SCHEDULE_TIERS + ((<usize>tier) << 4);
  store<u64>(place, volume);
  store<i32>(place, maker, 8);
  store<u32>(place, taker, 12);
  emitIndex(EVENT_FEE_TIER_SET, schedule | (tier << 8), 0);
}

/** What was traded in one asset says nothing of tiers in another. */
function forgetVolumes(schedule: u32): void {
  const cut = load<u32>(ROOT_VOLUMES_CUT);
  for (let index: u32 = 0; index < cut; index++) {
    const record = VOLUMES + ((<usize>index) << VOLUME_SHIFT);
    if (load<u32>(record, VOLUME_ACCOUNT) == 0 || load<u32>(record, VOLUME_SCHEDULE) != schedule) continue;
    memory.fill(record + VOLUME_RING, 0, 224);
    store<u64>(record, 0, VOLUME_TOTAL);
  }
}

function tierIsValid(
  record: usize,
  tier: u32,
  asset: u32,
  maker: i32,
  taker: u32,
  volume: u64,
): bool {
  if (maker > <i32>FEE_PPM_MAX || maker < -<i32>FEE_PPM_MAX || taker > FEE_PPM_MAX) return false;
  if (tier == 0) return volume == 0;
  if (tier > load<u32>(record, SCHEDULE_COUNT)) return false;
  if (asset != load<u32>(record, SCHEDULE_ASSET)) return false;
  return volume > load<u64>(record + SCHEDULE_TIERS + ((<usize>(tier - 1)) << 4));
}

/** SET_ACCOUNT_FEES. */
export function setAccountFees(at: usize): void {
  const number = <u32>load<u8>(at, 1);
  const account = load<u32>(at, 8);
  if (number > FEE_SCHEDULES_MAX) return emitRejected(MALFORMED, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  const owner = ownerAt(account);
  if (load<u32>(owner, OWNER_MASTER) != 0) return emitRejected(NOT_MASTER_ACCOUNT, 0);
  let record = <usize>load<u32>(owner, OWNER_VOLUME);
  if (number != 0) {
    if (load<u32>(scheduleAt(number - 1), SCHEDULE_COUNT) == 0) {
      return emitRejected(UNKNOWN_FEE_SCHEDULE, 0);
    }
    if (record == 0 && load<u32>(ROOT_VOLUMES) >= load<u32>(ROOT_VOLUMES_MAX)) {
      return emitRejected(VOLUMES_FULL, 0);
    }
  }
  if (record != 0) giveVolume(record);
  record = number == 0 ? 0 : takeVolume(account, number - 1);
  store<u32>(owner, <u32>record, OWNER_VOLUME);
  emitIndex(EVENT_ACCOUNT_FEES_SET, number, account);
}

function takeVolume(account: u32, schedule: u32): usize {
  let record = <usize>load<u32>(ROOT_VOLUME_FREE);
  if (record != 0) {
    store<u32>(ROOT_VOLUME_FREE, load<u32>(record, VOLUME_NEXT));
  } else {
    const cut = load<u32>(ROOT_VOLUMES_CUT);
    store<u32>(ROOT_VOLUMES_CUT, cut + 1);
    record = VOLUMES + ((<usize>cut) << VOLUME_SHIFT);
  }
  memory.fill(record, 0, 256);
  store<u32>(ROOT_VOLUMES, load<u32>(ROOT_VOLUMES) + 1);
  store<u32>(record, account, VOLUME_ACCOUNT);
  store<u32>(record, schedule, VOLUME_SCHEDULE);
  return record;
}

function giveVolume(record: usize): void {
  store<u32>(record, 0, VOLUME_ACCOUNT);
  store<u32>(record, load<u32>(ROOT_VOLUME_FREE), VOLUME_NEXT);
  store<u32>(ROOT_VOLUME_FREE, <u32>record);
  store<u32>(ROOT_VOLUMES, load<u32>(ROOT_VOLUMES) - 1);
}

/** The record of an account, or of its master, if its schedule is of a market; else 0. */
function volumeFor(account: u32, market: usize): usize {
  const record = <usize>load<u32>(ownerAt(masterOf(account)), OWNER_VOLUME);
  if (record == 0) return 0;
  const schedule = scheduleAt(load<u32>(record, VOLUME_SCHEDULE));
  const quote = load<u32>(market, MARKET_ASSET + 4);
  return load<u32>(schedule, SCHEDULE_ASSET) == quote ? record : 0;
}

/** Brings a record to today: days that count no more are none. */
function advance(record: usize): void {
  const today = load<u64>(ROOT_NOW_MS) / DAY_MS;
  let day = load<u64>(record, VOLUME_DAY);
  if (today - day >= VOLUME_DAYS) {
    memory.fill(record + VOLUME_RING, 0, 224);
    store<u64>(record, 0, VOLUME_TOTAL);
    day = today;
  }
  while (day < today) {
    day++;
    const place = placeOf(record, day);
    store<u64>(record, load<u64>(record, VOLUME_TOTAL) - load<u64>(place), VOLUME_TOTAL);
    store<u64>(place, 0);
  }
  store<u64>(record, today, VOLUME_DAY);
}

@inline
function placeOf(record: usize, day: u64): usize {
  return record + VOLUME_RING + ((<usize>(day % VOLUME_DAYS)) << 3);
}

/** What a record counts for the day `age` days ago. */
export function volumeOfDay(record: usize, age: u64): u64 {
  const today = load<u64>(ROOT_NOW_MS) / DAY_MS;
  const last = load<u64>(record, VOLUME_DAY);
  if (today < age || today - age > last || last - (today - age) >= VOLUME_DAYS) return 0;
  return load<u64>(placeOf(record, today - age));
}

/** The tier that a record has reached. */
function tierOf(record: usize): usize {
  advance(record);
  return tierFrom(record, load<u64>(record, VOLUME_TOTAL));
}

function tierFrom(record: usize, traded: u64): usize {
  const schedule = scheduleAt(load<u32>(record, VOLUME_SCHEDULE));
  let place = schedule + SCHEDULE_TIERS + ((<usize>load<u32>(schedule, SCHEDULE_COUNT)) << 4);
  do {
    place -= 16;
  } while (load<u64>(place) > traded);
  return place;
}

/** What an account pays as a maker, below 0 for a rebate. */
function makerPpmOf(account: u32, market: usize): i32 {
  const record = volumeFor(account, market);
  if (record == 0) return <i32>load<u32>(market, MARKET_MAKER_PPM);
  return load<i32>(tierOf(record), 8);
}

function takerPpmOf(account: u32, market: usize): u32 {
  const record = volumeFor(account, market);
  return record == 0 ? load<u32>(market, MARKET_TAKER_PPM) : load<u32>(tierOf(record), 12);
}

/** Writes what an account pays in a market, its maker's ppm and its taker's, and brings no record to today for that. */
export function writeFeeRates(at: usize, account: u32, market: usize): void {
  const record = account == 0 ? 0 : volumeFor(account, market);
  if (record == 0) {
    store<u32>(at, load<u32>(market, MARKET_MAKER_PPM));
    store<u32>(at, load<u32>(market, MARKET_TAKER_PPM), 4);
    return;
  }
  store<u64>(at, load<u64>(tierFrom(record, sumDays(record)), 8));
}

/** What a record counts now, without bringing it to today. */
function sumDays(record: usize): u64 {
  let traded: u64 = 0;
  for (let age: u64 = 0; age < VOLUME_DAYS; age++) traded += volumeOfDay(record, age);
  return traded;
}

/** Writes what counts for the schedule that an account, or its master, follows. Returns that one's number and 1, or 0. */
export function writeVolume(at: usize, account: u32): u32 {
  const record = <usize>load<u32>(ownerAt(masterOf(account)), OWNER_VOLUME);
  if (record == 0) return 0;
  store<u64>(at, sumDays(record));
  return load<u32>(record, VOLUME_SCHEDULE) + 1;
}

/** Counts a trade for the tiers of both its accounts. What a family trades with itself earns it nothing. */
export function countTrade(account: u32, other: u32, market: usize, quote: u64): void {
  if (masterOf(account) == masterOf(other)) return;
  addVolume(account, market, quote);
  addVolume(other, market, quote);
}

function addVolume(account: u32, market: usize, quote: u64): void {
  const record = volumeFor(account, market);
  if (record == 0) return;
  advance(record);
  const place = placeOf(record, load<u64>(record, VOLUME_DAY));
  const was = load<u64>(place);
  const is = smaller(was + quote, DAY_VOLUME_MAX);
  store<u64>(place, is);
  store<u64>(record, load<u64>(record, VOLUME_TOTAL) + (is - was), VOLUME_TOTAL);
}

// What `findFees` leaves for its caller.
let makerFee: u64 = 0;
let takerFee: u64 = 0;
let rebate: u64 = 0;
let isRebate: bool = false;
let rebates: u64 = 0;

@inline
export function foundMakerFee(): u64 {
  return makerFee;
}
@inline
export function foundTakerFee(): u64 {
  return takerFee;
}
@inline
export function foundRebate(): u64 {
  return rebate;
}
@inline
export function paidRebate(): bool {
  return isRebate;
}
/** All the rebates since the last call: they come out of the takers' fees. */
export function takeRebates(): u64 {
  const sum = rebates;
  rebates = 0;
  return sum;
}

/**
 * Finds the fees of a fill where accounts have schedules, pays the rebate, and counts the volume.
 *
 * `pays`, `receives`: of the taker, which is on `side`.
 */
export function findFees(
  market: usize,
  side: u32,
  maker: u32,
  taker: u32,
  pays: u64,
  receives: u64,
  quote: u64,
): void {
  const makerPpm = makerPpmOf(maker, market);
  takerFee = feeOf(receives, takerPpmOf(taker, market));
  makerFee = makerPpm > 0 ? feeOf(pays, <u32>makerPpm) : 0;
  isRebate = makerPpm < 0;
  rebate = 0;
  if (isRebate) {
    const ppm = <u64>(-makerPpm);
    const whole = receives / PPM;
    rebate = smaller(whole * ppm + ((receives - whole * PPM) * ppm) / PPM, takerFee);
    rebates += rebate;
    credit(getPairRow(maker, market, side), rebate);
  }
  countTrade(maker, taker, market, quote);
}

/** What a side of an uncrossing pays: a maker's fee, and no rebate. */
export function auctionFee(account: u32, market: usize, received: u64): u64 {
  const ppm = makerPpmOf(account, market);
  return ppm > 0 ? feeOf(received, <u32>ppm) : 0;
}
