export type { Violation } from "./checker.ts";
export { checkOneSlot, type SlotReport, type SlotScope, slotScopes } from "./exhaustive-slot.ts";
export { FaultCounter } from "./fault-counter.ts";
export { type HuntOptions, huntMutants, huntOne, type MutantResult } from "./hunt-mutants.ts";
export { Liar, type Lie } from "./liar.ts";
export { MUTANTS } from "./mutants.ts";
export {
  drawOptions,
  NO_FAULTS,
  type ProfileName,
  type RunOptions,
  type RunRequest,
} from "./options.ts";
export {
  runSimulation,
  type RunResult,
  simulateCluster,
  type Verdict,
} from "./simulate-cluster.ts";
export {
  type ClusterKind,
  type Failure,
  replayCommand,
  type SeedsReport,
  type SeedsRequest,
  simulateSeeds,
  USUAL_CLUSTERS,
} from "./simulate-seeds.ts";
