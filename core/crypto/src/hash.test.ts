import { encodeHex } from "@rialto/base";
import { expect, test } from "vitest";
import { sha256, tagBytes } from "./hash.ts";

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
