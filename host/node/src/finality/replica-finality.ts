import { encodeHex } from "@rialto/base";
import { type CommittedBatch, type Committee, type DagBlock, leaderOf } from "@rialto/consensus";
import type { DagBlockView, DagView } from "@rialto/gateway";
import type { ChainReplica, CommitResult } from "@rialto/replica";
import type { FinalityKeeper } from "./finality-keeper.ts";

/** Tells the keeper what a replica has executed. A recovery tells it again of what it knows. */
export function noteExecuted(
  keeper: FinalityKeeper,
  { commit, digest }: CommittedBatch,
  { eventsRoot, leaves, checkpoint }: CommitResult,
): void {
  keeper.noteCommit({ commit, digest, eventsRoot, leaves: leaves() });
  if (checkpoint !== undefined) keeper.noteCheckpoint(checkpoint.resultsRoot);
}

/** The newest rounds of the present epoch's DAG. Empty before there is a replica. */
export function replicaDag(
  replica: ChainReplica | undefined,
  firstMembers: number,
  roundsMax: number,
): DagView {
  if (replica === undefined) return { members: firstMembers, rounds: [] };
  const { committee } = replica.epoch;
  const members = committee.weights.length;
  const { dag } = replica.consensus;
  const last = dag.quorumRound + 1;
  const first = Math.max(1, last - roundsMax + 1);
  const rounds = [];
  for (let round = first; round <= last; round++) {
    const blocks = [...dag.round(round)].map((block) => viewOf(block, committee));
    if (blocks.length > 0) rounds.push({ round, blocks });
  }
  return { members, rounds };
}

function viewOf(block: DagBlock, committee: Committee): DagBlockView {
  const { round, author, commitIndex } = block;
  const { strong = [], weak = [], frames = [] } = block.block ?? {};
  let isLeader = false;
  for (let place = 0; place < committee.leadersPerRound; place++) {
    if (leaderOf(committee, round, place) === author) isLeader = true;
  }
  return {
    author,
    digest: encodeHex(block.digest),
    parents: [...strong, ...weak].map(({ digest }) => encodeHex(digest)),
    frames: frames.length,
    commitIndex,
    isLeader,
  };
}
