import { mix } from "./hash";
import {
  ACCOUNT_ASSETS,
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_ROWS,
  ASSETS,
  ASSET_FEES,
  ASSET_SHIFT,
  BALANCES,
  OTHER_ROW_BYTES,
  OTHER_ROW_KEY,
  ROOT_OTHER_ROWS,
  ROW_INDEX,
  ROW_KEY_MASK,
  ROW_NEXT_SHIFT,
  MARKET_ASSET,
  NO_ASSET,
  NUMBERS,
  OWNER_NUMBER,
  OWNER_ROW_FIRST,
  OWNER_ROW_LAST,
  ROOT_ACCOUNTS,
  ROOT_BALANCES,
  ROOT_BALANCES_MAX,
  ROOT_BALANCES_SHIFT,
  ROOT_NUMBERS_SHIFT,
  ROW_AVAILABLE,
  ROW_BYTES,
  ROW_RESERVED,
} from "./memory";
import { BROKEN_AVAILABLE, BROKEN_RESERVE, BROKEN_ROW, accountAt, broken, ownerAt } from "./root";

// Accounts, their balances, and the map from outside account numbers. An account's first two balance rows lie
// beside it; the others are found by an open-addressing table at most three quarters full, as the numbers are. A cell of the
// rows' table bears ten bits of its key's hash beside the row's number, and is looked at with the three others of its
// bucket at once: nearly always the only row that is read is the right one. Cells fill in order, and none is ever emptied.

/** Of a row's key. */
const ASSET_MASK: u32 = 0x000f_ffff;
const BUCKET_BYTES: usize = 16;
const LAST_OF_BUCKET: u32 = 8;
const TAG_MASK: u32 = 0xffc0_0000;

@inline
export function accountExists(account: u32): bool {
  return account - 1 < load<u32>(ROOT_ACCOUNTS);
}

@inline
export function isBlocked(account: u32): bool {
  return (load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS) & ACCOUNT_BLOCKED_BIT) != 0;
}

/** The balance row of an account and an asset, or 0. */
@inline
export function findRow(account: u32, asset: u32): usize {
  const owner = accountAt(account);
  const assets = load<u64>(owner, ACCOUNT_ASSETS);
  if (<u32>assets == asset) return owner + ACCOUNT_ROWS;
  if (<u32>(assets >> 32) == asset) return owner + ACCOUNT_ROWS + ROW_BYTES;
  return findOtherRow(account, asset);
}

/** The same, for rows that do not lie beside their account. */
export function findOtherRow(account: u32, asset: u32): usize {
  const key = keyOf(account, asset);
  const hash = mix(key);
  const end = indexEnd();
  let bucket = bucketOf(hash);
  while (true) {
    for (let hits = hitsIn(bucket, tagOf(hash)); hits != 0; hits &= hits - 1) {
      const row = rowIn(bucket, hits);
      if (keyOfRow(row) == key) return row;
    }
    if (load<u32>(bucket, BUCKET_BYTES - 4) == 0) return 0;
    bucket += BUCKET_BYTES;
    if (bucket == end) bucket = ROW_INDEX;
  }
}

@inline
export function keyOf(account: u32, asset: u32): u64 {
  return (<u64>asset) | ((<u64>account) << 20);
}
/** Where the search for a key begins, of what `mix` makes of it. */
@inline
export function bucketOf(hash: u64): usize {
  return ROW_INDEX + (((<usize>(hash >> (<u64>load<u32>(ROOT_BALANCES_SHIFT)))) >> 2) << 4);
}
@inline
function indexEnd(): usize {
  return ROW_INDEX + ((<usize>4) << (64 - load<u32>(ROOT_BALANCES_SHIFT)));
}
/** What the cell of a key bears beside the row's number. */
@inline
export function tagOf(hash: u64): u32 {
  return <u32>(hash >> 12) & TAG_MASK;
}
/** A bit for each cell of a bucket that bears a tag. */
@inline
export function hitsIn(bucket: usize, tag: u32): u32 {
  const tags = v128.and(v128.load(bucket), v128.splat<u32>(TAG_MASK));
  return <u32>v128.bitmask<u32>(v128.eq<u32>(tags, v128.splat<u32>(tag)));
}
/** The row of the first cell of `hits`, at least one; of an empty cell what is no row, all zero. */
@inline
export function rowIn(bucket: usize, hits: u32): usize {
  return otherRow(load<u32>(bucket + ((<usize>ctz(hits)) << 2)) & ~TAG_MASK);
}
@inline
function otherRow(number: u32): usize {
  return BALANCES + <usize>number * OTHER_ROW_BYTES;
}
@inline
function keyOfRow(row: usize): u64 {
  return load<u64>(row, OTHER_ROW_KEY) & ROW_KEY_MASK;
}

/**
 * The row of an account and the base (0) or quote (1) of a market, if it has rows for both and they are found at the
 * first look, else 0.
 *
 * For a trader of just these two assets the answer is arithmetic: whether base or quote is asked for is a coin's toss,
 * which no branch can guess.
 */
@inline
export function findPairRowNear(account: u32, market: usize, which: u32): usize {
  const owner = accountAt(account);
  const assets = load<u64>(owner, ACCOUNT_ASSETS);
  const pair = load<u64>(market, MARKET_ASSET);
  const offset = (<usize>which) << 4;
  if (assets == rotl<u64>(pair, 32)) return owner + ACCOUNT_ROWS + (offset ^ ROW_BYTES);
  if (assets == pair) return owner + ACCOUNT_ROWS + offset;
  const base = findRowNear(account, <u32>pair);
  const quote = findRowNear(account, <u32>(pair >> 32));
  if (base == 0) return 0;
  if (quote == 0) return 0;
  return which == 0 ? base : quote;
}

/** The row of an account and an asset, if it is found at the first look, else 0. */
@inline
function findRowNear(account: u32, asset: u32): usize {
  const owner = accountAt(account);
  const assets = load<u64>(owner, ACCOUNT_ASSETS);
  if (<u32>assets == asset) return owner + ACCOUNT_ROWS;
  if (<u32>(assets >> 32) == asset) return owner + ACCOUNT_ROWS + ROW_BYTES;
  const key = keyOf(account, asset);
  const hash = mix(key);
  const bucket = bucketOf(hash);
  const row = rowIn(bucket, hitsIn(bucket, tagOf(hash)) | LAST_OF_BUCKET);
  return keyOfRow(row) == key ? row : 0;
}

/** The same for an account that is known to have both. */
@inline
export function getPairRow(account: u32, market: usize, which: u32): usize {
  const owner = accountAt(account);
  const assets = load<u64>(owner, ACCOUNT_ASSETS);
  const pair = load<u64>(market, MARKET_ASSET);
  const offset = (<usize>which) << 4;
  if (assets == rotl<u64>(pair, 32)) return owner + ACCOUNT_ROWS + (offset ^ ROW_BYTES);
  if (assets == pair) return owner + ACCOUNT_ROWS + offset;
  return getRow(account, load<u32>(market + ((<usize>which) << 2), MARKET_ASSET));
}

/** The row of an account and an asset that it is known to have. */
export function getRow(account: u32, asset: u32): usize {
  const row = findRow(account, asset);
  if (row == 0) broken(BROKEN_ROW);
  return row;
}

export function roomForRows(count: u32): bool {
  return load<u32>(ROOT_BALANCES) + count <= load<u32>(ROOT_BALANCES_MAX);
}

/** Makes the row of an account and an asset that has none. The caller has checked `roomForRows`. */
export function makeRow(account: u32, asset: u32): usize {
  store<u32>(ROOT_BALANCES, load<u32>(ROOT_BALANCES) + 1);
  const owner = accountAt(account);
  for (let place: usize = 0; place < 2; place++) {
    if (load<u32>(owner + (place << 2), ACCOUNT_ASSETS) == NO_ASSET) {
      store<u32>(owner + (place << 2), asset, ACCOUNT_ASSETS);
      return owner + ACCOUNT_ROWS + place * ROW_BYTES;
    }
  }
  const key = keyOf(account, asset);
  const hash = mix(key);
  const end = indexEnd();
  let cell = bucketOf(hash);
  while (load<u32>(cell) != 0) {
    cell += 4;
    if (cell == end) cell = ROW_INDEX;
  }
  const number = load<u32>(ROOT_OTHER_ROWS) + 1;
  store<u32>(ROOT_OTHER_ROWS, number);
  store<u32>(cell, number | tagOf(hash));
  const row = otherRow(number);
  store<u64>(row, key, OTHER_ROW_KEY);
  const record = ownerAt(account);
  const last = <usize>load<u32>(record, OWNER_ROW_LAST);
  if (last == 0) store<u32>(record, <u32>row, OWNER_ROW_FIRST);
  else store<u64>(last, keyOfRow(last) | ((<u64>number) << ROW_NEXT_SHIFT), OTHER_ROW_KEY);
  store<u32>(record, <u32>row, OWNER_ROW_LAST);
  return row;
}

/** The account's first row, or 0. With `nextRow`: all of them in order of making. */
export function firstRow(account: u32): usize {
  const owner = accountAt(account);
  return load<u32>(owner, ACCOUNT_ASSETS) == NO_ASSET ? 0 : owner + ACCOUNT_ROWS;
}

export function nextRow(account: u32, row: usize): usize {
  const owner = accountAt(account);
  if (row == owner + ACCOUNT_ROWS) {
    return load<u32>(owner, ACCOUNT_ASSETS + 4) == NO_ASSET ? 0 : row + ROW_BYTES;
  }
  if (row == owner + ACCOUNT_ROWS + ROW_BYTES) return <usize>load<u32>(ownerAt(account), OWNER_ROW_FIRST);
  const next = <u32>(load<u64>(row, OTHER_ROW_KEY) >> ROW_NEXT_SHIFT);
  return next == 0 ? 0 : otherRow(next);
}

/** The asset that a row of an account is of. */
export function assetOfRow(account: u32, row: usize): u32 {
  const owner = accountAt(account);
  if (row == owner + ACCOUNT_ROWS) return load<u32>(owner, ACCOUNT_ASSETS);
  if (row == owner + ACCOUNT_ROWS + ROW_BYTES) return load<u32>(owner, ACCOUNT_ASSETS + 4);
  return <u32>keyOfRow(row) & ASSET_MASK;
}

@inline
export function availableOf(row: usize): u64 {
  return load<u64>(row, ROW_AVAILABLE);
}
@inline
export function reservedOf(row: usize): u64 {
  return load<u64>(row, ROW_RESERVED);
}
@inline
export function credit(row: usize, quanta: u64): void {
  store<u64>(row, load<u64>(row, ROW_AVAILABLE) + quanta, ROW_AVAILABLE);
}
@inline
export function debit(row: usize, quanta: u64): void {
  const available = load<u64>(row, ROW_AVAILABLE);
  if (quanta > available) broken(BROKEN_AVAILABLE);
  store<u64>(row, available - quanta, ROW_AVAILABLE);
}
/** Moves what is available to what is reserved. The caller has checked that it is there. */
@inline
export function move(row: usize, quanta: u64): void {
  const change = i64x2.replace_lane(i64x2.splat(quanta), 0, 0 - quanta);
  v128.store(row, i64x2.add(v128.load(row), change));
}
/** `release`, with one store. */
@inline
export function giveBack(row: usize, quanta: u64): void {
  if (quanta > load<u64>(row, ROW_RESERVED)) broken(BROKEN_RESERVE);
  move(row, 0 - quanta);
}
@inline
export function reserve(row: usize, quanta: u64): void {
  debit(row, quanta);
  store<u64>(row, load<u64>(row, ROW_RESERVED) + quanta, ROW_RESERVED);
}
/** Takes what was reserved out of the account: it has been traded. */
@inline
export function spend(row: usize, quanta: u64): void {
  const reserved = load<u64>(row, ROW_RESERVED);
  if (quanta > reserved) broken(BROKEN_RESERVE);
  store<u64>(row, reserved - quanta, ROW_RESERVED);
}
/** Makes what was reserved available again. */
@inline
export function release(row: usize, quanta: u64): void {
  spend(row, quanta);
  credit(row, quanta);
}

@inline
export function assetAt(asset: u32): usize {
  return ASSETS + ((<usize>asset) << ASSET_SHIFT);
}
@inline
export function collectFee(asset: u32, quanta: u64): void {
  const row = assetAt(asset);
  store<u64>(row, load<u64>(row, ASSET_FEES) + quanta, ASSET_FEES);
}

/** The account with an outside number, or 0. */
export function findAccountByNumber(number: u64): u32 {
  return load<u32>(numberCell(number));
}

/** Enters an account that `findAccountByNumber` does not find yet. */
export function enterAccount(number: u64, account: u32): void {
  const owner = accountAt(account);
  store<u64>(ownerAt(account), number, OWNER_NUMBER);
  store<u64>(owner, (<u64>NO_ASSET) | ((<u64>NO_ASSET) << 32), ACCOUNT_ASSETS);
  store<u32>(numberCell(number), account);
}

/** The cell that holds the account with this number, or the empty one where it belongs. */
function numberCell(number: u64): usize {
  const shift = load<u32>(ROOT_NUMBERS_SHIFT);
  const end = NUMBERS + ((<usize>4) << (64 - shift));
  let cell = NUMBERS + ((<usize>(mix(number) >> (<u64>shift))) << 2);
  while (true) {
    const account = load<u32>(cell);
    if (account == 0 || load<u64>(ownerAt(account), OWNER_NUMBER) == number) return cell;
    cell += 4;
    if (cell == end) cell = NUMBERS;
  }
}
