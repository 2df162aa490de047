// Drives the real engine through its public batch entry with the commands of a LOB1 workload. The client is
// bench/assembly/driver.ts, and its time counts. It names its orders by the ids that the engine has issued, for which
// it keeps a table by LOB1 id, or by client order ids of its own: sparse numbers of 64 bits.

import { assert } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { EventKind, EventOffset } from "@rialto/protocol";
import { accountOf, driverLimits, openExchange } from "./driver-exchange.ts";
import { DRIVER_WASM_BASE64 } from "./generated/driver-wasm.ts";
import { LOB1_RECORD_BYTES, LOB1_RECORD_WORDS, Lob1Op, type Workload } from "./lob1.ts";
import { TradeChecksum } from "./trade-checksum.ts";

const SIDE_SHIFT = 4; // of the side bit in a LOB1 record's first word
const SYMBOL_SHIFT = 8;
const MEMORY_PAGE_BYTES = 0x1_0000;
const BATCH_BYTES = MEMORY_PAGE_BYTES;
/** For each LOB1 id: its order id or client order id u64, its account u32, and 1 while its order waits in the batch. */
const ID_BYTES = 16;
/** Commands of a batch at the most. */
export const BATCH_COMMANDS_MAX = 256;

/** How the client names the orders that it cancels and moves. */
export type IdMode = "handles" | "client";

interface DriverExports {
  readonly begin: (
    commandsAt: number,
    eventsAt: number,
    recordsAt: number,
    idsAt: number,
    batchAt: number,
    commandsExecuted: number,
  ) => void;
  readonly setBatch: (commandsMax: number) => void;
  readonly fill: (last: number) => number;
  readonly readEvents: (bytes: number) => void;
  readonly fillByClientIds: (last: number) => number;
  readonly countEvents: (bytes: number) => void;
  readonly endBatch: () => void;
  readonly tradeCount: () => number;
  readonly commandsBefore: () => number;
}

const driverModule = new WebAssembly.Module(Buffer.from(DRIVER_WASM_BASE64, "base64"));

/** An engine with the workload's markets listed, everybody's pockets full, and its client. */
export class EngineDriver {
  readonly engine: SnapshotEngine;
  readonly #workload: Workload;
  readonly #driver: DriverExports;
  readonly #fill: (last: number) => number;
  readonly #readEvents: (bytes: number) => void;
  readonly #recordsAt: number;
  readonly #batchAt: number;
  readonly #checksum: TradeChecksum | undefined;
  /** LOB1 id by order slot: only the verifying run asks who the maker was. */
  readonly #idBySlot: Int32Array;

  /** `verify` keeps the checksum of all trades, which costs time. */
  constructor(workload: Workload, ids: IdMode, verify: boolean) {
    this.#workload = workload;
    const limits = driverLimits(workload);
    this.#checksum = verify ? new TradeChecksum() : undefined;
    this.#idBySlot = new Int32Array(verify ? limits.ordersMax + 1 : 0);
    this.engine = createHotEngine({ limits, hashKey: 0x9e37_79b9_7f4a_7c15n });
    openExchange(this.engine, workload);
    const { memory } = this.engine;
    // Growing the memory detaches its old views: their places are taken before.
    const commandsAt = this.engine.commands.byteOffset;
    const eventsAt = this.engine.events.byteOffset;
    const idBytes = (workload.header.ids + 1) * ID_BYTES;
    const recordBytes = workload.records.length * 4;
    const pages = Math.ceil((BATCH_BYTES + idBytes + recordBytes) / MEMORY_PAGE_BYTES);
    this.#batchAt = memory.buffer.byteLength;
    memory.grow(pages);
    this.#recordsAt = this.#batchAt + BATCH_BYTES;
    const idsAt = this.#recordsAt + recordBytes;
    new Uint32Array(memory.buffer, this.#recordsAt, workload.records.length).set(workload.records);
    const rows = new Uint32Array(memory.buffer, idsAt, idBytes / 4);
    assignAccounts(workload, rows);
    if (ids === "client") assignClientIds(rows);
    const instance = new WebAssembly.Instance(driverModule, { env: { memory } });
    this.#driver = instance.exports as unknown as DriverExports;
    this.#fill = ids === "client" ? this.#driver.fillByClientIds : this.#driver.fill;
    this.#readEvents = ids === "client" ? this.#driver.countEvents : this.#driver.readEvents;
    const { commands } = this.engine.counts();
    this.#driver.begin(commandsAt, eventsAt, this.#recordsAt, idsAt, this.#batchAt, commands);
  }

  /** Runs the prefill part: untimed. */
  prefill(): void {
    this.#run(this.#workload.header.prefillCommands);
  }

  /** Runs the timed part. Returns nanoseconds. */
  timed(): number {
    const { prefillCommands, timedCommands } = this.#workload.header;
    const start = process.hrtime.bigint();
    this.#run(prefillCommands + timedCommands);
    return Number(process.hrtime.bigint() - start);
  }

  /**
   * Runs the timed part in batches of at most `commandsMax`, and times each call of `execute` by itself: from commands
   * that lie in the engine's buffer to events that can be read. Nothing waits for anything, so it is the time of service.
   *
   * Units    nanoseconds, one a batch. A cancel of an order of the same batch ends the batch before it, if the client
   *          has to learn the order's id first.
   */
  latencies(commandsMax: number): Float64Array {
    assert(
      commandsMax >= 1 && commandsMax <= BATCH_COMMANDS_MAX,
      "a batch fits the client's table",
    );
    const { prefillCommands, timedCommands } = this.#workload.header;
    const samples = new Float64Array(timedCommands);
    const driver = this.#driver;
    driver.setBatch(commandsMax);
    const last = this.#recordsAt + (prefillCommands + timedCommands) * LOB1_RECORD_BYTES;
    let batches = 0;
    for (;;) {
      const end = this.#fill(last);
      if (end === 0) return samples.subarray(0, batches);
      let ms = 0;
      for (let at = 0; at < end;) {
        const start = performance.now();
        at = this.engine.execute(at, end, 1);
        ms += performance.now() - start;
        this.#readEvents(this.engine.eventBytes);
      }
      samples[batches++] = Math.round(ms * 1e6);
      driver.endBatch();
    }
  }

  /** Trades of what has run so far. */
  get trades(): number {
    return this.#driver.tradeCount();
  }

  /** Of all trades so far. Only for a driver that verifies. */
  checksum(): string {
    assert(this.#checksum !== undefined, "a driver that verifies keeps a checksum");
    return this.#checksum.hex();
  }

  #run(commandsEnd: number): void {
    const driver = this.#driver;
    const { engine } = this;
    const fill = this.#fill;
    const readEvents = this.#readEvents;
    const last = this.#recordsAt + commandsEnd * LOB1_RECORD_BYTES;
    for (;;) {
      const end = fill(last);
      if (end === 0) return;
      for (let at = 0; at < end;) {
        at = engine.execute(at, end, 1);
        if (this.#checksum !== undefined) this.#mixTrades();
        readEvents(engine.eventBytes);
      }
      driver.endBatch();
    }
  }

  #mixTrades(): void {
    const { engine } = this;
    const words = new Int32Array(
      engine.events.buffer,
      engine.events.byteOffset,
      engine.eventBytes / 4,
    );
    const batchIds = new Int32Array(engine.memory.buffer, this.#batchAt, BATCH_BYTES / 4);
    const base = this.#driver.commandsBefore();
    const idOfSlot = (at: number): number => this.#idBySlot[words[at]! & 0xff_ffff]!;
    for (let at = 0; at < words.length; at += ((words[at]! >>> 8) & 0xff) * 2) {
      const kind = words[at]! & 0xff;
      if (kind === EventKind.Accepted) {
        this.#idBySlot[words[at + 2]! & 0xff_ffff] = batchIds[(words[at + 1]! - base) | 0]!;
      } else if (kind === EventKind.Fill) {
        this.#checksum!.add(
          idOfSlot(at + EventOffset.fillTakerOrderId / 4),
          idOfSlot(at + EventOffset.fillMakerOrderId / 4),
          words[at + EventOffset.fillPriceTicks / 4]!,
          words[at + EventOffset.fillLots / 4]!,
        );
      }
    }
  }
}

/** Says which account each order belongs to: part of the workload, as far as LOB1 does not say it. */
function assignAccounts(workload: Workload, ids: Uint32Array): void {
  const { records } = workload;
  for (let record = 0; record < records.length; record += LOB1_RECORD_WORDS) {
    const word = records[record]!;
    const op = word & 3;
    if (op !== Lob1Op.New && op !== Lob1Op.Ioc) continue;
    const id = records[record + 1]!;
    const side = (word >>> SIDE_SHIFT) & 1;
    ids[(id * ID_BYTES) / 4 + 2] = accountOf(workload, word >>> SYMBOL_SHIFT, side, id);
  }
}

/** Gives every order a client order id that looks like chance: two mixes of its LOB1 id, no two alike, none 0. */
function assignClientIds(ids: Uint32Array): void {
  const words = ID_BYTES / 4;
  for (let id = 0; id * words < ids.length; id++) {
    ids[id * words] = mixId(id + 1, 0x85eb_ca6b, 0xc2b2_ae35);
    ids[id * words + 1] = mixId(id + 1, 0x7feb_352d, 0x846c_a68b);
  }
}

/** A permutation of the numbers of 32 bits that keeps 0: the multipliers are odd. Source: MurmurHash3's finalizer. */
function mixId(id: number, multiplier1: number, multiplier2: number): number {
  let mixed = Math.imul(id ^ (id >>> 16), multiplier1);
  mixed = Math.imul(mixed ^ (mixed >>> 13), multiplier2);
  return mixed ^ (mixed >>> 16);
}
