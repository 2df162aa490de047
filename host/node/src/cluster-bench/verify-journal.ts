import { encodeHex } from "@rialto/base";
import { EventKind, EventOffset, type MarketIndex } from "@rialto/protocol";
import type { CommitResult } from "@rialto/replica";
import { openFileJournal } from "@rialto/storage";
import type { Genesis } from "../cluster/genesis.ts";
import { NO_READ_MODEL } from "../cluster/no-read-model.ts";
import { recoverMember } from "../cluster/recover-member.ts";
import { dataDirectory } from "../data-directory.ts";
import { frameNumber } from "./frame-maker.ts";

/** The only one of the load's network. */
const MARKET = 0 as MarketIndex;

/** What a member's journal leads to when it is executed again from nothing. */
export interface JournalVerdict {
  /** By number of the frame, how often it was executed. */
  readonly executed: Uint8Array;
  readonly commands: number;
  readonly trades: number;
  /** Commands that the engine refused. */
  readonly rejected: number;
  readonly batches: number;
  readonly commits: number;
  /** Blocks that it read. */
  readonly blocks: number;
  readonly stateRoot: string;
  /** Why the replay went no further, where it did not. */
  readonly halts: readonly string[];
}

/** Executes the journal of a stopped member again. Errors: what it is damaged by, thrown. */
export async function replayMember(
  directory: string,
  genesis: Genesis,
  self: number,
  frameCount: number,
): Promise<JournalVerdict> {
  await using journal = await openFileJournal({
    directory: dataDirectory(directory).journal,
    networkHash: genesis.committee.chainId,
    mode: "group",
  });
  const executed = new Uint8Array(frameCount);
  let rejected = 0;
  const { frames, replica, replayed } = await recoverMember({
    genesis,
    linkKey: genesis.roster.members[self]!.linkKey,
    // Nothing that is made here leaves this function.
    seatOf: () => ({ author: self, sign: () => new Uint8Array(64) }),
    guardMemory: () => ({ last: undefined, isAmnesiac: false }),
    known: [],
    journal,
    readModel: {
      ...NO_READ_MODEL,
      apply: ({ events }) => {
        rejected += countRejected(events);
      },
    },
    isJournalDamaged: false,
    start: undefined,
    queueBytes: 65_536,
    tableKey: 1n,
    onCommit: (_, result) => countFrames(result, executed),
    onEpoch: () => undefined,
  });
  return {
    executed,
    commands: frames.engine.counts().commands,
    trades: frames.engine.market(MARKET).tradeCount,
    rejected,
    batches: frames.sequence,
    commits: replica.consensus.sequencer.lastIndex,
    blocks: replayed,
    stateRoot: encodeHex(frames.stateRoot()),
    halts: replica.halted === undefined ? [] : [replica.halted.code],
  };
}

function countRejected(events: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < events.length; at += events[at + EventOffset.size]! * 8) {
    if (events[at] === EventKind.Rejected) count++;
  }
  return count;
}

function countFrames({ frames }: CommitResult, executed: Uint8Array): void {
  for (const { frame, verdict } of frames) {
    if (verdict === "execute") executed[frameNumber(frame.bytes)]!++;
  }
}
