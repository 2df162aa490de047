import { createPrng, type Prng } from "@rialto/base";
import { expect, test } from "vitest";
import {
  encodePacket,
  encodePulse,
  packetBytes,
  parsePacket,
  parsePulse,
  PULSE_BYTES,
} from "./packet.ts";
import {
  MESSAGE_BYTES_MAX,
  MESSAGES_PER_PACKET_MAX,
  OWN_PART_BYTES,
  PACKET_BYTES_MAX,
} from "./network-limits.ts";

const randomBytes = (prng: Prng, bytesMax: number): Uint8Array =>
  Uint8Array.from({ length: prng.below(bytesMax + 1) }, () => prng.below(256));

/** Of a third of the packets one message is long enough to be a part by itself, or nearly. */
function randomPacket(prng: Prng): Parameters<typeof encodePacket>[0] {
  const messages = Array.from({ length: prng.below(6) }, () => randomBytes(prng, 40));
  for (let long = prng.below(5) - 2; long > 0; long--) {
    const bytes = new Uint8Array(OWN_PART_BYTES - 2 + prng.below(4)).fill(prng.below(256));
    messages.splice(prng.below(messages.length + 1), 0, bytes);
  }
  return { incarnation: 1 + prng.nextU32() * 0x1000, sequence: 1 + prng.nextU32(), messages };
}

/** The parts with some bytes changed, and perhaps cut, joined, doubled or left out. */
function disturb(prng: Prng, parts: readonly Uint8Array[]): Uint8Array[] {
  const disturbed = parts.map((part) => new Uint8Array(part));
  const place = prng.below(disturbed.length);
  const part = disturbed[place]!;
  if (prng.chance(7, 8)) part[prng.below(Math.min(32, part.length))] = prng.below(256);
  const cut = prng.below(part.length + 1);
  switch (prng.below(16)) {
    case 0:
      disturbed.splice(place, 1, part.subarray(0, cut), part.subarray(cut));
      break;
    case 1:
      disturbed[place] = part.subarray(0, cut);
      break;
    case 2:
      disturbed.splice(place, 2, Buffer.concat(disturbed.slice(place, place + 2)));
      break;
    case 3:
      disturbed.splice(prng.below(disturbed.length + 1), 0, part);
      break;
    case 4:
      disturbed.splice(place, 1);
  }
  return disturbed;
}

const equalParts = (left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean =>
  left.length === right.length &&
  left.every((part, index) => Buffer.compare(part, right[index]!) === 0);

test("a packet comes out of its parts as it went in, and so does a pulse", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 2_000; round++) {
    const packet = randomPacket(prng);
    const parts = encodePacket(packet);
    const parsed = parsePacket(parts);
    expect(equalParts(parsed!.messages, packet.messages)).toBe(true);
    expect({ ...parsed, messages: [] }).toEqual({ ...packet, messages: [] });
    const long = packet.messages.filter(({ length }) => length >= OWN_PART_BYTES);
    expect(parts.filter((part) => long.includes(part))).toEqual(long);
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
  let sent = encodePacket(randomPacket(prng));
  for (let round = 0; round < 500_000; round++) {
    if (round % 50 === 0) sent = encodePacket(randomPacket(prng));
    const parts = disturb(prng, sent);
    const packet = parsePacket(parts);
    if (packet !== undefined) {
      parsedCount++;
      if (!equalParts(encodePacket(packet), parts)) throw new Error("two encodings");
    }
    const pulse = parsePulse(sent[0]!.subarray(0, PULSE_BYTES));
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
  const long = new Uint8Array(OWN_PART_BYTES).fill(9);
  const messages = [Uint8Array.of(0xaa, 0xbb), long, Uint8Array.of(0xcc)];
  const parts = encodePacket({ incarnation: 0x0102, sequence: 0x0304, messages });
  const head = [...new TextEncoder().encode("RLM1"), 3, 0, 0, 0];
  const numbers = [2, 1, 0, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0];
  const before = [...head, ...numbers, 2, 0, 0, 0, 0xaa, 0xbb, 0, 0x40, 0, 0];
  expect(parts.map((part) => [...part])).toEqual([before, [...long], [1, 0, 0, 0, 0xcc]]);
  expect(parts[1]).toBe(long);
  const pulse = encodePulse({ incarnation: 5, packetIncarnation: 6, packetSequence: 7 });
  const words = [5, 6, 7].flatMap((word) => [word, 0, 0, 0, 0, 0, 0, 0]);
  expect([...pulse]).toEqual([...new TextEncoder().encode("RLP1"), 0, 0, 0, 0, ...words]);
});

test("a count that the bytes cannot hold is refused before anything is made of it", () => {
  const [head] = encodePacket({ incarnation: 1, sequence: 1, messages: [] });
  head!.fill(0xff, 4, 8);
  expect(parsePacket([head!])).toBe(undefined);
  expect(parsePacket([])).toBe(undefined);
});

test("a packet has no more messages than anybody sends in one: each takes its receiver a hundred bytes beside its own", () => {
  const most = Array.from({ length: MESSAGES_PER_PACKET_MAX }, () => new Uint8Array(0));
  const parse = (messages: readonly Uint8Array[]): number | undefined =>
    parsePacket(encodePacket({ incarnation: 1, sequence: 1, messages }))?.messages.length;
  expect(parse(most)).toBe(MESSAGES_PER_PACKET_MAX);
  expect(parse([...most, new Uint8Array(0)])).toBe(undefined);
});

test("limits: the largest message fits into a packet, one byte more is refused", () => {
  const largest = new Uint8Array(MESSAGE_BYTES_MAX);
  const parts = encodePacket({ incarnation: 1, sequence: 1, messages: [largest] });
  expect(packetBytes(parts)).toBe(PACKET_BYTES_MAX);
  expect(parsePacket(parts)?.messages[0]?.length).toBe(MESSAGE_BYTES_MAX);
  const beyond = new Uint8Array(MESSAGE_BYTES_MAX + 1);
  expect(parsePacket(encodePacket({ incarnation: 1, sequence: 1, messages: [beyond] }))).toBe(
    undefined,
  );
});
