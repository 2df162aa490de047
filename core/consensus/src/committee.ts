import { assert, Fault } from "@rialto/base";
import { isStrictPublicKey, SIGNATURE_SIZES } from "@rialto/crypto";
import { ByteWriter } from "./byte-writer.ts";
import { compareDigests, concatBytes, DIGEST_BYTES, type HashFunction, tagBytes } from "./hash.ts";
import { GC_DEPTH_MAX, LEADER_TURNS_MAX } from "./limits.ts";
import {
  type CommitteeFaultDetail,
  computeThresholds,
  type Profile,
  type Thresholds,
} from "./quorum.ts";

export const QUANTUM_KEY_BYTES: number = SIGNATURE_SIZES["ml-dsa-65"].publicKeyBytes;

/** A member as its committee counts it. */
export interface CommitteeMember {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** ML-DSA-65, 1,952 bytes: of a member that also signs checkpoints against quantum computers. */
  readonly quantumKey?: Uint8Array;
  readonly weight: number;
}

/** What all members of an epoch must agree on. Its hash is in every header and every certificate. */
export interface CommitteeConfig {
  /** 32 bytes that name the network. */
  readonly chainId: Uint8Array;
  readonly epoch: number;
  readonly profile: Profile;
  /** In the order of their author numbers. */
  readonly members: readonly CommitteeMember[];
  /** Rounds below a commit's leader that it still sweeps up. */
  readonly gcDepth: number;
  readonly leadersPerRound: number;
  /** 32 bytes that shuffle the leaders: the digest of the last checkpoint of the epoch before. */
  readonly epochSeed: Uint8Array;
}

/** A committee ready for use. */
export interface Committee extends CommitteeConfig {
  readonly hash: Uint8Array;
  readonly thresholds: Thresholds;
  readonly weights: readonly number[];
  /** Digest of each author's synthetic block of round 0. */
  readonly genesis: readonly Uint8Array[];
  /** For each round of a cycle its leaders, in the order of their places. */
  readonly leaders: readonly (readonly number[])[];
}

/**
 * Derives a committee's hash, thresholds, genesis blocks and leaders.
 *
 * Effects  pure.
 * Errors   COMMITTEE_INVALID, returned: configuration is input.
 */
export function createCommittee(
  config: CommitteeConfig,
  hash: HashFunction,
): Committee | Fault<CommitteeFaultDetail> {
  const thresholds = checkCommittee(config);
  if (thresholds instanceof Fault) return thresholds;
  const weights = weightsOf(config);
  const committeeHash = hash(committeeBytes(config));
  const genesis = weights.map((_, author) =>
    hash(concatBytes(tagBytes("rialto/genesis/1"), committeeHash, authorBytes(author))),
  );
  const derived = { ...config, hash: committeeHash, thresholds, weights, genesis };
  return withLeaderOrder(derived, shuffleLeaders(config.epochSeed, leaderTurns(weights), hash));
}

/**
 * The thresholds of what may be a committee. All that can be wrong with one is found without working out its leaders, which
 * take some 100 ms where they are many: who merely asks for members must not cost that.
 *
 * Effects  pure.
 * Errors   COMMITTEE_INVALID, returned.
 */
export function checkCommittee(config: CommitteeConfig): Thresholds | Fault<CommitteeFaultDetail> {
  const problem = problemOf(config);
  if (problem !== undefined) return invalid(problem);
  const weights = weightsOf(config);
  const thresholds = computeThresholds(config.profile, weights);
  if (thresholds instanceof Fault) return thresholds;
  const turns = leaderTurns(weights).reduce((sum, count) => sum + count, 0);
  if (turns <= LEADER_TURNS_MAX) return thresholds;
  return invalid(
    `the weights have no common measure that leaves ${LEADER_TURNS_MAX} turns or less`,
  );
}

function weightsOf({ members }: CommitteeConfig): readonly number[] {
  return members.map(({ weight }) => weight);
}

function invalid(problem: string): Fault<CommitteeFaultDetail> {
  return new Fault({ code: "COMMITTEE_INVALID", problem }, "fatal", `the committee: ${problem}`);
}

function problemOf(config: CommitteeConfig): string | undefined {
  const { chainId, epochSeed, epoch, gcDepth, leadersPerRound, members } = config;
  if (chainId.length !== DIGEST_BYTES || epochSeed.length !== DIGEST_BYTES) {
    return "chain id and epoch seed are 32 bytes";
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) return "the epoch is not a number";
  if (!Number.isInteger(gcDepth) || gcDepth < 4 || gcDepth > GC_DEPTH_MAX) {
    return `gcDepth ${gcDepth} is not 4 to ${GC_DEPTH_MAX}`;
  }
  if (!Number.isInteger(leadersPerRound) || leadersPerRound < 1) return "no leader in a round";
  if (leadersPerRound > members.length) {
    return `${leadersPerRound} leaders in a round are more than the ${members.length} members`;
  }
  if (members.some((member) => member.publicKey.length !== 32)) {
    return "a public key is not 32 bytes";
  }
  const dead = members.findIndex(({ publicKey }) => !isStrictPublicKey(publicKey));
  if (dead >= 0) return `no signature can hold under the public key of member ${dead}`;
  if (members.some(({ quantumKey }) => ![0, QUANTUM_KEY_BYTES].includes(lengthOf(quantumKey)))) {
    return `a quantum key is not ${QUANTUM_KEY_BYTES} bytes`;
  }
  return undefined;
}

function lengthOf(key: Uint8Array | undefined): number {
  return key?.length ?? 0;
}

// Committee:  "rialto/committee/1" 0 | chainId 32 | epoch u64 | profile u8 | gcDepth u16 | leadersPerRound u16
//             epochSeed 32 | count u16 | members
// Member:     publicKey 32 | weight u64 | quantumKeyBytes u16 (0 or 1952) | quantumKey

/** The canonical bytes whose hash names the committee. */
function committeeBytes(config: CommitteeConfig): Uint8Array {
  const tag = tagBytes("rialto/committee/1");
  const { members } = config;
  const quantumBytes = members.reduce((sum, each) => sum + lengthOf(each.quantumKey), 0);
  const size = tag.length + 32 + 8 + 1 + 2 + 2 + 32 + 2 + 42 * members.length + quantumBytes;
  const writer = new ByteWriter(size);
  writer.raw(tag).raw(config.chainId).u64(config.epoch).u8(config.profile);
  writer.u16(config.gcDepth).u16(config.leadersPerRound).raw(config.epochSeed);
  writer.u16(members.length);
  for (const { publicKey, weight, quantumKey } of members) {
    writer.raw(publicKey).u64(weight).u16(lengthOf(quantumKey));
    if (quantumKey !== undefined) writer.raw(quantumKey);
  }
  assert(writer.at === writer.bytes.length, "a committee's bytes have the size that was counted");
  return writer.bytes;
}

function authorBytes(author: number): Uint8Array {
  return new ByteWriter(2).u16(author).bytes;
}

/**
 * Each member leads as often as its weight says. Then members of a quorum, being more than half of the cycle, lead
 * twice in a row somewhere, and more than two thirds of it thrice: without that, slots of leaders that are gone
 * would stay undecided for ever.
 */
function shuffleLeaders(
  seed: Uint8Array,
  turns: readonly number[],
  hash: HashFunction,
): readonly number[] {
  const tag = tagBytes("rialto/leader/1");
  const tickets = turns.flatMap((count, author) =>
    Array.from({ length: count }, (_, turn) => ({
      author,
      digest: hash(concatBytes(tag, seed, authorBytes(author), authorBytes(turn))),
    })),
  );
  tickets.sort((a, b) => compareDigests(a.digest, b.digest) || a.author - b.author);
  return tickets.map((ticket) => ticket.author);
}

/** The weights divided by what they have in common: how often each member leads in a cycle. */
function leaderTurns(weights: readonly number[]): readonly number[] {
  let common = 0;
  for (const weight of weights) common = greatestCommonDivisor(common, weight);
  return weights.map((weight) => weight / common);
}

function greatestCommonDivisor(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** The same committee with another cycle of leaders. */
export function withLeaderOrder<T extends CommitteeConfig>(
  config: T,
  leaderOrder: readonly number[],
): T & Pick<Committee, "leaders"> {
  const leaders = leaderOrder.map((_, start) => {
    // The leaders of a round are distinct: a block that stood in two slots would be committed twice.
    const distinct = new Set<number>();
    for (let step = 0; distinct.size < config.leadersPerRound; step++) {
      distinct.add(leaderOrder[(start + step) % leaderOrder.length]!);
    }
    return [...distinct];
  });
  return { ...config, leaders };
}

/** The author of the `place`-th leader slot of a round. */
export function leaderOf(committee: Committee, round: number, place: number): number {
  const { leaders } = committee;
  return leaders[round % leaders.length]![place]!;
}
