import { assert, Fault } from "@rialto/base";
import {
  ByteReader,
  ByteWriter,
  type Checkpoint,
  CHECKPOINT_BYTES,
  encodeCheckpoint,
  type HashFunction,
  isOfCommittee,
  readCheckpoint,
} from "@rialto/consensus";
import {
  encodeOrderState,
  type OrderEpoch,
  type OrderState,
  type OrderStateFaultDetail,
  parseOrderState,
} from "./order-state.ts";

// The content of a snapshot:
//
//   checkpoint 217 | orderBytes u32 | order (order-state.ts) | state of the executor
//
// What leads from the genesis to its epoch is kept and handed around beside it (epoch-chain.ts): the certificates that members
// hold of an epoch's end may have other signatures, and all that took a snapshot have the same content.

/** A snapshot taken apart. */
export interface SnapshotContent {
  readonly checkpoint: Checkpoint;
  readonly order: OrderState;
  /** Aliases the content. */
  readonly executor: Uint8Array;
}

/** What stands before the executor's state. */
export function encodeSnapshotHead(checkpoint: Checkpoint, order: OrderState): Uint8Array {
  const bytes = encodeOrderState(order);
  const writer = new ByteWriter(CHECKPOINT_BYTES + 4 + bytes.length);
  writer.raw(encodeCheckpoint(checkpoint)).u32(bytes.length).raw(bytes);
  assert(writer.at === writer.bytes.length, "a snapshot's head has the size that was counted");
  return writer.bytes;
}

/** Bytes of a content that say where its executor's state begins. */
export const CONTENT_HEAD_BYTES: number = CHECKPOINT_BYTES + 4;

/** Where the executor's state begins in a content with this head. */
export function executorOffset(head: Uint8Array): number {
  return CONTENT_HEAD_BYTES + new ByteReader(head, CHECKPOINT_BYTES).u32();
}

/**
 * Takes a snapshot's content apart and holds its order against its own checkpoint. Whether that checkpoint is to be
 * believed, and whether the executor's state is the one that it names, is for the caller to find out.
 *
 * `epochOf` knows the epochs that have been walked to from the genesis; undefined for any other.
 *
 * Errors   SNAPSHOT_INVALID, returned.
 */
export function openSnapshot(
  content: Uint8Array,
  epochOf: (epoch: number) => OrderEpoch | undefined,
  hash: HashFunction,
): SnapshotContent | Fault<OrderStateFaultDetail> {
  const reader = new ByteReader(content);
  const checkpoint = readCheckpoint(reader);
  const orderPart = reader.raw(reader.u32());
  const epoch = reader.failed ? undefined : epochOf(checkpoint.epoch);
  if (epoch === undefined || !isOfCommittee(checkpoint, epoch.committee)) {
    const problem = "it is cut short, or of an epoch that nothing here leads to";
    const message = `the snapshot cannot be used: ${problem}`;
    return new Fault<OrderStateFaultDetail>(
      { code: "SNAPSHOT_INVALID", problem },
      "error",
      message,
    );
  }
  const order = parseOrderState(orderPart, checkpoint, epoch, hash);
  if (order instanceof Fault) return order;
  return { checkpoint, order, executor: content.subarray(reader.at) };
}
