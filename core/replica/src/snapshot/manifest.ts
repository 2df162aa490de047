import { equalBytes, Fault } from "@rialto/base";
import {
  ByteReader,
  ByteWriter,
  type Certificate,
  type CertificateChecks,
  checkCertificate,
  type Checkpoint,
  CHECKPOINT_BYTES,
  concatBytes,
  DIGEST_BYTES,
  encodeCertificate,
  encodeCheckpoint,
  type HashFunction,
  hashParts,
  parseCertificate,
  readCheckpoint,
  tagBytes,
} from "@rialto/consensus";

// What a snapshot consists of, so that it can be had in pieces from several members:
//
//   version u16 | checkpoint 217 | contentBytes u64 | digests of the chunks, 32 each
//
// Members that took the same snapshot have the same manifest. Behind it, where it travels, stands a certificate of its
// checkpoint, which they may have with other signatures.

const VERSION = 1;
const HEAD_BYTES: number = 2 + CHECKPOINT_BYTES + 8;
/** Bytes of a chunk; the last one may be shorter. With its head it fits a message between members. */
export const CHUNK_BYTES: number = 256 * 1024;
/** Chunks of a snapshot: their digests, with a certificate, fit a message between members. */
export const CHUNKS_MAX = 16_384;
const MANIFEST_TAG: Uint8Array = tagBytes("rialto/snapshot/1");

export interface SnapshotManifest {
  readonly checkpoint: Checkpoint;
  readonly contentBytes: number;
  /** SHA-256 of each chunk, in their order. */
  readonly chunks: readonly Uint8Array[];
}

/** How many chunks a content of so many bytes has, all but the last of which are of `size` bytes. */
export function chunkCount(contentBytes: number, size: number): number {
  return Math.ceil(contentBytes / size);
}

/** Bytes of the chunk at `index` of a content. */
export function chunkBytes(contentBytes: number, index: number, size: number): number {
  return Math.min(size, contentBytes - index * size);
}

export function encodeManifest({ checkpoint, contentBytes, chunks }: SnapshotManifest): Uint8Array {
  const writer = new ByteWriter(HEAD_BYTES + chunks.length * DIGEST_BYTES).u16(VERSION);
  writer.raw(encodeCheckpoint(checkpoint)).u64(contentBytes);
  for (const digest of chunks) writer.raw(digest);
  return writer.bytes;
}

/** Reads a manifest from hostile bytes; undefined for what is none of chunks of this size. Its checkpoint is not judged here. */
export function parseManifest(bytes: Uint8Array, size: number): SnapshotManifest | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const checkpoint = readCheckpoint(reader);
  const contentBytes = reader.u64();
  const count = chunkCount(contentBytes, size);
  const isSized = contentBytes > 0 && count <= CHUNKS_MAX;
  if (reader.failed || version !== VERSION || !isSized) return undefined;
  const chunks = Array.from({ length: count }, () => reader.raw(DIGEST_BYTES));
  return reader.isDone ? { checkpoint, contentBytes, chunks } : undefined;
}

/** What names a manifest: members that offer the same name have the same snapshot. */
export function computeManifestDigest(manifest: Uint8Array, hash: HashFunction): Uint8Array {
  return hashParts(hash, MANIFEST_TAG, manifest);
}

/** A manifest with the certificate of its checkpoint, as it travels and lies on disk. */
export interface CertifiedManifest {
  readonly manifest: SnapshotManifest;
  readonly certificate: Certificate;
  /** Of the manifest alone. */
  readonly digest: Uint8Array;
}

/** `manifestBytes u32 | manifest | certificate` */
export function encodeCertifiedManifest(
  manifest: SnapshotManifest,
  certificate: Certificate,
): Uint8Array {
  const bytes = encodeManifest(manifest);
  const length = new ByteWriter(4).u32(bytes.length).bytes;
  return concatBytes(length, bytes, encodeCertificate(certificate));
}

export interface ManifestChecks {
  readonly hash: HashFunction;
  /** Bytes of a chunk, the same for all members: CHUNK_BYTES is the most. */
  readonly chunkBytes: number;
  /** What certificates of an epoch are judged by; undefined for one that nothing leads to from the genesis. */
  readonly checksOf: (epoch: number) => CertificateChecks | undefined;
}

/**
 * Reads a manifest with its certificate from hostile bytes, and checks that a quorum has signed its checkpoint.
 *
 * Returns  undefined for anything else.
 */
export function openCertifiedManifest(
  bytes: Uint8Array,
  { hash, chunkBytes: size, checksOf }: ManifestChecks,
): CertifiedManifest | undefined {
  const reader = new ByteReader(bytes);
  const part = reader.raw(reader.u32());
  const manifest = reader.failed ? undefined : parseManifest(part, size);
  if (manifest === undefined) return undefined;
  const checks = checksOf(manifest.checkpoint.epoch);
  const certificate = parseCertificate(bytes.subarray(reader.at));
  if (checks === undefined || certificate instanceof Fault) return undefined;
  if (checkCertificate(certificate, checks) instanceof Fault) return undefined;
  const signed = encodeCheckpoint(certificate.checkpoint);
  if (!equalBytes(signed, encodeCheckpoint(manifest.checkpoint))) return undefined;
  return { manifest, certificate, digest: computeManifestDigest(part, hash) };
}
