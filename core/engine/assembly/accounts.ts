import { mix } from "./hash";
import {
  ACCOUNT_NUMBER,
  ACCOUNT_ROW_COUNT,
  ACCOUNT_ROW_FIRST,
  ACCOUNT_ROW_LAST,
  ASSETS,
  ASSET_FEES,
  ASSET_SHIFT,
  BALANCES,
  BALANCE_AVAILABLE,
  BALANCE_KEY,
  BALANCE_NEXT,
  BALANCE_RESERVED,
  BALANCE_SHIFT_BYTES,
  NUMBERS,
  ROOT_ACCOUNTS,
  ROOT_BALANCES,
  ROOT_BALANCES_MAX,
  ROOT_BALANCES_SHIFT,
  ROOT_NUMBERS_SHIFT,
} from "./memory";
import { BROKEN_AVAILABLE, BROKEN_RESERVE, BROKEN_ROW, accountAt, broken } from "./root";

// Accounts, their balances, and the map from outside account numbers. Both maps are open-addressing
// tables at most three quarters full, probed one cell at a time.

@inline
export function accountExists(account: u32): bool {
  return account - 1 < load<u32>(ROOT_ACCOUNTS);
}

/** The balance row of an account and an asset, or 0. */
@inline
export function findRow(account: u32, asset: u32): usize {
  const key = (<u64>asset) | ((<u64>account) << 32);
  const shift = <u64>load<u32>(ROOT_BALANCES_SHIFT);
  const row = BALANCES + ((<usize>(mix(key) >> shift)) << BALANCE_SHIFT_BYTES);
  if (load<u64>(row, BALANCE_KEY) == key) return row;
  return findRowFrom(row, key);
}

function findRowFrom(first: usize, key: u64): usize {
  const end = BALANCES + ((<usize>1) << (64 - load<u32>(ROOT_BALANCES_SHIFT) + BALANCE_SHIFT_BYTES));
  let row = first;
  while (true) {
    const found = load<u64>(row, BALANCE_KEY);
    if (found == key) return row;
    if (found == 0) return 0;
    row += (<usize>1) << BALANCE_SHIFT_BYTES;
    if (row == end) row = BALANCES;
  }
}

/** The balance row of an account and an asset that is known to have one. */
@inline
export function getRow(account: u32, asset: u32): usize {
  const row = findRow(account, asset);
  if (row == 0) broken(BROKEN_ROW);
  return row;
}

@inline
export function roomForRows(count: u32): bool {
  return load<u32>(ROOT_BALANCES) + count <= load<u32>(ROOT_BALANCES_MAX);
}

/** Makes the row of an account and an asset that has none. The caller has checked `roomForRows`. */
export function makeRow(account: u32, asset: u32): usize {
  const key = (<u64>asset) | ((<u64>account) << 32);
  const shift = load<u32>(ROOT_BALANCES_SHIFT);
  const end = BALANCES + ((<usize>1) << (64 - shift + BALANCE_SHIFT_BYTES));
  let row = BALANCES + ((<usize>(mix(key) >> (<u64>shift))) << BALANCE_SHIFT_BYTES);
  while (load<u64>(row, BALANCE_KEY) != 0) {
    row += (<usize>1) << BALANCE_SHIFT_BYTES;
    if (row == end) row = BALANCES;
  }
  store<u64>(row, key, BALANCE_KEY);
  const owner = accountAt(account);
  const last = <usize>load<u32>(owner, ACCOUNT_ROW_LAST);
  if (last == 0) store<u32>(owner, <u32>row, ACCOUNT_ROW_FIRST);
  else store<u32>(last, <u32>row, BALANCE_NEXT);
  store<u32>(owner, <u32>row, ACCOUNT_ROW_LAST);
  store<u32>(owner, load<u32>(owner, ACCOUNT_ROW_COUNT) + 1, ACCOUNT_ROW_COUNT);
  store<u32>(ROOT_BALANCES, load<u32>(ROOT_BALANCES) + 1);
  return row;
}

@inline
export function availableOf(row: usize): u64 {
  return load<u64>(row, BALANCE_AVAILABLE);
}
@inline
export function credit(row: usize, quanta: u64): void {
  store<u64>(row, load<u64>(row, BALANCE_AVAILABLE) + quanta, BALANCE_AVAILABLE);
}
@inline
export function debit(row: usize, quanta: u64): void {
  const available = load<u64>(row, BALANCE_AVAILABLE);
  if (quanta > available) broken(BROKEN_AVAILABLE);
  store<u64>(row, available - quanta, BALANCE_AVAILABLE);
}
@inline
export function reserve(row: usize, quanta: u64): void {
  debit(row, quanta);
  store<u64>(row, load<u64>(row, BALANCE_RESERVED) + quanta, BALANCE_RESERVED);
}
/** Takes what was reserved out of the account: it has been traded. */
@inline
export function spend(row: usize, quanta: u64): void {
  const reserved = load<u64>(row, BALANCE_RESERVED);
  if (quanta > reserved) broken(BROKEN_RESERVE);
  store<u64>(row, reserved - quanta, BALANCE_RESERVED);
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
export function enterNumber(number: u64, account: u32): void {
  store<u32>(numberCell(number), account);
}

/** The cell that holds the account with this number, or the empty one where it belongs. */
function numberCell(number: u64): usize {
  const shift = load<u32>(ROOT_NUMBERS_SHIFT);
  const end = NUMBERS + ((<usize>4) << (64 - shift));
  let cell = NUMBERS + ((<usize>(mix(number) >> (<u64>shift))) << 2);
  while (true) {
    const account = load<u32>(cell);
    if (account == 0 || load<u64>(accountAt(account), ACCOUNT_NUMBER) == number) return cell;
    cell += 4;
    if (cell == end) cell = NUMBERS;
  }
}
