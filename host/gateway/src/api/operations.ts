import { ACCOUNT_OPERATIONS } from "./account.ts";
import { EXCHANGE_INFO_OPERATION } from "./exchange-info.ts";
import { MARKET_DATA_OPERATIONS } from "./market-data.ts";
import { type Operation, publicOperation } from "./operation.ts";
import { OPERATOR_OPERATIONS } from "./operator-operations.ts";
import { SEED_OPERATIONS } from "./seed-operations.ts";
import { SESSION_OPERATIONS } from "./session-operations.ts";
import { STUB_OPERATIONS } from "./stub-operations.ts";
import { TICKER_OPERATIONS } from "./ticker-operations.ts";
import { TRADING_OPERATIONS } from "./trading.ts";

const GENERAL_OPERATIONS: readonly Operation[] = [
  publicOperation({
    name: "ping",
    summary: "Nothing, to see whether anybody answers.",
    http: "GET /api/v3/ping",
    ws: "ping",
    handle: () => ({}),
  }),
  publicOperation({
    name: "time",
    summary: "The exchange's clock.",
    http: "GET /api/v3/time",
    ws: "time",
    handle: ({ nowMs, time }) => ({ serverTime: time(nowMs) }),
  }),
  EXCHANGE_INFO_OPERATION,
];

/** Everything that a client can ask. Routes, WebSocket methods, weights and documentation come from here. */
export const OPERATIONS: readonly Operation[] = [
  ...GENERAL_OPERATIONS,
  ...MARKET_DATA_OPERATIONS,
  ...TICKER_OPERATIONS,
  ...TRADING_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...SEED_OPERATIONS,
  ...OPERATOR_OPERATIONS,
  ...STUB_OPERATIONS,
];
