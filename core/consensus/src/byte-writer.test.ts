import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";

test("brief writers share their memory, and no byte of it", () => {
  const pieces = Array.from({ length: 2_000 }, (_, at) => {
    const writer = ByteWriter.brief(at % 40);
    for (let byte = 0; byte < at % 40; byte++) writer.u8(at & 0xff);
    return writer.bytes;
  });
  pieces.forEach((bytes, at) => {
    expect(bytes).toEqual(new Uint8Array(at % 40).fill(at & 0xff));
  });
  expect(new Set(pieces.map((bytes) => bytes.buffer)).size).toBeLessThan(10);
});

test("what is long has memory of its own, brief or not", () => {
  const { bytes } = ByteWriter.brief(4_096);
  expect(bytes.buffer.byteLength).toBe(4_096);
});
