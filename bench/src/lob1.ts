// The LOB1 workload file: a header, then commands of 16 bytes. Little-endian throughout.

import { assert, type Fault } from "@rialto/base";
import { benchFault, type BenchFault, type BenchFaultDetail } from "./bench-fault.ts";

/** "1BOL" in a hex dump: the u32 0x4c4f4231, little-endian. */
export const LOB1_MAGIC = 0x4c4f_4231;
export const LOB1_HEADER_BYTES = 64;
export const LOB1_RECORD_BYTES = 16;
/** u32 words of one record. */
export const LOB1_RECORD_WORDS = 4;

/** Limit: the 24 bits of a record's symbol. */
const LOB1_SYMBOLS_MAX: number = 2 ** 24;
/** Limit: the engine's largest price is 2^30 - 1 ticks. */
const LOB1_PRICES_MAX: number = 2 ** 30;
/** Limit: one file is read into one buffer of less than 2 GiB. */
const LOB1_COMMANDS_MAX: number = 2 ** 27 - 4;

/** What a record asks for: bits 0-3 of its first word. */
export const Lob1Op = { New: 0, Ioc: 1, Cancel: 2, Move: 3 } as const;
export type Lob1Op = (typeof Lob1Op)[keyof typeof Lob1Op];

/** Bits 4-7 of a record's first word. */
export const Lob1Side = { Buy: 0, Sell: 1 } as const;
export type Lob1Side = (typeof Lob1Side)[keyof typeof Lob1Side];

/**
 * The header, and where its fields lie.
 *
 * ```
 *  byte  0        4        8                 12              16    20
 *        | magic  | symbols| prefillCommands | timedCommands | ids | pricesMax |
 *  byte 24        28          32          36              40             44       63
 *        | trades | checksum1 | checksum2 | liveOrdersMax | levelsAtEnd  | zero ...|
 * ```
 */
export interface Lob1Header {
  readonly symbols: number;
  readonly prefillCommands: number;
  readonly timedCommands: number;
  /** Ids are below `ids`, or, in files of others, from 1 to `ids`: `ids + 1` rows fit both. */
  readonly ids: number;
  /** Prices are 1 .. pricesMax - 1 ticks. */
  readonly pricesMax: number;
  /** Trades of prefill and timed part together; the checksums cover the same. */
  readonly trades: number;
  readonly checksum1: number;
  readonly checksum2: number;
  /** The most orders that rest at any time. */
  readonly liveOrdersMax: number;
  /** Price levels, of one side of one symbol each, that hold orders after the last command. */
  readonly levelsAtEnd: number;
}

/** The header's fields in the order of their words, after the magic. */
const LOB1_HEADER_FIELDS: readonly (keyof Lob1Header)[] = [
  "symbols",
  "prefillCommands",
  "timedCommands",
  "ids",
  "pricesMax",
  "trades",
  "checksum1",
  "checksum2",
  "liveOrdersMax",
  "levelsAtEnd",
];

/**
 * A workload: what to do, and what must come of it.
 *
 * Shape    `records`: (prefillCommands + timedCommands) x 4 words, borrowed from the parsed bytes.
 * ```
 *  word 0: op (bits 0-3) | side << 4 | symbol << 8   word 1: id   word 2: price   word 3: quantity
 * ```
 * Units    price in ticks, quantity in lots.
 */
export interface Workload {
  readonly header: Lob1Header;
  readonly records: Uint32Array;
}

/** The first word of a record. */
export function packLob1Word(op: Lob1Op, side: Lob1Side, symbol: number): number {
  return (op | (side << 4) | (symbol << 8)) >>> 0;
}

/**
 * Reads a workload from bytes that nobody has checked.
 *
 * Shape    the records of the result share the memory of `bytes` where that is aligned to 4 bytes,
 *          as a file read whole is; else they are copied.
 * Effects  allocates four bytes an id to check the records; time is linear in the file.
 * Errors   LOB1_SIZE, LOB1_MAGIC, LOB1_HEADER, LOB1_RECORD.
 */
export function parseLob1(bytes: Uint8Array): Workload | BenchFault {
  if (bytes.byteLength < LOB1_HEADER_BYTES) return sizeFault(bytes.byteLength, LOB1_HEADER_BYTES);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2);
  if (words[0] !== LOB1_MAGIC) {
    const magic = words[0]!;
    return benchFault({ code: "LOB1_MAGIC", magic }, `not a LOB1 file: magic ${hexWord(magic)}`);
  }
  const header = readHeader(words);
  const fault = checkHeader(header, words);
  if (fault !== undefined) return fault;
  const commands = header.prefillCommands + header.timedCommands;
  const expectedBytes = LOB1_HEADER_BYTES + commands * LOB1_RECORD_BYTES;
  if (bytes.byteLength !== expectedBytes) return sizeFault(bytes.byteLength, expectedBytes);
  const records = words.subarray(LOB1_HEADER_BYTES / 4);
  return checkRecords(header, records) ?? { header, records };
}

/** The bytes of a workload whose counts are right: `parseLob1(encodeLob1(w))` equals `w`. */
export function encodeLob1(workload: Workload): Uint8Array {
  const { header, records } = workload;
  const commands = header.prefillCommands + header.timedCommands;
  assert(records.length === commands * LOB1_RECORD_WORDS, "a header counts its records");
  const words = new Uint32Array(LOB1_HEADER_BYTES / 4 + records.length);
  words[0] = LOB1_MAGIC;
  for (let index = 0; index < LOB1_HEADER_FIELDS.length; index++) {
    words[index + 1] = header[LOB1_HEADER_FIELDS[index]!];
  }
  words.set(records, LOB1_HEADER_BYTES / 4);
  return new Uint8Array(words.buffer);
}

function readHeader(words: Uint32Array): Lob1Header {
  return {
    symbols: words[1]!,
    prefillCommands: words[2]!,
    timedCommands: words[3]!,
    ids: words[4]!,
    pricesMax: words[5]!,
    trades: words[6]!,
    checksum1: words[7]!,
    checksum2: words[8]!,
    liveOrdersMax: words[9]!,
    levelsAtEnd: words[10]!,
  };
}

function checkHeader(header: Lob1Header, words: Uint32Array): BenchFault | undefined {
  const { symbols, prefillCommands, timedCommands, ids, pricesMax } = header;
  if (symbols < 1 || symbols > LOB1_SYMBOLS_MAX) return headerFault("symbols", symbols);
  if (pricesMax < 2 || pricesMax > LOB1_PRICES_MAX) return headerFault("pricesMax", pricesMax);
  if (timedCommands < 1) return headerFault("timedCommands", timedCommands);
  const commands = prefillCommands + timedCommands;
  if (commands > LOB1_COMMANDS_MAX) return headerFault("timedCommands", timedCommands);
  if (ids < 1 || ids > commands + 1) return headerFault("ids", ids);
  if (header.liveOrdersMax > ids) return headerFault("liveOrdersMax", header.liveOrdersMax);
  if (header.levelsAtEnd > header.liveOrdersMax) {
    return headerFault("levelsAtEnd", header.levelsAtEnd);
  }
  for (let word = LOB1_HEADER_FIELDS.length + 1; word < LOB1_HEADER_BYTES / 4; word++) {
    if (words[word] !== 0) return headerFault(`reserved word ${word}`, words[word]!);
  }
  return undefined;
}

/** Checks every record, so that engines under test need not: they index tables by its fields. */
function checkRecords(header: Lob1Header, records: Uint32Array): BenchFault | undefined {
  const { symbols, ids, pricesMax } = header;
  // What the NEW or IOC of each id has in its first word beside the op, plus one; 0: not seen yet.
  const seenWords = new Uint32Array(ids + 1);
  for (let at = 0; at < records.length; at += LOB1_RECORD_WORDS) {
    const word = records[at]!;
    const op = word & 15;
    const id = records[at + 1]!;
    if (op > Lob1Op.Move) return recordFault(at, `op is ${op}`);
    if (id > ids) return recordFault(at, `id ${id} is beyond the ${ids} of the header`);
    if (op === Lob1Op.Cancel) continue;
    if (((word >>> 4) & 15) > 1) return recordFault(at, `side is ${(word >>> 4) & 15}`);
    if (word >>> 8 >= symbols) return recordFault(at, `symbol ${word >>> 8} of ${symbols}`);
    const price = records[at + 2]!;
    if (price < 1 || price >= pricesMax) return recordFault(at, `price ${price} is out of range`);
    if (records[at + 3] === 0) return recordFault(at, "quantity is 0");
    const place = (word >>> 4) + 1;
    if (op !== Lob1Op.Move) {
      if (seenWords[id] !== 0) return recordFault(at, `id ${id} is used again`);
      seenWords[id] = place;
    } else if (seenWords[id] !== 0 && seenWords[id] !== place) {
      return recordFault(at, `a MOVE of id ${id} changes its side or symbol`);
    }
  }
  return undefined;
}

function sizeFault(fileBytes: number, expectedBytes: number): Fault<BenchFaultDetail> {
  const message = `LOB1 file of ${fileBytes} bytes, ${expectedBytes} expected`;
  return benchFault({ code: "LOB1_SIZE", fileBytes, expectedBytes }, message);
}

function headerFault(field: string, value: number): BenchFault {
  return benchFault({ code: "LOB1_HEADER", field, value }, `LOB1 header: ${field} is ${value}`);
}

function recordFault(word: number, reason: string): BenchFault {
  const recordIndex = word / LOB1_RECORD_WORDS;
  return benchFault(
    { code: "LOB1_RECORD", recordIndex, reason },
    `LOB1 record ${recordIndex}: ${reason}`,
  );
}

function hexWord(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}
