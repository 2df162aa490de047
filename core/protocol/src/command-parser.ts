import { Fault, viewOf } from "@rialto/base";
import {
  AMEND_BYTES,
  COMMAND_BYTES,
  CommandKind,
  CommandOffset,
  LIST_BYTES,
  LIST_MARKET_BYTES,
  ListKind,
  REPLACE_BYTES,
  SPECIAL_BYTES,
} from "./command.ts";
import { ASSET_SYMBOL_MAX, COMMAND_BUFFER_BYTES } from "./limits.ts";

// What bytes from outside have to be before anybody reads them as commands.

export type CommandFaultDetail =
  | { readonly code: "COMMANDS_TOO_LARGE"; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: "COMMAND_KIND_UNKNOWN"; readonly offset: number; readonly kind: number }
  | { readonly code: "COMMAND_TRUNCATED"; readonly offset: number; readonly bytes: number }
  | { readonly code: "COMMAND_NOT_CANONICAL"; readonly offset: number };

/**
 * Checks that untrusted `bytes` are whole commands of known kinds in their only encoding.
 *
 * Returns  how many commands there are, or what is wrong with the first bad one.
 * Errors   a fault is returned, not thrown: hostile bytes are the normal case here.
 */
export function parseCommands(bytes: Uint8Array): number | Fault<CommandFaultDetail> {
  if (bytes.length > COMMAND_BUFFER_BYTES) {
    const detail = { bytes: bytes.length, bytesMax: COMMAND_BUFFER_BYTES } as const;
    return new Fault({ code: "COMMANDS_TOO_LARGE", ...detail }, "error");
  }
  const view = viewOf(bytes);
  let count = 0;
  for (let offset = 0; offset < bytes.length; count++) {
    const kind = view.getUint8(offset);
    const form = FORMS[kind];
    if (form === undefined) {
      return new Fault({ code: "COMMAND_KIND_UNKNOWN", offset, kind }, "error");
    }
    const { size, words, zeros } = form;
    if (offset + size > bytes.length) {
      return new Fault({ code: "COMMAND_TRUNCATED", offset, bytes: bytes.length }, "error");
    }
    for (let index = 0; index < words.length; index++) {
      if ((view.getUint32(offset + words[index]!, true) & zeros[index]!) !== 0) {
        return new Fault({ code: "COMMAND_NOT_CANONICAL", offset }, "error");
      }
    }
    if (!isFormOf(kind, view, offset)) {
      return new Fault({ code: "COMMAND_NOT_CANONICAL", offset }, "error");
    }
    offset += size;
  }
  return count;
}

/** What the bits of its words alone do not say. */
function isFormOf(kind: number, view: DataView, offset: number): boolean {
  if (kind === CommandKind.PlaceList) return isListCanonical(view, offset);
  if (kind === CommandKind.ChangeMarket) return isChangeCanonical(view, offset);
  return kind !== CommandKind.AddAsset || isNameCanonical(view, offset);
}

/** Nothing stands behind a symbol's last letter, and no decimals beside none. */
function isNameCanonical(view: DataView, offset: number): boolean {
  let before = view.getUint8(offset + CommandOffset.symbol);
  if (before === 0 && view.getUint8(offset + CommandOffset.decimals) !== 0) return false;
  for (let letter = 1; letter < ASSET_SYMBOL_MAX; letter++) {
    const next = view.getUint8(offset + CommandOffset.symbol + letter);
    if (before === 0 && next !== 0) return false;
    before = next;
  }
  return true;
}

/** Where the terms of a market begin that follow its state, and where the last one ends. */
const TERM_STARTS = [8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 72, 76, 80, 84, 88, 92] as const;

/** A term that stays is not said. */
function isChangeCanonical(view: DataView, offset: number): boolean {
  const kept = view.getUint16(offset + CommandOffset.keptTerms, true);
  if ((kept & 1) !== 0 && view.getUint8(offset + CommandOffset.state) !== 0) return false;
  for (let term = 1; term < TERM_STARTS.length; term++) {
    if ((kept & (1 << term)) === 0) continue;
    for (let at = TERM_STARTS[term - 1]!; at < TERM_STARTS[term]!; at += 4) {
      if (view.getUint32(offset + at, true) !== 0) return false;
    }
  }
  return true;
}

/** A list of two legs has nothing where a third would be. */
function isListCanonical(view: DataView, offset: number): boolean {
  if (view.getUint8(offset + SPECIAL_BYTES) === ListKind.OneTriggersPair) return true;
  for (let at = offset + 2 * SPECIAL_BYTES; at < offset + LIST_BYTES; at += 4) {
    if (view.getUint32(at, true) !== 0) return false;
  }
  return true;
}

const ALL = 0xffff_ffff;
/** Of the first word, which holds the kind and up to three bytes: what is left after one, or two. */
const AFTER_ONE = 0xffff_ff00;
const AFTER_TWO = 0xffff_0000;
/** Of the high word of an order id, which is a safe integer. */
const UNSAFE = 0xffe0_0000;

/** Bits that must be 0 in the words of a command of `size` bytes: `[word, bits]` pairs, 0 elsewhere. */
function zeroBits(size: number, ...pairs: readonly (readonly [number, number])[]): Uint32Array {
  const words = new Uint32Array(size / 4);
  for (const [word, bits] of pairs) words[word] = bits;
  return words;
}

const MOVE_ZEROS: Uint32Array = zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [3, ALL]);
const CANCEL_ALL_ZEROS: Uint32Array = Uint32Array.of(0xff00_0000, 0, 0, ALL, ALL, ALL, ALL, ALL);
/** The high word of a time, without the byte that is isHidden. */
const SPECIAL_ZEROS: readonly (readonly [number, number])[] = [[11, UNSAFE & 0x00ff_ffff]];
const LIST_ZEROS: Uint32Array = zeroBits(
  LIST_BYTES,
  ...[0, 16, 32].flatMap((leg) =>
    SPECIAL_ZEROS.map(([word, bits]): [number, number] => [leg + word, bits]),
  ),
  [32, 0xff],
);
/** For each kind, for each 32-bit word of its drawing, the bits that must be 0. */
const ZERO_BITS: Readonly<Record<number, Uint32Array>> = {
  [CommandKind.Place]: zeroBits(COMMAND_BYTES),
  [CommandKind.Replace]: zeroBits(
    REPLACE_BYTES,
    [9, UNSAFE],
    [12, AFTER_ONE],
    [13, ALL],
    [14, ALL],
    [15, ALL],
  ),
  [CommandKind.PlaceList]: LIST_ZEROS,
  [CommandKind.PlaceSpecial]: zeroBits(SPECIAL_BYTES, ...SPECIAL_ZEROS),
  [CommandKind.SetProtection]: zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [7, ALL]),
  [CommandKind.SetDeadline]: Uint32Array.of(AFTER_ONE, ALL, 0, ALL, 0, 0, ALL, ALL),
  [CommandKind.Amend]: zeroBits(
    AMEND_BYTES,
    [0, 0xff00],
    [1, ALL],
    [9, UNSAFE],
    [12, ALL],
    [13, ALL],
    [14, ALL],
    [15, ALL],
  ),
  [CommandKind.Cancel]: zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [1, ALL], [3, ALL], [5, UNSAFE]),
  [CommandKind.CancelAll]: CANCEL_ALL_ZEROS,
  [CommandKind.MassCancel]: CANCEL_ALL_ZEROS,
  [CommandKind.SetTrading]: Uint32Array.of(AFTER_TWO, ALL, ALL, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.SetMarketGuard]: zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [6, ALL], [7, ALL]),
  [CommandKind.SetFeeTier]: zeroBits(COMMAND_BYTES, [0, 0xff00_0000], [6, ALL], [7, ALL]),
  [CommandKind.SetAccountFees]: Uint32Array.of(AFTER_TWO, ALL, 0, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.OpenSubAccount]: Uint32Array.of(AFTER_ONE, ALL, 0, ALL, 0, 0, ALL, ALL),
  [CommandKind.Transfer]: zeroBits(COMMAND_BYTES, [0, AFTER_ONE]),
  [CommandKind.ChangeMarket]: zeroBits(LIST_MARKET_BYTES, [1, ALL]),
  [CommandKind.DelistMarket]: Uint32Array.of(AFTER_ONE, 0, ALL, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.SetAccountState]: Uint32Array.of(AFTER_TWO, ALL, 0, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.OpenAccount]: Uint32Array.of(AFTER_ONE, ALL, ALL, ALL, 0, 0, ALL, ALL),
  [CommandKind.Deposit]: MOVE_ZEROS,
  [CommandKind.Withdraw]: MOVE_ZEROS,
  [CommandKind.AddAsset]: zeroBits(COMMAND_BYTES, [0, AFTER_TWO], [1, ALL], [7, ALL]),
  [CommandKind.ListMarket]: zeroBits(LIST_MARKET_BYTES, [0, AFTER_TWO], [1, ALL]),
  [CommandKind.SetMarketState]: Uint32Array.of(AFTER_TWO, 0, ALL, ALL, ALL, ALL, ALL, ALL),
};

interface CommandForm {
  readonly size: number;
  /** Offsets of the words that not everything may stand in, and the bits of them that must be 0. */
  readonly words: Uint8Array;
  readonly zeros: Uint32Array;
}

/** By kind; the kinds that most commands are of have no words to look at. */
const FORMS: readonly (CommandForm | undefined)[] = Array.from({ length: 256 }, (_, kind) => {
  const bits = ZERO_BITS[kind];
  return bits === undefined ? undefined : formOf(bits);
});

function formOf(bits: Uint32Array): CommandForm {
  const words = [...bits.keys()].filter((word) => bits[word] !== 0);
  return {
    size: bits.length * 4,
    words: Uint8Array.from(words, (word) => word * 4),
    zeros: Uint32Array.from(words, (word) => bits[word]!),
  };
}
