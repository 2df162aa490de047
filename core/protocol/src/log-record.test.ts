import { Fault, viewOf } from "@rialto/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { commandBytes } from "./command.ts";
import { encodeCommand } from "./command-codec.ts";
import { encodeLogRecord, type Note, parseLogRecord } from "./log-record.ts";
import { anyCommand } from "./testing/arbitraries.ts";

const letters = "abcXYZ019-_.:/".split("");
const text = fc
  .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 36 })
  .map((chars) => chars.join(""));

const anyRecord = fc
  .tuple(
    fc.array(fc.tuple(anyCommand, fc.option(text, { nil: undefined })), { maxLength: 6 }),
    fc.maxSafeNat(),
  )
  .map(([items, nowMs]) => {
    const size = items.reduce((sum, [command]) => sum + commandBytes(command.kind), 0);
    const commands = new Uint8Array(size);
    let at = 0;
    const notes: Note[] = [];
    items.forEach(([command, note], commandIndex) => {
      at = encodeCommand(viewOf(commands), at, command);
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

test("a changed record is refused, or is the one encoding of another", () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, at, flip) => {
      const bytes = encodeLogRecord(record);
      bytes[at % bytes.length]! ^= flip;
      const parsed = parseLogRecord(bytes);
      if (parsed instanceof Fault) return;
      expect(encodeLogRecord(parsed)).toEqual(bytes);
    }),
    { seed: 2, numRuns: 20_000 },
  );
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
