import { median } from "@rialto/bench";
import { findSignedFrameProblem, type FrameChecks } from "@rialto/replica";
import { selectBackend } from "@rialto/signing";
import type { Genesis } from "../cluster/genesis.ts";
import { sha256 } from "../sha256.ts";
import type { FrameMaker } from "./frame-maker.ts";

const BATCHES = 9;
const FRAMES_PER_BATCH = 32;

/** Microseconds that checking one frame takes here and now, on this thread: the yardstick of a run. Median of batches. */
export function measureVerification(
  maker: FrameMaker,
  { committee, signers }: Genesis,
  ordersPerFrame: number,
): number {
  const { verify } = selectBackend("ed25519");
  const checks: FrameChecks = { chainId: committee.chainId, signers, hash: sha256, verify };
  const frames = Array.from({ length: FRAMES_PER_BATCH }, () => maker.orders(ordersPerFrame).bytes);
  const batches = Array.from({ length: BATCHES }, () => {
    const startMs = performance.now();
    for (const frame of frames) {
      const problem = findSignedFrameProblem(frame, checks);
      if (problem !== undefined) throw new Error(`a frame of the load does not hold: ${problem}`);
    }
    return ((performance.now() - startMs) * 1_000) / FRAMES_PER_BATCH;
  });
  return median(batches);
}
