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

// The content of a snapshot:
//
//   checkpoint 217 | stepCount u32 | steps: bytes u32, an epoch's end (epoch-chain.ts); from the genesis on
//   orderBytes u32 | order (order-state.ts) | state of the executor

/** A snapshot taken apart. */
export interface SnapshotContent {
  readonly checkpoint: Checkpoint;
  /** Ends of the epochs before its own, as they are written in epoch-chain.ts. */
  readonly steps: readonly Uint8Array[];
  readonly order: OrderState;
  /** Aliases the content. */
  readonly executor: Uint8Array;
}

/** What stands before the executor's state. */
export function encodeSnapshotHead(
  checkpoint: Checkpoint,
  order: OrderState,
  steps: readonly Uint8Array[],
): Uint8Array {
  const bytes = encodeOrderState(order);
  const stepBytes = steps.reduce((sum, step) => sum + 4 + step.length, 0);
  const writer = new ByteWriter(CHECKPOINT_BYTES + 4 + stepBytes + 4 + bytes.length);
  writer.raw(encodeCheckpoint(checkpoint)).u32(steps.length);
  for (const step of steps) writer.u32(step.length).raw(step);
  writer.u32(bytes.length).raw(bytes);
  assert(writer.at === writer.bytes.length, "a snapshot's head has the size that was counted");
  return writer.bytes;
}

/**
 * Takes a snapshot's content apart and holds its order against its own checkpoint. Whether that checkpoint is to be
 * believed, and whether the executor's state is the one that it names, is for the caller to find out.
 *
 * `committeeOf` says which committee the ends of epochs lead to, if they lead anywhere.
 *
 * Errors   SNAPSHOT_INVALID, returned.
 */
export function openSnapshot(
  content: Uint8Array,
  committeeOf: (steps: readonly Uint8Array[]) => Committee | undefined,
  hash: HashFunction,
): SnapshotContent | Fault<OrderStateFaultDetail> {
  const reader = new ByteReader(content);
  const checkpoint = readCheckpoint(reader);
  const steps: Uint8Array[] = [];
  // Every step takes its bytes: the length of the input bounds the list.
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) {
    steps.push(reader.raw(reader.u32()));
  }
  const orderPart = reader.raw(reader.u32());
  const committee = reader.failed ? undefined : committeeOf(steps);
  if (committee === undefined || !isOfCommittee(checkpoint, committee)) {
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
  return { checkpoint, steps, order, executor: content.subarray(reader.at) };
}
