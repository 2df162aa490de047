import { createPrng, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import { encodePacket, encodePulse, parsePacket, parsePulse, PULSE_BYTES } from "./packet.ts";
import { PACKET_BYTES_MAX, MESSAGE_BYTES_MAX } from "./network-limits.ts";

const randomBytes = (prng: Prng, bytesMax: number): Uint8Array =>
  Uint8Array.from({ length: prng.below(bytesMax + 1) }, () => prng.below(256));

function randomPacket(prng: Prng): Parameters<typeof encodePacket>[0] {
  return {
    incarnation: 1 + prng.nextU32() * 0x1000,
    sequence: 1 + prng.nextU32(),
    messages: Array.from({ length: prng.below(6) }, () => randomBytes(prng, 40)),
  };
}

test("a packet comes out of its bytes as it went in, and so does a pulse", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 2_000; round++) {
    const packet = randomPacket(prng);
    const parsed = parsePacket(encodePacket(packet));
    expect(parsed?.messages.map((message) => [...message])).toEqual(
      packet.messages.map((message) => [...message]),
    );
    expect({ ...parsed, messages: [] }).toEqual({ ...packet, messages: [] });
    const { incarnation, sequence } = packet;
    const pulse = { incarnation, packetIncarnation: incarnation + 5, packetSequence: sequence };
    expect(parsePulse(encodePulse(pulse))).toEqual(pulse);
  }
  const first = { incarnation: 9, packetIncarnation: 0, packetSequence: 0 };
  expect(parsePulse(encodePulse(first))).toEqual(first);
});

test("1,000,000 hostile packets and pulses: nothing thrown, and one encoding for all that parses", () => {
  const prng = createPrng(2);
  let parsedCount = 0;
  let bytes = new Uint8Array(encodePacket(randomPacket(prng)));
  for (let round = 0; round < 500_000; round++) {
    if (round % 5 === 0) bytes = new Uint8Array(encodePacket(randomPacket(prng)));
    bytes[prng.below(prng.chance(1, 2) ? Math.min(32, bytes.length) : bytes.length)] =
      prng.below(256);
    const cut = prng.chance(1, 10) ? bytes.subarray(0, prng.below(bytes.length)) : bytes;
    const packet = parsePacket(cut);
    if (packet !== undefined) {
      parsedCount++;
      if (Buffer.compare(encodePacket(packet), cut) !== 0) throw new Error("two encodings");
    }
    const pulse = parsePulse(bytes.subarray(0, PULSE_BYTES));
    if (pulse !== undefined) throw new Error("a packet passes as a pulse");
  }
  expect(parsedCount).toBeGreaterThan(10_000);
  const whole = encodePulse({ incarnation: 5, packetIncarnation: 6, packetSequence: 7 });
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

test("the bytes are those of the drawing", () => {
  const messages = [Uint8Array.of(0xaa, 0xbb)];
  const packet = encodePacket({ incarnation: 0x0102, sequence: 0x0304, messages });
  const head = [...new TextEncoder().encode("RLM1"), 1, 0, 0, 0];
  const numbers = [2, 1, 0, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0];
  expect([...packet]).toEqual([...head, ...numbers, 2, 0, 0, 0, 0xaa, 0xbb]);
  const pulse = encodePulse({ incarnation: 5, packetIncarnation: 6, packetSequence: 7 });
  const words = [5, 6, 7].flatMap((word) => [word, 0, 0, 0, 0, 0, 0, 0]);
  expect([...pulse]).toEqual([...new TextEncoder().encode("RLP1"), 0, 0, 0, 0, ...words]);
});

test("a count that the bytes cannot hold is refused before anything is made of it", () => {
  const bytes = encodePacket({ incarnation: 1, sequence: 1, messages: [] });
  bytes.writeUInt32LE(0xffff_ffff, 4);
  expect(parsePacket(bytes)).toBe(undefined);
});

test("limits: the largest message fits into a packet, one byte more is refused", () => {
  const largest = new Uint8Array(MESSAGE_BYTES_MAX);
  const bytes = encodePacket({ incarnation: 1, sequence: 1, messages: [largest] });
  expect(bytes.length).toBe(PACKET_BYTES_MAX);
  expect(parsePacket(bytes)?.messages[0]?.length).toBe(MESSAGE_BYTES_MAX);
  const beyond = new Uint8Array(MESSAGE_BYTES_MAX + 1);
  expect(parsePacket(encodePacket({ incarnation: 1, sequence: 1, messages: [beyond] }))).toBe(
    undefined,
  );
});
