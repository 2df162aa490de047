import { ACCOUNT_OPERATIONS } from "./account.ts";
import { AMEND_OPERATION } from "./amend.ts";
import { EXCHANGE_INFO_OPERATION } from "./exchange-info.ts";
import { FEE_OPERATIONS } from "./fee-operations.ts";
import { MARKET_DATA_OPERATIONS } from "./market-data.ts";
import { LISTEN_KEY_OPERATIONS } from "./listen-key-operations.ts";
import { MARKET_RULE_OPERATIONS } from "./market-rule-operations.ts";
import { type Operation, publicOperation } from "./operation.ts";
import { LIST_OPERATIONS } from "./order-lists.ts";
import { OPERATOR_OPERATIONS } from "./operator-operations.ts";
import { SAFEGUARD_OPERATIONS } from "./safeguard-operations.ts";
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

/** Everything that a client can ask, as the documentation groups it. */
export const OPERATION_GROUPS: readonly (readonly [title: string, Operation[]])[] = [
  ["General", [...GENERAL_OPERATIONS]],
  ["Market data", [...MARKET_DATA_OPERATIONS, ...TICKER_OPERATIONS]],
  [
    "Trading",
    [...TRADING_OPERATIONS, AMEND_OPERATION, ...LIST_OPERATIONS, ...SAFEGUARD_OPERATIONS],
  ],
  ["Account", [...ACCOUNT_OPERATIONS]],
  ["Connections of the WebSocket API", [...SESSION_OPERATIONS]],
  ["Short routes", [...SEED_OPERATIONS]],
  ["The operator", [...OPERATOR_OPERATIONS, ...FEE_OPERATIONS, ...MARKET_RULE_OPERATIONS]],
  ["What clients ask at their start", [...STUB_OPERATIONS]],
  ["Listen keys, of older clients", [...LISTEN_KEY_OPERATIONS]],
];

/** The same as one list. Routes, WebSocket methods, weights and documentation come from here. */
export const OPERATIONS: readonly Operation[] = OPERATION_GROUPS.flatMap(([, group]) => group);
