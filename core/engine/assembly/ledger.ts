import {
  accountExists,
  assetAt,
  availableOf,
  credit,
  debit,
  enterAccount,
  findAccountByNumber,
  findRow,
  makeRow,
  roomForRows,
} from "./accounts";
import {
  ACCOUNTS_FULL,
  ACCOUNT_EXISTS,
  AMOUNT_OUT_OF_RANGE,
  ASSETS_FULL,
  BALANCES_FULL,
  BALANCE_OVERFLOW,
  EVENT_ASSET_ADDED,
  INSUFFICIENT_BALANCE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_ASSET,
} from "./codes";
import { emitAccountOpened, emitBalanceMoved, emitIndex, emitRejected } from "./events";
import {
  ASSET_ISSUED,
  QUANTA_MAX,
  ROOT_ACCOUNTS,
  ROOT_ACCOUNTS_MAX,
  ROOT_ASSETS,
  ROOT_ASSETS_MAX,
} from "./memory";

// The ledger commands: matching.md §2.6.

/** OPEN_ACCOUNT. */
export function openAccount(at: usize): void {
  const number = load<u64>(at, 16);
  const existing = findAccountByNumber(number);
  if (existing != 0) return emitRejected(ACCOUNT_EXISTS, existing);
  const account = load<u32>(ROOT_ACCOUNTS) + 1;
  if (account > load<u32>(ROOT_ACCOUNTS_MAX)) return emitRejected(ACCOUNTS_FULL, 0);
  store<u32>(ROOT_ACCOUNTS, account);
  enterAccount(number, account);
  emitAccountOpened(account, number);
}

/** DEPOSIT, or WITHDRAW if `out` is 1. */
export function moveBalance(at: usize, out: u32): void {
  const asset = load<u32>(at, 4);
  const account = load<u32>(at, 8);
  const quanta = load<u64>(at, 16);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (asset >= load<u32>(ROOT_ASSETS)) return emitRejected(UNKNOWN_ASSET, 0);
  if (quanta - 1 >= QUANTA_MAX) return emitRejected(AMOUNT_OUT_OF_RANGE, 0);
  const totals = assetAt(asset);
  const issued = load<u64>(totals, ASSET_ISSUED);
  let row = findRow(account, asset);
  if (out != 0) {
    if (row == 0 || availableOf(row) < quanta) return emitRejected(INSUFFICIENT_BALANCE, 0);
    debit(row, quanta);
    store<u64>(totals, issued - quanta, ASSET_ISSUED);
  } else {
    if (issued + quanta > QUANTA_MAX) return emitRejected(BALANCE_OVERFLOW, 0);
    if (row == 0) {
      if (!roomForRows(1)) return emitRejected(BALANCES_FULL, 0);
      row = makeRow(account, asset);
    }
    credit(row, quanta);
    store<u64>(totals, issued + quanta, ASSET_ISSUED);
  }
  emitBalanceMoved(out, account, asset, quanta, load<u64>(at, 24));
}

/** ADD_ASSET. */
export function addAsset(): void {
  const asset = load<u32>(ROOT_ASSETS);
  if (asset >= load<u32>(ROOT_ASSETS_MAX)) return emitRejected(ASSETS_FULL, 0);
  store<u32>(ROOT_ASSETS, asset + 1);
  emitIndex(EVENT_ASSET_ADDED, 0, asset);
}
