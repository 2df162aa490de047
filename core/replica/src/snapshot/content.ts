import { assert, Fault } from "@rialto/base";
import {
  ByteReader,
  ByteWriter,
  type Checkpoint,
  CHECKPOINT_BYTES,
  type Committee,
  encodeCheckpoint,
  type HashFunction,
  isOfCommittee,
  readCheckpoint,
} from "@rialto/consensus";
import {
  encodeOrderState,
  type OrderState,
  type OrderStateFaultDetail,
  parseOrderState,
} from "./order-state.ts";

// The content of a snapshot:   checkpoint 185 | orderBytes u32 | order (order-state.ts) | state of the executor

const FRONT_BYTES: number = CHECKPOINT_BYTES + 4;

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
  const writer = new ByteWriter(FRONT_BYTES + bytes.length);
  writer.raw(encodeCheckpoint(checkpoint)).u32(bytes.length).raw(bytes);
  assert(writer.at === writer.bytes.length, "a snapshot's head has the size that was counted");
  return writer.bytes;
}

/**
 * Takes a snapshot's content apart and holds its order against its own checkpoint. Whether that checkpoint is to be
 * believed, and whether the executor's state is the one that it names, is for the caller to find out.
 *
 * Errors   SNAPSHOT_INVALID, returned.
 */
export function openSnapshot(
  content: Uint8Array,
  committee: Committee,
  hash: HashFunction,
): SnapshotContent | Fault<OrderStateFaultDetail> {
  const reader = new ByteReader(content);
  const checkpoint = readCheckpoint(reader);
  const orderBytes = reader.u32();
  const orderPart = reader.raw(orderBytes);
  if (reader.failed || !isOfCommittee(checkpoint, committee)) {
    const problem = "it is cut short, or of another committee";
    const message = `the snapshot cannot be used: ${problem}`;
    return new Fault<OrderStateFaultDetail>(
      { code: "SNAPSHOT_INVALID", problem },
      "error",
      message,
    );
  }
  const order = parseOrderState(orderPart, checkpoint, committee, hash);
  if (order instanceof Fault) return order;
  return { checkpoint, order, executor: content.subarray(reader.at) };
}
