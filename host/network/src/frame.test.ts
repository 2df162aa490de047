import { createPrng, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import { encodeFrame, encodePulse, parseFrame, parsePulse, PULSE_BYTES } from "./frame.ts";
import { FRAME_BYTES_MAX, MESSAGE_BYTES_MAX } from "./network-limits.ts";

const randomBytes = (prng: Prng, bytesMax: number): Uint8Array =>
  Uint8Array.from({ length: prng.below(bytesMax + 1) }, () => prng.below(256));

function randomFrame(prng: Prng): Parameters<typeof encodeFrame>[0] {
  return {
    incarnation: 1 + prng.nextU32() * 0x1000,
    sequence: 1 + prng.nextU32(),
    messages: Array.from({ length: prng.below(6) }, () => randomBytes(prng, 40)),
  };
}

test("a frame comes out of its bytes as it went in, and so does a pulse", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 2_000; round++) {
    const frame = randomFrame(prng);
    const parsed = parseFrame(encodeFrame(frame));
    expect(parsed?.messages.map((message) => [...message])).toEqual(
      frame.messages.map((message) => [...message]),
    );
    expect({ ...parsed, messages: [] }).toEqual({ ...frame, messages: [] });
    const { incarnation, sequence } = frame;
    const pulse = { incarnation, frameIncarnation: incarnation + 5, frameSequence: sequence };
    expect(parsePulse(encodePulse(pulse))).toEqual(pulse);
  }
  const first = { incarnation: 9, frameIncarnation: 0, frameSequence: 0 };
  expect(parsePulse(encodePulse(first))).toEqual(first);
});

test("1,000,000 hostile frames and pulses: nothing thrown, and one encoding for all that parses", () => {
  const prng = createPrng(2);
  let parsedCount = 0;
  let bytes = new Uint8Array(encodeFrame(randomFrame(prng)));
  for (let round = 0; round < 500_000; round++) {
    if (round % 5 === 0) bytes = new Uint8Array(encodeFrame(randomFrame(prng)));
    bytes[prng.below(prng.chance(1, 2) ? Math.min(32, bytes.length) : bytes.length)] =
      prng.below(256);
    const cut = prng.chance(1, 10) ? bytes.subarray(0, prng.below(bytes.length)) : bytes;
    const frame = parseFrame(cut);
    if (frame !== undefined) {
      parsedCount++;
      if (Buffer.compare(encodeFrame(frame), cut) !== 0) throw new Error("two encodings");
    }
    const pulse = parsePulse(bytes.subarray(0, PULSE_BYTES));
    if (pulse !== undefined) throw new Error("a frame passes as a pulse");
  }
  expect(parsedCount).toBeGreaterThan(10_000);
  const whole = encodePulse({ incarnation: 5, frameIncarnation: 6, frameSequence: 7 });
  let pulseCount = 0;
  for (let round = 0; round < 500_000; round++) {
    const mutated = new Uint8Array(whole);
    for (let flips = prng.below(3); flips >= 0; flips--) {
      mutated[prng.below(PULSE_BYTES)] = prng.below(256);
    }
    const pulse = parsePulse(mutated);
    if (pulse === undefined) continue;
    pulseCount++;
    if (Buffer.compare(encodePulse(pulse), mutated) !== 0) throw new Error("two encodings");
  }
  expect(pulseCount).toBeGreaterThan(10_000);
});

test("a count that the bytes cannot hold is refused before anything is made of it", () => {
  const bytes = encodeFrame({ incarnation: 1, sequence: 1, messages: [] });
  bytes.writeUInt32LE(0xffff_ffff, 4);
  expect(parseFrame(bytes)).toBe(undefined);
});

test("limits: the largest message fits into a frame, one byte more is refused", () => {
  const largest = new Uint8Array(MESSAGE_BYTES_MAX);
  const bytes = encodeFrame({ incarnation: 1, sequence: 1, messages: [largest] });
  expect(bytes.length).toBe(FRAME_BYTES_MAX);
  expect(parseFrame(bytes)?.messages[0]?.length).toBe(MESSAGE_BYTES_MAX);
  const beyond = new Uint8Array(MESSAGE_BYTES_MAX + 1);
  expect(parseFrame(encodeFrame({ incarnation: 1, sequence: 1, messages: [beyond] }))).toBe(
    undefined,
  );
});
