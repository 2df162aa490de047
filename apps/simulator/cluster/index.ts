export {
  NO_FAULTS,
  type ProfileName,
  drawOptions,
  type RunOptions,
  type RunRequest,
} from "./options.ts";
export {
  runSimulation,
  type RunResult,
  simulateCluster,
  type Verdict,
} from "./simulate-cluster.ts";
export type { Violation } from "./checker.ts";
