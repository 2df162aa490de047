import { fail, Fault } from "@rialto/base";
import { isClosing } from "@rialto/consensus";
import {
  type ChainStart,
  type EpochPath,
  openSnapshot,
  type OrderEpoch,
  type SnapshotContent,
} from "@rialto/replica";
import { sha256 } from "./keys.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";

/** What a simulated member begins with instead of the beginning. */
export interface SnapshotStart extends ChainStart {
  /** The ledger as bytes. */
  readonly executor: Uint8Array;
}

/** Opens a snapshot of an epoch that the path leads to. */
export function openStored(
  { content }: Pick<StoredSnapshot, "content">,
  path: EpochPath,
): SnapshotContent {
  const epochOf = (epoch: number): OrderEpoch | undefined => {
    const committee = path.epochAt(epoch)?.committee;
    return committee && { committee, start: path.startOf(epoch) };
  };
  const opened = openSnapshot(content, epochOf, sha256);
  return opened instanceof Fault ? fail(`a snapshot is whole: ${opened.message}`) : opened;
}

/**
 * The newest snapshot that can be begun with, as the host looks for it: of an epoch's end whose certificate had not come when the
 * process was killed, there is no telling what begins behind it.
 */
export function findStart(
  stored: readonly StoredSnapshot[],
  path: EpochPath,
): SnapshotStart | undefined {
  for (const each of stored.toReversed()) {
    // With its disk the path may have been lost, and this snapshot with it.
    if (path.epochAt(each.horizon.epoch) === undefined) continue;
    const { checkpoint, order, executor } = openStored(each, path);
    const epoch = checkpoint.epoch + (isClosing(checkpoint) ? 1 : 0);
    if (path.epochAt(epoch) !== undefined) return { epoch, order, executor };
  }
  return undefined;
}
