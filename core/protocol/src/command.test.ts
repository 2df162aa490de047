import { Fault, viewOf } from "@rialto/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Command, commandBytes, CommandKind, CommandOffset } from "./command.ts";
import { decodeCommand, encodeCommand } from "./command-codec.ts";
import { parseCommands } from "./command-parser.ts";
import { COMMAND_BUFFER_BYTES } from "./limits.ts";
import { anyCommand } from "./testing/arbitraries.ts";

function encodeAll(commands: readonly Command[]): Uint8Array {
  const bytes = new Uint8Array(
    commands.reduce((sum, command) => sum + commandBytes(command.kind), 0),
  );
  let at = 0;
  for (const command of commands) at = encodeCommand(viewOf(bytes), at, command);
  return bytes;
}

function codeOf(result: number | Fault<{ readonly code: string }>): string | number {
  return result instanceof Fault ? result.detail.code : result;
}

describe("commands", () => {
  test("every command decodes to itself, and its bytes are accepted", () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 8 }), (commands) => {
        const bytes = encodeAll(commands);
        expect(parseCommands(bytes)).toBe(commands.length);
        let at = 0;
        for (const command of commands) {
          expect(decodeCommand(viewOf(bytes), at)).toEqual(command);
          at += commandBytes(command.kind);
        }
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  test("accepted bytes are the only encoding of what they decode to", () => {
    fc.assert(
      fc.property(
        anyCommand,
        fc.nat(191),
        fc.integer({ min: 1, max: 255 }),
        (command, at, flip) => {
          const bytes = encodeAll([command]);
          bytes[at % bytes.length]! ^= flip;
          if (parseCommands(bytes) instanceof Fault) return;
          expect(encodeAll([decodeCommand(viewOf(bytes), 0)])).toEqual(bytes);
        },
      ),
      { seed: 2, numRuns: 20_000 },
    );
  });

  test("1,000,000 fuzzed inputs crash nothing", () => {
    const bytes = new Uint8Array(128);
    let state = 12_345;
    let accepted = 0;
    const kinds = [...Object.values(CommandKind), 99];
    for (let run = 0; run < 1_000_000; run++) {
      const length = run % 129;
      for (let at = 0; at < length; at++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        bytes[at] = state >>> 24;
      }
      if (length > 0) bytes[0] = kinds[run % kinds.length]!;
      if (typeof parseCommands(bytes.subarray(0, length)) === "number") accepted++;
    }
    expect(accepted).toBeGreaterThan(5_000);
  });

  test("what is wrong is said", () => {
    const cancelAll = encodeAll([
      { kind: CommandKind.CancelAll, account: 1 as never, market: 0, sides: 2, withFamily: 0 },
    ]);
    expect(codeOf(parseCommands(cancelAll))).toBe(1);
    expect(codeOf(parseCommands(cancelAll.subarray(0, 31)))).toBe("COMMAND_TRUNCATED");
    expect(codeOf(parseCommands(Uint8Array.of(99)))).toBe("COMMAND_KIND_UNKNOWN");
    cancelAll[31] = 1;
    expect(codeOf(parseCommands(cancelAll))).toBe("COMMAND_NOT_CANONICAL");
    const tooLarge = new Uint8Array(COMMAND_BUFFER_BYTES + 32);
    expect(codeOf(parseCommands(tooLarge))).toBe("COMMANDS_TOO_LARGE");
  });

  test("fields stand where the drawing says", () => {
    const [command] = fc.sample(
      anyCommand.filter((each) => each.kind === CommandKind.Replace),
      { seed: 3, numRuns: 1 },
    );
    if (command?.kind !== CommandKind.Replace) throw new Error("sampled a replace");
    const view = viewOf(encodeAll([command]));
    expect(view.byteLength).toBe(64);
    expect(view.getUint8(CommandOffset.side)).toBe(command.side);
    expect(view.getUint8(CommandOffset.orderType)).toBe(command.orderType);
    expect(view.getUint8(CommandOffset.selfTrade)).toBe(command.selfTrade);
    expect(view.getUint32(4, true)).toBe(command.market);
    expect(view.getUint32(8, true)).toBe(command.account);
    expect(view.getUint32(12, true)).toBe(command.priceTicks);
    expect(view.getBigUint64(16, true)).toBe(command.quantity);
    expect(view.getBigUint64(24, true)).toBe(command.clientOrderId);
    expect(view.getBigUint64(32, true)).toBe(BigInt(command.target.orderId));
    expect(view.getBigUint64(40, true)).toBe(command.target.clientOrderId);
    expect(view.getUint8(48)).toBe(command.mode);
  });
});
