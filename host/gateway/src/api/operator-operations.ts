import {
  type AccountIndex,
  type AssetIndex,
  CommandKind,
  EventKind,
  MarketState,
} from "@rialto/protocol";
import { assetText, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type SignedCall, signedOperation } from "./operation.ts";
import {
  assetParam,
  choiceParam,
  decimalParam,
  type ParamValues,
  required,
  symbolParam,
  u64Param,
} from "./params.ts";
import { findOutcome } from "./order-outcome.ts";
import { rejectError } from "./reject-errors.ts";

// What only the operator of the exchange may do.

const MOVE_PARAMS = {
  account: required(u64Param),
  asset: required(assetParam),
  amount: required(decimalParam),
  reference: u64Param,
};

type MoveCall = SignedCall<ParamValues<typeof MOVE_PARAMS>>;

function moveBalance(kind: typeof CommandKind.Deposit | typeof CommandKind.Withdraw) {
  return async (call: MoveCall): Promise<object | ApiError> => {
    const { params, services } = call;
    const quanta = parseAsset(params.asset, params.amount);
    if (quanta === "TOO_PRECISE") return apiError("TOO_PRECISE", "amount");
    if (typeof quanta !== "bigint" || quanta === 0n) return apiError("INVALID_DATA", "amount");
    const account = await accountOf(call, kind);
    if (account instanceof ApiError) return account;
    const reference = params.reference ?? 0n;
    const asset = params.asset.index as AssetIndex;
    const events = await services.desk.submit({ kind, account, asset, quanta, reference });
    if (events instanceof ApiError) return events;
    const event = findOutcome(events, EventKind.BalanceMoved);
    if (event === undefined) return apiError("UNKNOWN");
    if (event.kind === EventKind.Rejected) return rejectError(event.code);
    return {
      account: String(params.account),
      asset: params.asset.symbol,
      amount: assetText(params.asset, event.quanta),
      reference: String(event.reference),
    };
  };
}

/** A deposit opens the account it is for; nothing can be withdrawn from one that is not open. */
async function accountOf(call: MoveCall, kind: CommandKind): Promise<AccountIndex | ApiError> {
  const { desk } = call.services;
  const number = call.params.account;
  if (kind === CommandKind.Deposit) return desk.account(number);
  return desk.findAccount(number) ?? apiError("INVALID_DATA", "account");
}

const STATES = {
  TRADING: MarketState.Trading,
  CANCEL_ONLY: MarketState.CancelOnly,
  HALT: MarketState.Halted,
};

const STATE_PARAMS = {
  symbol: required(symbolParam),
  state: required(choiceParam(["TRADING", "CANCEL_ONLY", "HALT"])),
};

async function setState(
  call: SignedCall<ParamValues<typeof STATE_PARAMS>>,
): Promise<object | ApiError> {
  const { symbol: market, state } = call.params;
  const events = await call.services.desk.submit({
    kind: CommandKind.SetMarketState,
    market: market.index,
    state: STATES[state],
  });
  if (events instanceof ApiError) return events;
  const event = findOutcome(events, EventKind.MarketStateSet);
  if (event?.kind === EventKind.Rejected) return rejectError(event.code);
  return { symbol: market.symbol, state };
}

function readStatus({ services }: SignedCall<unknown>): object {
  const { exchange, catalog, model } = services;
  const counts = exchange.engine.counts();
  return {
    nodeId: exchange.nodeId,
    networkHash: exchange.networkHash,
    ...exchange.status(),
    readModel: { sequence: model.sequence, durableSequence: model.durableSequence },
    counts,
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
    name: "operator.marketState",
    summary: "Open a market, halt it, or let it only take cancels.",
    http: "POST /operator/market-state",
    params: STATE_PARAMS,
    handle: setState,
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
