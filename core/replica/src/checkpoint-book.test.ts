import { Fault } from "@rialto/base";
import {
  checkCertificate,
  type Checkpoint,
  checkpointSignMessage,
  encodeCertificate,
  parseCertificate,
} from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { CheckpointBook, type CheckpointOutcome } from "./checkpoint-book.ts";
import { smallCommittee, smallSign, smallVerify } from "./testing/small-replica.ts";

const committee = smallCommittee(4);

function checkpointOf(commitIndex: number, state = 0): Checkpoint {
  return {
    chainId: committee.chainId,
    epoch: committee.epoch,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex,
    commitDigest: testHash(Uint8Array.of(1, commitIndex)),
    resultsRoot: testHash(Uint8Array.of(2, commitIndex)),
    stateRoot: testHash(Uint8Array.of(3, commitIndex, state)),
    tsMs: 5,
  };
}

function vote(
  book: CheckpointBook,
  author: number,
  checkpoint: Checkpoint,
): CheckpointOutcome | undefined {
  const signature = smallSign(author)(checkpointSignMessage(checkpoint));
  return book.note(author, checkpoint, signature, author === 0);
}

test("a quorum of the same votes, our own among them, is a certificate that others can check", () => {
  const book = new CheckpointBook(committee);
  expect(vote(book, 1, checkpointOf(1))).toBeUndefined();
  expect(vote(book, 2, checkpointOf(1))).toBeUndefined();
  expect(vote(book, 2, checkpointOf(1))).toBeUndefined();
  const outcome = vote(book, 0, checkpointOf(1));
  if (outcome?.kind !== "certified") throw new Error("three of four certify");
  expect(checkCertificate(outcome.certificate, committee, smallVerify)).toBeUndefined();
  expect(parseCertificate(encodeCertificate(outcome.certificate))).toEqual(outcome.certificate);
  expect(book.unanswered).toBeUndefined();
  expect(vote(book, 3, checkpointOf(1))).toBeUndefined();
});

test("one other vote is no reason to stop, two are", () => {
  const book = new CheckpointBook(committee);
  vote(book, 0, checkpointOf(1));
  expect(vote(book, 1, checkpointOf(1, 9))).toBeUndefined();
  expect(vote(book, 2, checkpointOf(1, 9))).toMatchObject({ kind: "diverged", authors: [1, 2] });
});

test("votes far ahead take bounded room and the nearest are kept", () => {
  const book = new CheckpointBook(committee);
  for (let index = 1_000; index > 1; index--) vote(book, 1, checkpointOf(index));
  vote(book, 2, checkpointOf(2));
  expect(vote(book, 0, checkpointOf(2))).toMatchObject({ kind: "certified" });
});

test("a certificate of too few, of strangers, out of order or of another state is refused", () => {
  const checkpoint = checkpointOf(1);
  const sign = (author: number) => ({
    author,
    signature: smallSign(author)(checkpointSignMessage(checkpoint)),
  });
  const good = { checkpoint, signatures: [0, 1, 2].map(sign) };
  expect(checkCertificate(good, committee, smallVerify)).toBeUndefined();
  const bad = [
    { ...good, signatures: [0, 1].map(sign) },
    { ...good, signatures: [0, 1, 1].map(sign) },
    { ...good, signatures: [1, 0, 2].map(sign) },
    { ...good, signatures: [0, 1, 7].map(sign) },
    { ...good, checkpoint: { ...checkpoint, stateRoot: testHash(Uint8Array.of(8)) } },
    { ...good, checkpoint: { ...checkpoint, epoch: 2 } },
    { ...good, signatures: [sign(0), sign(1), { author: 2, signature: sign(1).signature }] },
  ];
  for (const each of bad)
    expect(checkCertificate(each, committee, smallVerify)).toBeInstanceOf(Fault);
});
