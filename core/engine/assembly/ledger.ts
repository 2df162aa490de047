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
  ASSET_EXISTS,
  BALANCES_FULL,
  BALANCE_OVERFLOW,
  EVENT_ASSET_ADDED,
  INSUFFICIENT_BALANCE,
  MALFORMED,
  NOT_MASTER_ACCOUNT,
  NOT_SAME_MASTER,
  UNKNOWN_ACCOUNT,
  UNKNOWN_ASSET,
} from "./codes";
import {
  emitAccountOpened,
  emitBalanceMoved,
  emitIndex,
  emitRejected,
  emitTransferred,
} from "./events";
import {
  ASSET_DECIMALS_MAX,
  ASSET_FEES,
  ASSET_ISSUED,
  NAMES,
  NAME_BYTES,
  NAME_DECIMALS,
  NAME_LETTERS,
  NAME_SHIFT,
  NAME_SYMBOL,
  OWNER_FAMILY,
  OWNER_MASTER,
  QUANTA_MAX,
  ROOT_ACCOUNTS,
  ROOT_ACCOUNTS_MAX,
  ROOT_ASSETS,
  ROOT_ASSETS_MAX,
} from "./memory";
import { ownerAt } from "./root";

// The ledger commands: matching.md §2.6.

/** OPEN_SUB_ACCOUNT. */
export function openSubAccount(at: usize): void {
  const master = load<u32>(at, 8);
  if (!accountExists(master)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (load<u32>(ownerAt(master), OWNER_MASTER) != 0) return emitRejected(NOT_MASTER_ACCOUNT, 0);
  open(load<u64>(at, 16), master);
}

/** OPEN_ACCOUNT. */
export function openAccount(at: usize): void {
  open(load<u64>(at, 16), 0);
}

function open(number: u64, master: u32): void {
  const existing = findAccountByNumber(number);
  if (existing != 0) return emitRejected(ACCOUNT_EXISTS, existing);
  const account = load<u32>(ROOT_ACCOUNTS) + 1;
  if (account > load<u32>(ROOT_ACCOUNTS_MAX)) return emitRejected(ACCOUNTS_FULL, 0);
  store<u32>(ROOT_ACCOUNTS, account);
  enterAccount(number, account);
  store<u32>(ownerAt(account), master, OWNER_MASTER);
  if (master != 0) joinFamily(master, account);
  emitAccountOpened(account, master, number);
}

/** Makes a sub-account the last of its master's. */
function joinFamily(master: u32, account: u32): void {
  const last = load<u32>(ownerAt(master), OWNER_FAMILY);
  const first = last == 0 ? account : load<u32>(ownerAt(last), OWNER_FAMILY);
  store<u32>(ownerAt(account), first, OWNER_FAMILY);
  if (last != 0) store<u32>(ownerAt(last), account, OWNER_FAMILY);
  store<u32>(ownerAt(master), account, OWNER_FAMILY);
}

/** Of a master and its sub-accounts, in order of their opening, the one behind `account`, or 0. */
export function nextOfFamily(master: u32, account: u32): u32 {
  const last = load<u32>(ownerAt(master), OWNER_FAMILY);
  if (account == last || last == 0) return 0;
  return load<u32>(ownerAt(account == master ? last : account), OWNER_FAMILY);
}

/** True for a sub-account. */
export function isPart(account: u32): bool {
  return load<u32>(ownerAt(account), OWNER_MASTER) != 0;
}

/** TRANSFER. */
export function transfer(at: usize): void {
  const asset = load<u32>(at, 4);
  const source = load<u32>(at, 8);
  const target = load<u32>(at, 12);
  const quanta = load<u64>(at, 16);
  if (source == target) return emitRejected(MALFORMED, 0);
  if (!accountExists(source) || !accountExists(target)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (masterOf(source) != masterOf(target)) return emitRejected(NOT_SAME_MASTER, 0);
  if (asset >= load<u32>(ROOT_ASSETS)) return emitRejected(UNKNOWN_ASSET, 0);
  if (quanta - 1 >= QUANTA_MAX) return emitRejected(AMOUNT_OUT_OF_RANGE, 0);
  const from = findRow(source, asset);
  if (from == 0 || availableOf(from) < quanta) return emitRejected(INSUFFICIENT_BALANCE, 0);
  let to = findRow(target, asset);
  if (to == 0) {
    if (!roomForRows(1)) return emitRejected(BALANCES_FULL, 0);
    to = makeRow(target, asset);
  }
  debit(from, quanta);
  credit(to, quanta);
  emitTransferred(source, target, asset, quanta, load<u64>(at, 24));
}

export function masterOf(account: u32): u32 {
  const master = load<u32>(ownerAt(account), OWNER_MASTER);
  return master != 0 ? master : account;
}

/** DEPOSIT, or WITHDRAW if `out` is 1: then account 0 is what was collected in fees. */
export function moveBalance(at: usize, out: u32): void {
  const asset = load<u32>(at, 4);
  const account = load<u32>(at, 8);
  const quanta = load<u64>(at, 16);
  const isOfFees = account == 0 && out != 0;
  if (!isOfFees && !accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (asset >= load<u32>(ROOT_ASSETS)) return emitRejected(UNKNOWN_ASSET, 0);
  if (quanta - 1 >= QUANTA_MAX) return emitRejected(AMOUNT_OUT_OF_RANGE, 0);
  const totals = assetAt(asset);
  const issued = load<u64>(totals, ASSET_ISSUED);
  let row = isOfFees ? 0 : findRow(account, asset);
  if (isOfFees) {
    const fees = load<u64>(totals, ASSET_FEES);
    if (fees < quanta) return emitRejected(INSUFFICIENT_BALANCE, 0);
    store<u64>(totals, fees - quanta, ASSET_FEES);
    store<u64>(totals, issued - quanta, ASSET_ISSUED);
  } else if (out != 0) {
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
export function addAsset(at: usize): void {
  const asset = load<u32>(ROOT_ASSETS);
  const isNamed = load<u8>(at, NAME_SYMBOL) != 0;
  if (isNamed) {
    if (!nameIsValid(at)) return emitRejected(MALFORMED, 0);
    const namesake = findNamesake(at, asset);
    if (namesake != asset) return emitRejected(ASSET_EXISTS, namesake);
  }
  if (asset >= load<u32>(ROOT_ASSETS_MAX)) return emitRejected(ASSETS_FULL, 0);
  store<u32>(ROOT_ASSETS, asset + 1);
  if (isNamed) memory.copy(nameAt(asset), at, NAME_BYTES);
  emitIndex(EVENT_ASSET_ADDED, 0, asset);
}

/** Where the record lies that named an asset. */
export function nameAt(asset: u32): usize {
  return NAMES + ((<usize>asset) << NAME_SHIFT);
}

/** Capital letters and digits; nothing stands behind the last one. */
function nameIsValid(at: usize): bool {
  if (<u32>load<u8>(at, NAME_DECIMALS) > ASSET_DECIMALS_MAX) return false;
  const symbol = at + NAME_SYMBOL;
  for (let place = symbol; place < symbol + NAME_LETTERS; place++) {
    const letter = <u32>load<u8>(place);
    if (letter == 0) break;
    if (letter - 48 >= 10 && letter - 65 >= 26) return false;
  }
  return true;
}

/** The asset of the same symbol, or `count`, which is how many there are. */
function findNamesake(at: usize, count: u32): u32 {
  const first = load<u64>(at, NAME_SYMBOL);
  const second = load<u64>(at, NAME_SYMBOL + 8);
  const third = load<u32>(at, NAME_SYMBOL + 16);
  let asset: u32 = 0;
  while (asset < count) {
    const name = nameAt(asset);
    if (
      load<u64>(name, NAME_SYMBOL) == first &&
      load<u64>(name, NAME_SYMBOL + 8) == second &&
      load<u32>(name, NAME_SYMBOL + 16) == third
    ) {
      break;
    }
    asset++;
  }
  return asset;
}
