export {
  encodeGuardSector,
  type FoundGuard,
  GUARD_SECTOR_BYTES,
  type GuardMark,
  type GuardRecord,
  judgeGuard,
} from "./guard-layout.ts";
export {
  floorBelow,
  type GuardKnowledge,
  isFloor,
  type MarkPlan,
  mayResume,
  planMark,
  ruleOnMark,
} from "./guard-rule.ts";
export {
  createKeyFile,
  KEY_SCHEMES,
  type KeyScheme,
  publicKeyOf,
  readKeyFile,
  type StoredKey,
} from "./key-file.ts";
export {
  type BackendName,
  createNodeBackend,
  createSodiumBackend,
  createTablesBackend,
  type SchemeBackend,
  selectBackend,
  type Signer,
} from "./scheme-backend.ts";
export { SecretSeed, SEED_BYTES } from "./secret-seed.ts";
export {
  createSigningGuard,
  type GuardOptions,
  openSigningGuard,
  type SigningGuard,
} from "./signing-guard.ts";
export { isSigningFault, type SigningFault, type SigningFaultDetail } from "./signing-fault.ts";
export type { VerifyJob } from "./verify-batch.ts";
export { createVerifyPool, type VerifyPool, type VerifyPoolOptions } from "./verify-pool.ts";
