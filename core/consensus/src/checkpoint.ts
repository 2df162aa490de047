import { assert, equalBytes, Fault } from "@rialto/base";
import { AuthorSet } from "./author-set.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Committee } from "./committee.ts";
import {
  concatBytes,
  DIGEST_BYTES,
  SIGNATURE_BYTES,
  tagBytes,
  type VerifyFunction,
} from "./hash.ts";
import { VALIDATORS_MAX } from "./limits.ts";
import type { Profile } from "./quorum.ts";

//  chainId 32 | epoch u64 | committeeHash 32 | profile u8 | commitIndex u64 | commitDigest 32
//  resultsRoot 32 | stateRoot 32 | tsMs u64
// Certificate:  checkpoint | signerCount u16 | signers * (author u16, signature 64), ascending by author

export const CHECKPOINT_BYTES = 185;
const SIGNER_BYTES = 2 + SIGNATURE_BYTES;
const CHECKPOINT_TAG: Uint8Array = tagBytes("rialto/checkpoint/1");

/** What members sign about a commit: where the order stands, what it has done, and what came of it. */
export interface Checkpoint {
  readonly chainId: Uint8Array;
  readonly epoch: number;
  readonly committeeHash: Uint8Array;
  readonly profile: Profile;
  readonly commitIndex: number;
  readonly commitDigest: Uint8Array;
  /** Merkle root over the results of the commits since the checkpoint before. */
  readonly resultsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly tsMs: number;
}

export interface CheckpointSignature {
  readonly author: number;
  readonly signature: Uint8Array;
}

/** A checkpoint that a quorum has signed: what a stranger needs, besides the committee, to believe it. */
export interface Certificate {
  readonly checkpoint: Checkpoint;
  /** Ascending by author. */
  readonly signatures: readonly CheckpointSignature[];
}

export type CheckpointFaultDetail =
  | { readonly code: "CERTIFICATE_MALFORMED" }
  | { readonly code: "CERTIFICATE_INVALID"; readonly problem: string };

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const writer = new ByteWriter(CHECKPOINT_BYTES);
  writer.raw(checkpoint.chainId).u64(checkpoint.epoch).raw(checkpoint.committeeHash);
  writer.u8(checkpoint.profile).u64(checkpoint.commitIndex).raw(checkpoint.commitDigest);
  writer.raw(checkpoint.resultsRoot).raw(checkpoint.stateRoot).u64(checkpoint.tsMs);
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
  };
}

/** What a member signs to vote for a checkpoint. */
export function checkpointSignMessage(checkpoint: Checkpoint): Uint8Array {
  return concatBytes(CHECKPOINT_TAG, encodeCheckpoint(checkpoint));
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const { checkpoint, signatures } = certificate;
  const writer = new ByteWriter(CHECKPOINT_BYTES + 2 + signatures.length * SIGNER_BYTES);
  writer.raw(encodeCheckpoint(checkpoint)).u16(signatures.length);
  for (const { author, signature } of signatures) writer.u16(author).raw(signature);
  return writer.bytes;
}

/** Reads a certificate from hostile bytes. Its signatures are not judged here. */
export function parseCertificate(bytes: Uint8Array): Certificate | Fault<CheckpointFaultDetail> {
  const reader = new ByteReader(bytes);
  const checkpoint = readCheckpoint(reader);
  const signatures: CheckpointSignature[] = [];
  for (let left = reader.count16(VALIDATORS_MAX); left > 0; left--) {
    signatures.push({ author: reader.u16(), signature: reader.raw(SIGNATURE_BYTES) });
  }
  if (reader.isDone) return { checkpoint, signatures };
  return new Fault<CheckpointFaultDetail>({ code: "CERTIFICATE_MALFORMED" }, "warn");
}

/**
 * Checks a certificate against a committee that the caller trusts.
 *
 * Returns  undefined where a quorum of distinct members has signed exactly this checkpoint.
 * Errors   CERTIFICATE_INVALID, returned.
 */
export function checkCertificate(
  certificate: Certificate,
  committee: Committee,
  verify: VerifyFunction,
): Fault<CheckpointFaultDetail> | undefined {
  const problem = findCertificateProblem(certificate, committee, verify);
  if (problem === undefined) return undefined;
  return new Fault<CheckpointFaultDetail>({ code: "CERTIFICATE_INVALID", problem }, "error");
}

function findCertificateProblem(
  { checkpoint, signatures }: Certificate,
  committee: Committee,
  verify: VerifyFunction,
): string | undefined {
  if (!isOfCommittee(checkpoint, committee)) return "of another committee";
  const message = checkpointSignMessage(checkpoint);
  const signers = new AuthorSet(committee.weights);
  let before = -1;
  for (const { author, signature } of signatures) {
    if (author <= before) return "its signers do not ascend";
    if (author >= committee.weights.length) return "a signer is no member";
    if (!verify(author, message, signature)) return "a signature is not its signer's";
    signers.add(author);
    before = author;
  }
  return signers.weight >= committee.thresholds.quorum ? undefined : "its signers are no quorum";
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
