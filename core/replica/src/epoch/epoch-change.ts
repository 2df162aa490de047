import { setSafeU64, viewOf } from "@rialto/base";
import {
  AuthorSet,
  ByteReader,
  ByteWriter,
  type CheckpointSignature,
  type Committee,
  concatBytes,
  encodeRoster,
  findSuccessionProblem,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  type HashFunction,
  readRoster,
  type Roster,
  rosterDigest,
  SIGNATURE_BYTES,
  tagBytes,
  MEMBERS_MAX,
} from "@rialto/consensus";

// The command that ends an epoch: who the members of the next one are, signed by a quorum of the present ones. It stands in
// the total order as a frame among frames.
//
//   0           8       24     25    28             36
//   +-----------+-------+------+-----+--------------+----------------+--------+-----------+-------------------------+
//   | expiresMs | nonce | kind | 0   | validUntilMs | rosterBytes u32| roster | count u16 | author u16, signature 64 |
//   | u64       | 16    | = 3  | * 3 | u64          |                |        |           | * count, ascending       |
//   +-----------+-------+------+-----+--------------+----------------+--------+-----------+-------------------------+
//
// What is signed: tag, validUntilMs, the digest of the roster, which names chain and epoch. A submission's own expiry and nonce
// are not: whoever holds the signatures may try again until validUntilMs.

const KIND_AT: number = FRAME_HEAD_BYTES + 16;
const BODY_AT: number = KIND_AT + 4;
const KIND_EPOCH_CHANGE = 3;
/** Bytes of a change's body. */
export const EPOCH_CHANGE_BYTES_MAX: number = FRAME_BYTES_MAX - BODY_AT;
const SIGN_TAG: Uint8Array = tagBytes("rialto/epoch-change/1");

/** Who shall be the members of the next epoch, and who of the present ones wants it. */
export interface EpochChange {
  /** Commit time in ms from which it changes nothing any more. */
  readonly validUntilMs: number;
  readonly roster: Roster;
  /** Ed25519 over `epochChangeMessage`, ascending by author. */
  readonly signatures: readonly CheckpointSignature[];
}

/** The members of an epoch, in all their forms. */
export interface Epoch {
  readonly committee: Committee;
  readonly roster: Roster;
}

/** What judging a change needs of the outside. */
export interface EpochRules {
  readonly hash: HashFunction;
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

/** True for the bytes of a frame that says it is an epoch change. */
export function isEpochChange(frame: Uint8Array): boolean {
  return frame.length > BODY_AT && frame[KIND_AT] === KIND_EPOCH_CHANGE;
}

/** What a member signs to want a change. */
export function epochChangeMessage(
  { validUntilMs, roster }: Pick<EpochChange, "validUntilMs" | "roster">,
  hash: HashFunction,
): Uint8Array {
  const until = new ByteWriter(8).u64(validUntilMs).bytes;
  return concatBytes(SIGN_TAG, until, rosterDigest(roster, hash));
}

/**
 * The body of a change, as members hand it around to be signed. `before` is the roster of the epoch that it ends.
 *
 * Returns  undefined where it is longer than a frame may be.
 */
export function encodeEpochChange(change: EpochChange, before: Roster): Uint8Array | undefined {
  const roster = encodeRoster(change.roster, before);
  const { signatures } = change;
  const size = 12 + roster.length + 2 + signatures.length * (2 + SIGNATURE_BYTES);
  if (size > EPOCH_CHANGE_BYTES_MAX) return undefined;
  const body = new ByteWriter(size).u64(change.validUntilMs);
  body.u32(roster.length).raw(roster).u16(signatures.length);
  for (const { author, signature } of signatures) body.u16(author).raw(signature);
  return body.bytes;
}

/** A change as a frame. */
export function epochChangeFrame(
  body: Uint8Array,
  submission: { readonly expiresMs: number; readonly nonce: Uint8Array },
): Uint8Array {
  const bytes = new Uint8Array(BODY_AT + body.length);
  setSafeU64(viewOf(bytes), 0, submission.expiresMs);
  bytes.set(submission.nonce, FRAME_HEAD_BYTES);
  bytes[KIND_AT] = KIND_EPOCH_CHANGE;
  bytes.set(body, BODY_AT);
  return bytes;
}

/** Reads a change from hostile bytes; undefined where it is none. Whether it may be made is not judged here. */
export function parseEpochChange(frame: Uint8Array, before: Roster): EpochChange | undefined {
  if (!isEpochChange(frame) || frame.subarray(KIND_AT + 1, BODY_AT).some((byte) => byte !== 0)) {
    return undefined;
  }
  return parseChangeBody(frame.subarray(BODY_AT), before);
}

/** The same of a body alone. */
export function parseChangeBody(body: Uint8Array, before: Roster): EpochChange | undefined {
  const reader = new ByteReader(body);
  const validUntilMs = reader.u64();
  const rosterReader = new ByteReader(reader.raw(reader.count32(FRAME_BYTES_MAX)));
  const roster = readRoster(rosterReader, before);
  const signatures: CheckpointSignature[] = [];
  for (let left = reader.count16(MEMBERS_MAX); left > 0 && !reader.failed; left--) {
    signatures.push({ author: reader.u16(), signature: reader.raw(SIGNATURE_BYTES) });
  }
  if (roster === undefined || !rosterReader.isDone || !reader.isDone) return undefined;
  return { validUntilMs, roster, signatures };
}

/** The same of a frame that says it is a change: what makes a block that holds it invalid where some may lie. */
export function findChangeFrameProblem(
  frame: Uint8Array,
  before: Epoch,
  rules: EpochRules,
): string | undefined {
  const change = parseEpochChange(frame, before.roster);
  if (change === undefined) return "it is no epoch change of this epoch";
  return findEpochChangeProblem(change, before, rules);
}

/**
 * Why a change may not be made at the end of an epoch; undefined where it may. A function of both alone: all members agree
 * on it, and in a committee where some may lie it is a part of a block's validity.
 *
 * Source   docs/protocol/consensus.md §12.
 */
export function findEpochChangeProblem(
  { roster, validUntilMs, signatures }: EpochChange,
  before: Epoch,
  { hash, verify }: EpochRules,
): string | undefined {
  const problem = findSuccessionProblem(roster, before.roster);
  if (problem !== undefined) return problem;
  const { members, weights, thresholds } = before.committee;
  const message = epochChangeMessage({ validUntilMs, roster }, hash);
  const signers = new AuthorSet(weights);
  let last = -1;
  for (const { author, signature } of signatures) {
    if (author <= last || author >= weights.length) return "its signers are not members in order";
    if (!verify(members[author]!.publicKey, message, signature)) {
      return `the signature of member ${author} does not hold`;
    }
    signers.add(author);
    last = author;
  }
  const { quorum, total } = thresholds;
  if (signers.weight >= quorum) return undefined;
  return `${signers.weight} of ${total} have signed it, ${quorum} must`;
}
