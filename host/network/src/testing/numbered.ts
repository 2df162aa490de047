import { createPrng } from "@rialto/base";

// Messages that say which they are, so that order, gaps and damage are seen by whoever receives them.

/** Message `number` of a stream: 8 bytes of number and `size` more that follow from it. */
export function numbered(number: number, size: number): Uint8Array {
  const message = new Uint8Array(8 + size).fill(number & 255, 8);
  new DataView(message.buffer).setUint32(0, number, true);
  new DataView(message.buffer).setUint32(4, size, true);
  return message;
}

/** The number of a message. Throws where it is not whole. */
export function numberOf(message: Uint8Array): number {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const number = view.getUint32(0, true);
  const isWhole =
    view.getUint32(4, true) === message.length - 8 &&
    message.subarray(8).every((byte) => byte === (number & 255));
  if (!isWhole) throw new Error(`message ${number} was damaged on the way`);
  return number;
}

/** Sizes of messages: mostly small, some larger than a packet's fill. */
export function sizesOf(seed: number, count: number, bytesMax: number): number[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () =>
    prng.chance(1, 100) ? prng.below(bytesMax) : prng.below(300),
  );
}
