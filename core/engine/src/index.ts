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
