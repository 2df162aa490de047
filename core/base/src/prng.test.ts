import { expect, test } from "vitest";
import { createPrng } from "./prng.ts";

const WORD = 1n << 32n;
const rotate = (word: bigint, bits: bigint): bigint =>
  ((word << bits) | (word >> (32n - bits))) % WORD;

/** xoshiro128** and splitmix32 once more, as their papers write them: seeds of years ago must still lead to the same runs. */
function* reference(seed: number): Generator<number> {
  let mix = BigInt(seed);
  const splitmix = (): bigint => {
    mix = (mix + 0x9e37_79b9n) % WORD;
    let z = mix;
    z = ((z ^ (z >> 16n)) * 0x85eb_ca6bn) % WORD;
    z = ((z ^ (z >> 13n)) * 0xc2b2_ae35n) % WORD;
    return z ^ (z >> 16n);
  };
  const s = [splitmix(), splitmix(), splitmix(), splitmix() | 1n] as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  for (;;) {
    yield Number((rotate((s[1] * 5n) % WORD, 7n) * 9n) % WORD);
    const shifted = (s[1] << 9n) % WORD;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11n);
  }
}

test.each([0, 1, 7, 0xffff_ffff])("the numbers of seed %i are those of xoshiro128**", (seed) => {
  const prng = createPrng(seed);
  const expected = reference(seed);
  for (let draw = 0; draw < 1_000; draw++) expect(prng.nextU32()).toBe(expected.next().value);
});

test("a draw below a bound is a part of the whole, whatever the bound", () => {
  const [words, bounded, chances] = [createPrng(3), createPrng(3), createPrng(3)];
  for (const bound of [1, 2, 7, 1_000, 2 ** 31, 2 ** 32]) {
    const word = words.nextU32();
    expect(bounded.below(bound)).toBe(Math.floor((word / 2 ** 32) * bound));
    expect(chances.chance(1, 2)).toBe(word < 2 ** 31);
  }
});
