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
import { CHUNK_BYTES } from "./snapshot/manifest.ts";

// What members say to each other. The first byte is the kind; the sender is known from the connection.
//
//   1 BLOCK            the block's bytes
//   2 FETCH_BLOCKS     count u8, references * 38                      answered by BLOCKs
//   3 FETCH_ROUNDS     fromRound u32, roundCount u16                  answered by BLOCKs in order of acceptance
//   4 STATUS           quorumRound u32, decidedRound u32, commitIndex u64
//   5 CHECKPOINT_VOTE  checkpoint 185, Ed25519 signature 64; then nothing, or the ML-DSA-65 signature 3309 over the same
//   6 REJOIN_QUERY     nonce u64
//   7 REJOIN_ANSWER    nonce u64, then the bytes of the sender's newest own block, or nothing
//   8 SNAPSHOT_QUERY   nothing                                        answered by an OFFER
//   9 SNAPSHOT_OFFER   lowestRound u32; then nothing, or: commitIndex u64, manifest digest 32
//  10 FETCH_MANIFEST   manifest digest 32                             answered by a MANIFEST
//  11 MANIFEST         a manifest and its certificate (snapshot/manifest.ts)
//  12 FETCH_CHUNK      manifest digest 32, index u32                  answered by a CHUNK
//  13 CHUNK            manifest digest 32, index u32, bytes

export const MessageKind = {
  Block: 1,
  FetchBlocks: 2,
  FetchRounds: 3,
  Status: 4,
  CheckpointVote: 5,
  RejoinQuery: 6,
  RejoinAnswer: 7,
  SnapshotQuery: 8,
  SnapshotOffer: 9,
  FetchManifest: 10,
  Manifest: 11,
  FetchChunk: 12,
  Chunk: 13,
} as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** References of one FETCH_BLOCKS. */
export const FETCH_REFS_MAX = 64;
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
  | { readonly kind: typeof MessageKind.FetchBlocks; readonly refs: readonly BlockRef[] }
  | {
      readonly kind: typeof MessageKind.FetchRounds;
      readonly fromRound: number;
      readonly roundCount: number;
    }
  | ({ readonly kind: typeof MessageKind.Status } & MemberStatus)
  | {
      readonly kind: typeof MessageKind.CheckpointVote;
      readonly vote: CheckpointVote;
    }
  | { readonly kind: typeof MessageKind.RejoinQuery; readonly nonce: number }
  | {
      readonly kind: typeof MessageKind.RejoinAnswer;
      readonly nonce: number;
      /** Undefined where the sender has never made a block. */
      readonly newest: VerifiedBlock | undefined;
    }
  | SnapshotMessage;

/** A snapshot that a member has, by its place and its name. */
export interface OfferedSnapshot {
  readonly commitIndex: number;
  /** Digest of its manifest. */
  readonly digest: Uint8Array;
}

/** What members say of snapshots. The replica leaves these to its host. */
export type SnapshotMessage =
  | { readonly kind: typeof MessageKind.SnapshotQuery }
  | {
      readonly kind: typeof MessageKind.SnapshotOffer;
      /** From this round on the sender has every block that it ever accepted. */
      readonly lowestRound: number;
      readonly snapshot: OfferedSnapshot | undefined;
    }
  | { readonly kind: typeof MessageKind.FetchManifest; readonly digest: Uint8Array }
  /** Not looked into: whoever has not asked for it need not check its certificate. */
  | { readonly kind: typeof MessageKind.Manifest; readonly bytes: Uint8Array }
  | {
      readonly kind: typeof MessageKind.FetchChunk;
      readonly digest: Uint8Array;
      readonly index: number;
    }
  | {
      readonly kind: typeof MessageKind.Chunk;
      readonly digest: Uint8Array;
      readonly index: number;
      readonly bytes: Uint8Array;
    };

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

export function encodeBlockMessage(block: { readonly bytes: Uint8Array }): Uint8Array {
  return new ByteWriter(1 + block.bytes.length).u8(MessageKind.Block).raw(block.bytes).bytes;
}

export function encodeFetchBlocks(refs: readonly BlockRef[]): Uint8Array {
  const writer = new ByteWriter(2 + refs.length * 38).u8(MessageKind.FetchBlocks).u8(refs.length);
  for (const ref of refs) writer.u32(ref.round).u16(ref.author).raw(ref.digest);
  return writer.bytes;
}

export function encodeFetchRounds(fromRound: number, roundCount: number): Uint8Array {
  return new ByteWriter(7).u8(MessageKind.FetchRounds).u32(fromRound).u16(roundCount).bytes;
}

export function encodeStatus(status: MemberStatus): Uint8Array {
  const writer = new ByteWriter(17).u8(MessageKind.Status);
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

export function encodeRejoinQuery(nonce: number): Uint8Array {
  return new ByteWriter(9).u8(MessageKind.RejoinQuery).u64(nonce).bytes;
}

export function encodeRejoinAnswer(
  nonce: number,
  newest: { readonly bytes: Uint8Array } | undefined,
): Uint8Array {
  const bytes = newest?.bytes ?? new Uint8Array(0);
  return new ByteWriter(9 + bytes.length).u8(MessageKind.RejoinAnswer).u64(nonce).raw(bytes).bytes;
}

export function encodeSnapshotQuery(): Uint8Array {
  return Uint8Array.of(MessageKind.SnapshotQuery);
}

export function encodeSnapshotOffer(
  lowestRound: number,
  snapshot: OfferedSnapshot | undefined,
): Uint8Array {
  const writer = new ByteWriter(snapshot === undefined ? 5 : 5 + 8 + DIGEST_BYTES);
  writer.u8(MessageKind.SnapshotOffer).u32(lowestRound);
  if (snapshot !== undefined) writer.u64(snapshot.commitIndex).raw(snapshot.digest);
  return writer.bytes;
}

export function encodeFetchManifest(digest: Uint8Array): Uint8Array {
  return new ByteWriter(1 + DIGEST_BYTES).u8(MessageKind.FetchManifest).raw(digest).bytes;
}

/** `certified` is as `encodeCertifiedManifest` makes it. */
export function encodeManifestMessage(certified: Uint8Array): Uint8Array {
  return new ByteWriter(1 + certified.length).u8(MessageKind.Manifest).raw(certified).bytes;
}

export function encodeFetchChunk(digest: Uint8Array, index: number): Uint8Array {
  const writer = new ByteWriter(1 + DIGEST_BYTES + 4).u8(MessageKind.FetchChunk);
  return writer.raw(digest).u32(index).bytes;
}

export function encodeChunk(digest: Uint8Array, index: number, bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter(1 + DIGEST_BYTES + 4 + bytes.length).u8(MessageKind.Chunk);
  return writer.raw(digest).u32(index).raw(bytes).bytes;
}

/**
 * Reads and verifies what peer `from` has sent. Hosts may run it on another thread.
 *
 * Shape    the result may alias `bytes`, which must not change afterwards.
 * Errors   returned: hostile bytes are the normal case here.
 */
export function readPeerMessage(
  from: number,
  bytes: Uint8Array,
  checks: BlockChecks,
): PeerMessage | Fault<MessageFaultDetail> {
  const kind = bytes[0];
  const reader = new ByteReader(bytes, 1);
  switch (kind) {
    case MessageKind.Block: {
      const block = verifyBlock(bytes.subarray(1), checks);
      return block instanceof Fault ? block : { kind, block };
    }
    case MessageKind.FetchBlocks: {
      const refs: BlockRef[] = [];
      for (let left = reader.count8(FETCH_REFS_MAX); left > 0; left--) refs.push(readRef(reader));
      return finish(reader, { kind, refs });
    }
    case MessageKind.FetchRounds: {
      const fromRound = reader.u32();
      return finish(reader, { kind, fromRound, roundCount: reader.count16(FETCH_ROUNDS_MAX) });
    }
    case MessageKind.Status: {
      const quorumRound = reader.u32();
      const decidedRound = reader.u32();
      return finish(reader, { kind, quorumRound, decidedRound, commitIndex: reader.u64() });
    }
    case MessageKind.CheckpointVote:
      return readCheckpointVote(from, bytes, reader, checks);
    case MessageKind.RejoinQuery:
      return finish(reader, { kind, nonce: reader.u64() });
    case MessageKind.RejoinAnswer:
      return readRejoinAnswer(from, bytes, reader, checks);
    default:
      return readSnapshotMessage(bytes, reader) ?? malformed();
  }
}

function readSnapshotMessage(
  bytes: Uint8Array,
  reader: ByteReader,
): PeerMessage | Fault<MessageFaultDetail> | undefined {
  const kind = bytes[0];
  switch (kind) {
    case MessageKind.SnapshotQuery:
      return finish(reader, { kind });
    case MessageKind.SnapshotOffer: {
      const lowestRound = reader.u32();
      const isNone = reader.at === bytes.length;
      const snapshot = isNone
        ? undefined
        : { commitIndex: reader.u64(), digest: reader.raw(DIGEST_BYTES) };
      return finish(reader, { kind, lowestRound, snapshot });
    }
    case MessageKind.FetchManifest:
      return finish(reader, { kind, digest: reader.raw(DIGEST_BYTES) });
    case MessageKind.Manifest:
      return { kind, bytes: bytes.subarray(1) };
    case MessageKind.FetchChunk: {
      const digest = reader.raw(DIGEST_BYTES);
      return finish(reader, { kind, digest, index: reader.u32() });
    }
    case MessageKind.Chunk: {
      const digest = reader.raw(DIGEST_BYTES);
      const index = reader.u32();
      const content = reader.failed ? 0 : bytes.length - reader.at;
      if (content === 0 || content > CHUNK_BYTES) return malformed();
      return finish(reader, { kind, digest, index, bytes: reader.raw(content) });
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
  const nonce = reader.u64();
  if (reader.failed) return malformed();
  const kind = MessageKind.RejoinAnswer;
  if (reader.at === bytes.length) return { kind, nonce, newest: undefined };
  // The block itself comes along: an answer is bound to something that its sender has signed.
  const newest = verifyBlock(bytes.subarray(reader.at), checks);
  if (newest instanceof Fault) return newest;
  return newest.author === from ? { kind, nonce, newest } : malformed();
}
