import {
  type AccountIndex,
  ALL_MARKETS,
  type AssetIndex,
  CommandKind,
  EventKind,
  MarketState,
  MASS_CANCELS_PER_COMMAND_MAX,
  SideFilter,
} from "@rialto/protocol";
import { assetText, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type SignedCall, signedOperation } from "./operation.ts";
import { MARKET_STATE_WORDS } from "./order-words.ts";
import {
  accountsParam,
  assetParam,
  booleanParam,
  choiceParam,
  decimalParam,
  EVERYBODY,
  type ParamValues,
  required,
  sideParam,
  symbolParam,
  u64Param,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

// What only the operator of the exchange may do.

const FEE_PARAMS = {
  asset: required(assetParam),
  amount: required(decimalParam),
  reference: u64Param,
};
const MOVE_PARAMS = { account: required(u64Param), ...FEE_PARAMS };

type FeeCall = SignedCall<ParamValues<typeof FEE_PARAMS>>;
type MoveCall = SignedCall<ParamValues<typeof MOVE_PARAMS>>;
type MoveKind = typeof CommandKind.Deposit | typeof CommandKind.Withdraw;

/** Stands for the fees that were collected in a withdrawal, and for all accounts in a mass cancel. */
const NO_ACCOUNT = 0 as AccountIndex;

/** More than none. */
function readAmount({ asset, amount }: FeeCall["params"]): bigint | ApiError {
  const quanta = parseAsset(asset, amount);
  if (quanta === "TOO_PRECISE") return apiError("TOO_PRECISE", "amount");
  if (typeof quanta !== "bigint" || quanta === 0n) return apiError("INVALID_DATA", "amount");
  return quanta;
}

/** Moves an amount into the exchange or out of it. */
async function moveQuanta(
  { params, services }: FeeCall,
  kind: MoveKind,
  findAccount: () => AccountIndex | ApiError | Promise<AccountIndex | ApiError>,
): Promise<object | ApiError> {
  const quanta = readAmount(params);
  if (quanta instanceof ApiError) return quanta;
  const account = await findAccount();
  if (account instanceof ApiError) return account;
  const reference = params.reference ?? 0n;
  const asset = params.asset.index as AssetIndex;
  const command = { kind, account, asset, quanta, reference };
  const event = await services.desk.outcome(command, EventKind.BalanceMoved);
  if (event instanceof ApiError) return event;
  return {
    asset: params.asset.symbol,
    amount: assetText(params.asset, event.quanta),
    reference: String(event.reference),
  };
}

function moveBalance(kind: MoveKind) {
  return async (call: MoveCall): Promise<object | ApiError> => {
    const moved = await moveQuanta(call, kind, () => accountOf(call, kind));
    return moved instanceof ApiError ? moved : { account: String(call.params.account), ...moved };
  };
}

/** A deposit opens the account it is for; nothing can be withdrawn from one that is not open. */
async function accountOf(call: MoveCall, kind: MoveKind): Promise<AccountIndex | ApiError> {
  const { desk } = call.services;
  const number = call.params.account;
  if (kind === CommandKind.Deposit) return desk.account(number);
  return desk.findAccount(number) ?? apiError("INVALID_DATA", "account");
}

const FAMILY_PARAMS = { account: required(u64Param), master: required(u64Param) };

async function openSubAccount({
  params,
  services,
}: SignedCall<ParamValues<typeof FAMILY_PARAMS>>): Promise<object | ApiError> {
  const { account: number, master } = params;
  const parent = services.desk.findAccount(master);
  if (parent === undefined) return apiError("INVALID_DATA", "master");
  const command = { kind: CommandKind.OpenSubAccount, number, parent } as const;
  const event = await services.desk.outcome(command, EventKind.AccountOpened);
  return event instanceof ApiError ? event : { account: String(number), master: String(master) };
}

const TRANSFER_PARAMS = {
  source: required(u64Param),
  target: required(u64Param),
  ...FEE_PARAMS,
};

/** Within one family: the money stays in the exchange. */
async function transferQuanta({
  params,
  services,
}: SignedCall<ParamValues<typeof TRANSFER_PARAMS>>): Promise<object | ApiError> {
  const quanta = readAmount(params);
  if (quanta instanceof ApiError) return quanta;
  const source = services.desk.findAccount(params.source);
  if (source === undefined) return apiError("INVALID_DATA", "source");
  const target = services.desk.findAccount(params.target);
  // The engine would say of one account that the whole means nothing.
  if (target === undefined || target === source) return apiError("INVALID_DATA", "target");
  const reference = params.reference ?? 0n;
  const asset = params.asset.index;
  const command = { kind: CommandKind.Transfer, source, target, asset, quanta, reference } as const;
  const event = await services.desk.outcome(command, EventKind.Transferred);
  if (event instanceof ApiError) return event;
  return {
    source: String(params.source),
    target: String(params.target),
    asset: params.asset.symbol,
    amount: assetText(params.asset, event.quanta),
    reference: String(event.reference),
  };
}

/** Those that a market may be set to: it is delisted by a command of its own. */
const STATES = {
  TRADING: MarketState.Trading,
  POST_ONLY: MarketState.PostOnly,
  PRE_OPEN: MarketState.PreOpen,
  AUCTION: MarketState.Auction,
  CANCEL_ONLY: MarketState.CancelOnly,
  HALT: MarketState.Halted,
  CLOSED: MarketState.Closed,
};

const STATE_PARAMS = {
  symbol: required(symbolParam),
  state: required(choiceParam(Object.keys(STATES) as (keyof typeof STATES)[])),
};

async function setState(
  call: SignedCall<ParamValues<typeof STATE_PARAMS>>,
): Promise<object | ApiError> {
  const { symbol: market, state } = call.params;
  const { symbol, index } = market;
  const events = await call.services.desk.submit({
    kind: CommandKind.SetMarketState,
    market: index,
    state: STATES[state],
  });
  if (events instanceof ApiError) return events;
  const refusal = events.find((event) => event.kind === EventKind.Rejected);
  if (refusal !== undefined) return rejectError(refusal.code);
  // Another market may have come to a state with this command: its auction has ended.
  const isSet = events.some(
    (event) =>
      event.kind === EventKind.MarketStateSet &&
      event.market === index &&
      event.state === STATES[state],
  );
  // Its orders trade first, which goes on before the next command where there are many, and waits while trading is stopped.
  return isSet ? { symbol, state } : { symbol, state: "AUCTION", uncrossesTo: state };
}

const TRADING_PARAMS = { enabled: required(booleanParam) };

async function setTrading(
  call: SignedCall<ParamValues<typeof TRADING_PARAMS>>,
): Promise<object | ApiError> {
  const enabled = call.params.enabled ? 1 : 0;
  const command = { kind: CommandKind.SetTrading, enabled } as const;
  const event = await call.services.desk.outcome(command, EventKind.TradingSet);
  return event instanceof ApiError ? event : { enabled: event.enabled };
}

const ACCOUNT_PARAMS = { account: required(u64Param) };
const ACCOUNT_STATE_PARAMS = { ...ACCOUNT_PARAMS, enabled: required(booleanParam) };

async function setAccountState(
  call: SignedCall<ParamValues<typeof ACCOUNT_STATE_PARAMS>>,
): Promise<object | ApiError> {
  const { params, services } = call;
  const account = services.desk.findAccount(params.account);
  if (account === undefined) return apiError("INVALID_DATA", "account");
  const enabled = params.enabled ? 1 : 0;
  const command = { kind: CommandKind.SetAccountState, account, enabled } as const;
  const event = await services.desk.outcome(command, EventKind.AccountStateSet);
  if (event instanceof ApiError) return event;
  return { account: String(params.account), enabled: event.enabled };
}

function readAccountState({
  params,
  services,
}: SignedCall<ParamValues<typeof ACCOUNT_PARAMS>>): object | ApiError {
  const account = services.desk.findAccount(params.account);
  if (account === undefined) return apiError("INVALID_DATA", "account");
  const enabled = !services.exchange.engine.isBlocked(account);
  return { account: String(params.account), enabled };
}

const SIDES = { BUY: SideFilter.Buys, SELL: SideFilter.Sells };

const MASS_CANCEL_PARAMS = {
  account: required(accountsParam),
  symbol: symbolParam,
  side: sideParam,
  withFamily: booleanParam,
};

async function cancelOrders(
  call: SignedCall<ParamValues<typeof MASS_CANCEL_PARAMS>>,
): Promise<object | ApiError> {
  const { params, services } = call;
  const isEverybody = params.account === EVERYBODY;
  const withFamily = params.withFamily === true ? 1 : 0;
  if (isEverybody && withFamily === 1) return apiError("INVALID_COMBINATION");
  const account = isEverybody ? NO_ACCOUNT : services.desk.findAccount(params.account);
  if (account === undefined) return apiError("INVALID_DATA", "account");
  const command = {
    kind: CommandKind.MassCancel,
    account,
    market: params.symbol?.index ?? ALL_MARKETS,
    sides: params.side === undefined ? SideFilter.Both : SIDES[params.side],
    withFamily,
  } as const;
  const event = await services.desk.outcome(command, EventKind.CanceledAll);
  if (event instanceof ApiError) return event;
  return { canceled: event.count, more: event.more };
}

function readStatus({ services }: SignedCall<unknown>): object {
  const { exchange, catalog, model } = services;
  const counts = exchange.engine.counts();
  return {
    nodeId: exchange.nodeId,
    networkHash: exchange.networkHash,
    ...exchange.status(),
    trading: !exchange.engine.isSuspended(),
    readModel: { sequence: model.sequence, durableSequence: model.durableSequence },
    counts,
    markets: catalog.markets.map(({ symbol, index }) => ({
      symbol,
      state: MARKET_STATE_WORDS[exchange.engine.market(index).terms.state],
    })),
    assets: catalog.assets.map((asset) => {
      const { issuedQuanta, feesQuanta } = exchange.engine.assetTotals(asset.index);
      return {
        asset: asset.symbol,
        issued: assetText(asset, issuedQuanta),
        fees: assetText(asset, feesQuanta),
      };
    }),
  };
}

export const OPERATOR_OPERATIONS: readonly Operation[] = [
  signedOperation("operator", {
    name: "operator.deposit",
    summary: "Credit an account, which is opened if need be.",
    http: "POST /operator/deposit",
    params: MOVE_PARAMS,
    handle: moveBalance(CommandKind.Deposit),
  }),
  signedOperation("operator", {
    name: "operator.withdraw",
    summary: "Debit an account.",
    http: "POST /operator/withdraw",
    params: MOVE_PARAMS,
    handle: moveBalance(CommandKind.Withdraw),
  }),
  signedOperation("operator", {
    name: "operator.withdrawFees",
    summary: "Take fees that were collected out of the exchange.",
    http: "POST /operator/withdraw-fees",
    params: FEE_PARAMS,
    handle: (call) => moveQuanta(call, CommandKind.Withdraw, () => NO_ACCOUNT),
  }),
  signedOperation("operator", {
    name: "operator.subAccount",
    summary:
      "Open an account as a part of another, its master: its trades count for the master's fees, and it pays by them.",
    http: "POST /operator/sub-account",
    params: FAMILY_PARAMS,
    handle: openSubAccount,
  }),
  signedOperation("operator", {
    name: "operator.transfer",
    summary: "Move an amount between a master and its sub-accounts, or between two of these.",
    http: "POST /operator/transfer",
    params: TRANSFER_PARAMS,
    handle: transferQuanta,
  }),
  signedOperation("operator", {
    name: "operator.marketState",
    summary:
      "Set the state of a market: open it, by an auction too, halt it, or let it only take cancels.",
    http: "POST /operator/market-state",
    params: STATE_PARAMS,
    handle: setState,
  }),
  signedOperation("operator", {
    name: "operator.trading",
    summary: "The kill switch: stop all trading, or let it go on. Cancels are taken all the time.",
    http: "POST /operator/trading",
    params: TRADING_PARAMS,
    handle: setTrading,
  }),
  signedOperation("operator", {
    name: "operator.setAccountState",
    summary:
      "Keep an account from placing orders, or let it again. It may cancel, and its orders trade.",
    http: "POST /operator/account-state",
    params: ACCOUNT_STATE_PARAMS,
    handle: setAccountState,
  }),
  signedOperation("operator", {
    name: "operator.accountState",
    summary: "Whether an account may place orders.",
    http: "GET /operator/account-state",
    params: ACCOUNT_PARAMS,
    handle: readAccountState,
  }),
  signedOperation("operator", {
    name: "operator.cancelOrders",
    summary: `Cancel open orders, whatever the state of their markets: at most ${MASS_CANCELS_PER_COMMAND_MAX}. Answers how many, and whether there are more.`,
    http: "DELETE /operator/open-orders",
    params: MASS_CANCEL_PARAMS,
    handle: cancelOrders,
  }),
  signedOperation("operator", {
    name: "operator.status",
    summary: "Where the node stands.",
    http: "GET /operator/status",
    handle: readStatus,
  }),
  signedOperation("operator", {
    name: "operator.stateHash",
    summary:
      "What the state is after the records so far: equal on every node that has come as far.",
    http: "GET /operator/state-hash",
    handle: ({ services: { exchange } }) => ({
      sequence: exchange.status().sequence,
      commands: exchange.status().commands,
      stateHash: exchange.stateHash(),
    }),
  }),
];
