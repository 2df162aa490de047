import type { Dag } from "@rialto/consensus";
import { type ConductLimits, TWIN_COST_BYTES } from "@rialto/replica";
import type { SimNode } from "./sim-node.ts";

/** The last second block that a member's allowance is given for may go beyond it. */
const TWIN_SLACK_BYTES = 20_000;

/** How many second blocks there can be at anybody honest: counted anew, from what has happened in a run. */
export interface TwinBound {
  /** Blocks of one author and round: each life of somebody honest may have taken another one for the first. */
  readonly blocksPerPlace: number;
  /** Bytes of what is beyond: what liars on whom no lie was known could make others take in. */
  readonly bytes: number;
}

/** `nowUs` is how long the run has lasted. Of two of its liars one vouches for the other at most: whose second block is here vouches for nothing. */
export function computeTwinBound(
  nodes: readonly SimNode[],
  limits: ConductLimits,
  nowUs: number,
): TwinBound {
  const honest = nodes.filter((node) => node.isHonest);
  const liars = new Set(nodes.filter((node) => !node.isHonest).map(({ number }) => number)).size;
  const helpers = (liars * (liars - 1)) / 2;
  // A clock may run a tenth too fast.
  const seconds = (nowUs * 1.1) / 1_000_000;
  let blocksPerPlace = 0;
  let bytesOfOne = 0;
  for (const { restartCount, clock } of honest) {
    blocksPerPlace += restartCount;
    const bursts = restartCount * (1 + clock.setCount);
    bytesOfOne += bursts * (limits.twinBytesBurst + TWIN_SLACK_BYTES);
    bytesOfOne += seconds * limits.twinBytesPerSecond;
  }
  return { blocksPerPlace, bytes: helpers * bytesOfOne };
}

/** What a member holds beyond the bound, in words. */
export function findTwinExcess(dag: Dag, bound: TwinBound): string | undefined {
  let bytes = 0;
  for (let round = Math.max(1, dag.lowestRound); round <= dag.highestRound; round++) {
    const counts = new Map<number, number>();
    for (const { author, block } of dag.round(round)) {
      const count = 1 + (counts.get(author) ?? 0);
      counts.set(author, count);
      if (count > bound.blocksPerPlace) bytes += block!.bytes.length + TWIN_COST_BYTES;
    }
  }
  if (bytes <= bound.bytes) return undefined;
  return `${bytes} bytes of second blocks beyond ${bound.blocksPerPlace} of a place, not ${bound.bytes}`;
}
