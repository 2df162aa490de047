import { createPrng, equalBytes, Fault, type Prng, viewOf } from "@rialto/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCommands } from "./command-codec.ts";
import { encodeLogRecord, LOG_RECORD_HEAD_BYTES, type Note, parseLogRecord } from "./log-record.ts";
import { anyCommand } from "./testing/arbitraries.ts";

const letters = "abcXYZ019-_.:/".split("");
const text = fc
  .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 36 })
  .map((chars) => chars.join(""));

/** Of a list of orders there may be several. */
const texts = fc.array(text, { minLength: 1, maxLength: 4 }).map((all) => all.join(","));

const anyRecord = fc
  .tuple(
    fc.array(fc.tuple(anyCommand, fc.option(fc.oneof(text, texts), { nil: undefined })), {
      maxLength: 6,
    }),
    fc.maxSafeNat(),
  )
  .map(([items, nowMs]) => {
    const commands = encodeCommands(items.map(([command]) => command));
    const notes: Note[] = [];
    items.forEach(([, note], commandIndex) => {
      if (note !== undefined) notes.push({ commandIndex, text: note });
    });
    return { nowMs, commandCount: items.length, commands, notes };
  });

test("a record is read back as it was written", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(parseLogRecord(encodeLogRecord(record))).toEqual(record);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

const FUZZ_CASES = 1_000_000;
const SAMPLES = fc.sample(anyRecord, { seed: 2, numRuns: 300 }).map(encodeLogRecord);
const ODD_NUMBERS = [0, 1, 2, 24, 255, 256, 32_767, 32_768, 0x1f_ffff, 0x20_0000, 0xffff_ffff];
const HEAD_FIELDS = [0, 4, 8, 12, 16, 20];
const NOTE_BYTES_AT = 20;

/** A record with up to three changes: bytes, numbers of its head, its length, pieces of another one. */
function drawRecord(prng: Prng): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[prng.below(list.length)]!;
  let bytes = pick(SAMPLES).slice();
  for (let changes = prng.below(4); changes > 0; changes--) {
    const view = viewOf(bytes);
    const at = prng.below(bytes.length);
    switch (prng.below(5)) {
      case 0:
        bytes[at]! ^= 1 << prng.below(8);
        break;
      case 1:
        bytes[at] = prng.below(256);
        break;
      case 2:
        view.setUint32(pick(HEAD_FIELDS), pick(ODD_NUMBERS), true);
        break;
      case 3: {
        const piece = pick(SAMPLES);
        bytes.set(piece.subarray(0, Math.min(piece.length, bytes.length - at)), at);
        break;
      }
      default: {
        // Longer or shorter by its notes, and its head says so: nothing else would get any further.
        const length = LOG_RECORD_HEAD_BYTES + prng.below(bytes.length + 40);
        const resized = new Uint8Array(length);
        resized.set(bytes.subarray(0, length));
        const commandBytesNow = view.getUint32(16, true);
        const noteBytes = length - LOG_RECORD_HEAD_BYTES - commandBytesNow;
        viewOf(resized).setUint32(NOTE_BYTES_AT, Math.max(0, noteBytes), true);
        bytes = resized;
      }
    }
  }
  return bytes;
}

test(`${FUZZ_CASES} changed records are refused, or are the one encoding of another`, () => {
  let readCount = 0;
  for (let seed = 0; seed < FUZZ_CASES; seed++) {
    const bytes = drawRecord(createPrng(seed));
    try {
      const parsed = parseLogRecord(bytes);
      if (parsed instanceof Fault) continue;
      readCount++;
      if (!equalBytes(encodeLogRecord(parsed), bytes)) throw new Error("it has another encoding");
    } catch (cause) {
      throw new Error(`seed ${seed}: ${Buffer.from(bytes).toString("hex")}`, { cause });
    }
  }
  expect(readCount).toBeGreaterThan(FUZZ_CASES / 4);
  expect(readCount).toBeLessThan((FUZZ_CASES * 3) / 4);
});

test("hostile bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseLogRecord(bytes)).toBeInstanceOf(Fault);
      if (bytes.length <= 24) return;
      viewOf(bytes).setUint32(0, 1, true);
      viewOf(bytes).setUint32(16, bytes.length - 24, true);
      viewOf(bytes).setUint32(20, 0, true);
      expect(parseLogRecord(bytes)).toBeInstanceOf(Fault);
    }),
    { seed: 3, numRuns: 50_000 },
  );
});
