import { Fault } from "@rialto/base";
import {
  type BlockFaultDetail,
  type BlockRef,
  ByteReader,
  ByteWriter,
  CHECKPOINT_BYTES,
  type Checkpoint,
  checkpointSignMessage,
  DIGEST_BYTES,
  encodeCheckpoint,
  hasQuantumKey,
  isOfCommittee,
  QUANTUM_SIGNATURE_BYTES,
  readCheckpoint,
  readRef,
  SIGNATURE_BYTES,
  type BlockChecks,
  verifyBlock,
  type VerifiedBlock,
} from "@rialto/consensus";
import { SNAPSHOTS_HELD_MAX, SNAPSHOTS_KEPT } from "./snapshot/kept-snapshots.ts";
import { CHUNK_BYTES } from "./snapshot/manifest.ts";

// What members say to each other. The first byte is the kind; the sender is known from the connection.
//
//   1 BLOCK            the block's bytes
//   2 FETCH_BLOCKS     epoch u32, count u8, references * 38           answered by BLOCKs
//   3 FETCH_ROUNDS     epoch u32, fromRound u32, roundCount u16       answered by BLOCKs in order of acceptance
//   4 STATUS           epoch u32, quorumRound u32, decidedRound u32, commitIndex u64
//   5 CHECKPOINT_VOTE  checkpoint 217, Ed25519 signature 64; then nothing, or the ML-DSA-65 signature 3309 over the same
//   6 REJOIN_QUERY     epoch u32, nonce u64
//   7 REJOIN_ANSWER    epoch u32, nonce u64, then the bytes of the sender's newest own block, or nothing
//   8 EPOCH_CLOSED     epoch u32, what leads to the next (epoch/epoch-chain.ts)    answers 15, and the STATUS of whoever is still in it
//   9 SNAPSHOT_QUERY   epoch u32                                      answered by an OFFER
//  10 SNAPSHOT_OFFER   epoch u32, lowestRound u32; then for each, the newest first: its epoch u32, commitIndex u64, manifest digest 32
//  11 FETCH_MANIFEST   epoch u32, manifest digest 32                  answered by a MANIFEST
//  12 MANIFEST         epoch u32, a manifest and its certificate (snapshot/manifest.ts)
//  13 FETCH_CHUNK      epoch u32, manifest digest 32, index u32       answered by a CHUNK
//  14 CHUNK            epoch u32, manifest digest 32, index u32, bytes
//  15 EPOCH_QUERY      epoch u32                                      answered by EPOCH_CLOSED
//  16 OWN_QUERY        epoch u32, nonce u64
//  17 OWN_ANSWER       epoch u32, nonce u64, quorumRound u32, then the bytes of the asker's newest block that the sender has, or nothing
//
// Every message says of which epoch it speaks: blocks and votes where they are signed. Those of snapshots speak of the epoch that
// the asker is in, whatever the snapshot is of.

export const MessageKind = {
  Block: 1,
  FetchBlocks: 2,
  FetchRounds: 3,
  Status: 4,
  CheckpointVote: 5,
  RejoinQuery: 6,
  RejoinAnswer: 7,
  EpochClosed: 8,
  SnapshotQuery: 9,
  SnapshotOffer: 10,
  FetchManifest: 11,
  Manifest: 12,
  FetchChunk: 13,
  Chunk: 14,
  EpochQuery: 15,
  OwnQuery: 16,
  OwnAnswer: 17,
} as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];
/** What a member is told that asks what it has signed. */
export type AnswerKind = typeof MessageKind.RejoinAnswer | typeof MessageKind.OwnAnswer;

/** References of one FETCH_BLOCKS. */
export const FETCH_REFS_MAX = 64;
/** Snapshots of one offer: as many as a member keeps. */
export const OFFERED_MAX: number = SNAPSHOTS_KEPT + SNAPSHOTS_HELD_MAX;
const OFFERED_BYTES: number = 4 + 8 + DIGEST_BYTES;
/** Rounds of one FETCH_ROUNDS. */
export const FETCH_ROUNDS_MAX = 64;

/** How far a member has come. */
export interface MemberStatus {
  readonly quorumRound: number;
  readonly decidedRound: number;
  readonly commitIndex: number;
}

/** A message that has been read and, where it is signed, verified. */
export type PeerMessage =
  | { readonly kind: typeof MessageKind.Block; readonly block: VerifiedBlock }
  | {
      readonly kind: typeof MessageKind.FetchBlocks;
      readonly epoch: number;
      readonly refs: readonly BlockRef[];
    }
  | {
      readonly kind: typeof MessageKind.FetchRounds;
      readonly epoch: number;
      readonly fromRound: number;
      readonly roundCount: number;
    }
  | ({ readonly kind: typeof MessageKind.Status; readonly epoch: number } & MemberStatus)
  | {
      readonly kind: typeof MessageKind.CheckpointVote;
      readonly vote: CheckpointVote;
    }
  | {
      readonly kind: typeof MessageKind.RejoinQuery;
      readonly epoch: number;
      readonly nonce: number;
    }
  | {
      readonly kind: typeof MessageKind.RejoinAnswer;
      readonly epoch: number;
      readonly nonce: number;
      /** Undefined where the sender has never made a block. */
      readonly newest: VerifiedBlock | undefined;
    }
  /** Nothing of it has been looked at: only who needs it does. */
  | {
      readonly kind: typeof MessageKind.EpochClosed;
      readonly epoch: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: typeof MessageKind.EpochQuery; readonly epoch: number }
  | {
      readonly kind: typeof MessageKind.OwnQuery;
      readonly epoch: number;
      readonly nonce: number;
    }
  | OwnAnswer
  | SnapshotMessage;

/** What a member has of one that asks whether it has signed anything. */
export interface OwnAnswer {
  readonly kind: typeof MessageKind.OwnAnswer;
  readonly epoch: number;
  readonly nonce: number;
  /** How far the sender is. */
  readonly quorumRound: number;
  /** The asker's newest, unless the sender lies: then anybody's. Undefined where it has none. */
  readonly newest: VerifiedBlock | undefined;
}

/** A snapshot that a member has, by its place and its name. */
export interface OfferedSnapshot {
  /** Whose certificate it stands under. */
  readonly epoch: number;
  readonly commitIndex: number;
  /** Digest of its manifest. */
  readonly digest: Uint8Array;
}

/** A piece of a snapshot. */
export interface SnapshotChunk {
  readonly kind: typeof MessageKind.Chunk;
  readonly epoch: number;
  readonly digest: Uint8Array;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What members say of snapshots. The replica leaves these to its host. */
export type SnapshotMessage =
  | { readonly kind: typeof MessageKind.SnapshotQuery; readonly epoch: number }
  | {
      readonly kind: typeof MessageKind.SnapshotOffer;
      readonly epoch: number;
      /** From this round on the sender has every block that it ever accepted. */
      readonly lowestRound: number;
      /** The newest first. */
      readonly snapshots: readonly OfferedSnapshot[];
    }
  | {
      readonly kind: typeof MessageKind.FetchManifest;
      readonly epoch: number;
      readonly digest: Uint8Array;
    }
  /** Not looked into: whoever has not asked for it need not check its certificate. */
  | {
      readonly kind: typeof MessageKind.Manifest;
      readonly epoch: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: typeof MessageKind.FetchChunk;
      readonly epoch: number;
      readonly digest: Uint8Array;
      readonly index: number;
    }
  | SnapshotChunk;

/** A member's signatures under a checkpoint. */
export interface CheckpointVote {
  readonly author: number;
  readonly checkpoint: Checkpoint;
  /** Ed25519. */
  readonly signature: Uint8Array;
  /** ML-DSA-65 over the same message, where the member has given one. */
  readonly quantumSignature: Uint8Array | undefined;
}

export type MessageFaultDetail =
  | BlockFaultDetail
  | { readonly code: "MESSAGE_MALFORMED" }
  | { readonly code: "MESSAGE_UNSIGNED" };

export function isMalformed({ code }: MessageFaultDetail): boolean {
  return code === "MESSAGE_MALFORMED" || code === "BLOCK_MALFORMED";
}

/** A vote with both signatures takes some 1.5 ms to verify; the Ed25519 signature of a block a tenth of that. */
export const VOTE_COST = 10;

/** What finding a fault may have cost, in signatures: a block's own, and those of its frames; those of a vote. */
export function faultCost(fault: MessageFaultDetail): number {
  if (fault.code === "MESSAGE_UNSIGNED") return VOTE_COST;
  return 1 + (fault.code === "BLOCK_INVALID" ? fault.frameSignatures : 0);
}

/** What makes a block a message. */
export const BLOCK_MESSAGE_HEAD: Uint8Array = Uint8Array.of(MessageKind.Block);

export function encodeBlockMessage(block: { readonly bytes: Uint8Array }): Uint8Array {
  return new ByteWriter(1 + block.bytes.length).u8(MessageKind.Block).raw(block.bytes).bytes;
}

export function encodeFetchBlocks(epoch: number, refs: readonly BlockRef[]): Uint8Array {
  const writer = new ByteWriter(6 + refs.length * 38).u8(MessageKind.FetchBlocks);
  writer.u32(epoch).u8(refs.length);
  for (const ref of refs) writer.u32(ref.round).u16(ref.author).raw(ref.digest);
  return writer.bytes;
}

export function encodeFetchRounds(
  epoch: number,
  fromRound: number,
  roundCount: number,
): Uint8Array {
  const writer = new ByteWriter(11).u8(MessageKind.FetchRounds).u32(epoch);
  return writer.u32(fromRound).u16(roundCount).bytes;
}

export function encodeStatus(epoch: number, status: MemberStatus): Uint8Array {
  const writer = new ByteWriter(21).u8(MessageKind.Status).u32(epoch);
  return writer.u32(status.quorumRound).u32(status.decidedRound).u64(status.commitIndex).bytes;
}

export function encodeCheckpointVote(vote: Omit<CheckpointVote, "author">): Uint8Array {
  const { checkpoint, signature, quantumSignature } = vote;
  const quantumBytes = quantumSignature?.length ?? 0;
  const writer = new ByteWriter(1 + CHECKPOINT_BYTES + SIGNATURE_BYTES + quantumBytes);
  writer.u8(MessageKind.CheckpointVote).raw(encodeCheckpoint(checkpoint)).raw(signature);
  if (quantumSignature !== undefined) writer.raw(quantumSignature);
  return writer.bytes;
}

export function encodeRejoinQuery(epoch: number, nonce: number): Uint8Array {
  return new ByteWriter(13).u8(MessageKind.RejoinQuery).u32(epoch).u64(nonce).bytes;
}

export function encodeRejoinAnswer(
  epoch: number,
  nonce: number,
  newest: { readonly bytes: Uint8Array } | undefined,
): Uint8Array {
  const bytes = newest?.bytes ?? new Uint8Array(0);
  const writer = new ByteWriter(13 + bytes.length).u8(MessageKind.RejoinAnswer).u32(epoch);
  return writer.u64(nonce).raw(bytes).bytes;
}

export function encodeOwnQuery(epoch: number, nonce: number): Uint8Array {
  return new ByteWriter(13).u8(MessageKind.OwnQuery).u32(epoch).u64(nonce).bytes;
}

export function encodeOwnAnswer(answer: {
  readonly epoch: number;
  readonly nonce: number;
  readonly quorumRound: number;
  readonly newest: { readonly bytes: Uint8Array } | undefined;
}): Uint8Array {
  const bytes = answer.newest?.bytes ?? new Uint8Array(0);
  const writer = new ByteWriter(17 + bytes.length).u8(MessageKind.OwnAnswer).u32(answer.epoch);
  return writer.u64(answer.nonce).u32(answer.quorumRound).raw(bytes).bytes;
}

/** `step` is as `encodeEpochStep` writes the end of that epoch. */
export function encodeEpochClosed(epoch: number, step: Uint8Array): Uint8Array {
  const writer = new ByteWriter(5 + step.length).u8(MessageKind.EpochClosed);
  return writer.u32(epoch).raw(step).bytes;
}

export function encodeEpochQuery(epoch: number): Uint8Array {
  return new ByteWriter(5).u8(MessageKind.EpochQuery).u32(epoch).bytes;
}

/** Behind the kind of a block: version, chain and committee. */
const BLOCK_EPOCH_AT = 1 + 2 + 32 + 32;
/** Behind the kind of a vote: the chain. */
const VOTE_EPOCH_AT = 1 + 32;

/** The epoch that a message speaks of, read off its place without looking at the rest; undefined where it is cut short. */
export function peekEpoch(bytes: Uint8Array): number | undefined {
  switch (bytes[0]) {
    case MessageKind.Block:
      return epochAt(bytes, BLOCK_EPOCH_AT, 8);
    case MessageKind.CheckpointVote:
      return epochAt(bytes, VOTE_EPOCH_AT, 8);
    default:
      return epochAt(bytes, 1, 4);
  }
}

/** From the beginning of a block to its round and author: behind its epoch. */
const BLOCK_ROUND_AT: number = BLOCK_EPOCH_AT - 1 + 8;

/**
 * Round and author of a block, read off their places without looking at the rest; undefined where it is cut short. It begins at
 * `blockAt`: behind the kind of a message that is a block.
 */
export function peekPlace(
  bytes: Uint8Array,
  blockAt: number = 1,
): { readonly round: number; readonly author: number } | undefined {
  const reader = new ByteReader(bytes, blockAt + BLOCK_ROUND_AT);
  const place = { round: reader.u32(), author: reader.u16() };
  return reader.failed ? undefined : place;
}

/** What a vote is for; undefined where it is cut short. Nothing of it is judged. */
export function peekCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const reader = new ByteReader(bytes, 1);
  const checkpoint = readCheckpoint(reader);
  return reader.failed ? undefined : checkpoint;
}

function epochAt(bytes: Uint8Array, at: number, size: 4 | 8): number | undefined {
  const reader = new ByteReader(bytes, at);
  const epoch = size === 8 ? reader.u64() : reader.u32();
  return reader.failed ? undefined : epoch;
}

export function encodeSnapshotQuery(epoch: number): Uint8Array {
  return new ByteWriter(5).u8(MessageKind.SnapshotQuery).u32(epoch).bytes;
}

export function encodeSnapshotOffer(
  epoch: number,
  lowestRound: number,
  snapshots: readonly OfferedSnapshot[],
): Uint8Array {
  const writer = new ByteWriter(9 + snapshots.length * OFFERED_BYTES);
  writer.u8(MessageKind.SnapshotOffer).u32(epoch).u32(lowestRound);
  for (const each of snapshots) writer.u32(each.epoch).u64(each.commitIndex).raw(each.digest);
  return writer.bytes;
}

export function encodeFetchManifest(epoch: number, digest: Uint8Array): Uint8Array {
  const writer = new ByteWriter(5 + DIGEST_BYTES).u8(MessageKind.FetchManifest);
  return writer.u32(epoch).raw(digest).bytes;
}

/** `certified` is as `encodeCertifiedManifest` makes it. */
export function encodeManifestMessage(epoch: number, certified: Uint8Array): Uint8Array {
  const writer = new ByteWriter(5 + certified.length).u8(MessageKind.Manifest);
  return writer.u32(epoch).raw(certified).bytes;
}

export function encodeFetchChunk(epoch: number, digest: Uint8Array, index: number): Uint8Array {
  const writer = new ByteWriter(5 + DIGEST_BYTES + 4).u8(MessageKind.FetchChunk);
  return writer.u32(epoch).raw(digest).u32(index).bytes;
}

export function encodeChunk(
  epoch: number,
  { digest, index, bytes }: Pick<SnapshotChunk, "digest" | "index" | "bytes">,
): Uint8Array {
  const writer = new ByteWriter(5 + DIGEST_BYTES + 4 + bytes.length).u8(MessageKind.Chunk);
  return writer.u32(epoch).raw(digest).u32(index).raw(bytes).bytes;
}

/**
 * The same bytes in memory that has not much else. A block is kept for long: of a packet that it came in, which may be a megabyte,
 * nothing else may stay with it, for on no account of its sender does that stand.
 */
function withoutRest(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? new Uint8Array(bytes) : bytes;
}

/**
 * Reads and verifies what peer `from` has sent. Hosts may run it on another thread.
 *
 * Shape    the result may alias `received`, which must not change afterwards, where that is most of its memory.
 * Errors   returned: hostile bytes are the normal case here.
 */
export function readPeerMessage(
  from: number,
  received: Uint8Array,
  checks: BlockChecks,
): PeerMessage | Fault<MessageFaultDetail> {
  const bytes = withoutRest(received);
  const kind = bytes[0];
  const reader = new ByteReader(bytes, 1);
  switch (kind) {
    case MessageKind.Block: {
      const block = verifyBlock(bytes.subarray(1), checks);
      return block instanceof Fault ? block : { kind, block };
    }
    case MessageKind.FetchBlocks: {
      const refs: BlockRef[] = [];
      const epoch = reader.u32();
      for (let left = reader.count8(FETCH_REFS_MAX); left > 0; left--) refs.push(readRef(reader));
      return finish(reader, { kind, epoch, refs });
    }
    case MessageKind.FetchRounds: {
      const epoch = reader.u32();
      const fromRound = reader.u32();
      const roundCount = reader.count16(FETCH_ROUNDS_MAX);
      return finish(reader, { kind, epoch, fromRound, roundCount });
    }
    case MessageKind.Status: {
      const epoch = reader.u32();
      const quorumRound = reader.u32();
      const decidedRound = reader.u32();
      return finish(reader, { kind, epoch, quorumRound, decidedRound, commitIndex: reader.u64() });
    }
    case MessageKind.CheckpointVote:
      return readCheckpointVote(from, bytes, reader, checks);
    case MessageKind.RejoinQuery:
      return finish(reader, { kind, epoch: reader.u32(), nonce: reader.u64() });
    case MessageKind.RejoinAnswer:
      return readRejoinAnswer(from, bytes, reader, checks);
    case MessageKind.EpochClosed: {
      const epoch = reader.u32();
      return reader.failed ? malformed() : { kind, epoch, bytes: bytes.subarray(reader.at) };
    }
    case MessageKind.EpochQuery:
      return finish(reader, { kind, epoch: reader.u32() });
    case MessageKind.OwnQuery:
      return finish(reader, { kind, epoch: reader.u32(), nonce: reader.u64() });
    case MessageKind.OwnAnswer:
      return readOwnAnswer(bytes, reader, checks);
    default:
      return readSnapshotMessage(bytes, reader) ?? malformed();
  }
}

function readSnapshotMessage(
  bytes: Uint8Array,
  reader: ByteReader,
): PeerMessage | Fault<MessageFaultDetail> | undefined {
  const kind = bytes[0];
  const epoch = reader.u32();
  switch (kind) {
    case MessageKind.SnapshotQuery:
      return finish(reader, { kind, epoch });
    case MessageKind.SnapshotOffer: {
      const lowestRound = reader.u32();
      const snapshots: OfferedSnapshot[] = [];
      while (reader.at < bytes.length && !reader.failed && snapshots.length < OFFERED_MAX) {
        const place = { epoch: reader.u32(), commitIndex: reader.u64() };
        snapshots.push({ ...place, digest: reader.raw(DIGEST_BYTES) });
      }
      return finish(reader, { kind, epoch, lowestRound, snapshots });
    }
    case MessageKind.FetchManifest:
      return finish(reader, { kind, epoch, digest: reader.raw(DIGEST_BYTES) });
    case MessageKind.Manifest:
      return reader.failed ? malformed() : { kind, epoch, bytes: bytes.subarray(reader.at) };
    case MessageKind.FetchChunk: {
      const digest = reader.raw(DIGEST_BYTES);
      return finish(reader, { kind, epoch, digest, index: reader.u32() });
    }
    case MessageKind.Chunk: {
      const digest = reader.raw(DIGEST_BYTES);
      const index = reader.u32();
      const content = reader.failed ? 0 : bytes.length - reader.at;
      if (content === 0 || content > CHUNK_BYTES) return malformed();
      return finish(reader, { kind, epoch, digest, index, bytes: reader.raw(content) });
    }
    default:
      return undefined;
  }
}

function malformed(): Fault<MessageFaultDetail> {
  return new Fault<MessageFaultDetail>({ code: "MESSAGE_MALFORMED" }, "warn");
}

function finish(reader: ByteReader, message: PeerMessage): PeerMessage | Fault<MessageFaultDetail> {
  return reader.isDone ? message : malformed();
}

function readCheckpointVote(
  from: number,
  bytes: Uint8Array,
  reader: ByteReader,
  { committee, verify, verifyQuantum }: BlockChecks,
): PeerMessage | Fault<MessageFaultDetail> {
  const checkpoint = readCheckpoint(reader);
  const signature = reader.raw(SIGNATURE_BYTES);
  const isQuantum = reader.at < bytes.length;
  const quantumSignature = isQuantum ? reader.raw(QUANTUM_SIGNATURE_BYTES) : undefined;
  if (!reader.isDone || !isOfCommittee(checkpoint, committee)) return malformed();
  if (isQuantum && !hasQuantumKey(committee, from)) return malformed();
  const message = checkpointSignMessage(checkpoint);
  const isSigned =
    verify(from, message, signature) &&
    (quantumSignature === undefined || verifyQuantum?.(from, message, quantumSignature) === true);
  if (!isSigned) return new Fault<MessageFaultDetail>({ code: "MESSAGE_UNSIGNED" }, "warn");
  const vote = { author: from, checkpoint, signature, quantumSignature };
  return { kind: MessageKind.CheckpointVote, vote };
}

function readRejoinAnswer(
  from: number,
  bytes: Uint8Array,
  reader: ByteReader,
  checks: BlockChecks,
): PeerMessage | Fault<MessageFaultDetail> {
  const epoch = reader.u32();
  const nonce = reader.u64();
  if (reader.failed) return malformed();
  const kind = MessageKind.RejoinAnswer;
  if (reader.at === bytes.length) return { kind, epoch, nonce, newest: undefined };
  // The block itself comes along: an answer is bound to something that its sender has signed.
  if (peekPlace(bytes, reader.at)?.author !== from) return malformed();
  const newest = verifyBlock(bytes.subarray(reader.at), checks);
  return newest instanceof Fault ? newest : { kind, epoch, nonce, newest };
}

function readOwnAnswer(
  bytes: Uint8Array,
  reader: ByteReader,
  checks: BlockChecks,
): PeerMessage | Fault<MessageFaultDetail> {
  const epoch = reader.u32();
  const nonce = reader.u64();
  const quorumRound = reader.u32();
  if (reader.failed) return malformed();
  const answer = { kind: MessageKind.OwnAnswer, epoch, nonce, quorumRound } as const;
  if (reader.at === bytes.length) return { ...answer, newest: undefined };
  const newest = verifyBlock(bytes.subarray(reader.at), checks);
  return newest instanceof Fault ? newest : { ...answer, newest };
}
