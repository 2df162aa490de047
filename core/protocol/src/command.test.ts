import { Fault, viewOf } from "@rialto/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Command, commandBytes, CommandKind, CommandOffset, ListKind } from "./command.ts";
import { decodeCommand, encodeCommand, encodeCommands } from "./command-codec.ts";
import { parseCommands } from "./command-parser.ts";
import { COMMAND_BUFFER_BYTES } from "./limits.ts";
import { anyCommand } from "./testing/arbitraries.ts";

function codeOf(result: number | Fault<{ readonly code: string }>): string | number {
  return result instanceof Fault ? result.detail.code : result;
}

const SPECIAL = {
  kind: CommandKind.PlaceSpecial,
  market: 0,
  account: 1,
  side: 1,
  orderType: 0,
  selfTrade: 0,
  priceTicks: 10,
  quantity: 5n,
  clientOrderId: 0n,
  displayLots: 0n,
  expiresMs: 0,
  isHidden: 0,
  isProtected: 0,
  trigger: 0,
  triggerSource: 0,
  triggerTicks: 0,
  trailBasisPoints: 0,
  peg: 0,
  pegTicks: 0,
} as const;

describe("commands", () => {
  test("every command decodes to itself, and its bytes are accepted", () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 8 }), (commands) => {
        const bytes = encodeCommands(commands);
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
          const bytes = encodeCommands([command]);
          bytes[at % bytes.length]! ^= flip;
          if (parseCommands(bytes) instanceof Fault) return;
          expect(encodeCommands([decodeCommand(viewOf(bytes), 0)])).toEqual(bytes);
        },
      ),
      { seed: 2, numRuns: 20_000 },
    );
  });

  test.each([
    [
      { priceTicks: 10.5 },
      "priceTicks of a command is a whole number from 0 to 2^32 - 1, not 10.5",
    ],
    [{ priceTicks: 2 ** 32 + 10 }, "priceTicks"],
    [{ priceTicks: Number.NaN }, "priceTicks"],
    [
      { priceTicks: "10" },
      'priceTicks of a command is a whole number from 0 to 2^32 - 1, not "10"',
    ],
    [{ priceTicks: 10n }, "priceTicks"],
    [{ market: -1 }, "market"],
    [{ account: undefined }, "account"],
    [{ side: "Sell" }, 'side of a command is a whole number from 0 to 255, not "Sell"'],
    [{ side: undefined }, "side"],
    [{ orderType: 256 }, "orderType"],
    [{ quantity: 5 }, "quantity of a command is a bigint from 0n to 2n ** 64n - 1n, not 5"],
    [{ quantity: "5" }, "quantity"],
    [{ quantity: -1n }, "quantity of a command is a bigint from 0n to 2n ** 64n - 1n, not -1n"],
    [{ clientOrderId: 2n ** 64n }, "clientOrderId"],
    [{ expiresMs: 2 ** 53 }, "expiresMs of a command is a whole number from 0 to 2^53 - 1"],
    [{ expiresMs: -1 }, "expiresMs"],
    [{ isHidden: true }, "isHidden"],
    [{ kind: 300 }, "kind"],
    [{ kind: 99 }, "of a known kind"],
  ])("what a field cannot hold as it is is named, not cut: %o", (bad, message) => {
    const encode = (terms: object): number =>
      encodeCommand(viewOf(new Uint8Array(64)), 0, { ...SPECIAL, ...terms } as Command);
    expect(encode({})).toBe(64);
    expect(() => encode(bad)).toThrow(message);
  });

  test("no name of an asset is cut", () => {
    const encode = (symbol: unknown, decimals: unknown): void =>
      void encodeCommands([{ kind: CommandKind.AddAsset, name: { symbol, decimals } } as Command]);
    encode("GOLD", 255);
    encode("A".repeat(20), 0);
    for (const symbol of ["", "A".repeat(21), "A\u0000B", "\u0100", 5, undefined]) {
      expect(() => encode(symbol, 0)).toThrow("symbol of a command is a text of 1 to 20 letters");
    }
    for (const decimals of [256, -1, 0.5, undefined]) {
      expect(() => encode("GOLD", decimals)).toThrow("decimals of a command is");
    }
  });

  test("no order id, rate or list is cut either", () => {
    const encode = (command: object): void =>
      void encodeCommand(viewOf(new Uint8Array(512)), 0, command as Command);
    const { Cancel, SetFeeTier, PlaceList } = CommandKind;
    const cancel = (orderId: number): object => ({
      kind: Cancel,
      account: 1,
      target: { orderId, clientOrderId: 0n },
    });
    for (const orderId of [1.5, -1, 2 ** 53]) {
      expect(() => encode(cancel(orderId))).toThrow("orderId of a command is");
    }
    const rates = { schedule: 0, tier: 0, asset: 0, takerPpm: 0, volumeQuanta: 0n };
    const tier = (makerPpm: number): object => ({ kind: SetFeeTier, ...rates, makerPpm });
    encode(tier(-(2 ** 31)));
    for (const makerPpm of [-(2 ** 31) - 1, 2 ** 31, 0.5]) {
      expect(() => encode(tier(makerPpm))).toThrow("makerPpm of a command is");
    }
    const list = (listKind: ListKind, count: number): object => {
      return { kind: PlaceList, listKind, legs: Array.from({ length: count }, () => SPECIAL) };
    };
    const { OneCancelsOther, OneTriggersPair } = ListKind;
    encode(list(OneCancelsOther, 2));
    encode(list(OneTriggersPair, 3));
    for (const count of [0, 1, 3, 4]) {
      expect(() => encode(list(OneCancelsOther, count))).toThrow("the legs of its kind");
    }
    for (const count of [0, 2, 4]) {
      expect(() => encode(list(OneTriggersPair, count))).toThrow("the legs of its kind");
    }
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
    const cancelAll = encodeCommands([
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
    const view = viewOf(encodeCommands([command]));
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
