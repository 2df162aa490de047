import { assert, Fault, getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import { type CommandFaultDetail, parseCommands } from "./command-parser.ts";
import { CLIENT_ORDER_TEXT_MAX, COMMAND_BUFFER_BYTES } from "./limits.ts";

// A log record is one batch of commands as the journal keeps it: stamped with the time at which it was
// sequenced, which is the only time the engine knows. Notes ride along: what hosts must remember of a
// command and the engine has no use for.
//
//    0      1         4              8          16             20          24
//   +------+---------+--------------+----------+--------------+-----------+----------+-------+
//   | kind | 0       | commandCount | nowMs    | commandBytes | noteBytes | commands | notes |
//   +------+---------+--------------+----------+--------------+-----------+----------+-------+
//
// Note: index of its command in the batch u16, length u8, then the text of the client order id. Of a list of orders
// there may be several, with commas between: the list's own, and then each order's; of a replacement the new order's, and then its
// cancel's.

export const LOG_RECORD_HEAD_BYTES = 24;
/** The one kind there is so far: a batch of commands. */
const LOG_RECORD_COMMANDS = 1;
/** Commands of one record. Limit: a note names its command with 16 bits. */
export const LOG_RECORD_COMMANDS_MAX = 32_768;
const NOTE_HEAD_BYTES = 3;
/** Texts that a note may have: of a list, and of its orders. */
const NOTE_TEXTS_MAX = 4;
/** Bytes that a note adds at most to a record for a command of the common size. A command has one at most. */
export const NOTE_BYTES_MAX: number = NOTE_HEAD_BYTES + CLIENT_ORDER_TEXT_MAX;

/** The text form of a command's client order id, as its client wrote it. */
export interface Note {
  readonly commandIndex: number;
  readonly text: string;
}

export interface LogRecord {
  readonly nowMs: number;
  readonly commandCount: number;
  /** Aliases the bytes it was parsed from. */
  readonly commands: Uint8Array;
  readonly notes: readonly Note[];
}

/** Encodes a batch. The caller has had its commands from `encodeCommand` or through `parseCommands`. */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  const noteBytes = record.notes.reduce((sum, note) => sum + NOTE_HEAD_BYTES + note.text.length, 0);
  const bytes = new Uint8Array(LOG_RECORD_HEAD_BYTES + record.commands.length + noteBytes);
  const view = viewOf(bytes);
  bytes[0] = LOG_RECORD_COMMANDS;
  view.setUint32(4, record.commandCount, true);
  setSafeU64(view, 8, record.nowMs);
  view.setUint32(16, record.commands.length, true);
  view.setUint32(20, noteBytes, true);
  bytes.set(record.commands, LOG_RECORD_HEAD_BYTES);
  let at = LOG_RECORD_HEAD_BYTES + record.commands.length;
  for (const note of record.notes) {
    assert(isNoteText(note.text), "a note holds client order ids");
    view.setUint16(at, note.commandIndex, true);
    bytes[at + 2] = note.text.length;
    at += NOTE_HEAD_BYTES;
    for (let index = 0; index < note.text.length; index++)
      bytes[at++] = note.text.charCodeAt(index);
  }
  return bytes;
}

/** True for the text of a client order id: 1 to 36 of the letters that clients use. */
export function isClientOrderText(text: string): boolean {
  return text.length <= CLIENT_ORDER_TEXT_MAX && /^[a-zA-Z0-9\-_.:/]+$/.test(text);
}

function isNoteText(text: string): boolean {
  const texts = text.split(",");
  return texts.length <= NOTE_TEXTS_MAX && texts.every(isClientOrderText);
}

export type LogRecordFaultDetail =
  | { readonly code: "LOG_RECORD_MALFORMED"; readonly problem: string }
  | CommandFaultDetail;

/**
 * Reads a log record, checking every field: a journal's checksums say that bytes are as written, not that
 * they mean something.
 */
export function parseLogRecord(bytes: Uint8Array): LogRecord | Fault<LogRecordFaultDetail> {
  if (bytes.length < LOG_RECORD_HEAD_BYTES) return malformed("shorter than its head");
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== LOG_RECORD_COMMANDS) return malformed("an unknown kind");
  const commandCount = view.getUint32(4, true);
  const commandBytes = view.getUint32(16, true);
  const noteBytes = view.getUint32(20, true);
  if (view.getUint32(12, true) >= 0x20_0000) return malformed("a time beyond all dates");
  if (commandBytes > COMMAND_BUFFER_BYTES || commandCount > LOG_RECORD_COMMANDS_MAX) {
    return malformed("more commands than a batch may have");
  }
  if (LOG_RECORD_HEAD_BYTES + commandBytes + noteBytes !== bytes.length) {
    return malformed("parts that do not add up to its length");
  }
  const commandsEnd = LOG_RECORD_HEAD_BYTES + commandBytes;
  const commands = bytes.subarray(LOG_RECORD_HEAD_BYTES, commandsEnd);
  const count = parseCommands(commands);
  if (count instanceof Fault) return count;
  if (count !== commandCount) return malformed("another number of commands than it says");
  const notes = parseNotes(view, commandsEnd, commandCount);
  if (notes instanceof Fault) return notes;
  return { nowMs: getSafeU64(view, 8), commandCount, commands, notes };
}

function parseNotes(
  view: DataView,
  start: number,
  commandCount: number,
): Note[] | Fault<LogRecordFaultDetail> {
  const notes: Note[] = [];
  let last = -1;
  for (let at = start; at < view.byteLength;) {
    if (at + NOTE_HEAD_BYTES > view.byteLength) return malformed("a note cut short");
    const commandIndex = view.getUint16(at, true);
    const length = view.getUint8(at + 2);
    at += NOTE_HEAD_BYTES;
    if (at + length > view.byteLength) return malformed("a note cut short");
    if (commandIndex <= last || commandIndex >= commandCount)
      return malformed("notes out of order");
    let text = "";
    for (let index = 0; index < length; index++) {
      text += String.fromCharCode(view.getUint8(at + index));
    }
    if (!isNoteText(text)) return malformed("a note that is no client order id");
    notes.push({ commandIndex, text });
    last = commandIndex;
    at += length;
  }
  return notes;
}

function malformed(problem: string): Fault<LogRecordFaultDetail> {
  return new Fault(
    { code: "LOG_RECORD_MALFORMED", problem },
    "fatal",
    `a log record has ${problem}`,
  );
}
