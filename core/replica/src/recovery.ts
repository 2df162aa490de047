import { equalBytes, Fault, viewOf } from "@rialto/base";
import {
  type BlockChecks,
  ByteWriter,
  type Certificate,
  concatBytes,
  encodeCertificate,
  NO_DIGEST,
  parseCertificate,
  ROUND_MAX,
  verifyBlock,
  type VerifiedBlock,
} from "@rialto/consensus";
import type { GuardMark } from "./effects.ts";
import type { OrderState } from "./snapshot/order-state.ts";

// Journal records of a replica: kind u8, then the bytes of a block. Every accepted block is journaled in the order
// of acceptance; feeding them back in that order brings back every commit.

const RECORD_BLOCK = 1;
/** The certificate that closes an epoch: blocks behind it are of the next. */
const RECORD_EPOCH = 2;
/** Behind the kind: version, chain, committee. */
const EPOCH_AT = 1 + 2 + 32 + 32;
const ROUND_AT: number = EPOCH_AT + 8;

export function encodeBlockRecord(block: { readonly bytes: Uint8Array }): Uint8Array {
  const { buffer, byteOffset, length } = block.bytes;
  if (byteOffset > 0) {
    // A block that came in a message has the message's kind before it, which is the same byte: nothing is copied.
    const whole = new Uint8Array(buffer, byteOffset - 1, 1 + length);
    if (whole[0] === RECORD_BLOCK) return whole;
  }
  return new ByteWriter(1 + block.bytes.length).u8(RECORD_BLOCK).raw(block.bytes).bytes;
}

export function encodeEpochRecord(certificate: Certificate): Uint8Array {
  return concatBytes(Uint8Array.of(RECORD_EPOCH), encodeCertificate(certificate));
}

/** What closes an epoch, of a journal record. Errors: REPLICA_RECORD_INVALID, returned. */
export function readEpochRecord(
  record: Uint8Array,
  index: number,
): Certificate | Fault<RecoveryFaultDetail> {
  const certificate = record[0] === RECORD_EPOCH && parseCertificate(record.subarray(1));
  if (certificate !== false && !(certificate instanceof Fault)) return certificate;
  return new Fault<RecoveryFaultDetail>({ code: "REPLICA_RECORD_INVALID", index }, "fatal");
}

/** True for a record that holds a block. */
export function isBlockRecord(record: Uint8Array): boolean {
  return record[0] === RECORD_BLOCK;
}

/** Epoch, round and author of a block's record, read off their places without looking at the rest (block-codec.ts). */
export function peekBlockRecord(record: Uint8Array): {
  readonly epoch: number;
  readonly round: number;
  readonly author: number;
} {
  const view = viewOf(record);
  // Of bytes that nobody has judged yet it may be anything.
  const epoch = view.getUint32(EPOCH_AT, true) + 2 ** 32 * view.getUint32(EPOCH_AT + 4, true);
  return {
    epoch,
    round: view.getUint32(ROUND_AT, true),
    author: view.getUint16(ROUND_AT + 4, true),
  };
}

/** What the signing guard gave back. How it is kept is the host's: any damage of it is amnesia (decision 011). */
export interface GuardMemory {
  /** The newest mark that can be read. */
  readonly last: GuardMark | undefined;
  readonly isAmnesiac: boolean;
}

/** Where a replica goes on from. */
export interface RecoveredState {
  /** Of the snapshot that the executor stands at. Left out where it stands at the beginning. */
  readonly order?: OrderState | undefined;
  /** Accepted blocks in the order of acceptance; those that the snapshot's horizon has passed are of no use. */
  readonly blocks: readonly VerifiedBlock[];
  /** Own blocks up to this round must not be signed any more. */
  readonly lastSigned: number;
  /**
   * True where the disk cannot say what was signed: then the others must be asked before anything is signed
   * again.
   */
  readonly isAmnesiac: boolean;
  /** True where the guard was never used, and may be one that was put back: then the others are asked for own blocks. */
  readonly isDoubtful: boolean;
}

export type RecoveryFaultDetail = {
  readonly code: "REPLICA_RECORD_INVALID";
  readonly index: number;
};

/** What a disk says of what was signed in an epoch. */
export type SignedMemory = Pick<RecoveredState, "lastSigned" | "isAmnesiac" | "isDoubtful">;

/** True for a guard as the key ceremony made it. The first epoch is 1. */
export function isUnusedGuard({ last, isAmnesiac }: GuardMemory): boolean {
  return !isAmnesiac && last?.epoch === 0;
}

/** The block of a journal record. Errors: REPLICA_RECORD_INVALID, returned. */
export function readBlockRecord(
  record: Uint8Array,
  index: number,
  checks: BlockChecks,
): VerifiedBlock | Fault<RecoveryFaultDetail> {
  const block = verifyBlock(record.subarray(1), checks);
  if (!(block instanceof Fault) && record[0] === RECORD_BLOCK) return block;
  return new Fault<RecoveryFaultDetail>({ code: "REPLICA_RECORD_INVALID", index }, "fatal");
}

/**
 * What this member has signed, as far as guard and journal can tell. `lastJournaled` is 0 without an own block.
 *
 * A block leaves the machine only when the journal and then the guard hold it. A member whose journal has lost
 * something, or whose guard is damaged or gone, could vote against what it voted for before: it must rejoin.
 *
 * Source   docs/protocol/consensus.md §9.
 */
export function recallSigned(memory: {
  readonly guard: GuardMemory;
  readonly epoch: number;
  /** Of the snapshot in this epoch that is begun with, if any: a journal may have been cut back to it. */
  readonly horizon: number;
  readonly lastJournaled: number;
  readonly isJournalDamaged: boolean;
}): SignedMemory {
  const { guard, lastJournaled } = memory;
  // Signed in a later epoch: of this one nothing is known, and nothing is signed any more.
  if ((guard.last?.epoch ?? 0) > memory.epoch) {
    return { lastSigned: ROUND_MAX, isAmnesiac: false, isDoubtful: false };
  }
  const mark = guard.last?.epoch === memory.epoch ? guard.last : undefined;
  const guarded = mark?.round ?? 0;
  // The guard is written after the journal: a mark without its block says that the journal has lost some. A floor has
  // no block: one of its round that came back from the others must not go out again as if the guard named it.
  const isFloor = guarded > 0 && equalBytes(mark!.digest, NO_DIGEST);
  // Whatever stood at or below the horizon is decided, and its block let go of: it is not lost.
  const hasGuarded = isFloor
    ? lastJournaled > guarded
    : lastJournaled >= guarded || guarded <= memory.horizon;
  // Where the guard has no mark of an epoch nothing was signed in it, whatever the journal has lost: else one damage would make
  // a member ask again in each epoch that begins later, and two such members would wait for each other.
  const isJournalWhole = mark === undefined || (!memory.isJournalDamaged && hasGuarded);
  const { isAmnesiac } = guard;
  const isUnused = isUnusedGuard(guard);
  // The end of doubt is marked before an own block is made: beside an unused guard it is of a life that the guard does not know.
  const hasForgotten = !isJournalWhole || (isUnused && lastJournaled > 0);
  return {
    lastSigned: Math.max(guarded, lastJournaled),
    isAmnesiac: isAmnesiac || hasForgotten,
    isDoubtful: isUnused && !hasForgotten,
  };
}
