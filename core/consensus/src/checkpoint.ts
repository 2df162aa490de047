import { assert, equalBytes } from "@rialto/base";
import type { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Committee } from "./committee.ts";
import { concatBytes, DIGEST_BYTES, NO_DIGEST, tagBytes } from "./hash.ts";
import type { Profile } from "./quorum.ts";

//  chainId 32 | epoch u64 | committeeHash 32 | profile u8 | commitIndex u64 | commitDigest 32
//  resultsRoot 32 | stateRoot 32 | tsMs u64 | nextRoster 32

export const CHECKPOINT_BYTES = 217;
const CHECKPOINT_TAG: Uint8Array = tagBytes("rialto/checkpoint/2");

/** What members sign about a commit: where the order stands, what it has done, and what came of it. */
export interface Checkpoint {
  readonly chainId: Uint8Array;
  readonly epoch: number;
  readonly committeeHash: Uint8Array;
  readonly profile: Profile;
  readonly commitIndex: number;
  readonly commitDigest: Uint8Array;
  /** Merkle root over the results of the commits since the checkpoint before, and over that one's root. */
  readonly resultsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly tsMs: number;
  /** Digest of the members of the next epoch, where this commit is the last of its own; else zeros. */
  readonly nextRoster: Uint8Array;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const writer = new ByteWriter(CHECKPOINT_BYTES);
  writer.raw(checkpoint.chainId).u64(checkpoint.epoch).raw(checkpoint.committeeHash);
  writer.u8(checkpoint.profile).u64(checkpoint.commitIndex).raw(checkpoint.commitDigest);
  writer.raw(checkpoint.resultsRoot).raw(checkpoint.stateRoot).u64(checkpoint.tsMs);
  writer.raw(checkpoint.nextRoster);
  assert(writer.at === CHECKPOINT_BYTES, "a checkpoint has the size that was counted");
  return writer.bytes;
}

/** Reads a checkpoint from hostile bytes; the caller looks at `reader.failed` in the end. */
export function readCheckpoint(reader: ByteReader): Checkpoint {
  return {
    chainId: reader.raw(DIGEST_BYTES),
    epoch: reader.u64(),
    committeeHash: reader.raw(DIGEST_BYTES),
    profile: reader.u8() as Profile,
    commitIndex: reader.u64(),
    commitDigest: reader.raw(DIGEST_BYTES),
    resultsRoot: reader.raw(DIGEST_BYTES),
    stateRoot: reader.raw(DIGEST_BYTES),
    tsMs: reader.u64(),
    nextRoster: reader.raw(DIGEST_BYTES),
  };
}

/** What a member signs to vote for a checkpoint. */
export function checkpointSignMessage(checkpoint: Checkpoint): Uint8Array {
  return concatBytes(CHECKPOINT_TAG, encodeCheckpoint(checkpoint));
}

/** True for a checkpoint that closes its epoch. */
export function isClosing(checkpoint: Checkpoint): boolean {
  return !equalBytes(checkpoint.nextRoster, NO_DIGEST);
}

/** True where a checkpoint speaks of this committee's epoch, chain and profile. */
export function isOfCommittee(checkpoint: Checkpoint, committee: Committee): boolean {
  return (
    equalBytes(checkpoint.chainId, committee.chainId) &&
    equalBytes(checkpoint.committeeHash, committee.hash) &&
    checkpoint.epoch === committee.epoch &&
    checkpoint.profile === committee.profile
  );
}
