import { createPrng, Fault, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import {
  encodeEntryAnswer,
  encodeEntryCertified,
  encodeEntryFrame,
  encodeEntryHello,
  encodeEntrySign,
  encodeEntryStatus,
  ENTRY_MESSAGE_BYTES_MAX,
  EntryFlag,
  EntryKind,
  EntryOutcome,
  entryOutcomeName,
  type EntryMessage,
  EntryReader,
  readEntryAnswer,
  readEntryHello,
} from "./entry-codec.ts";

const CASES = 3_000;

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Pushes bytes in pieces of any length. */
function pushAll(
  reader: EntryReader,
  bytes: Uint8Array,
  prng: Prng,
): EntryMessage[] | Fault<{ readonly code: string }> {
  const messages: EntryMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + prng.below(prng.chance(1, 4) ? 3 : 4_000));
    const read = reader.push(bytes.slice(at, end));
    if (read instanceof Fault) return read;
    messages.push(...read);
    at = end;
  }
  return messages;
}

function drawBytes(prng: Prng, lengthMax: number): Uint8Array {
  return Uint8Array.from({ length: prng.below(lengthMax) }, () => prng.below(256));
}

test("however a stream is cut, the same messages come out", () => {
  const prng = createPrng(1);
  for (let index = 0; index < 200; index++) {
    const sent = Array.from({ length: 1 + prng.below(8) }, (_, tag) => ({
      tag,
      flags: prng.below(4),
      frame: drawBytes(prng, 2_000),
    }));
    const bytes = join(sent.map(({ tag, flags, frame }) => encodeEntryFrame(tag, frame, flags)));
    const messages = pushAll(new EntryReader(), bytes, prng);
    expect(messages).toEqual(
      sent.map(({ tag, flags, frame }) => ({ kind: EntryKind.Frame, tag, flags, body: frame })),
    );
  }
});

test("a message that comes byte by byte costs what its bytes do, not their square", () => {
  const frame = new Uint8Array(256 * 1024).fill(7);
  const bytes = encodeEntryFrame(1, frame);
  const reader = new EntryReader(bytes.length);
  const beganMs = performance.now();
  let messages: readonly EntryMessage[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const read = reader.push(bytes.subarray(at, at + 1));
    if (read instanceof Fault || performance.now() - beganMs > 5_000) throw new Error(`at ${at}`);
    messages = read;
  }
  expect(messages).toEqual([{ kind: EntryKind.Frame, tag: 1, flags: 0, body: frame }]);
});

test("hostile bytes are messages or a fault, in bounded memory", () => {
  const prng = createPrng(2);
  let faults = 0;
  for (let index = 0; index < CASES; index++) {
    const honest = join([encodeEntryFrame(1, drawBytes(prng, 64)), encodeEntrySign(2, 3)]);
    const bytes = prng.chance(1, 2) ? honest : drawBytes(prng, 200);
    for (let flips = prng.below(4); flips > 0; flips--) {
      if (bytes.length > 0) bytes[prng.below(bytes.length)] = prng.below(256);
    }
    const messages = pushAll(new EntryReader(), bytes, prng);
    if (messages instanceof Fault) faults++;
    const bodies = messages instanceof Fault ? [] : messages.map(({ body }) => body);
    expect(join(bodies).length).toBeLessThanOrEqual(bytes.length);
  }
  expect(faults).toBeGreaterThan(CASES / 10);
});

test("a message longer than its bound is refused by its length alone", () => {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, ENTRY_MESSAGE_BYTES_MAX - 3, true);
  const read = new EntryReader().push(head);
  expect(read).toBeInstanceOf(Fault);
  expect((read as Fault<{ code: string }>).detail.code).toBe("ENTRY_MESSAGE_TOO_LONG");
});

test.each([
  ["a length below that of the head", [3, 0, 0, 0, 1, 0, 0, 0]],
  ["an unknown flag", [8, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0]],
  ["bytes that have to be zero", [8, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]],
])("%s is refused", (_, bytes) => {
  const read = new EntryReader().push(Uint8Array.from(bytes));
  expect((read as Fault<{ code: string }>).detail.code).toBe("ENTRY_MESSAGE_MALFORMED");
});

test("what a node says is read as it was said", () => {
  const events = Uint8Array.of(1, 2, 3, 4);
  const answer = {
    outcome: EntryOutcome.Executed,
    commandCount: 256,
    commitIndex: 2 ** 40,
    events,
  };
  const hello = { member: 3, memberMs: 1_700_000_000_000, chainId: new Uint8Array(32).fill(7) };
  const bytes = join([
    encodeEntryHello(hello),
    encodeEntryAnswer(5, answer, EntryFlag.Events),
    encodeEntryAnswer(6, answer, 0),
    encodeEntryCertified(9),
    encodeEntryStatus(1, { member: 3 }),
  ]);
  const messages = new EntryReader().push(bytes);
  if (messages instanceof Fault) throw messages;
  const [first, second, third, fourth, fifth] = messages;
  expect(readEntryHello(first!.body)).toEqual(hello);
  expect(readEntryAnswer(second!.body)).toEqual(answer);
  expect(readEntryAnswer(third!.body)).toEqual({ ...answer, events: new Uint8Array(0) });
  expect(fourth).toMatchObject({
    kind: EntryKind.Certified,
    body: Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0),
  });
  expect(JSON.parse(new TextDecoder().decode(fifth!.body))).toEqual({ member: 3 });
  expect(readEntryHello(first!.body.subarray(1))).toBeUndefined();
  expect(readEntryAnswer(second!.body.subarray(0, 15))).toBeUndefined();
});

test("outcomes have their own numbers and names", () => {
  const numbers = Object.values(EntryOutcome);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(entryOutcomeName(EntryOutcome.MempoolFull)).toBe("MempoolFull");
  expect(entryOutcomeName(99)).toBe("outcome 99");
});
