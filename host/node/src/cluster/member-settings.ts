import { assert } from "@rialto/base";
import { FRAME_BYTES_MAX } from "@rialto/consensus";
import type { CheckpointSpacing, ReplicaSettings } from "@rialto/replica";
import type { PeerLimits } from "@rialto/network";
import type { GenesisFile } from "./genesis.ts";

// How a member behaves where members may differ without harm to safety, each number with its reason.

/** What a peer may send. */
export const MEMBER_LINK_LIMITS: Partial<PeerLimits> = {
  // A signature takes some 60 us to check: no peer may take more than half of a core by sending bad ones. An honest
  // one sends some hundreds of blocks a second, and a few thousand when it helps another to catch up.
  receiveMessagesPerSecond: 8_000,
};

/**
 * What an own block takes. A block is one message of the transport, and what is in it is verified and executed before the
 * next round: the smaller, the steadier the rounds when more comes than can be done. But a round costs each member a
 * millisecond or two whatever is in it: full blocks make that little beside their frames. Some 8 ms of signatures.
 */
export const PAYLOAD_BYTES_MAX = 256 * 1024;
export const PAYLOAD_FRAMES_MAX = 128;
assert(FRAME_BYTES_MAX + 4 <= PAYLOAD_BYTES_MAX, "the longest frame fits an own block");

/** Frames between two snapshots: what a restart executes again at most, in some seconds. The same for all members. */
const SNAPSHOT_FRAME_BYTES = 256 * 1024 * 1024;

function spacingOf({
  checkpointEvery,
  checkpointMs,
  quantumMs,
  snapshotCommits,
}: GenesisFile): CheckpointSpacing {
  return {
    checkpointEvery,
    ...(checkpointMs === undefined ? {} : { checkpointMs }),
    ...(quantumMs === undefined ? {} : { quantumMs }),
    ...(snapshotCommits === undefined
      ? {}
      : { snapshotCommits, snapshotBytes: SNAPSHOT_FRAME_BYTES }),
  };
}

/** The settings of a member's replica. Waits grow by themselves where the network is slower than thought. */
export function memberSettings(file: GenesisFile, queueBytes: number): ReplicaSettings {
  return {
    pacemaker: {
      // Rounds of a few ms become such of full blocks at once, when much comes all of a sudden: patience that follows the
      // rounds is late for the first. A leader that is gone is waited for once; nothing is answered for so long. Rounds of
      // members that may lie take longer.
      leaderTimeoutMs: file.profile === "byzantine" ? 100 : 70,
      leaderTimeoutMaxMs: 2_000,
      // Lets what comes at the same time share a round.
      roundDelayMs: 1,
      heartbeatMs: 500,
    },
    pending: { blocksPerAuthor: 4 * file.gcDepth, bytesPerAuthor: 32 * 1024 * 1024 },
    mempool: {
      framesMax: 65_536,
      // Commands are counted before they are in frames: notes and heads make them larger.
      bytesMax: 2 * queueBytes,
      lifetimeMsMax: file.frameLifetimeMs,
    },
    sync: { fetchTimeoutMs: 250, blocksPerAnswerMax: 256 },
    payloadBytesMax: PAYLOAD_BYTES_MAX,
    payloadFramesMax: PAYLOAD_FRAMES_MAX,
    // Older ones are read from the journal.
    retainRounds: 16,
    spacing: spacingOf(file),
    // Twice a heartbeat: who hears nothing new says its last block again.
    statusMs: 250,
  };
}
