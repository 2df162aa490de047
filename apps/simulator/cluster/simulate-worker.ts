import { parentPort } from "node:worker_threads";
import type { RunRequest } from "./options.ts";
import { simulateCluster } from "./simulate-cluster.ts";

// A thread that runs the seeds it is sent, one at a time.

parentPort?.on("message", (request: RunRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(simulateCluster(request));
});
