export type {
  AssetTotals,
  AuctionView,
  Balance,
  Engine,
  EngineCounts,
  EngineLimits,
  Level,
  MarketView,
  OpenOrder,
} from "./engine.ts";
export { createOracle } from "./oracle/oracle.ts";
export { stateHash, type IncrementalHash } from "./state-hash.ts";
export {
  createHotEngine,
  type HotEngineOptions,
  restoreHotEngine,
  type SnapshotEngine,
} from "./hot/hot-engine.ts";
export {
  accountIndex,
  assetIndex,
  createEngine,
  DEFAULT_LIMITS,
  type EngineOptions,
  marketIndex,
  sendCommands,
  stateBytes,
} from "./library.ts";
export {
  addAsset,
  cancelClientOrder,
  cancelOrder,
  deposit,
  limitOrder,
  type ListingTerms,
  listMarket,
  marketOrder,
  type NewOrder,
  openAccount,
  setMarketState,
} from "./commands.ts";
/** Bytes as hexadecimal text. */
export { encodeHex } from "@rialto/base";
// The words of commands and events, so that one import is enough.
export {
  type AccountIndex,
  ALL_MARKETS,
  type AssetIndex,
  CancelReason,
  type Command,
  commandBytes,
  CommandKind,
  decodeCommand,
  decodeEvents,
  encodeCommand,
  type EngineEvent,
  EventKind,
  ListKind,
  PegKind,
  type MarketIndex,
  MarketState,
  type MarketTerms,
  NO_ORDER,
  type OrderId,
  type OrderTarget,
  type OrderTerms,
  OrderType,
  parseCommands,
  QUANTA_MAX,
  RejectCode,
  ReplaceMode,
  SelfTrade,
  Side,
  SideFilter,
  type SpecialTerms,
  TriggerKind,
  TriggerSource,
} from "@rialto/protocol";
