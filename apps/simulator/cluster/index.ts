export type { Violation } from "./checker.ts";
export { coverageOf, FAULT_MENU, type FaultEntry, type StepCoverage } from "./fault-menu.ts";
export { type Minimised, minimise } from "./minimise.ts";
export { applyChanges } from "./overrides.ts";
export { checkOneSlot, type SlotReport, type SlotScope, slotScopes } from "./exhaustive-slot.ts";
export { FaultCounter } from "./fault-counter.ts";
export {
  type Catches,
  CATCHES_FILE,
  type HuntOptions,
  huntMutants,
  type MutantResult,
  readCatches,
} from "./hunt-mutants.ts";
export { checkViews, type ViewsReport } from "./exhaustive-views.ts";
export { Floods } from "./floods.ts";
export { Liar, type Lie } from "./liar.ts";
export { MUTANTS } from "./mutants.ts";
export { drawOptions } from "./draw-options.ts";
export { NO_FAULTS, type ProfileName, type RunOptions, type RunRequest } from "./options.ts";
export {
  drawSimulation,
  runSimulation,
  type RunResult,
  simulateCluster,
  type Verdict,
} from "./simulate-cluster.ts";
export {
  type ClusterKind,
  type Failure,
  findClusterProblem,
  replayCommand,
  type SeedsReport,
  type SeedsRequest,
  simulateSeeds,
  USUAL_CLUSTERS,
} from "./simulate-seeds.ts";
