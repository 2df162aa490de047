import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { assert, createPrng, encodeHex } from "@rialto/base";
import { expect, test } from "vitest";
import {
  challengeOf,
  decodeInteger,
  drawBytes,
  drawInteger,
  drawSigner,
  encodeInteger,
} from "./testing/drawn-signatures.ts";
import { instantiateVerifier, VerifierModule } from "./verifier-module.ts";

// The parts of core/crypto/assembly against big integers.

interface Parts {
  readonly memory: WebAssembly.Memory;
  readonly CHALLENGE: WebAssembly.Global;
  readonly CLAIMS: WebAssembly.Global;
  readonly SIGNED: WebAssembly.Global;
  readonly MESSAGE_MAX: WebAssembly.Global;
  multiply(out: number, a: number, b: number): void;
  multiplyWide(out: number, a: number, b: number): void;
  square(out: number, a: number): void;
  invert(out: number, a: number): void;
  carrySum(out: number, a: number, b: number): void;
  carryDifference(out: number, a: number, b: number): void;
  encodeLane(out: number, a: number, lane: number): void;
  reduce(): void;
  sha512(out: number, message: number, bytes: number): void;
}

const { Point } = ed25519;
const FIELD = Point.Fp.ORDER;
const ORDER = Point.Fn.ORDER;
const LIMBS = 5;
/** Of reduced elements, and of sums of two. */
const LIMB_MIN = -(2n ** 50n);
const LIMB_MAX = 2n ** 50n + 2n ** 16n;
const SUM_MAX = 2n * LIMB_MAX;
const WIDE_MAX = 2n ** 60n;

const exports = instantiateVerifier();
assert(exports?.initialize() === 1, "the machine of the tests has fused arithmetic");
const module = new VerifierModule(exports);
const parts = exports as unknown as Parts;
const view = new DataView(parts.memory.buffer);
const memory = new Uint8Array(parts.memory.buffer);
// Beyond what a batch uses.
const [A, B, C, D] = [0x1_8000, 0x1_8100, 0x1_8200, 0x1_8300] as const;

type Limbs = readonly bigint[];

function write(address: number, lane: number, limbs: Limbs): void {
  for (const [index, limb] of limbs.entries()) {
    view.setFloat64(address + index * 16 + lane * 8, Number(limb), true);
  }
}

function read(address: number, lane: number): Limbs {
  return Array.from({ length: LIMBS }, (_, index) =>
    BigInt(view.getFloat64(address + index * 16 + lane * 8, true)),
  );
}

function valueOf(limbs: Limbs): bigint {
  const sum = limbs.reduce((total, limb, index) => total + limb * 2n ** BigInt(51 * index), 0n);
  return ((sum % FIELD) + FIELD) % FIELD;
}

/** What the lanes of an element are modulo p; undefined where a limb is larger than reduced ones are. */
function reducedLanes(address: number): (bigint | undefined)[] {
  return [0, 1].map((lane) => {
    const limbs = read(address, lane);
    const isReduced = limbs.every((limb) => limb >= LIMB_MIN && limb <= LIMB_MAX);
    return isReduced ? valueOf(limbs) : undefined;
  });
}

const modulo = (...values: readonly bigint[]): bigint[] =>
  values.map((value) => ((value % FIELD) + FIELD) % FIELD);

/** Limbs of both signs as large as they may be, in every combination; then random ones, small ones among them. */
function drawLimbs(count: number, max: bigint, min = -max): Limbs[] {
  const prng = createPrng(51);
  const corners = Array.from({ length: 2 ** LIMBS }, (_, signs) =>
    Array.from({ length: LIMBS }, (__, index) => ((signs >> index) & 1 ? max : min)),
  );
  const random = Array.from({ length: count }, () =>
    Array.from({ length: LIMBS }, () => {
      if (prng.chance(1, 4)) return BigInt(prng.below(3)) - 1n;
      return (drawInteger(prng, 8) % (max - min + 1n)) + min;
    }),
  );
  return [...corners, ...random];
}

test("products are right up to the largest limbs, in both lanes", () => {
  const factors = drawLimbs(30, LIMB_MAX, LIMB_MIN);
  const sums = drawLimbs(30, SUM_MAX);
  for (const [index, sum] of sums.entries()) {
    write(A, 0, sum);
    write(A, 1, sums[(index * 7 + 1) % sums.length]!);
    for (const [at, factor] of factors.entries()) {
      write(B, 0, factor);
      write(B, 1, factors[(at * 5 + 2) % factors.length]!);
      const expected = [0, 1].map((lane) => valueOf(read(A, lane)) * valueOf(read(B, lane)));
      parts.multiply(C, A, B);
      expect(reducedLanes(C)).toEqual(modulo(...expected));
    }
  }
});

test("squares and inverses are right, of 0 too", () => {
  const elements = [...drawLimbs(200, LIMB_MAX, LIMB_MIN), [0n, 0n, 0n, 0n, 0n]];
  for (const [index, element] of elements.entries()) {
    const other = elements[(index * 7 + 3) % elements.length]!;
    write(A, 0, element);
    write(A, 1, other);
    parts.square(C, A);
    expect(reducedLanes(C)).toEqual(modulo(valueOf(element) ** 2n, valueOf(other) ** 2n));
    parts.invert(C, A);
    const inverses = [element, other].map((each) =>
      valueOf(each) === 0n ? 0n : Point.Fp.inv(valueOf(each)),
    );
    expect(reducedLanes(C)).toEqual(inverses);
  }
});

test("wide products add up before they are carried", () => {
  const factors = drawLimbs(60, LIMB_MAX, LIMB_MIN);
  for (const [index, factor] of factors.entries()) {
    for (const lane of [0, 1]) {
      write(
        A,
        lane,
        factor.map((limb) => limb * 2n),
      );
      write(B, lane, factors[(index * 3 + lane) % factors.length]!);
    }
    parts.multiplyWide(C, A, B);
    parts.multiplyWide(D, A, B);
    const products = [0, 1].map((lane) => valueOf(read(A, lane)) * valueOf(read(B, lane)));
    parts.carrySum(A, C, D);
    expect(reducedLanes(A)).toEqual(modulo(products[0]! * 2n, products[1]! * 2n));
    parts.carryDifference(A, C, D);
    expect(reducedLanes(A)).toEqual(modulo(0n, 0n));
  }
});

test("carries take what sums of products can be", () => {
  const wides = drawLimbs(60, WIDE_MAX);
  for (const [index, wide] of wides.entries()) {
    const other = wides[(index * 11 + 5) % wides.length]!;
    for (const lane of [0, 1]) {
      for (let limb = 0; limb < LIMBS; limb++) {
        view.setBigInt64(A + limb * 16 + lane * 8, lane === 0 ? wide[limb]! : other[limb]!, true);
        view.setBigInt64(B + limb * 16 + lane * 8, lane === 0 ? other[limb]! : wide[limb]!, true);
      }
    }
    const [first, second] = [valueOf(wide), valueOf(other)];
    parts.carrySum(C, A, B);
    expect(reducedLanes(C)).toEqual(modulo(first + second, first + second));
    parts.carryDifference(C, A, B);
    expect(reducedLanes(C)).toEqual(modulo(first - second, second - first));
  }
});

test("an element is written in one way, whatever its limbs", () => {
  const edges = [0n, 1n, FIELD - 1n, FIELD, FIELD + 1n].map((value) => centred(value));
  for (const limbs of [...edges, ...drawLimbs(200, LIMB_MAX, LIMB_MIN)]) {
    for (const lane of [0, 1]) {
      write(A, lane, limbs);
      parts.encodeLane(B, A, lane);
      const bytes = memory.slice(B, B + 32);
      expect(encodeHex(bytes)).toBe(encodeHex(encodeInteger(valueOf(limbs))));
    }
  }
});

/** A number up to 2^255 as reduced limbs. */
function centred(value: bigint): Limbs {
  let carried = value;
  const limbs = Array.from({ length: LIMBS }, () => {
    const limb = BigInt.asIntN(51, carried);
    carried = (carried - limb) >> 51n;
    return limb;
  });
  limbs[0] = limbs[0]! + 19n * carried;
  return limbs;
}

test("SHA-512 is right at every length of padding, and of the longest message", () => {
  const prng = createPrng(7);
  const lengths = [
    ...Array.from({ length: 300 }, (_, length) => length),
    64 + parts.MESSAGE_MAX.value,
  ];
  for (const length of lengths) {
    const message = drawBytes(prng, length);
    memory.set(message, parts.SIGNED.value);
    parts.sha512(parts.CHALLENGE.value, parts.SIGNED.value, length);
    const digest = memory.slice(parts.CHALLENGE.value, parts.CHALLENGE.value + 64);
    expect(encodeHex(digest)).toBe(encodeHex(sha512(message)));
  }
});

test("a digest is reduced to its remainder exactly", () => {
  const prng = createPrng(8);
  const largest = 2n ** 512n - 1n;
  const quotients = [1n, 2n, 2n ** 128n, 2n ** 252n, largest / ORDER, largest / ORDER - 1n];
  const edges = quotients.flatMap((times) =>
    [-2n, -1n, 0n, 1n, 2n, ORDER - 1n].map((more) => times * ORDER + more),
  );
  const random = Array.from({ length: 2_000 }, () => drawInteger(prng, 64));
  for (const value of [0n, largest, ...edges, ...random]) {
    if (value > largest) continue;
    const at = parts.CHALLENGE.value;
    memory.set(encodeInteger(value & (2n ** 256n - 1n)), at);
    memory.set(encodeInteger(value >> 256n), at + 32);
    parts.reduce();
    expect(decodeInteger(memory.slice(at, at + 32))).toBe(value % ORDER);
  }
});

test("what is computed is S B - k A, for every S, with keys of every order", () => {
  const prng = createPrng(9);
  const patterns = [0n, 1n, 0x7fn, 0x80n, 0x81n, 0xffn, 2n ** 252n, ORDER - 1n];
  const repeated = ["7f", "80", "81", "ff"].map((text) => BigInt(`0x0f${text.repeat(31)}`));
  const random = Array.from({ length: 40 }, () => drawInteger(prng, 32) % ORDER);
  const keys = Array.from({ length: 6 }, () => drawSigner(prng));
  for (const [index, scalar] of [...patterns, ...repeated, ...random].entries()) {
    const { key, publicKey } = keys[index % keys.length]!;
    module.buildTable(0, publicKey);
    const message = drawBytes(prng, 32);
    const claimed = drawBytes(prng, 32);
    module.compute(0, message, new Uint8Array([...claimed, ...encodeInteger(scalar)]), 0);
    const challenge = challengeOf(claimed, publicKey, message);
    const point = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge));
    new Uint8Array(parts.memory.buffer).set(point.toBytes(), parts.CLAIMS.value);
    module.judge(1);
    expect(module.holds(0)).toBe(true);
  }
});
