import { assert, Fault } from "@rialto/base";
import type { Block, BlockHeader, BlockRef, CommitVote, EvidenceDigests } from "./block.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  DIGEST_BYTES,
  type HashFunction,
  hashParts,
  SIGNATURE_BYTES,
  type SignFunction,
  tagBytes,
} from "./hash.ts";
import {
  BLOCK_BYTES_MAX,
  COMMIT_VOTES_MAX,
  EVIDENCE_PER_BLOCK_MAX,
  FRAME_BYTES_MAX,
  FRAMES_PER_BLOCK_MAX,
  PAYLOAD_BYTES_MAX,
  MEMBERS_MAX,
} from "./limits.ts";

// The one encoding of a block. Little-endian, no padding, lists preceded by their lengths.
//
//   version u16 | chainId 32 | committeeHash 32 | epoch u64 | round u32 | author u16 | tsMs u64
//   strongCount u16 | strong * 38 | weakCount u16 | weak * 38        reference: round u32, author u16, digest 32
//   payloadRoot 32 | payloadBytes u32 | frameCount u32 | flags u8     flags: bit 0 epochClose, others 0
//   voteCount u8 | votes * 40                                        vote: index u64, digest 32
//   evidenceCount u8 | evidence * 64                                 pair: first 32, second 32
//   -------------------------------------------------------------------------------- header ends here
//   signature 64 | payload: frames, each length u32 and bytes

const BLOCK_VERSION = 1;
const REF_BYTES = 38;
const VOTE_BYTES = 40;
const PAIR_BYTES = 64;
/** A header with every list empty. */
export const HEADER_BYTES_MIN = 135;
const EPOCH_CLOSE = 1;

const NO_HEAD: Uint8Array = new Uint8Array(0);
const BLOCK_TAG: Uint8Array = tagBytes("rialto/block/1");
const SIGN_TAG: Uint8Array = tagBytes("rialto/block-sig/1");

export type BlockFaultDetail =
  | { readonly code: "BLOCK_MALFORMED"; readonly problem: string }
  /** `frameSignatures`: how many signatures may have been looked at to see what is wrong with its frames. */
  | { readonly code: "BLOCK_INVALID"; readonly problem: string; readonly frameSignatures: number };

/** Encodes a header. The caller keeps its lists within their limits. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const { strong, weak, commitVotes, evidence } = header;
  const size =
    HEADER_BYTES_MIN +
    (strong.length + weak.length) * REF_BYTES +
    commitVotes.length * VOTE_BYTES +
    evidence.length * PAIR_BYTES;
  const writer = ByteWriter.brief(size);
  writer.u16(BLOCK_VERSION).raw(header.chainId).raw(header.committeeHash);
  writer.u64(header.epoch).u32(header.round).u16(header.author).u64(header.tsMs);
  writeRefs(writer, strong);
  writeRefs(writer, weak);
  writer.raw(header.payloadRoot).u32(header.payloadBytes).u32(header.frameCount);
  writer.u8(header.isEpochClose ? EPOCH_CLOSE : 0).u8(commitVotes.length);
  for (const vote of commitVotes) writer.u64(vote.index).raw(vote.digest);
  writer.u8(evidence.length);
  for (const pair of evidence) writer.raw(pair.first).raw(pair.second);
  assert(writer.at === size, "a header has the size that was counted");
  return writer.bytes;
}

function writeRefs(writer: ByteWriter, refs: readonly BlockRef[]): void {
  writer.u16(refs.length);
  for (const ref of refs) writer.u32(ref.round).u16(ref.author).raw(ref.digest);
}

/** The digest of an encoded header: the identity of its block. */
export function computeBlockDigest(headerBytes: Uint8Array, hash: HashFunction): Uint8Array {
  return hashParts(hash, BLOCK_TAG, headerBytes);
}

/** What a block's author signs. */
export function blockSignMessage(digest: Uint8Array): Uint8Array {
  return ByteWriter.brief(SIGN_TAG.length + DIGEST_BYTES)
    .raw(SIGN_TAG)
    .raw(digest).bytes;
}

/**
 * Encodes, hashes and signs a block.
 *
 * Shape    `payload` is in parts, as `payloadParts` makes them, each copied once. `head` comes before the block in the same
 *          memory, which has nothing else: a message around the block costs no other copy.
 */
export function sealBlock(
  header: BlockHeader,
  payload: readonly Uint8Array[],
  hash: HashFunction,
  sign: SignFunction,
  head: Uint8Array = NO_HEAD,
): Block {
  const headerBytes = encodeHeader(header);
  const digest = computeBlockDigest(headerBytes, hash);
  const signature = sign(blockSignMessage(digest));
  const bodyAt = head.length + headerBytes.length + signature.length;
  const writer = new ByteWriter(bodyAt + sumOfLengths(payload));
  writer.raw(head).raw(headerBytes).raw(signature);
  for (const part of payload) writer.raw(part);
  const bytes = writer.bytes.subarray(head.length);
  return { ...header, digest, signature, payload: writer.bytes.subarray(bodyAt), bytes };
}

/**
 * Reads a block from hostile bytes.
 *
 * Shape    every array of the block aliases `bytes`, which must not change afterwards.
 * Returns  the block and its header's bytes; its signature and its references are not judged here.
 * Errors   BLOCK_MALFORMED, returned.
 */
export function parseBlock(bytes: Uint8Array, hash: HashFunction): Block | Fault<BlockFaultDetail> {
  if (bytes.length > BLOCK_BYTES_MAX) return malformed("longer than any block");
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const header = readHeader(reader);
  const headerBytes = bytes.subarray(0, reader.at);
  const signature = reader.raw(SIGNATURE_BYTES);
  const payload = reader.raw(header.payloadBytes);
  if (!reader.isDone) return malformed("a field is cut short, out of range or left over");
  if (version !== BLOCK_VERSION) return malformed("of an unknown version");
  return { ...header, digest: computeBlockDigest(headerBytes, hash), signature, payload, bytes };
}

function malformed(problem: string): Fault<BlockFaultDetail> {
  return new Fault<BlockFaultDetail>({ code: "BLOCK_MALFORMED", problem }, "warn");
}

function readHeader(reader: ByteReader): BlockHeader {
  const chainId = reader.raw(DIGEST_BYTES);
  const committeeHash = reader.raw(DIGEST_BYTES);
  const epoch = reader.u64();
  const round = reader.u32();
  const author = reader.u16();
  const tsMs = reader.u64();
  const strong = readRefs(reader);
  const weak = readRefs(reader);
  const payloadRoot = reader.raw(DIGEST_BYTES);
  const payloadBytes = reader.count32(PAYLOAD_BYTES_MAX);
  const frameCount = reader.count32(FRAMES_PER_BLOCK_MAX);
  const isEpochClose = reader.count8(EPOCH_CLOSE) === EPOCH_CLOSE;
  const commitVotes: CommitVote[] = [];
  for (let left = reader.count8(COMMIT_VOTES_MAX); left > 0; left--) {
    commitVotes.push({ index: reader.u64(), digest: reader.raw(DIGEST_BYTES) });
  }
  const evidence: EvidenceDigests[] = [];
  for (let left = reader.count8(EVIDENCE_PER_BLOCK_MAX); left > 0; left--) {
    evidence.push({ first: reader.raw(DIGEST_BYTES), second: reader.raw(DIGEST_BYTES) });
  }
  return {
    chainId,
    committeeHash,
    epoch,
    round,
    author,
    tsMs,
    strong,
    weak,
    payloadRoot,
    payloadBytes,
    frameCount,
    isEpochClose,
    commitVotes,
    evidence,
  };
}

function readRefs(reader: ByteReader): BlockRef[] {
  const refs: BlockRef[] = [];
  for (let left = reader.count16(MEMBERS_MAX); left > 0; left--) refs.push(readRef(reader));
  return refs;
}

/** Reads one reference; also used by the messages between members. */
export function readRef(reader: ByteReader): BlockRef {
  return { round: reader.u32(), author: reader.u16(), digest: reader.raw(DIGEST_BYTES) };
}

/** A payload of these frames, in parts: each one's length, then its bytes, which are the frame's own. */
export function payloadParts(frames: readonly Uint8Array[]): Uint8Array[] {
  const lengths = new ByteWriter(4 * frames.length);
  return frames.flatMap((frame, index) => {
    lengths.u32(frame.length);
    return [lengths.bytes.subarray(4 * index, 4 * index + 4), frame];
  });
}

/** Bytes of parts together. */
export function sumOfLengths(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Takes a payload apart, aliasing it; undefined where it is not exactly `frameCount` frames. */
export function parsePayload(payload: Uint8Array, frameCount: number): Uint8Array[] | undefined {
  const reader = new ByteReader(payload);
  const frames: Uint8Array[] = [];
  for (let left = frameCount; left > 0 && !reader.failed; left--) {
    frames.push(reader.raw(reader.count32(FRAME_BYTES_MAX)));
  }
  return reader.isDone ? frames : undefined;
}
