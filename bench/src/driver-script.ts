// What the engine's client in benchmarks will send, prepared before the clock starts: a workload as encoded commands in
// batches, with everything in them but the order ids that the engine has yet to issue.

import {
  COMMAND_BYTES,
  CommandKind,
  CommandOffset,
  OrderType,
  REPLACE_BYTES,
  SelfTrade,
} from "@rialto/protocol";
import { accountOf } from "./driver-exchange.ts";
import { LOB1_RECORD_WORDS, Lob1Op, type Workload } from "./lob1.ts";

/** Words of `DriverScript.batches` for each batch: where it begins and ends in the buffer, byte of its first patch. */
export const BATCH_WORDS = 3;

/** How the client names its orders in cancels and moves. */
export type OrderNaming = "handles" | "clientIds";

export interface DriverScript {
  /** Encoded, with 0 for order ids. */
  readonly commands: Uint8Array;
  /** The LOB1 id of each command. */
  readonly names: Uint32Array;
  /** Two words for each cancel and move: where in the command buffer the order id goes, LOB1 id. */
  readonly patches: Uint32Array;
  /** Three words a batch, and three more for the end of the last. */
  readonly batches: Uint32Array;
  /** What the command buffer is loaded with at a time, and one more for the end of the last. */
  readonly loads: readonly Load[];
  /** Loads of the part that is not timed. */
  readonly prefillLoads: number;
}

export interface Load {
  readonly firstBatch: number;
  readonly firstByte: number;
}

const BATCH_COMMANDS_MAX = 256;
/** Less than the engine's command buffer by more than a batch. */
const LOAD_BYTES = 0x1_0000;
const SIDE_SHIFT = 4; // of the side bit in a LOB1 record's first word
const SYMBOL_SHIFT = 8;
const WORD_ORDER_TYPE_SHIFT = 16;
const WORD_SELF_TRADE_SHIFT = 24;
const WORD_SIDE_SHIFT = 8;
/** Odd, so that no two of the 64-bit ids it makes are the same. */
const CLIENT_ID_FACTOR = 0x9e37_79b9_7f4a_7c15n;

const scripts = new WeakMap<Workload, Map<OrderNaming, DriverScript>>();

/** The script of a workload; made once for each. */
export function scriptOf(workload: Workload, naming: OrderNaming): DriverScript {
  const known = scripts.get(workload) ?? new Map<OrderNaming, DriverScript>();
  scripts.set(workload, known);
  const script = known.get(naming) ?? new ScriptWriter(workload, naming).write();
  known.set(naming, script);
  return script;
}

/** A number of 64 bits for each LOB1 id, spread over all of them. Never 0, which means none. */
export function clientIdOf(name: number): bigint {
  return BigInt.asUintN(64, BigInt(name + 1) * CLIENT_ID_FACTOR);
}

class ScriptWriter {
  readonly #workload: Workload;
  readonly #naming: OrderNaming;
  readonly #words: Uint32Array;
  readonly #quads: BigUint64Array;
  readonly #names: Uint32Array;
  readonly #patches: Uint32Array;
  readonly #batches: number[] = [];
  /** By LOB1 id, the account it belongs to, and what there is of `batches` when the engine gives it an order id. */
  readonly #accounts: Uint32Array;
  readonly #issuedIn: Uint32Array;
  #at = 0;
  #patchWord = 0;
  readonly #loads: Load[] = [];
  #loadStart = 0;
  #batchCommands = 0;

  constructor(workload: Workload, naming: OrderNaming) {
    this.#workload = workload;
    this.#naming = naming;
    const { records, header } = workload;
    const commands = records.length / LOB1_RECORD_WORDS;
    let bytes = commands * COMMAND_BYTES;
    let targets = 0;
    for (let word = 0; word < records.length; word += LOB1_RECORD_WORDS) {
      const op = records[word]! & 0xf;
      if (op === Lob1Op.Move) bytes += REPLACE_BYTES - COMMAND_BYTES;
      if (op === Lob1Op.Move || op === Lob1Op.Cancel) targets++;
    }
    this.#words = new Uint32Array(bytes / 4);
    this.#quads = new BigUint64Array(this.#words.buffer);
    this.#names = new Uint32Array(commands);
    this.#patches = new Uint32Array(naming === "handles" ? targets * 2 : 0);
    this.#accounts = new Uint32Array(header.ids + 1);
    this.#issuedIn = new Uint32Array(header.ids + 1);
  }

  write(): DriverScript {
    const { prefillCommands, timedCommands } = this.#workload.header;
    this.#writeRecords(0, prefillCommands);
    const prefillLoads = this.#loads.length;
    this.#writeRecords(prefillCommands, prefillCommands + timedCommands);
    this.#endBatch();
    this.#beginLoad();
    this.#batches.push(0, 0, this.#patchWord * 4);
    return {
      commands: new Uint8Array(this.#words.buffer),
      names: this.#names,
      patches: this.#patches,
      batches: Uint32Array.from(this.#batches),
      loads: this.#loads,
      prefillLoads,
    };
  }

  #writeRecords(first: number, end: number): void {
    this.#endBatch();
    this.#beginLoad();
    this.#beginBatch();
    for (let record = first; record < end; record++) {
      if (this.#batchMustEnd(record)) {
        this.#endBatch();
        if (this.#at - this.#loadStart >= LOAD_BYTES) this.#beginLoad();
        this.#beginBatch();
      }
      this.#writeRecord(record);
    }
  }

  /** A batch is full, or needs an order id that only its own answers will tell. */
  #batchMustEnd(record: number): boolean {
    if (this.#batchCommands === BATCH_COMMANDS_MAX) return true;
    const word = record * LOB1_RECORD_WORDS;
    const op = this.#workload.records[word]! & 0xf;
    const name = this.#workload.records[word + 1]!;
    const names = op === Lob1Op.Cancel || op === Lob1Op.Move;
    return this.#naming === "handles" && names && this.#issuedIn[name] === this.#batches.length;
  }

  #beginLoad(): void {
    this.#loads.push({ firstBatch: this.#batches.length / BATCH_WORDS, firstByte: this.#at });
    this.#loadStart = this.#at;
  }

  #beginBatch(): void {
    this.#batches.push(this.#at - this.#loadStart, 0, this.#patchWord * 4);
    this.#batchCommands = 0;
  }

  #endBatch(): void {
    if (this.#batches.length > 0)
      this.#batches[this.#batches.length - 2] = this.#at - this.#loadStart;
  }

  #writeRecord(record: number): void {
    const { records } = this.#workload;
    const word = record * LOB1_RECORD_WORDS;
    const head = records[word]!;
    const op = head & 0xf;
    const side = (head >>> SIDE_SHIFT) & 1;
    const symbol = head >>> SYMBOL_SHIFT;
    const name = records[word + 1]!;
    if (op === Lob1Op.New || op === Lob1Op.Ioc) {
      this.#accounts[name] = accountOf(this.#workload, symbol, side, name);
    }
    this.#names[record] = name;
    const at = this.#at / 4;
    this.#words[at + CommandOffset.account / 4] = this.#accounts[name]!;
    if (op === Lob1Op.Cancel) {
      this.#words[at] = CommandKind.Cancel;
      this.#nameTarget(name, CommandOffset.quantity, CommandOffset.clientOrderId);
      this.#at += COMMAND_BYTES;
    } else {
      this.#writePlace(op, side, symbol, record);
    }
    this.#batchCommands++;
  }

  #writePlace(op: number, side: number, symbol: number, record: number): void {
    const { records } = this.#workload;
    const at = this.#at / 4;
    const isMove = op === Lob1Op.Move;
    const type = op === Lob1Op.Ioc ? OrderType.ImmediateOrCancel : OrderType.Limit;
    this.#words[at] =
      (isMove ? CommandKind.Replace : CommandKind.Place) |
      (side << WORD_SIDE_SHIFT) |
      (type << WORD_ORDER_TYPE_SHIFT) |
      (SelfTrade.ExpireTaker << WORD_SELF_TRADE_SHIFT);
    this.#words[at + CommandOffset.market / 4] = symbol;
    this.#words[at + CommandOffset.priceTicks / 4] = records[record * LOB1_RECORD_WORDS + 2]!;
    this.#words[at + CommandOffset.quantity / 4] = records[record * LOB1_RECORD_WORDS + 3]!;
    const name = this.#names[record]!;
    if (this.#naming === "clientIds") {
      this.#quads[(this.#at + CommandOffset.clientOrderId) / 8] = clientIdOf(name);
    }
    if (isMove) {
      this.#nameTarget(name, CommandOffset.targetOrderId, CommandOffset.targetClientOrderId);
    }
    this.#issuedIn[name] = this.#batches.length;
    this.#at += isMove ? REPLACE_BYTES : COMMAND_BYTES;
  }

  #nameTarget(name: number, idOffset: number, clientOffset: number): void {
    if (this.#naming === "clientIds") {
      this.#quads[(this.#at + clientOffset) / 8] = clientIdOf(name);
      return;
    }
    this.#patches[this.#patchWord++] = this.#at - this.#loadStart + idOffset;
    this.#patches[this.#patchWord++] = name;
  }
}
