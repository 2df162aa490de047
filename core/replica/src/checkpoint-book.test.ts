import { Fault } from "@rialto/base";
import {
  type Certificate,
  checkCertificate,
  type Checkpoint,
  checkpointSignMessage,
  encodeCertificate,
  FinalityLevel,
  NO_DIGEST,
  parseCertificate,
  Profile,
} from "@rialto/consensus";
import { createTestCommittee, equalWeights, testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { CheckpointBook, type CheckpointOutcome } from "./checkpoint-book.ts";
import { smallQuantumSign, smallSign, smallVerify } from "./testing/small-replica.ts";

/** The last member has no quantum key. */
const committee = createTestCommittee({
  profile: Profile.Byzantine,
  weights: equalWeights(4),
  quantumAuthors: [0, 1, 2],
});
const checks = {
  committee,
  verify: smallVerify,
  verifyQuantum: (author: number, message: Uint8Array, signature: Uint8Array) =>
    Buffer.compare(smallQuantumSign(author)(message), signature) === 0,
};

function checkpointOf(commitIndex: number, state = 0): Checkpoint {
  return {
    chainId: committee.chainId,
    epoch: committee.epoch,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex,
    commitDigest: testHash(Uint8Array.of(1, commitIndex)),
    resultsRoot: testHash(Uint8Array.of(2, commitIndex)),
    nextRoster: NO_DIGEST,
    stateRoot: testHash(Uint8Array.of(3, commitIndex, state)),
    tsMs: 5,
  };
}

function vote(
  book: CheckpointBook,
  author: number,
  checkpoint: Checkpoint,
  isQuantum = false,
): CheckpointOutcome | undefined {
  const message = checkpointSignMessage(checkpoint);
  const signature = smallSign(author)(message);
  const quantumSignature = isQuantum ? smallQuantumSign(author)(message) : undefined;
  return book.note({ author, checkpoint, signature, quantumSignature }, author === 0);
}

function certificateOf(outcome: CheckpointOutcome | undefined): Certificate {
  if (outcome?.kind !== "certified") throw new Error("there is a certificate");
  return outcome.certificate;
}

test("a quorum of the same votes, our own among them, is a certificate that others can check", () => {
  const book = new CheckpointBook(committee);
  expect(vote(book, 1, checkpointOf(1))).toBeUndefined();
  expect(vote(book, 2, checkpointOf(1))).toBeUndefined();
  expect(vote(book, 2, checkpointOf(1))).toBeUndefined();
  const certificate = certificateOf(vote(book, 0, checkpointOf(1)));
  expect(checkCertificate(certificate, checks)).toEqual({
    weight: 3,
    level: FinalityLevel.Fast,
    quantumWeight: 0,
    isQuantum: false,
  });
  expect(parseCertificate(encodeCertificate(certificate))).toEqual(certificate);
  expect(book.unanswered).toBeUndefined();
});

test("late votes make the same checkpoint's certificate worth more, once for each step", () => {
  const book = new CheckpointBook(committee);
  vote(book, 0, checkpointOf(1), true);
  vote(book, 1, checkpointOf(1), true);
  const fast = certificateOf(vote(book, 2, checkpointOf(1), true));
  expect(checkCertificate(fast, checks)).toMatchObject({
    level: FinalityLevel.Fast,
    isQuantum: true,
  });
  const economic = certificateOf(vote(book, 3, checkpointOf(1)));
  expect(checkCertificate(economic, checks)).toMatchObject({
    level: FinalityLevel.Economic,
    quantumWeight: 3,
  });
  expect(vote(book, 3, checkpointOf(1))).toBeUndefined();
});

test("only the newest certified checkpoints take late votes", () => {
  const book = new CheckpointBook(committee);
  for (let index = 1; index <= 5; index++) {
    for (const author of [0, 1, 2]) vote(book, author, checkpointOf(index));
  }
  expect(vote(book, 3, checkpointOf(1))).toBeUndefined();
  expect(vote(book, 3, checkpointOf(2))).toMatchObject({ kind: "certified" });
});

test("quantum signatures are of members with a key for it, over the same message, each of them right", () => {
  const checkpoint = checkpointOf(1);
  const message = checkpointSignMessage(checkpoint);
  const signatures = [0, 1, 2].map((author) => ({ author, signature: smallSign(author)(message) }));
  const quantum = (author: number, by = author) => ({
    author,
    signature: smallQuantumSign(by)(message),
  });
  const good = { checkpoint, signatures, quantumSignatures: [quantum(0), quantum(2)] };
  expect(checkCertificate(good, checks)).toMatchObject({ quantumWeight: 2, isQuantum: false });
  const { verifyQuantum: _, ...withoutQuantum } = checks;
  expect(checkCertificate(good, withoutQuantum)).toBeInstanceOf(Fault);
  for (const bad of [
    [quantum(2), quantum(0)],
    [quantum(0), quantum(0)],
    [quantum(0, 1)],
    [quantum(3)],
    [quantum(0), { author: 7, signature: quantum(0).signature }],
  ]) {
    const certificate = { ...good, quantumSignatures: bad };
    expect(checkCertificate(certificate, checks)).toBeInstanceOf(Fault);
  }
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

test("votes for commits that are no checkpoints take no room from the next one", () => {
  const book = new CheckpointBook(committee);
  for (let index = 1; index < 64; index++) {
    vote(book, 3, checkpointOf(index));
    vote(book, 2, checkpointOf(index + 100));
  }
  vote(book, 1, checkpointOf(64));
  vote(book, 2, checkpointOf(64));
  expect(vote(book, 0, checkpointOf(64))).toMatchObject({ kind: "certified" });
});

test("what was said of commits that turned out to be no checkpoints is forgotten", () => {
  const book = new CheckpointBook(committee);
  for (const author of [1, 2]) for (const index of [5, 9]) vote(book, author, checkpointOf(index));
  vote(book, 0, checkpointOf(9));
  expect(vote(book, 3, checkpointOf(5))).toBeUndefined();
  // Else the late own vote would find a quorum for a commit that is none.
  expect(book.lastCertified).toBe(9);
});

test("a certificate of too few, of strangers, out of order or of another state is refused", () => {
  const checkpoint = checkpointOf(1);
  const sign = (author: number) => ({
    author,
    signature: smallSign(author)(checkpointSignMessage(checkpoint)),
  });
  const good = { checkpoint, signatures: [0, 1, 2].map(sign), quantumSignatures: [] };
  expect(checkCertificate(good, checks)).toMatchObject({ weight: 3 });
  const bad = [
    { ...good, signatures: [0, 1].map(sign) },
    { ...good, signatures: [0, 1, 1].map(sign) },
    { ...good, signatures: [1, 0, 2].map(sign) },
    { ...good, signatures: [0, 1, 7].map(sign) },
    { ...good, checkpoint: { ...checkpoint, stateRoot: testHash(Uint8Array.of(8)) } },
    { ...good, checkpoint: { ...checkpoint, epoch: 2 } },
    { ...good, signatures: [sign(0), sign(1), { author: 2, signature: sign(1).signature }] },
  ];
  for (const each of bad) expect(checkCertificate(each, checks)).toBeInstanceOf(Fault);
});
