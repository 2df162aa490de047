import {
  CommandKind,
  EventKind,
  QUANTA_MAX,
  RejectCode,
  type AccountIndex,
  type AssetIndex,
  type Command,
} from "@rialto/protocol";
import { findAccount, getAccount, getAsset } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import { availableQuanta, makeRow } from "./money.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";

// Accounts, deposits, withdrawals, assets. Source: matching.md §2.6.

type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;
type Transfer = CommandOf<typeof CommandKind.Deposit | typeof CommandKind.Withdraw>;

/** Does OPEN_ACCOUNT: mutates `exchange`, emits to `outbox`. */
export function openAccount(exchange: Exchange, number: bigint, outbox: Outbox): void {
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
    isBlocked: false,
    rows: new Map(),
    orders: new Map(),
    clientOrders: new Map(),
  };
  exchange.accounts.push(account);
  exchange.accountsByNumber.set(number, account);
  outbox.emit({ kind: EventKind.AccountOpened, account: account.index, number });
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
  const account = getAccount(exchange, transfer.account);
  makeRow(exchange, account, transfer.asset).availableQuanta -= transfer.quanta;
  getAsset(exchange, transfer.asset).issuedQuanta -= transfer.quanta;
  emitMoved(transfer, outbox);
}

/** The three checks that deposits and withdrawals share. */
function findTransferRefusal(exchange: Exchange, transfer: Transfer): Refusal | undefined {
  if (findAccount(exchange, transfer.account) === undefined) {
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
  const account = getAccount(exchange, transfer.account);
  return availableQuanta(account, transfer.asset) < transfer.quanta
    ? refuse(RejectCode.InsufficientBalance)
    : undefined;
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
export function addAsset(exchange: Exchange, outbox: Outbox): void {
  if (exchange.assets.length >= exchange.limits.assetsMax) {
    outbox.reject(refuse(RejectCode.AssetsFull));
    return;
  }
  const asset = exchange.assets.length as AssetIndex;
  exchange.assets.push({ issuedQuanta: 0n, feesQuanta: 0n });
  outbox.emit({ kind: EventKind.AssetAdded, asset });
}
