// Numbers that core/protocol states (command.ts, event.ts, reject-code.ts). The scenarios and the agreement
// with the oracle, which uses core/protocol's own, hold each of them to it.

export const MALFORMED: u32 = 1001;
export const UNKNOWN_MARKET: u32 = 1002;
export const PRICE_OUT_OF_RANGE: u32 = 1003;
export const LOTS_OUT_OF_RANGE: u32 = 1004;
export const NOTIONAL_TOO_SMALL: u32 = 1005;
export const NOTIONAL_TOO_LARGE: u32 = 1006;
export const PRICE_OUTSIDE_BAND: u32 = 1007;
export const UNKNOWN_ASSET: u32 = 1008;
export const AMOUNT_OUT_OF_RANGE: u32 = 1009;
export const INVALID_LISTING: u32 = 1010;
export const EXPIRY_PASSED: u32 = 1011;
export const INVALID_FEE_TIER: u32 = 1012;
export const UNKNOWN_FEE_SCHEDULE: u32 = 1013;
export const UNKNOWN_ACCOUNT: u32 = 2001;
export const NOT_ORDER_OWNER: u32 = 2002;
export const ACCOUNT_EXISTS: u32 = 2003;
export const ACCOUNT_BLOCKED: u32 = 2004;
export const NOT_MASTER_ACCOUNT: u32 = 2005;
export const NOT_SAME_MASTER: u32 = 2006;
export const ASSET_EXISTS: u32 = 2007;
export const INSUFFICIENT_BALANCE: u32 = 3001;
export const BALANCE_OVERFLOW: u32 = 3002;
export const UNKNOWN_ORDER: u32 = 4001;
export const DUPLICATE_CLIENT_ORDER_ID: u32 = 4002;
export const WOULD_TAKE: u32 = 4003;
export const WOULD_TRIGGER: u32 = 4004;
export const NOT_AMENDABLE: u32 = 4005;
export const NOT_PROTECTED: u32 = 4006;
export const PROTECTION_TRIPPED_CODE: u32 = 4007;
export const ORDER_CHANGED: u32 = 4008;
export const MARKET_HALTED: u32 = 5001;
export const MARKET_CANCEL_ONLY: u32 = 5002;
export const MARKET_POST_ONLY: u32 = 5003;
export const MARKET_IN_AUCTION: u32 = 5004;
export const MARKET_CLOSED: u32 = 5005;
export const TRANSITION_NOT_ALLOWED: u32 = 5006;
export const BOOK_CROSSED: u32 = 5007;
export const TRADING_SUSPENDED: u32 = 5008;
export const MARKET_NOT_CLOSED: u32 = 5009;
export const MARKET_NOT_EMPTY: u32 = 5010;
export const MARKETS_CHANGED: u32 = 5011;
export const ORDERS_FULL: u32 = 9001;
export const LEVELS_FULL: u32 = 9002;
export const ACCOUNTS_FULL: u32 = 9003;
export const BALANCES_FULL: u32 = 9004;
export const MARKETS_FULL: u32 = 9005;
export const ACCOUNT_ORDERS_FULL: u32 = 9006;
export const ASSETS_FULL: u32 = 9007;
export const SPECIALS_FULL: u32 = 9008;
export const TRAILING_FULL: u32 = 9009;
export const VOLUMES_FULL: u32 = 9010;
export const PROTECTIONS_FULL: u32 = 9011;
export const PEGS_FULL: u32 = 9012;

export const PLACE: u32 = 1;
export const CANCEL: u32 = 2;
export const CANCEL_ALL: u32 = 3;
export const REPLACE: u32 = 4;
export const AMEND: u32 = 5;
export const PLACE_SPECIAL: u32 = 6;
export const PLACE_LIST: u32 = 7;
export const SET_DEADLINE: u32 = 8;
export const SET_PROTECTION: u32 = 9;
export const OPEN_ACCOUNT: u32 = 16;
export const DEPOSIT: u32 = 17;
export const WITHDRAW: u32 = 18;
export const ADD_ASSET: u32 = 19;
export const LIST_MARKET: u32 = 20;
export const SET_MARKET_STATE: u32 = 21;
export const MASS_CANCEL: u32 = 22;
export const SET_TRADING: u32 = 23;
export const SET_ACCOUNT_STATE: u32 = 24;
export const SET_MARKET_GUARD: u32 = 25;
export const SET_FEE_TIER: u32 = 26;
export const SET_ACCOUNT_FEES: u32 = 27;
export const OPEN_SUB_ACCOUNT: u32 = 28;
export const TRANSFER: u32 = 29;
export const CHANGE_MARKET: u32 = 30;
export const DELIST_MARKET: u32 = 31;

export const BUY: u32 = 0;
export const SELL: u32 = 1;
export const BOTH_SIDES: u32 = 2;

export const LIMIT: u32 = 0;
export const IMMEDIATE_OR_CANCEL: u32 = 1;
export const FILL_OR_KILL: u32 = 2;
export const POST_ONLY: u32 = 3;
export const MARKET: u32 = 4;
export const MARKET_BY_QUOTE: u32 = 5;

export const SELF_ALLOW: u32 = 0;
export const SELF_EXPIRE_TAKER: u32 = 1;
export const SELF_EXPIRE_MAKER: u32 = 2;
export const SELF_EXPIRE_BOTH: u32 = 3;
export const SELF_DECREMENT: u32 = 4;
// The same modes, for orders of the whole family.
export const SELF_FAMILY_EXPIRE_MAKER: u32 = 6;
export const SELF_FAMILY_DECREMENT: u32 = 8;

export const LIST_OCO: u32 = 1;
export const LIST_OTO: u32 = 2;
export const LIST_OTOCO: u32 = 3;

export const TRIGGER_NONE: u32 = 0;
export const TRIGGER_STOP: u32 = 1;
export const TRIGGER_TAKE_PROFIT: u32 = 2;
export const TRIGGER_TRAILING_STOP: u32 = 3;
export const TRIGGER_TRAILING_TAKE_PROFIT: u32 = 4;

export const PEG_KIND_MARKET: u32 = 2;
export const PEG_KIND_MIDPOINT: u32 = 3;

export const STOP_ON_FAILURE: u32 = 0;
export const ALLOW_FAILURE: u32 = 1;

export const STATE_TRADING: u32 = 1;
export const STATE_CANCEL_ONLY: u32 = 2;
export const STATE_HALTED: u32 = 3;
export const STATE_PRE_OPEN: u32 = 4;
export const STATE_AUCTION: u32 = 5;
export const STATE_POST_ONLY: u32 = 6;
export const STATE_CLOSED: u32 = 7;
export const STATE_DELISTED: u32 = 8;

export const REQUESTED: u32 = 1;
export const REQUESTED_ALL: u32 = 2;
export const REPLACED: u32 = 3;
export const IMMEDIATE: u32 = 4;
export const UNFILLABLE: u32 = 5;
export const NO_LIQUIDITY: u32 = 6;
export const SELF_TRADE_TAKER: u32 = 7;
export const SELF_TRADE_MAKER: u32 = 8;
export const SELF_TRADE_BOTH: u32 = 9;
export const TOUCH_LIMIT: u32 = 10;
export const OPERATOR: u32 = 11;
export const EXPIRED: u32 = 12;
export const LIST_PARTNER: u32 = 13;
export const DEADLINE: u32 = 14;
export const PROTECTION: u32 = 15;

export const EVENT_ASSET_ADDED: u32 = 18;
export const EVENT_MARKET_LISTED: u32 = 19;
export const EVENT_MARKET_STATE_SET: u32 = 20;
export const EVENT_TRADING_SET: u32 = 21;
export const EVENT_ACCOUNT_STATE_SET: u32 = 22;
export const EVENT_MARKET_GUARD_SET: u32 = 23;
export const EVENT_FEE_TIER_SET: u32 = 24;
export const EVENT_ACCOUNT_FEES_SET: u32 = 25;
export const EVENT_DEADLINE_PASSED: u32 = 28;
export const EVENT_MARKET_CHANGED: u32 = 29;
export const EVENT_PROTECTION_SET: u32 = 30;
export const EVENT_PROTECTION_TRIPPED: u32 = 31;

export const ALL_MARKETS: u32 = 0xffff_ffff;
