import { Fault } from "@rialto/base";
import { BLOCK_BYTES_MAX } from "@rialto/consensus";
import { expect, test } from "vitest";
import { Allowance } from "./allowance.ts";
import { CONDUCT_LIMITS_DEFAULT, ConductBook, TWIN_COST_BYTES } from "./conduct.ts";
import { Outbox } from "./effects.ts";
import { encodeFetchRounds, readPeerMessage } from "./messages.ts";
import { Replica } from "./replica.ts";
import {
  CountingExecutor,
  FRESH,
  NOW_MS,
  SETTINGS,
  smallCommittee,
  smallSign,
  smallVerify,
} from "./testing/small-replica.ts";
import { testHash } from "@rialto/consensus/testing";

const LIMITS = {
  answerBytesPerSecond: 1_000,
  answerBytesBurst: 2_000,
  faultsPerSecond: 2,
  faultsBurst: 3,
  repeatsPerSecond: 2,
  repeatsBurst: 3,
  twinBytesPerSecond: 1_000,
  twinBytesBurst: 2_000,
};

test("a member that sends rubbish is not read until its allowance has come back, and nobody else suffers", () => {
  const book = new ConductBook(3, LIMITS);
  for (let count = 0; count < 3; count++) {
    expect(book.mayRead(1, 0)).toBe(true);
    book.noteFault(1, count === 0, 1);
  }
  expect(book.mayRead(1, 0)).toBe(false);
  expect(book.mayRead(2, 0)).toBe(true);
  expect(book.of(1, 0)).toMatchObject({ malformed: 1, invalid: 2, unread: 1, isThrottled: true });
  expect(book.of(2, 0)).toMatchObject({ malformed: 0, unread: 0, isThrottled: false });
  expect(book.mayRead(1, 499)).toBe(false);
  expect(book.mayRead(1, 500)).toBe(true);
});

test("as much comes back as was said, however often it is looked", () => {
  const allowance = new Allowance(100, 1_000);
  expect(allowance.has(0)).toBe(true);
  allowance.take(1_000);
  // At each look one and a half have come back.
  for (let ms = 15; ms <= 3_000; ms += 15) allowance.has(ms);
  allowance.take(299);
  expect(allowance.has(3_000)).toBe(true);
  allowance.take(1);
  expect(allowance.has(3_000)).toBe(false);
});

test("what is left of a moment too short for anything is not lost", () => {
  const book = new ConductBook(1, LIMITS);
  for (let count = 0; count < 3; count++) book.noteFault(0, true, 1);
  for (let ms = 0; ms < 500; ms += 100) expect(book.mayRead(0, ms)).toBe(false);
  expect(book.mayRead(0, 500)).toBe(true);
});

test("a member that keeps up has a quarter of what one that lags is given", () => {
  let isCurrent = false;
  const book = new ConductBook(3, LIMITS, (member) => member === 1 && isCurrent);
  const answer = (member: number, nowMs: number): number => {
    let answers = 0;
    for (; book.mayAnswer(member, 0, nowMs); answers++) book.noteAnswer(member, 100, nowMs);
    return answers;
  };
  expect(answer(1, 0)).toBe(20);
  isCurrent = true;
  expect([answer(1, 2_000), answer(2, 2_000)]).toEqual([5, 20]);
  expect(book.of(1, 2_000).answeredBytes).toBe(2_500);
});

test("who fills its waiting room is named for a while", () => {
  const book = new ConductBook(1, LIMITS);
  book.notePushedOut(0, 7, 100);
  book.notePushedOut(0, 7, 900);
  expect(book.of(0, 1_000)).toMatchObject({ pushedOut: 7, isThrottled: true });
  expect(book.of(0, 1_100).isThrottled).toBe(false);
});

test("an author's second blocks go on the account that their voucher has for that author", () => {
  const book = new ConductBook(3, { ...LIMITS, twinBytesBurst: TWIN_COST_BYTES });
  expect(book.mayTakeTwin(0, 2, 1_000, 0)).toBe(true);
  expect(book.mayTakeTwin(0, 2, 1_000, 0)).toBe(false);
  expect(book.mayTakeTwin(1, 2, 0, 0)).toBe(true);
  expect(book.of(0, 0)).toMatchObject({ twinBytes: 1_000 + TWIN_COST_BYTES, isThrottled: true });
  // What it went beyond comes back first: a thousand bytes a second.
  expect(book.mayTakeTwin(0, 2, 1_000, 1_000)).toBe(false);
  expect(book.mayTakeTwin(0, 2, 1_000, 1_001)).toBe(true);
  expect(book.mayTakeTwin(0, 1, 0, 1_001)).toBe(true);
});

test("what second blocks may cost is what the protocol's text says, for seven members and ten seconds", () => {
  const { twinBytesBurst, twinBytesPerSecond } = CONDUCT_LIMITS_DEFAULT;
  const largest = BLOCK_BYTES_MAX + TWIN_COST_BYTES;
  const book = new ConductBook(7);
  // All but this member, which is 0, and the liar.
  const vouchers = [1, 2, 3, 4, 5];
  // Each second all that is left goes, and the last one beyond it.
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 1_000) {
    for (const member of vouchers) while (book.mayTakeTwin(member, 6, BLOCK_BYTES_MAX, nowMs));
  }
  const costs = vouchers.map((member) => book.of(member, 10_000).twinBytes);
  const most = twinBytesBurst + 10 * twinBytesPerSecond + largest;
  for (const bytes of costs) expect(bytes).toBeLessThanOrEqual(most);
  const all = costs.reduce((sum, bytes) => sum + bytes, 0);
  expect(all).toBeLessThan(5 * (18 + 10) * 1024 * 1024);
});

/** A replica of four that has made its block of round 1, with an allowance for a few blocks a second. */
function replicaWithBlocks(): Replica {
  const replica = new Replica({
    committee: smallCommittee(4),
    self: 0,
    hash: testHash,
    sign: smallSign(0),
    executor: new CountingExecutor(),
    settings: { ...SETTINGS, conduct: LIMITS },
    recovered: FRESH,
    startNonce: 1,
  });
  replica.recover(NOW_MS, new Outbox());
  return replica;
}

test("a block is as many faults as signatures were looked at before one did not hold", () => {
  const replica = replicaWithBlocks();
  const fault = (frameSignatures: number): void =>
    replica.noteFault(1, {
      code: "BLOCK_INVALID",
      problem: "a frame of it is refused",
      frameSignatures,
    });
  expect(replica.mayRead(1, NOW_MS)).toBe(true);
  fault(1);
  expect(replica.mayRead(1, NOW_MS)).toBe(true);
  fault(100);
  expect(replica.mayRead(1, NOW_MS)).toBe(false);
  expect(replica.mayRead(1, NOW_MS + 10_000)).toBe(false);
  expect(replica.conduct(NOW_MS)[0]).toMatchObject({ invalid: 2, unread: 2 });
});

test("a vote whose signatures do not hold is as many faults as it may have cost", () => {
  const replica = replicaWithBlocks();
  replica.noteFault(1, { code: "MESSAGE_MALFORMED" });
  expect(replica.mayRead(1, NOW_MS)).toBe(true);
  replica.noteFault(1, { code: "MESSAGE_UNSIGNED" });
  expect(replica.mayRead(1, NOW_MS + 2_000)).toBe(false);
});

test("a flood of requests is answered up to the allowance, and then again when it has come back", () => {
  const replica = replicaWithBlocks();
  const checks = { committee: smallCommittee(4), hash: testHash, verify: smallVerify };
  const ask = (from: number, nowMs: number): void => {
    const message = readPeerMessage(from, encodeFetchRounds(checks.committee.epoch, 1, 64), checks);
    if (message instanceof Fault) throw message;
    replica.step({ kind: "message", nowMs, from, message }, new Outbox());
  };
  const answersTo = (member: number): number => {
    const conduct = replica.conduct(NOW_MS + 1).find((each) => each.member === member)!;
    return conduct.requests - conduct.unanswered;
  };
  for (let count = 0; count < 100; count++) ask(2, NOW_MS + 1);
  const answered = answersTo(2);
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(10);
  const [, flooder, other] = replica.conduct(NOW_MS + 1);
  expect(flooder).toMatchObject({ member: 2, requests: 100, isThrottled: true });
  // Nobody lags in the first round.
  expect(flooder!.answeredBytes).toBeLessThan(LIMITS.answerBytesBurst / 4 + 1_000);
  expect(other).toMatchObject({ member: 3, requests: 0, isThrottled: false });
  ask(3, NOW_MS + 1);
  ask(2, NOW_MS + 5_000);
  expect([answersTo(3), answersTo(2)]).toEqual([1, answered + 1]);
});

test("a clock that is set back stops no timeout, and blocks say what the clock says", () => {
  const replica = replicaWithBlocks();
  const wakeAt = (nowMs: number): number => {
    const outbox = new Outbox();
    replica.step({ kind: "tick", nowMs }, outbox);
    const wake = outbox.take().find((effect) => effect.kind === "wake");
    return wake?.kind === "wake" ? wake.atMs : Infinity;
  };
  const backMs = NOW_MS - 3_600_000;
  expect(wakeAt(NOW_MS + 10) - (NOW_MS + 10)).toBeLessThanOrEqual(SETTINGS.statusMs);
  const waitMs = wakeAt(backMs) - backMs;
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(SETTINGS.statusMs);
  expect(wakeAt(backMs + SETTINGS.statusMs) - backMs).toBeLessThanOrEqual(2 * SETTINGS.statusMs);
});
