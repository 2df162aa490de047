import { assert, encodeHex, equalBytes, Fault } from "@rialto/base";
import type { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type Checkpoint, encodeCheckpoint } from "./checkpoint.ts";
import {
  checkCommittee,
  type Committee,
  type CommitteeConfig,
  createCommittee,
  QUANTUM_KEY_BYTES,
  type CommitteeMember,
} from "./committee.ts";
import { concatBytes, DIGEST_BYTES, type HashFunction, tagBytes } from "./hash.ts";
import { MEMBERS_MAX } from "./limits.ts";
import {
  checkVoteThreshold,
  type CommitteeFaultDetail,
  Profile,
  type Thresholds,
} from "./quorum.ts";

// Who an epoch's members are and where they are reached: all that makes its committee but the seed, which only the end
// of the epoch before gives.
//
//   chainId 32 | epoch u64 | profile u8 | gcDepth u16 | leadersPerRound u16 | voteThreshold u32 | count u16 | members
//   member:  publicKey 32 | linkKey 32 | weight u64 | addressBytes u8, address | quantumKeyBytes u16, quantumKey
//
// Where the roster before is known, quantumKeyBytes 65535 stands for the key that the member with that publicKey had.

const ROSTER_TAG: Uint8Array = tagBytes("rialto/roster/1");
const SEED_TAG: Uint8Array = tagBytes("rialto/epoch-seed/2");
const LINK_KEY_BYTES = 32;
const HEAD_BYTES = 51;
const MEMBER_BYTES = 75;
const ADDRESS_BYTES_MAX = 255;
const AS_BEFORE = 0xffff;
const ADDRESS = /^tcp:\/\/(?:\[[\da-f:.]+\]|[\w.-]+):(\d{1,5})$/i;
const PORT_MAX = 0xffff;

/** A member as the others count it, and as they reach it. */
export interface RosterMember extends CommitteeMember {
  /** X25519, 32 bytes. It names the process behind a member: signing keys change, and it stays. */
  readonly linkKey: Uint8Array;
  /** Such as tcp://10.0.0.1:5000; printable ASCII. */
  readonly address: string;
}

export interface Roster {
  readonly chainId: Uint8Array;
  readonly epoch: number;
  readonly profile: Profile;
  readonly gcDepth: number;
  readonly leadersPerRound: number;
  /** An assertion about the quorum, in millionths of the weight. */
  readonly voteThresholdPpm: number;
  /** In the order of their author numbers. */
  readonly members: readonly RosterMember[];
}

/** The canonical bytes of a roster. With `before`, keys that are still the same are left out. */
export function encodeRoster(roster: Roster, before?: Roster): Uint8Array {
  const quantumKeys = roster.members.map(({ publicKey, quantumKey }) => {
    const isSame = quantumKey !== undefined && isQuantumKey(before, publicKey, quantumKey);
    return isSame ? AS_BEFORE : (quantumKey ?? new Uint8Array(0));
  });
  const size = roster.members.reduce((sum, { address }, author) => {
    const key = quantumKeys[author]!;
    return sum + MEMBER_BYTES + address.length + (key === AS_BEFORE ? 0 : key.length);
  }, HEAD_BYTES);
  const writer = new ByteWriter(size).raw(roster.chainId).u64(roster.epoch).u8(roster.profile);
  writer.u16(roster.gcDepth).u16(roster.leadersPerRound).u32(roster.voteThresholdPpm);
  writer.u16(roster.members.length);
  for (const [author, { publicKey, linkKey, weight, address }] of roster.members.entries()) {
    writer.raw(publicKey).raw(linkKey).u64(weight);
    writer.u8(address.length).raw(asciiBytes(address));
    const key = quantumKeys[author]!;
    if (key === AS_BEFORE) writer.u16(AS_BEFORE);
    else writer.u16(key.length).raw(key);
  }
  assert(writer.at === size, "a roster has the size that was counted");
  return writer.bytes;
}

function isQuantumKey(before: Roster | undefined, publicKey: Uint8Array, key: Uint8Array): boolean {
  const known = before && findMember(before, publicKey)?.quantumKey;
  return known !== undefined && equalBytes(known, key);
}

/** Reads a roster from hostile bytes; the caller looks at `reader.failed`. Undefined where a field makes no sense. */
export function readRoster(reader: ByteReader, before?: Roster): Roster | undefined {
  const head = {
    chainId: reader.raw(DIGEST_BYTES),
    epoch: reader.u64(),
    profile: reader.u8() as Profile,
    gcDepth: reader.u16(),
    leadersPerRound: reader.u16(),
    voteThresholdPpm: reader.u32(),
  };
  const members: RosterMember[] = [];
  for (let left = reader.count16(MEMBERS_MAX); left > 0 && !reader.failed; left--) {
    const publicKey = reader.raw(32);
    const linkKey = reader.raw(LINK_KEY_BYTES);
    const weight = reader.u64();
    const address = asciiText(reader.raw(reader.u8()));
    const quantumBytes = reader.u16();
    let quantumKey = before && findMember(before, publicKey)?.quantumKey;
    if (quantumBytes === AS_BEFORE) {
      if (quantumKey === undefined) return undefined;
    } else if (![0, QUANTUM_KEY_BYTES].includes(quantumBytes)) return undefined;
    else quantumKey = quantumBytes === 0 ? undefined : reader.raw(quantumBytes);
    const key = quantumKey === undefined ? {} : { quantumKey };
    members.push({ publicKey, linkKey, weight, address, ...key });
  }
  return { ...head, members };
}

/** What names a roster. It is over the whole form, whatever was left out on the way. */
export function rosterDigest(roster: Roster, hash: HashFunction): Uint8Array {
  return hash(concatBytes(ROSTER_TAG, encodeRoster(roster)));
}

function findMember(roster: Roster, publicKey: Uint8Array): RosterMember | undefined {
  return roster.members.find((member) => equalBytes(member.publicKey, publicKey));
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/**
 * The committee of a roster.
 *
 * Errors   COMMITTEE_INVALID, VOTE_THRESHOLD_UNSAFE, returned.
 */
export function rosterCommittee(
  roster: Roster,
  epochSeed: Uint8Array,
  hash: HashFunction,
): Committee | Fault<CommitteeFaultDetail> {
  const thresholds = checkRoster(roster);
  if (thresholds instanceof Fault) return thresholds;
  return createCommittee(committeeConfigOf(roster, epochSeed), hash);
}

/** The thresholds of a roster's committee, whatever its seed. Errors: those of `rosterCommittee`, returned. */
function checkRoster(roster: Roster): Thresholds | Fault<CommitteeFaultDetail> {
  const problem = problemOf(roster);
  if (problem !== undefined) {
    return new Fault({ code: "COMMITTEE_INVALID", problem }, "fatal", `the committee: ${problem}`);
  }
  const thresholds = checkCommittee(committeeConfigOf(roster, roster.chainId));
  if (thresholds instanceof Fault) return thresholds;
  return checkVoteThreshold(roster.voteThresholdPpm / 1_000_000, thresholds) ?? thresholds;
}

function committeeConfigOf(roster: Roster, epochSeed: Uint8Array): CommitteeConfig {
  const { chainId, epoch, profile, gcDepth, leadersPerRound } = roster;
  const members = roster.members.map(({ publicKey, quantumKey, weight }) => ({
    publicKey,
    ...(quantumKey === undefined ? {} : { quantumKey }),
    weight,
  }));
  return { chainId, epoch, profile, members, gcDepth, leadersPerRound, epochSeed };
}

/** Whether others could reach a member there: tcp://10.0.0.1:5000, tcp://[fe80::1]:5000. */
export function isMemberAddress(address: string): boolean {
  const [, port] = ADDRESS.exec(address) ?? [];
  return port !== undefined && Number(port) <= PORT_MAX && address.length <= ADDRESS_BYTES_MAX;
}

function problemOf({ members }: Roster): string | undefined {
  // Who signs for two members must not count as two in a quorum.
  for (const name of ["publicKey", "linkKey", "quantumKey"] as const) {
    const keys = members.flatMap(({ [name]: key }) => (key === undefined ? [] : [encodeHex(key)]));
    if (new Set(keys).size !== keys.length) return `two members have the same ${name}`;
  }
  const lost = members.findIndex(({ address }) => !isMemberAddress(address));
  return lost < 0 ? undefined : `the address of member ${lost} is not like tcp://10.0.0.1:5000`;
}

/** The seed of the epoch after one that a checkpoint has closed: known to nobody before. */
export function nextEpochSeed(closing: Checkpoint, hash: HashFunction): Uint8Array {
  return hash(concatBytes(SEED_TAG, encodeCheckpoint(closing)));
}

/**
 * What is wrong with a roster as what follows on another; undefined where nothing is. A function of both alone: all
 * members answer alike.
 *
 * Source   docs/protocol/consensus.md §12.
 */
export function findSuccessionProblem(next: Roster, before: Roster): string | undefined {
  if (!equalBytes(next.chainId, before.chainId)) return "it is of another chain";
  if (next.epoch !== before.epoch + 1)
    return `it is of epoch ${next.epoch}, not ${before.epoch + 1}`;
  // Rounds below which nothing is committed are not for an epoch to change.
  if (next.gcDepth !== before.gcDepth) return "it has another gcDepth";
  const profiles: readonly Profile[] = [Profile.Crash, Profile.Byzantine, before.profile];
  if (!profiles.includes(next.profile)) return `profile ${next.profile} is none that it may have`;
  const thresholds = checkRoster(next);
  if (thresholds instanceof Fault) return thresholds.message;
  const { silent, total, quorum } = thresholds;
  const newcomers = next.members.filter(({ linkKey }) => !isReached(before, linkKey));
  const weight = newcomers.reduce((sum, each) => sum + each.weight, 0);
  if (weight <= silent) return undefined;
  // They have to catch up first: until then the others must be a quorum.
  return `those who are new have ${weight} of ${total}, and the others must be ${quorum}: add fewer at once`;
}

function isReached(roster: Roster, linkKey: Uint8Array): boolean {
  return roster.members.some((member) => equalBytes(member.linkKey, linkKey));
}
