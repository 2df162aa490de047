import { checkpointSignMessage, NO_DIGEST, rosterDigest } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { CheckpointBook } from "./checkpoint-book.ts";
import { CheckpointVoter } from "./checkpoint-voter.ts";
import { Outbox } from "./effects.ts";
import type { CheckpointVote } from "./messages.ts";
import { OBSERVER } from "./replica-options.ts";
import { smallRoster } from "./testing/small-chain.ts";
import { smallCommittee, smallSign } from "./testing/small-replica.ts";

const committee = smallCommittee(4);

const digestOf = (...bytes: number[]): Uint8Array => testHash(Uint8Array.of(...bytes));

/** The state after a commit. */
const stateOf = (index: number, state = 0): Parameters<CheckpointVoter["resume"]>[0] => ({
  at: { index, digest: digestOf(1, index), tsMs: 5 },
  resultsRoot: digestOf(2, index),
  stateRoot: digestOf(3, index, state),
});

function create(self: number): { voter: CheckpointVoter; book: CheckpointBook; outbox: Outbox } {
  const book = new CheckpointBook(committee);
  const voter = new CheckpointVoter(
    { committee, self, hash: testHash, sign: smallSign(self) },
    book,
  );
  return { voter, book, outbox: new Outbox() };
}

/** What another member says of the state after a commit. */
function voteOf(author: number, index: number, state = 0): CheckpointVote {
  const checkpoint = create(author).voter.checkpointOf(stateOf(index, state));
  const signature = smallSign(author)(checkpointSignMessage(checkpoint));
  return { author, checkpoint, signature, quantumSignature: undefined };
}

test("a vote goes to all others, and with those of a quorum becomes a certificate", () => {
  const { voter, outbox } = create(1);
  expect(voter.vote(stateOf(3), false, outbox)).toBe(undefined);
  const sends = outbox.take();
  expect(sends.map((effect) => effect.kind === "send" && effect.to)).toEqual([0, 2, 3]);
  expect(voter.note(voteOf(0, 3), outbox)).toBe(undefined);
  expect(outbox.take()).toEqual([]);
  expect(voter.note(voteOf(2, 3), outbox)).toBe(undefined);
  expect(outbox.take()).toMatchObject([{ kind: "certificate" }]);
  expect(voter.closed).toBe(undefined);
});

test("some checkpoints are signed with ML-DSA-65 too, by whoever has a key for it; a snapshot's always", () => {
  const book = new CheckpointBook(committee);
  const keys = { sign: smallSign(1), signQuantum: (message: Uint8Array) => message.slice(0, 3) };
  const voter = new CheckpointVoter({ committee, self: 1, hash: testHash, ...keys }, book);
  const outbox = new Outbox();
  voter.vote(stateOf(3), false, outbox);
  expect(book.unanswered?.quantumSignature).toBe(undefined);
  voter.vote(stateOf(4), true, outbox);
  const { checkpoint, quantumSignature } = book.unanswered!;
  expect(quantumSignature).toEqual(checkpointSignMessage(checkpoint).slice(0, 3));
  voter.resume(stateOf(5));
  expect(book.unanswered?.quantumSignature?.length).toBe(3);
  const { voter: plain, book: plainBook } = create(1);
  plain.vote(stateOf(4), true, outbox);
  expect(plainBook.unanswered?.quantumSignature).toBe(undefined);
});

test("who is no member signs nothing, and learns from the others", () => {
  const { voter, book, outbox } = create(OBSERVER);
  expect(voter.vote(stateOf(3), false, outbox)).toBe(undefined);
  expect(outbox.take()).toEqual([]);
  expect(book.unanswered).toBe(undefined);
});

test("a member that has come to another state than more may lie about has to halt", () => {
  const { voter, outbox } = create(1);
  voter.vote(stateOf(3, 1), false, outbox);
  expect(voter.note(voteOf(0, 3), outbox)).toBe(undefined);
  const reason = voter.note(voteOf(2, 3), outbox);
  const own = stateOf(3, 1).stateRoot;
  const theirs = stateOf(3).stateRoot;
  expect(reason).toEqual({ code: "STATE_DIVERGED", commitIndex: 3, own, theirs, authors: [0, 2] });
});

test("what was signed before a restart is said again until a certificate has it", () => {
  const { voter, book, outbox } = create(1);
  voter.resume(stateOf(3));
  expect(book.unanswered?.checkpoint.commitIndex).toBe(3);
  voter.note(voteOf(0, 3), outbox);
  voter.note(voteOf(2, 3), outbox);
  expect(book.unanswered).toBe(undefined);
});

test("only the checkpoint of the epoch's last commit says who comes next, and its certificate closes the epoch", () => {
  const next = smallRoster(2, []);
  const { voter, outbox } = create(1);
  voter.noteLast(4, next);
  expect(voter.checkpointOf(stateOf(3)).nextRoster).toEqual(NO_DIGEST);
  const closing = voter.checkpointOf(stateOf(4));
  expect(closing.nextRoster).toEqual(rosterDigest(next, testHash));
  const certificate = { checkpoint: closing, signatures: [], quantumSignatures: [] };
  expect(voter.close(certificate)).toBe(undefined);
  expect(voter.closed).toBe(undefined);
  voter.vote(stateOf(4), true, outbox);
  expect(voter.close(certificate)).toBe(undefined);
  expect(voter.closed).toBe(certificate);
});

test("a certificate that closes the epoch in another state is why to halt", () => {
  const { voter, outbox } = create(1);
  voter.noteLast(4, smallRoster(2, []));
  const checkpoint = voter.checkpointOf(stateOf(4, 1));
  voter.vote(stateOf(4), true, outbox);
  const signatures = [0, 2, 3].map((author) => ({ author, signature: new Uint8Array(64) }));
  expect(voter.close({ checkpoint, signatures } as never)).toMatchObject({
    code: "STATE_DIVERGED",
    commitIndex: 4,
    authors: [0, 2, 3],
  });
  expect(voter.closed).toBe(undefined);
});
