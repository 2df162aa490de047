import { createPrng, Fault } from "@rialto/base";
import {
  type Checkpoint,
  CHECKPOINT_BYTES,
  checkpointSignMessage,
  NO_DIGEST,
  Profile,
} from "@rialto/consensus";
import { createTestCommittee, equalWeights, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import {
  encodeCheckpointVote,
  encodeEpochQuery,
  encodeFetchBlocks,
  encodeFetchRounds,
  encodeOwnAnswer,
  encodeOwnQuery,
  encodeRejoinAnswer,
  encodeRejoinQuery,
  encodeStatus,
  FETCH_REFS_MAX,
  MessageKind,
  readPeerMessage,
} from "./messages.ts";
import {
  createSmallReplica,
  NOW_MS,
  smallQuantumSign,
  smallSign,
  smallVerify,
} from "./testing/small-replica.ts";

const committee = createTestCommittee({
  profile: Profile.Byzantine,
  weights: equalWeights(4),
  quantumAuthors: [1],
});
const checks = {
  committee,
  hash: testHash,
  verify: smallVerify,
  verifyQuantum: (author: number, message: Uint8Array, signature: Uint8Array) =>
    Buffer.compare(smallQuantumSign(author)(message), signature) === 0,
};
const PLAIN_VOTE_BYTES = 1 + CHECKPOINT_BYTES + 64;

function checkpoint3(): Checkpoint {
  return {
    chainId: committee.chainId,
    epoch: committee.epoch,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex: 3,
    commitDigest: NO_DIGEST,
    resultsRoot: NO_DIGEST,
    nextRoster: NO_DIGEST,
    stateRoot: NO_DIGEST,
    tsMs: 5,
  };
}

function voteOf(author: number, isQuantum: boolean): Uint8Array {
  const checkpoint = checkpoint3();
  const message = checkpointSignMessage(checkpoint);
  const quantumSignature = isQuantum ? smallQuantumSign(author)(message) : undefined;
  return encodeCheckpointVote({
    checkpoint,
    signature: smallSign(author)(message),
    quantumSignature,
  });
}

const refOf = (round: number) => ({ round, author: 1, digest: testHash(Uint8Array.of(round)) });

/** One message of each kind, as a member sends them. */
function examples(): Uint8Array[] {
  const { replica, outbox } = createSmallReplica(committee, 1);
  replica.step({ kind: "tick", nowMs: NOW_MS }, outbox);
  const sent = outbox.take().flatMap((each) => (each.kind === "send" ? [each.message] : []));
  const block = sent.find((message) => message[0] === MessageKind.Block)!;
  return [
    block,
    encodeFetchBlocks(1, [refOf(1), refOf(2)]),
    encodeFetchRounds(1, 5, 64),
    encodeStatus(1, { quorumRound: 3, decidedRound: 1, commitIndex: 1 }),
    voteOf(1, false),
    voteOf(1, true),
    encodeRejoinQuery(1, 12),
    encodeRejoinAnswer(1, 12, undefined),
    encodeRejoinAnswer(1, 12, { bytes: block.subarray(1) }),
    encodeEpochQuery(1),
    encodeOwnQuery(1, 12),
    encodeOwnAnswer({ epoch: 1, nonce: 12, quorumRound: 3, newest: undefined }),
    encodeOwnAnswer({
      epoch: 1,
      nonce: 12,
      quorumRound: 3,
      newest: { bytes: block.subarray(1) },
    }),
  ];
}

test("every message is read as it was written", () => {
  const kinds = examples().map((bytes) => {
    const message = readPeerMessage(1, bytes, checks);
    if (message instanceof Fault) throw message;
    return message.kind;
  });
  expect(kinds).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 7, 15, 16, 17, 17]);
});

test("no cut, no byte too many and no flipped bit of a message does more than be refused or be another message", () => {
  const prng = createPrng(1);
  for (const bytes of examples()) {
    for (let length = 0; length < bytes.length; length++) {
      const message = readPeerMessage(1, bytes.subarray(0, length), checks);
      const isShorterAnswer =
        (bytes[0] === MessageKind.RejoinAnswer && length === 13) ||
        (bytes[0] === MessageKind.OwnAnswer && length === 17);
      const isPlainVote = bytes[0] === MessageKind.CheckpointVote && length === PLAIN_VOTE_BYTES;
      expect(message instanceof Fault).toBe(!isShorterAnswer && !isPlainVote);
    }
    expect(readPeerMessage(1, Uint8Array.of(...bytes, 0), checks)).toBeInstanceOf(Fault);
    for (let time = 0; time < 500; time++) {
      const flipped = Uint8Array.from(bytes);
      flipped[prng.below(bytes.length)]! ^= 1 << prng.below(8);
      const message = readPeerMessage(1, flipped, checks);
      // What is signed stands or falls with every bit.
      expect(message instanceof Fault || message.kind !== MessageKind.Block).toBe(true);
    }
  }
});

test("random bytes of any kind are refused without an exception", () => {
  const prng = createPrng(2);
  for (let time = 0; time < 30_000; time++) {
    const bytes = Uint8Array.from({ length: prng.below(300) }, () => prng.below(256));
    if (bytes.length > 0) bytes[0] = prng.below(MessageKind.OwnAnswer + 2);
    readPeerMessage(prng.below(4), bytes, checks);
  }
  const tooMany = encodeFetchBlocks(
    1,
    Array.from({ length: FETCH_REFS_MAX + 1 }, (_, at) => refOf(at)),
  );
  expect(readPeerMessage(1, tooMany, checks)).toBeInstanceOf(Fault);
});

test("an answer to a rejoining member must carry the sender's own block", () => {
  const [block] = examples();
  const answer = encodeRejoinAnswer(1, 12, { bytes: block!.subarray(1) });
  let verifiedCount = 0;
  const verify: typeof smallVerify = (...signed) => {
    verifiedCount++;
    return smallVerify(...signed);
  };
  expect(readPeerMessage(1, answer, { ...checks, verify })).not.toBeInstanceOf(Fault);
  expect(verifiedCount).toBe(1);
  // Whose block it is stands at the beginning: its signature, and those of thousands of frames, are not looked at.
  const other = readPeerMessage(2, answer, { ...checks, verify });
  expect(other).toMatchObject({ detail: { code: "MESSAGE_MALFORMED" } });
  expect(verifiedCount).toBe(1);
});

test("a vote is refused whose quantum signature is wrong, or of a member without a key for it", () => {
  const wrong = voteOf(1, true);
  wrong[wrong.length - 1]! ^= 1;
  expect(readPeerMessage(1, wrong, checks)).toMatchObject({ detail: { code: "MESSAGE_UNSIGNED" } });
  expect(readPeerMessage(2, voteOf(2, true), checks)).toMatchObject({
    detail: { code: "MESSAGE_MALFORMED" },
  });
  const { verifyQuantum: _, ...blind } = checks;
  expect(readPeerMessage(1, voteOf(1, true), blind)).toBeInstanceOf(Fault);
});
