export type {
  EngineReader,
  ExchangePort,
  ExchangeStatus,
  ExecutedBatch,
  ReadModel,
  Submission,
  SubmitFault,
  SubmitFaultDetail,
} from "./exchange-port.ts";
export type {
  DagBlockView,
  DagView,
  FinalityAnswer,
  FinalityLevelName,
  FinalityPort,
  FinalityStatistics,
  ProofAnswer,
} from "./finality-port.ts";
export {
  createReadModel,
  GatewayReadModel,
  type ReadModelOptions,
} from "./read-model/read-model.ts";
export type { ReadModelFault, ReadModelFaultDetail } from "./read-model/read-model-fault.ts";
export {
  type ConsensusStatistics,
  type DemoAccount,
  GATEWAY_LIMITS_DEFAULT,
  type GatewayLimits,
  type GatewayOptions,
  isLoopbackHost,
  parseHostName,
  parseOrigin,
  type TlsPair,
} from "./options.ts";
export { createGateway, type Gateway } from "./gateway.ts";
export {
  type ApiKey,
  isAddressRule,
  isKeyId,
  type KeySummary,
  type KeyType,
  type Permission,
  PERMISSIONS,
} from "./keys/api-key.ts";
export type { KeyStore, KeyStoreFault, KeyStoreFaultDetail } from "./keys/key-store.ts";
export {
  createMemoryKeyStore,
  openFileKeyList,
  openFileKeyStore,
} from "./keys/sqlite-key-store.ts";
export {
  addHmacKey,
  createEd25519Key,
  createHmacKey,
  type Ed25519Key,
  findKeyProblem,
  type HmacKey,
  type NewKey,
} from "./keys/create-keys.ts";
export { clientOrderIdOf } from "./auth/client-order-id.ts";
export { MarketCatalog } from "./markets/market-catalog.ts";
export { apiDocument } from "./documents/api-document.ts";
export { codesDocument } from "./documents/codes-document.ts";
export { streamsDocument } from "./documents/streams-document.ts";
export * from "./entry/entry-codec.ts";
export {
  type EntryPort,
  EntryServer,
  type EntryServerOptions,
  refusalOf,
} from "./entry/entry-server.ts";
export type { EpochMemberView, EpochPort, EpochView } from "./epoch-port.ts";
