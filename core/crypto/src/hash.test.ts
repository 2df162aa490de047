import { encodeHex } from "@rialto/base";
import { expect, test } from "vitest";
import { concatBytes, hashParts, sha256, tagBytes } from "./hash.ts";

test("SHA-256 gives the digests of FIPS 180-4", () => {
  const digestOf = (text: string): string => encodeHex(sha256(new TextEncoder().encode(text)));
  expect(digestOf("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(digestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

test("no tag begins another", () => {
  const short = tagBytes("rialto/a");
  const long = tagBytes("rialto/ab");
  expect(encodeHex(long).startsWith(encodeHex(short))).toBe(false);
});

test("the hash of parts is that of them in one piece, short or long, also behind another", () => {
  const part = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251);
  for (const size of [0, 1, 31, 32, 254, 255, 256, 257, 511, 512, 513, 65_536, 65_537]) {
    const parts = [part.subarray(0, size), part.subarray(7, 7 + size)];
    expect(hashParts(sha256, ...parts)).toEqual(sha256(concatBytes(...parts)));
  }
});
