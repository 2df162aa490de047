import { hash } from "node:crypto";
import { assert, equalBytes, getSafeU64, setSafeU64, viewOf } from "@rialto/base";

/*
 * The file of a signing guard: two sectors of 4 KiB, written alternately and in place.
 *
 *   0        4        8                 16                       48
 *   +--------+--------+-----------------+------------------------+
 *   | magic  | version| number          | scope                  |
 *   +--------+--------+-----------------+------------------------+
 *   48                56                64                       96                      128
 *   +-----------------+-----------------+------------------------+------------------------+
 *   | epoch           | round           | digest                 | SHA-256 of the 96      |
 *   +-----------------+-----------------+------------------------+------------------------+
 *   128                                                                                  4096
 *   +------------------------------------------------------------------------------------+
 *   | zeros                                                                              |
 *   +------------------------------------------------------------------------------------+
 *
 * All that counts lies in the first 512 bytes, which a disk writes whole or not at all (decision 002). So a crash never
 * leaves a sector that does not check: one that does not is damage. Sector `number % 2` holds write `number`, and the
 * numbers of the two are neighbours: a write that the disk lost shows as well.
 */
export const GUARD_SECTOR_BYTES = 4_096;
export const GUARD_FILE_BYTES: number = 2 * GUARD_SECTOR_BYTES;
const MAGIC = 0x4447_4952; // "RIGD"
const SEAL_DOMAIN: Uint8Array = Buffer.from("rialto/signing-guard/1\0");
const VERSION = 1;
const SEALED_BYTES = 96;
const RECORD_BYTES = 128;
/** What a seal is of: the domain, and in turn what each sector begins with. */
const sealed = Buffer.concat([SEAL_DOMAIN], SEAL_DOMAIN.length + SEALED_BYTES);

/** The place of something signed: nothing else is ever signed there, or before it. */
export interface GuardMark {
  readonly epoch: number;
  readonly round: number;
  /** 32 bytes: digest of what was signed; zeros where nothing was, and the mark is a floor. */
  readonly digest: Uint8Array;
}

export interface GuardRecord {
  /** Counts the writes of this guard from 0 on. */
  readonly number: number;
  /** 32 bytes: what the guard is for, the hash of a purpose and a signing key. Whatever chains that key signs for share their places. */
  readonly scope: Uint8Array;
  readonly mark: GuardMark;
}

/** A record as a whole sector, written over `bytes`: zeros, or another record's sector. */
export function encodeGuardSector(
  { number, scope, mark }: GuardRecord,
  bytes: Uint8Array = new Uint8Array(GUARD_SECTOR_BYTES),
): Uint8Array {
  assert(scope.length === 32 && mark.digest.length === 32, "scope and digest have 32 bytes");
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  setSafeU64(view, 8, number);
  bytes.set(scope, 16);
  setSafeU64(view, 48, mark.epoch);
  setSafeU64(view, 56, mark.round);
  bytes.set(mark.digest, 64);
  bytes.set(sealOf(bytes), SEALED_BYTES);
  return bytes;
}

/** The record in a sector, `{ version }` of another release's, or undefined where the sector does not check. */
export function parseGuardSector(
  bytes: Uint8Array,
): GuardRecord | { readonly version: number } | undefined {
  if (bytes.length !== GUARD_SECTOR_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  if (!equalBytes(sealOf(bytes), bytes.subarray(SEALED_BYTES, RECORD_BYTES))) return undefined;
  const version = view.getUint32(4, true);
  if (version !== VERSION) return { version };
  if (bytes.subarray(RECORD_BYTES).some((byte) => byte !== 0)) return undefined;
  // A record that was sealed by us holds safe integers; the seal has just been checked.
  return {
    number: getSafeU64(view, 8),
    scope: new Uint8Array(bytes.subarray(16, 48)),
    mark: {
      epoch: getSafeU64(view, 48),
      round: getSafeU64(view, 56),
      digest: new Uint8Array(bytes.subarray(64, 96)),
    },
  };
}

/** What a guard's file says: the newest record that checks, and why it is not to be relied on, if so. */
export interface FoundGuard {
  readonly newest: GuardRecord | undefined;
  /** Any damage at all: then it is not known what was signed. */
  readonly reason: string | undefined;
}

/**
 * Judges a guard's file: the one rule, for the disk and for a simulated one.
 *
 * Shape    `bytes` is the whole file, or its first GUARD_FILE_BYTES + 1 bytes.
 * Returns  the version of another release, or "foreign" where it guards something else than `scope`.
 * Source   docs/decisions/011-signing.md: damage is amnesia.
 */
export function judgeGuard(
  bytes: Uint8Array,
  scope: Uint8Array,
): FoundGuard | { readonly version: number } | "foreign" {
  const size = bytes.length;
  const records: GuardRecord[] = [];
  let reason = size === GUARD_FILE_BYTES ? undefined : `it has ${size} bytes`;
  for (const index of [0, 1]) {
    const begin = index * GUARD_SECTOR_BYTES;
    const parsed = parseGuardSector(bytes.subarray(begin, begin + GUARD_SECTOR_BYTES));
    if (parsed === undefined) reason ??= `sector ${index} is damaged`;
    else if ("version" in parsed) return parsed;
    else if (!equalBytes(parsed.scope, scope)) return "foreign";
    else {
      if (parsed.number % 2 !== index) reason ??= `sector ${index} holds another one's record`;
      records.push(parsed);
    }
  }
  records.sort((left, right) => left.number - right.number);
  const [older, newest] = records.length === 2 ? records : [undefined, records[0]];
  if (older !== undefined && older.number !== newest!.number - 1) {
    reason ??= `a write is missing between ${older.number} and ${newest!.number}`;
  }
  return { newest, reason };
}

/** Negative, 0 or positive as the place of `left` is before, at or after that of `right`. */
export function compareMarks(
  left: Pick<GuardMark, "epoch" | "round">,
  right: Pick<GuardMark, "epoch" | "round">,
): number {
  return left.epoch - right.epoch || left.round - right.round;
}

function sealOf(bytes: Uint8Array): Uint8Array {
  sealed.set(bytes.subarray(0, SEALED_BYTES), SEAL_DOMAIN.length);
  return Buffer.from(hash("sha256", sealed, "binary"), "binary");
}
