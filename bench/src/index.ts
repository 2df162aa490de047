export { benchEngine, type EngineBenchOptions, type EngineBenchResult } from "./bench-engine.ts";
export {
  benchFinality,
  type FinalityBenchOptions,
  type FinalityBenchResult,
} from "./bench-finality.ts";
export { benchFault, type BenchFault, type BenchFaultDetail } from "./bench-fault.ts";
export {
  benchEmptyMarkets,
  benchMarkets,
  type MarketsBenchOptions,
  type MarketsBenchResult,
  type Rate,
  type ShardedRates,
} from "./markets/bench-markets.ts";
export type { EmptyResult, Footprint } from "./markets/one-process.ts";
export { marketsMeasurements, millionMeasurements } from "./markets/numbers.ts";
export {
  benchFeatures,
  type FeatureCost,
  type FeaturesBenchOptions,
} from "./features/bench-features.ts";
export { featureMeasurements } from "./features/numbers.ts";
export {
  COMMAND_METRIC,
  engineScenario,
  finalityMeasurement,
  latencyMetric,
  PERCENTILES,
  SIGNATURE_METRICS,
  type SignatureMetric,
  SIGNATURES_SCENARIO,
} from "./numbers-table.ts";
export { clusterScenario } from "./cluster-tables.ts";
export { headlinesTable } from "./headlines.ts";
export { performanceTables } from "./performance-tables.ts";
export { BATCH_COMMANDS_MAX, type IdMode } from "./driver-script.ts";
export { type BatchLatency, LATENCY_BATCHES } from "./latency.ts";
export { GENERATOR_VERSION, generateWorkload } from "./generate-workload.ts";
export {
  appendHistory,
  type HistoryEntry,
  type Measurement,
  newestEntries,
  type Provenance,
  readHistory,
  readProvenance,
} from "./history.ts";
export {
  encodeLob1,
  LOB1_HEADER_BYTES,
  LOB1_RECORD_BYTES,
  LOB1_RECORD_WORDS,
  type Lob1Header,
  Lob1Op,
  Lob1Side,
  packLob1Word,
  parseLob1,
  type Workload,
} from "./lob1.ts";
export {
  type CommandMix,
  isProfileName,
  type Profile,
  type ProfileName,
  PROFILES,
  resizeProfile,
  smokeProfile,
} from "./profiles.ts";
export {
  addTrades,
  ReferenceBook,
  type Replay,
  replayReference,
  TRADE_WORDS,
} from "./reference-book.ts";
export { buildLimit, type LimitOptions, type LimitResult, runLimit } from "./run-limit.ts";
export { best, median, percentile, percentiles, spread } from "./statistics.ts";
export { formatChecksum, mixChecksum1, mixChecksum2, TradeChecksum } from "./trade-checksum.ts";
export {
  cacheName,
  type LoadedWorkload,
  loadOrGenerate,
  WORKLOAD_CACHE_DIRECTORY,
  type WorkloadSource,
} from "./workload-cache.ts";
export { formatReport, measureWorkload, type WorkloadReport } from "./workload-report.ts";
