import { equalBytes, viewOf } from "@rialto/base";
import { ByteReader, ByteWriter, DIGEST_BYTES, type HashFunction } from "@rialto/consensus";

// The signing guard: what this member may never sign again, in two preallocated sectors that are overwritten in
// turn and in place. A rename could be undone by a crash; a sector that was being written when the power went is
// told by its hash, and the other one still stands.
//
//   magic u32 | seq u64 | epoch u64 | round u32 | digest 32 | zeros | hash 32 (of all before)

export const GUARD_SECTOR_BYTES = 4_096;
const MAGIC = 0x4452_4147;
const HASH_AT: number = GUARD_SECTOR_BYTES - DIGEST_BYTES;

/** No own block of `round` or before, but the one with this digest, may be signed in `epoch`. */
export interface GuardMark {
  readonly epoch: number;
  readonly round: number;
  readonly digest: Uint8Array;
}

export interface GuardSector extends GuardMark {
  /** Grows by one with every write; sector `seq % 2` holds it. */
  readonly seq: number;
}

export function encodeGuardSector(sector: GuardSector, hash: HashFunction): Uint8Array {
  const writer = new ByteWriter(GUARD_SECTOR_BYTES);
  writer.u32(MAGIC).u64(sector.seq).u64(sector.epoch).u32(sector.round).raw(sector.digest);
  writer.bytes.set(hash(writer.bytes.subarray(0, HASH_AT)), HASH_AT);
  return writer.bytes;
}

/** Reads a sector; undefined where it is torn, rotten or was never written. */
export function parseGuardSector(bytes: Uint8Array, hash: HashFunction): GuardSector | undefined {
  if (bytes.length !== GUARD_SECTOR_BYTES || viewOf(bytes).getUint32(0, true) !== MAGIC) {
    return undefined;
  }
  if (!equalBytes(hash(bytes.subarray(0, HASH_AT)), bytes.subarray(HASH_AT))) return undefined;
  const reader = new ByteReader(bytes, 4);
  const sector = {
    seq: reader.u64(),
    epoch: reader.u64(),
    round: reader.u32(),
    digest: reader.raw(DIGEST_BYTES),
  };
  return reader.failed ? undefined : sector;
}

/** The newest mark that can be read, or undefined where neither sector can. */
export function readGuard(
  sectors: readonly [Uint8Array, Uint8Array],
  hash: HashFunction,
): GuardSector | undefined {
  const [even, odd] = sectors.map((bytes) => parseGuardSector(bytes, hash));
  if (even === undefined || odd === undefined) return even ?? odd;
  return even.seq > odd.seq ? even : odd;
}

/** The two sectors of a member that has never signed anything: made by the key ceremony, never by a start. */
export function blankGuard(epoch: number, hash: HashFunction): [Uint8Array, Uint8Array] {
  const digest = new Uint8Array(DIGEST_BYTES);
  const sector = (seq: number): Uint8Array =>
    encodeGuardSector({ seq, epoch, round: 0, digest }, hash);
  return [sector(0), sector(1)];
}
