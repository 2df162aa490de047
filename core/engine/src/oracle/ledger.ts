import {
  ASSET_DECIMALS_MAX,
  CommandKind,
  EventKind,
  QUANTA_MAX,
  RejectCode,
  type AccountIndex,
  type AssetIndex,
  type AssetName,
  type Command,
} from "@rialto/protocol";
import { findAccount, getAccount, getAsset, isFamily } from "./exchange.ts";
import type { Account, Exchange } from "./exchange.ts";
import { availableQuanta, makeRow } from "./money.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";

// Accounts, deposits, withdrawals, assets. Source: matching.md §2.6.

type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;
type Transfer = CommandOf<typeof CommandKind.Deposit | typeof CommandKind.Withdraw>;

/** Does OPEN_SUB_ACCOUNT: mutates `exchange`, emits to `outbox`. */
export function openSubAccount(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.OpenSubAccount>,
  outbox: Outbox,
): void {
  const master = findAccount(exchange, command.parent);
  if (master === undefined) outbox.reject(refuse(RejectCode.UnknownAccount));
  else if (master.master !== undefined) outbox.reject(refuse(RejectCode.NotMasterAccount));
  else openAccount(exchange, command.number, outbox, master);
}

/** Does TRANSFER: mutates `exchange`, emits to `outbox`. */
export function transferQuanta(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.Transfer>,
  outbox: Outbox,
): void {
  const code = findTransferCode(exchange, command);
  if (code !== undefined) {
    outbox.reject(refuse(code));
    return;
  }
  const { source, target, asset, quanta, reference } = command;
  makeRow(exchange, getAccount(exchange, source), asset).availableQuanta -= quanta;
  makeRow(exchange, getAccount(exchange, target), asset).availableQuanta += quanta;
  outbox.emit({ kind: EventKind.Transferred, source, target, asset, quanta, reference });
}

function findTransferCode(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.Transfer>,
): RejectCode | undefined {
  const { source, target, asset, quanta } = command;
  if (source === target) return RejectCode.Malformed;
  const from = findAccount(exchange, source);
  const to = findAccount(exchange, target);
  if (from === undefined || to === undefined) return RejectCode.UnknownAccount;
  if (!isFamily(from, to)) return RejectCode.NotSameMaster;
  if (exchange.assets[asset] === undefined) return RejectCode.UnknownAsset;
  if (quanta < 1n || quanta > QUANTA_MAX) return RejectCode.AmountOutOfRange;
  if (availableQuanta(from, asset) < quanta) return RejectCode.InsufficientBalance;
  const isFull = exchange.balanceCount >= exchange.limits.balancesMax;
  return !to.rows.has(asset) && isFull ? RejectCode.BalancesFull : undefined;
}

/** Does OPEN_ACCOUNT: mutates `exchange`, emits to `outbox`. */
export function openAccount(
  exchange: Exchange,
  number: bigint,
  outbox: Outbox,
  master?: Account,
): void {
  const existing = exchange.accountsByNumber.get(number);
  if (existing !== undefined) {
    outbox.reject(refuse(RejectCode.AccountExists, existing.index));
    return;
  }
  if (exchange.accounts.length >= exchange.limits.accountsMax) {
    outbox.reject(refuse(RejectCode.AccountsFull));
    return;
  }
  const account = {
    index: (exchange.accounts.length + 1) as AccountIndex,
    number,
    master,
    volume: undefined,
    deadlineMs: undefined,
    protections: [],
    isBlocked: false,
    rows: new Map(),
    orders: new Map(),
    clientOrders: new Map(),
  };
  exchange.accounts.push(account);
  exchange.accountsByNumber.set(number, account);
  outbox.emit({
    kind: EventKind.AccountOpened,
    account: account.index,
    parent: (master?.index ?? 0) as AccountIndex,
    number,
  });
}

/** Does DEPOSIT: mutates `exchange`, emits to `outbox`. */
export function deposit(exchange: Exchange, transfer: Transfer, outbox: Outbox): void {
  const refusal = findTransferRefusal(exchange, transfer) ?? findDepositRefusal(exchange, transfer);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  const account = getAccount(exchange, transfer.account);
  makeRow(exchange, account, transfer.asset).availableQuanta += transfer.quanta;
  getAsset(exchange, transfer.asset).issuedQuanta += transfer.quanta;
  emitMoved(transfer, outbox);
}

/** Does WITHDRAW: mutates `exchange`, emits to `outbox`. */
export function withdraw(exchange: Exchange, transfer: Transfer, outbox: Outbox): void {
  const refusal =
    findTransferRefusal(exchange, transfer) ?? findWithdrawRefusal(exchange, transfer);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  const asset = getAsset(exchange, transfer.asset);
  const account = findAccount(exchange, transfer.account);
  if (account === undefined) asset.feesQuanta -= transfer.quanta;
  else makeRow(exchange, account, transfer.asset).availableQuanta -= transfer.quanta;
  asset.issuedQuanta -= transfer.quanta;
  emitMoved(transfer, outbox);
}

/** True for a withdrawal of what was collected in fees. */
function isOfFees({ kind, account }: Transfer): boolean {
  return kind === CommandKind.Withdraw && (account as number) === 0;
}

/** The three checks that deposits and withdrawals share. */
function findTransferRefusal(exchange: Exchange, transfer: Transfer): Refusal | undefined {
  if (!isOfFees(transfer) && findAccount(exchange, transfer.account) === undefined) {
    return refuse(RejectCode.UnknownAccount);
  }
  if (exchange.assets[transfer.asset] === undefined) return refuse(RejectCode.UnknownAsset);
  if (transfer.quanta < 1n || transfer.quanta > QUANTA_MAX) {
    return refuse(RejectCode.AmountOutOfRange);
  }
  return undefined;
}

function findDepositRefusal(exchange: Exchange, transfer: Transfer): Refusal | undefined {
  const { issuedQuanta } = getAsset(exchange, transfer.asset);
  if (issuedQuanta + transfer.quanta > QUANTA_MAX) return refuse(RejectCode.BalanceOverflow);
  const hasRow = getAccount(exchange, transfer.account).rows.has(transfer.asset);
  if (!hasRow && exchange.balanceCount >= exchange.limits.balancesMax) {
    return refuse(RejectCode.BalancesFull);
  }
  return undefined;
}

function findWithdrawRefusal(exchange: Exchange, transfer: Transfer): Refusal | undefined {
  const quanta = isOfFees(transfer)
    ? getAsset(exchange, transfer.asset).feesQuanta
    : availableQuanta(getAccount(exchange, transfer.account), transfer.asset);
  return quanta < transfer.quanta ? refuse(RejectCode.InsufficientBalance) : undefined;
}

function emitMoved(transfer: Transfer, outbox: Outbox): void {
  outbox.emit({
    kind: EventKind.BalanceMoved,
    out: transfer.kind === CommandKind.Withdraw,
    account: transfer.account,
    asset: transfer.asset,
    quanta: transfer.quanta,
    reference: transfer.reference,
  });
}

/** Does ADD_ASSET: mutates `exchange`, emits to `outbox`. */
export function addAsset(exchange: Exchange, outbox: Outbox, name?: AssetName): void {
  if (name !== undefined && !isNameValid(name)) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const namesake = exchange.assets.findIndex((other) => other.name?.symbol === name?.symbol);
  if (name !== undefined && namesake >= 0) {
    outbox.reject(refuse(RejectCode.AssetExists, namesake));
    return;
  }
  if (exchange.assets.length >= exchange.limits.assetsMax) {
    outbox.reject(refuse(RejectCode.AssetsFull));
    return;
  }
  const asset = exchange.assets.length as AssetIndex;
  exchange.assets.push({ name, issuedQuanta: 0n, feesQuanta: 0n });
  outbox.emit({ kind: EventKind.AssetAdded, asset });
}

function isNameValid({ symbol, decimals }: AssetName): boolean {
  return /^[A-Z0-9]{1,20}$/.test(symbol) && decimals <= ASSET_DECIMALS_MAX;
}
